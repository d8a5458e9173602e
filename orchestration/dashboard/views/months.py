"""One figure of the scorecard month by month, for some personas."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from orchestration.dashboard import charts, parts
from orchestration.dashboard.address import choose, choose_period
from orchestration.dashboard.page import Page
from orchestration.dashboard.words import BY_COLUMN, N_

USUAL_FIGURE = "net_amount"
USUAL_MONTHS = 24


def show_months(
    page: Page, chosen: Sequence[str], *, file: str, lead: Markup | str = ""
) -> None:
    """Show a figure of the reader's choice, over a period of their choice.

    Parameters
    ----------
    page : Page
    chosen : sequence of str
        Ids of personas.
    file : str
        How the name of the file to download begins.
    lead : str, optional
        How to read it.
    """
    parts.section(page, N_("Month by month"), lead)
    if not page.months:
        parts.empty(
            page,
            page.say("There is no whole month yet."),
            page.say("Deliver orders of a month that has ended."),
        )
        return
    left, right = st.columns([1, 2])
    with left:
        column = choose(
            page.plain("Figure"),
            list(BY_COLUMN),
            "figure",
            default=USUAL_FIGURE,
            show=lambda one: page.plain(BY_COLUMN[one].label),
        )
    with right:
        first, last = choose_period(
            page.plain("Period"),
            page.months,
            show=lambda month: page.words.month(month, "MMM y"),
            usual_count=USUAL_MONTHS,
        )
    rows = [
        {**row, "name": page.name(row["persona_id"])}
        for row in page.rows(
            f"select month, persona_id, {column} as value "
            "from bi.persona_kpis where month between ? and ? and is_complete "
            "and list_contains(?, persona_id) order by month, persona_id",
            first,
            last,
            list(chosen),
        )
    ]
    if all(row["value"] is None for row in rows):
        parts.empty(
            page,
            page.say("No month shows this figure."),
            page.say(
                "Either no source delivers it, or it would show few customers."
            ),
        )
        return
    figure = BY_COLUMN[column]
    parts.chart(
        charts.month_lines(
            rows,
            page.look,
            colours=page.colours_by_name(chosen),
            unit=figure.unit,
            title=page.axis_title(figure.label, figure.unit),
            month_title=page.plain("Month"),
        ),
        page.plain(
            "{figure} by persona and month", figure=page.plain(figure.label)
        ),
        key="months",
    )
    parts.download(page, f"{file}_{column}", rows)
