"""The menu: which pages there are, in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestration.dashboard.page import Page
from orchestration.dashboard.views import (
    budget,
    campaigns,
    compare,
    lookup,
    movement,
    overview,
    personas,
    quality,
)
from orchestration.dashboard.words import N_


@dataclass(frozen=True)
class Entry:
    """A page of the menu."""

    slug: str
    title: str
    icon: str
    show: Callable[[Page], None]


ENTRIES = (
    Entry("overview", N_("Overview"), "home", overview.show),
    Entry("personas", N_("Personas"), "groups", personas.show),
    Entry("compare", N_("Compare"), "compare_arrows", compare.show),
    Entry("movement", N_("Movement"), "moving", movement.show),
    Entry("campaigns", N_("Campaigns"), "campaign", campaigns.show),
    Entry("budget", N_("Budget"), "savings", budget.show),
    Entry("quality", N_("Data quality"), "fact_check", quality.show),
    Entry("lookup", N_("Look up a customer"), "person_search", lookup.show),
)
