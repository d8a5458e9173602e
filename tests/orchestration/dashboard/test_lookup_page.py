"""A customer is found by key, and by nothing else."""

from __future__ import annotations

import html

import pytest
from homes import Home
from streamlit.testing.v1 import AppTest

from orchestration.dashboard.views.lookup import sureness


def page(path: str) -> None:
    from collections import defaultdict
    from pathlib import Path
    from unittest import mock

    import streamlit as st

    from orchestration.dashboard.page import Page
    from orchestration.dashboard.publication import current_publication
    from orchestration.dashboard.views import lookup
    from orchestration.dashboard.words import Words
    from orchestration.lib.languages import load_language

    publication = current_publication(Path(path))
    assert publication is not None
    # Links to pages need the menu of the whole application.
    st.session_state["menu"] = defaultdict(str)
    with mock.patch.object(st, "page_link"):
        lookup.show(Page(publication, Words(load_language("en")), False))


def said(home: Home, key: str) -> str:
    """Return all that the page says of a key."""
    visit = AppTest.from_function(
        page,
        default_timeout=60,
        kwargs={"path": str(home.settings.published_path)},
    )
    visit.query_params["key"] = key
    visit.run()
    assert not visit.exception
    return html.unescape(" ".join(one.proto.body for one in visit.get("html")))


def test_a_key_tells_persona_and_value(built: Home) -> None:
    key, label, amount = built.published(
        "select customer_key, persona_label, expected_net_amount_12m "
        "from bi.customer_personas_wide "
        "where persona_id <> 'unassigned' and expected_net_amount_12m >= 100 "
        "order by customer_key limit 1"
    )[0]
    for typed in (key, f" {key.upper()} "):
        text = said(built, typed)
        assert label.split(" ", 1)[1] in text
        assert f"{amount:,.0f}" in text


def test_a_customer_without_a_persona_is_told_why(built: Home) -> None:
    found = built.published(
        "select customer_key from bi.customer_personas "
        "where assignment_reason like 'no purchase%' limit 1"
    )
    text = said(built, found[0][0])
    assert "in no persona" in text
    assert "bought nothing in the last" in text


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("", "Enter a customer key."),
        ("C000001", "This is no customer key."),
        ("' or 1=1 --", "This is no customer key."),
        ("0" * 32, "No customer has this key."),
    ],
)
def test_what_is_no_key_shows_nobody(
    built: Home, key: str, answer: str
) -> None:
    text = said(built, key)
    assert answer in text
    assert "What can be expected" not in text


def test_near_the_border_begins_where_nobody_moves_in() -> None:
    assert sureness(0.29) != sureness(0.3)
    assert sureness(0.0) == sureness(0.29)
