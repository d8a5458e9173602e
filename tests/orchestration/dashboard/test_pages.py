"""Every page, in every language, without a browser."""

from __future__ import annotations

import pytest
from homes import Home
from streamlit.testing.v1 import AppTest

from orchestration.lib.languages import language_codes

PAGES = (
    "overview",
    "personas",
    "compare",
    "movement",
    "campaigns",
    "budget",
    "quality",
    "lookup",
)


def one_page(name: str, path: str, code: str) -> None:
    from collections import defaultdict
    from importlib import import_module
    from pathlib import Path
    from unittest import mock

    import streamlit as st

    from orchestration.dashboard.page import Page
    from orchestration.dashboard.publication import current_publication
    from orchestration.dashboard.words import Words
    from orchestration.lib.languages import load_language

    publication = current_publication(Path(path))
    assert publication is not None
    page = Page(publication, Words(load_language(code)), is_dark=False)
    # Links to pages need the menu of the whole application.
    st.session_state["menu"] = defaultdict(str)
    with mock.patch.object(st, "page_link"):
        import_module(f"orchestration.dashboard.views.{name}").show(page)


def shown(home: Home, name: str, code: str, **query: str) -> AppTest:
    visit = AppTest.from_function(
        one_page,
        default_timeout=60,
        kwargs={
            "name": name,
            "path": str(home.settings.published_path),
            "code": code,
        },
    )
    for key, value in query.items():
        visit.query_params[key] = value
    return visit.run()


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("name", PAGES)
def test_pages_are_shown(built: Home, name: str, code: str) -> None:
    visit = shown(built, name, code)
    assert not visit.exception
    assert not visit.error


@pytest.mark.parametrize(
    "view", ["card", "figures", "loyalty", "channels", "products"]
)
def test_a_persona_is_shown(built: Home, view: str) -> None:
    visit = shown(built, "personas", "en", persona="P01", view=view)
    assert not visit.exception
    assert not visit.error


@pytest.mark.parametrize("name", PAGES)
def test_nonsense_in_the_address_is_no_error(built: Home, name: str) -> None:
    visit = shown(
        built,
        name,
        "en",
        persona="P99",
        left="P98",
        right="P97",
        campaign="none",
        period="x",
        country="<b>",
        channel="'; drop table bi.personas; --",
        key="' or 1=1",
        view="z",
    )
    assert not visit.exception
    assert not visit.error
