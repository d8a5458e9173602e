"""dbt's documentation: one page, whole in itself, without a row of data."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from homes import Home
from playwright.sync_api import Page, sync_playwright

from orchestration.lib.dbt import read_manifest
from orchestration.lib.dbt_docs import (
    CATALOG_PLACE,
    MANIFEST_PLACE,
    DbtDocsError,
    documentation_page,
)
from orchestration.lib.settings import PROJECT_ROOT

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def path(built: Home) -> Path:
    """Return the page that `persona docs` wrote."""
    written = built.persona("docs")
    assert written.exit_code == 0, written.output
    path = built.settings.published / "dbt_docs.html"
    assert str(path) in written.output.replace("\n", "")
    return path


@pytest.fixture
def page(path: Path) -> Iterator[tuple[Page, list[str]]]:
    """Return the page in a browser, and what it asked for or said."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS
        )
        page = browser.new_page()
        seen: list[str] = []
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("request", lambda request: seen.append(request.url))
        page.goto(path.as_uri())
        yield page, seen
        browser.close()


def test_a_reader_finds_a_table_and_asks_nobody(
    page: tuple[Page, list[str]], path: Path
):
    opened, seen = page
    opened.get_by_role("heading", name="Persona warehouse").wait_for()
    box = opened.get_by_placeholder("Search for models")
    box.fill("personas_overview")
    opened.locator(".search-result", has_text="personas_overview").first.click()
    opened.get_by_role("heading", name="personas_overview").wait_for()
    words = opened.inner_text("body")
    assert "decimal(18,4)" in words  # a type, of the contract
    assert "Business intelligence" in words  # who answers for it
    assert [one for one in seen if not one.startswith("data:")] == [
        path.as_uri()
    ]


def test_the_page_tells_of_tables_and_not_of_people_or_places(
    built: Home, path: Path
):
    text = path.read_text(encoding="utf-8")
    customers = built.rows(
        "select customer_name, city from marts.customers "
        "where customer_name is not null and city is not null limit 200"
    )
    assert len(customers) == 200
    for name, _ in customers:
        assert name not in text
    for place in (built.settings.home, PROJECT_ROOT, Path.home()):
        assert f"{place}/" not in text
    assert '"send_anonymous_usage_stats": false' in text
    assert not re.search(r"""(src|href)=["']?https?://""", text.split("{")[0])


def test_what_stands_in_a_text_does_not_end_the_script(built: Home):
    with built.entered():
        manifest = read_manifest(built.settings)
    attack = "</script><script>alert(1)</script>"
    key = next(iter(manifest["nodes"]))
    manifest["nodes"][key]["description"] = attack
    written = documentation_page(
        manifest, f"<script>{MANIFEST_PLACE}\0{CATALOG_PLACE}</script>"
    )
    assert written.count("</script>") == 1
    told, _ = written.removeprefix("<script>").split("\0")
    assert json.loads(told)["nodes"][key]["description"] == attack


def test_another_page_of_dbt_is_refused(built: Home):
    with built.entered():
        manifest = read_manifest(built.settings)
    with pytest.raises(DbtDocsError, match="no place"):
        documentation_page(manifest, "<html></html>")
