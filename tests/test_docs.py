"""The pages: every link leads somewhere, on a code host and in the site.

The site is built as `make docs` builds it, and looked at in a browser that may
ask nobody for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from pymdownx.slugs import slugify

from orchestration.lib.reference.command_page import command_page
from orchestration.lib.reference.contract_page import (
    LINEAGE,
    contract_page,
    read_entities,
)
from orchestration.lib.settings import PROJECT_ROOT

PAGES = sorted(
    [*PROJECT_ROOT.glob("*.md"), *(PROJECT_ROOT / "docs").glob("**/*.md")]
)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def prose(path: Path) -> str:
    return CODE.sub("", path.read_text("utf-8"))


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    plain = [re.sub(r"[`*]", "", title) for title in HEADING.findall(text)]
    return {slugify(case="lower")(title, "-") for title in plain}


def leads_somewhere(path: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    is_there = target.is_relative_to(PROJECT_ROOT) and target.exists()
    return is_there and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize(
    "path", PAGES, ids=lambda path: str(path.relative_to(PROJECT_ROOT))
)
def test_links_lead_somewhere(path: Path):
    links = [one for one in LINK.findall(prose(path)) if "://" not in one]
    assert [link for link in links if not leads_somewhere(path, link)] == []


def test_there_are_links_to_try():
    links = [link for path in PAGES for link in LINK.findall(prose(path))]
    assert len([link for link in links if "#" in link]) > 50
    assert len([link for link in links if link.endswith(".png")]) > 5


@pytest.mark.parametrize(
    ("name", "made"),
    [("input-contract.md", contract_page), ("commands.md", command_page)],
)
def test_made_pages_are_up_to_date(name, made):
    """The page of the tables needs a manifest: `make check` looks at it."""
    page = (PROJECT_ROOT / "docs" / name).read_text("utf-8")
    assert page == made(), "start `make reference`"


def test_the_contract_is_read_whole():
    """Patterns that read SQL may miss what is written otherwise."""
    entities = read_entities()
    assert len(entities) == 15
    checks = PROJECT_ROOT / "dbt_project/models/input_layer/checks"
    for entity in entities:
        sql = (checks / f"input_checks__{entity.name}.sql").read_text("utf-8")
        judged = sql.split("judged as (")[1].split("as fault")[0]
        branches = re.findall(r"\bthen\b|\bunless_word\b", judged)
        assert len(entity.faults) == len(branches)
        columns = {column.name for column in entity.columns}
        assert set(entity.key) <= entity.needed <= columns
        assert set(LINEAGE) <= columns
        for column in entity.columns:
            assert column.meaning, column
            assert column.mapping, column
    assert {one.name for one in entities if one.is_required} == {
        "orders",
        "order_lines",
    }


def test_what_pages_name_is_there():
    """Commands, verbs of make and published tables, wherever they stand."""
    known = {
        r"(?:^|`|\$ )persona ([a-z]+)": re.findall(
            r"^## persona (\w+)", command_page(), re.M
        ),
        r"(?:^|`)make ([a-z-]+)": re.findall(
            r"^([\w-]+):", (PROJECT_ROOT / "Makefile").read_text(), re.M
        ),
        r"\bbi\.([a-z_]+)": [
            *re.findall(
                r"^### (\w+)$",
                (PROJECT_ROOT / "docs" / "tables.md").read_text("utf-8"),
                re.M,
            ),
            *("publication", "data_dictionary"),
        ],
    }
    for pattern, names in known.items():
        assert len(names) > 10, pattern
        unknown = {
            (path.name, name)
            for path in PAGES
            for code in CODE.findall(path.read_text("utf-8"))
            for name in re.findall(pattern, code, re.M)
            if name not in names
        }
        assert unknown == set()


def mkdocs(site: Path, config: Path | None = None):
    return subprocess.run(
        [
            *(
                str(Path(sys.executable).with_name("mkdocs")),
                "build",
            ),
            *("--config-file", str(config or PROJECT_ROOT / "mkdocs.yml")),
            *("--site-dir", str(site)),
        ],
        cwd=PROJECT_ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = mkdocs(folder)
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    return folder


def test_broken_links_stop_the_build(tmp_path: Path):
    shutil.copytree(PROJECT_ROOT / "docs", tmp_path / "docs")
    for path in (PROJECT_ROOT / "mkdocs.yml", *PROJECT_ROOT.glob("*.md")):
        shutil.copy(path, tmp_path)
    page = tmp_path / "docs" / "cost.md"
    broken = ("gone.md", "kpis.md#no-such", "images/gone.png", "../Gone.md")
    links = "".join(f"\n[here]({link})" for link in broken)
    page.write_text(f"{page.read_text('utf-8')}\n{links}\n", "utf-8")
    built = mkdocs(tmp_path / "site", tmp_path / "mkdocs.yml")
    assert built.returncode != 0
    named = built.stderr
    assert [one for one in broken if one.removeprefix("../") not in named] == []


@pytest.fixture
def page(site: Path) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS
        )
        page = browser.new_page()
        yield page
        browser.close()


def test_the_site_works_from_a_folder_and_asks_nobody(site: Path, page: Page):
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto((site / "index.html").as_uri())
    assert "personas" in page.inner_text("article")
    assert page.evaluate(
        "[...document.images].every(i => i.complete && i.naturalWidth > 0)"
    )
    page.click("article a[href^='own-data.html']")
    page.wait_for_url("**/own-data.html")
    page.fill("input[name=query]", "Bühlmann")
    found = page.wait_for_selector(".md-search-result__link")
    assert found is not None
    assert "personas.html" in str(found.get_attribute("href"))
    page.goto((site / "input-contract.html").as_uri())
    page.click("summary >> nth=0")
    assert page.is_visible("text=birth_date is before 1900")

    assert [
        url for url in asked if not url.startswith(("file:", "data:"))
    ] == []
    assert complaints == []
