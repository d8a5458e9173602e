"""Campaigns: what is said of intervals and months."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.dashboard.page import Page
from orchestration.dashboard.publication import Publication
from orchestration.dashboard.views import campaigns
from orchestration.dashboard.words import Words
from orchestration.lib.languages import load_language

PAGE = Page(
    Publication(Path("none"), "none"), Words(load_language("en")), False
)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.1, 3.0, "has paid for itself"),
        (-0.5, 0.9, "has cost more than it brought"),
        (0.5, 1.5, "may have paid or not"),
        (None, None, None),
    ],
)
def test_a_return_is_told_by_its_interval(
    low: float | None, high: float | None, said: str | None
) -> None:
    row = {"return_on_spend_low": low, "return_on_spend_high": high}
    assert campaigns.pays(row) == said


def test_months_have_no_gap() -> None:
    months = campaigns.months_between(date(2025, 11, 20), date(2026, 2, 3))
    assert months == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]


def test_a_campaign_without_a_first_day_is_in_every_period() -> None:
    march, may = date(2026, 3, 1), date(2026, 5, 1)
    assert campaigns.within({"starts_on": date(2026, 5, 31)}, march, may)
    assert not campaigns.within({"starts_on": date(2026, 6, 1)}, march, may)
    assert campaigns.within({"starts_on": None}, march, may)


def test_harm_is_called_harm_with_its_limits_in_order() -> None:
    row = {
        "campaign_name": "<Deals>",
        "verdict": "harms",
        "lift": -0.159,
        "lift_low": -0.254,
        "lift_high": -0.070,
    }
    assert str(campaigns._effect(PAGE, row)) == (
        "<b><bdi>&lt;Deals&gt;</bdi></b> does harm: of a hundred treated "
        "customers <b><bdi>15.9</bdi></b> fewer bought than would have without "
        "it (7.0 to 25.4)."
    )


def test_harm_with_hidden_figures_is_still_told() -> None:
    row = {"campaign_name": "Deals", "verdict": "harms", "lift": None}
    assert campaigns._effect(PAGE, row).striptags() == "Deals does harm."
