"""dbt's exposures name the tables that the pages read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import orchestration.dashboard as dashboard
from orchestration.lib.cards.deck import ORDERS
from orchestration.lib.settings import DBT_PROJECT

FOLDER = Path(dashboard.__file__).parent
EXPOSURES = DBT_PROJECT / "models" / "marts" / "bi" / "_bi__exposures.yml"
# What names, portraits and the currency of every page come from.
COMMON = {"dim_persona", "personas", "persona_texts", "personas_overview"}
# Modules that a page's own module calls, besides those of all pages.
HELPERS = {
    "overview": ["changes", "views/months"],
    "personas": ["views/persona_sections", "views/months"],
    "compare": ["differences", "views/months"],
    "budget": ["replanning", "../lib/published_budget"],
    "quality": ["safety", "views/quality_inputs", "views/quality_models"],
}
MADE_BY_PUBLISHING = {"publication", "data_dictionary"}


def tables_of(page: str) -> set[str]:
    found: set[str] = set()
    for module in [f"views/{page}", *HELPERS.get(page, [])]:
        text = (FOLDER / f"{module}.py").read_text(encoding="utf-8")
        found |= set(re.findall(r"\bbi\.([a-z_]+)", text))
    found -= MADE_BY_PUBLISHING
    return found | COMMON | (set(ORDERS) if page == "personas" else set())


def exposed() -> dict[str, set[str]]:
    declared = yaml.safe_load(EXPOSURES.read_text(encoding="utf-8"))
    return {
        one["name"].removeprefix("page_"): set(
            re.findall(r"'([a-z_]+)'", " ".join(one["depends_on"]))
        )
        for one in declared["exposures"]
        if one["name"].startswith("page_")
    }


# The others in the folder are parts of pages.
PAGES = sorted(
    path.stem
    for path in FOLDER.glob("views/[a-z]*.py")
    if "def show(page: Page)" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("page", PAGES)
def test_an_exposure_names_what_its_page_reads(page: str) -> None:
    assert exposed()[page] == tables_of(page)
