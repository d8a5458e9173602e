"""Overview: what changed, who the personas are, how they do month by month."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from orchestration.dashboard import parts
from orchestration.dashboard.address import (
    ALL,
    choose,
    choose_some,
)
from orchestration.dashboard.changes import told_changes
from orchestration.dashboard.page import UNASSIGNED, Page
from orchestration.dashboard.parts import Column, Tile
from orchestration.dashboard.views.months import show_months
from orchestration.dashboard.words import BY_COLUMN, N_
from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import Row

TILES = (
    "count_customers",
    "active_customers",
    "count_orders",
    "net_amount",
)


def show(page: Page) -> None:
    """Show the page."""
    deck = page.deck
    parts.heading(
        page,
        N_("Overview"),
        page.say(
            "{personas} personas among {customers} customers, as of {date}. "
            "{verdict}",
            personas=page.count(len(deck.wholes)),
            customers=page.count(deck.count_customers),
            date=page.words.day(deck.as_of_date),
            verdict=page.words.named(wording.VERDICTS, deck.verdict),
        ),
    )
    parts.section(page, N_("What changed since the month before"))
    parts.sentences(page, told_changes(page))
    parts.section(page, N_("The personas today"))
    chosen, country, channel = _filters(page)
    if country or channel:
        _show_segments(page, chosen, country, channel)
    else:
        _show_company(page, chosen)
    show_months(
        page,
        chosen,
        file="persona_kpis",
        lead=page.say(
            "Each month with the personas customers had in that month. What "
            "would show few customers is left out."
        ),
    )


def _filters(page: Page) -> tuple[list[str], str, str]:
    segments = page.rows(
        "select distinct country, acquisition_channel from bi.persona_segments "
        "order by country, acquisition_channel"
    )
    countries = sorted({row["country"] for row in segments})
    channels = sorted({row["acquisition_channel"] for row in segments})
    everywhere, anyhow = page.plain("All countries"), page.plain("All channels")
    left, middle, right = st.columns([2, 1, 1])
    with left:
        chosen = choose_some(
            page.plain("Personas"),
            [*page.personas, UNASSIGNED],
            "persona",
            show=page.name,
            placeholder=page.plain("All personas"),
        )
    with middle:
        country = choose(
            page.plain("Country"),
            [ALL, *countries],
            "country",
            show=lambda one: page.place(one) if one else everywhere,
        )
    with right:
        channel = choose(
            page.plain("Came through"),
            [ALL, *channels],
            "channel",
            show=lambda one: page.channel(one) if one else anyhow,
        )
    return chosen or [*page.personas, UNASSIGNED], country, channel


def _show_company(page: Page, chosen: Sequence[str]) -> None:
    _show_tiles(page, chosen)
    rows = [
        row
        for row in page.rows(
            "select * from bi.personas_overview order by count_customers desc"
        )
        if row["persona_id"] in chosen
    ]
    gained = _gained(page)
    widest = max((row["value_share"] or 0 for row in rows), default=1)
    widest = max(widest, *(row["customer_share"] or 0 for row in rows), 0.01)

    def who(row: Row) -> Markup:
        return parts.who(page, row["persona_id"])

    def per_customer(row: Row) -> Markup:
        low, high = row["clv_per_customer_low"], row["clv_per_customer_high"]
        value = page.money(row["clv_per_customer"])
        if low is None or high is None:
            return value
        return Markup('{}<br><span class="quiet">{}</span>').format(
            value,
            page.say(
                "{low} to {high}", low=page.money(low), high=page.money(high)
            ),
        )

    parts.table(
        page,
        page.plain("Size, value and loyalty of each persona"),
        [
            Column(page.plain("Persona"), who),
            parts.number_column(
                page, N_("Customers"), "count_customers", page.count
            ),
            Column(
                page.plain("Against last month"),
                lambda row: page.words.signed(
                    gained.get(row["persona_id"]), "count"
                ),
                True,
            ),
            Column(
                page.plain("Share of customers"),
                lambda row: parts.barred(
                    page,
                    row["customer_share"],
                    widest,
                    persona_id=row["persona_id"],
                ),
                True,
            ),
            Column(
                page.plain("Share of value"),
                lambda row: parts.barred(
                    page,
                    row["value_share"],
                    widest,
                    "of-value",
                    persona_id=row["persona_id"],
                ),
                True,
            ),
            Column(
                page.plain("Worth of a customer over 12 months"),
                per_customer,
                True,
            ),
            parts.number_column(
                page, N_("Monthly churn"), "monthly_churn_share", page.share
            ),
            *_if_known(
                rows,
                "net_promoter_score",
                Column(
                    page.plain("Net promoter score"),
                    lambda row: page.words.figure(
                        row["net_promoter_score"], "points"
                    ),
                    True,
                ),
            ),
        ],
        rows,
        file="personas",
    )
    if page.months:
        parts.note(
            page,
            page.say(
                "The table shows all customers known on {date}. The news and "
                "the tiles count those who had bought by the end of {month}, "
                "in the persona they had then.",
                date=page.words.day(page.deck.as_of_date),
                month=page.words.month(page.months[-1]),
            ),
        )


def _if_known(rows: Sequence[Row], name: str, column: Column) -> list[Column]:
    """Return a column where a row has a figure for it, else none."""
    return [column] if any(row[name] is not None for row in rows) else []


def _show_tiles(page: Page, chosen: Sequence[str]) -> None:
    if not page.months:
        return
    now = page.months[-1]
    before = page.months[-2] if len(page.months) > 1 else now
    sums = {
        row["month"]: row
        for row in page.rows(
            "select month, "
            + ", ".join(
                f"case when count({one}) = count(*) then sum({one}) end "
                f"as {one}"
                for one in TILES
            )
            + " from bi.persona_kpis where month in (?, ?) "
            "and list_contains(?, persona_id) group by month",
            now,
            before,
            list(chosen),
        )
    }
    numbers = []
    for one in TILES:
        figure = BY_COLUMN[one]
        value = sums.get(now, {}).get(one)
        change = page.words.change(value, sums.get(before, {}).get(one))
        against = page.say("against {month}", month=page.words.month(before))
        numbers.append(
            Tile(
                page.say(
                    "{figure}, {month}",
                    figure=page.plain(figure.label),
                    month=page.words.month(now),
                ),
                page.words.figure(value, figure.unit, page.currency),
                Markup("{} {}").format(change, against) if change else "",
            )
        )
    parts.tiles(page, numbers)


def _gained(page: Page) -> dict[str, float]:
    """Return how many customers each persona gained over the last month."""
    return {
        row["persona_id"]: row["gained"]
        for row in page.rows(
            "select persona_id, count_customers - lag(count_customers) over "
            "(partition by persona_id order by month_end) as gained "
            "from bi.persona_sizes_monthly "
            "qualify month_end = max(month_end) over ()"
        )
        if row["gained"] is not None
    }


def _show_segments(
    page: Page, chosen: Sequence[str], country: str, channel: str
) -> None:
    rows = page.rows(
        "select persona_id, sum(count_customers) as count_customers, "
        "sum(count_orders) as count_orders, sum(net_amount) as net_amount, "
        "sum(expected_net_amount_12m) as expected_net_amount_12m, "
        "bool_or(is_hidden) as is_partly_hidden from bi.persona_segments "
        "where (? = '' or country = ?) and (? = '' or acquisition_channel = ?) "
        "and list_contains(?, persona_id) "
        "group by persona_id order by count_customers desc nulls last",
        country,
        country,
        channel,
        channel,
        list(chosen),
    )
    rows = [row for row in rows if row["count_customers"] or row["net_amount"]]
    if not rows:
        parts.empty(
            page,
            page.say("No persona has customers in this selection."),
            page.say("Choose another country or channel."),
        )
        return
    everybody = sum(row["count_customers"] or 0 for row in rows)
    worth = sum(row["net_amount"] or 0 for row in rows)
    widest = max(
        (row["count_customers"] or 0) / (everybody or 1) for row in rows
    )
    parts.table(
        page,
        page.plain("Personas in the chosen country and channel"),
        [
            Column(
                page.plain("Persona"),
                lambda row: parts.who(page, row["persona_id"]),
            ),
            parts.number_column(
                page, N_("Customers"), "count_customers", page.count
            ),
            Column(
                page.plain("Share of the selection"),
                lambda row: parts.barred(
                    page,
                    (row["count_customers"] or 0) / (everybody or 1),
                    widest,
                    persona_id=row["persona_id"],
                ),
                True,
            ),
            parts.number_column(
                page, N_("Orders so far"), "count_orders", page.count
            ),
            parts.number_column(
                page, N_("Net revenue so far"), "net_amount", page.money
            ),
            Column(
                page.plain("Share of its revenue"),
                lambda row: page.share(
                    row["net_amount"] / worth
                    if worth and row["net_amount"] is not None
                    else None
                ),
                True,
            ),
            parts.number_column(
                page,
                N_("Expected over 12 months"),
                "expected_net_amount_12m",
                page.money,
            ),
        ],
        rows,
        file="persona_segments",
    )
    if any(row["is_partly_hidden"] for row in rows):
        parts.note(
            page,
            page.say(
                "Groups of few customers are not shown, so orders and amounts "
                "may be higher."
            ),
        )
