"""What a persona's page shows besides its card: one function per part."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup

from orchestration.dashboard import charts, parts
from orchestration.dashboard.page import Page
from orchestration.dashboard.parts import Column, Tile
from orchestration.dashboard.words import BY_COLUMN, N_, Figure
from orchestration.lib.cards.deck import Row

NO_SESSION = "no session"  # of a purchase, instead of its touches
CHANNEL_KINDS = {
    "acquisition": N_("How they were won"),
    "session": N_("How they come to the web shop"),
    "order": N_("Where they buy"),
}


def show_scorecard(page: Page, persona_id: str) -> None:
    """Show the persona's year beside the company's and the market's."""
    rows = [
        row
        for row in page.rows(
            "select * from bi.persona_scorecard where persona_id = ? "
            "order by metric",
            persona_id,
        )
        if row["metric"] in BY_COLUMN
    ]
    months = max((row["count_months"] or 0 for row in rows), default=0)
    parts.section(
        page,
        N_("The last year"),
        page.say(
            "Twelve months beside the year before, the company and the market; "
            "{count} months were whole.",
            count=page.count(months),
        ),
    )
    if not rows:
        parts.empty(
            page,
            page.say("There is no scorecard yet."),
            page.say("Deliver orders of at least one month that has ended."),
        )
        return
    order = list(BY_COLUMN)
    rows.sort(key=lambda row: order.index(row["metric"]))

    def figure(row: Row) -> Figure:
        return BY_COLUMN[row["metric"]]

    def shown(row: Row, column: str) -> Markup:
        return page.words.figure(row[column], figure(row).unit, page.currency)

    parts.table(
        page,
        page.plain("Figures of the last year"),
        [
            Column(
                page.plain("Figure"), lambda row: page.say(figure(row).label)
            ),
            Column(
                page.plain("This persona"),
                lambda row: Markup("<b>{}</b>").format(
                    shown(row, "persona_value")
                ),
                True,
            ),
            Column(
                page.plain("The year before"),
                lambda row: shown(row, "persona_value_before"),
                True,
            ),
            Column(
                page.plain("The company"),
                lambda row: shown(row, "company_value"),
                True,
            ),
            Column(
                page.plain("Beside the company"),
                lambda row: standing(page, row),
                True,
            ),
            Column(
                page.plain("The market"),
                lambda row: shown(row, "benchmark_value"),
                True,
            ),
        ],
        rows,
        file=f"persona_scorecard_{persona_id}",
    )


def standing(page: Page, row: Row) -> Markup:
    """Return whether a figure is better or worse than the company's."""
    figure = BY_COLUMN[row["metric"]]
    value, company = row["persona_value"], row["company_value"]
    if value is None or company is None:
        return Markup("–")
    words = page.words.signed(value - company, figure.unit, page.currency)
    if not figure.better or value == company:
        return words
    is_better = (value - company) * figure.better > 0
    said = page.say("better") if is_better else page.say("worse")
    return Markup('<span class="{}">{} <small>{}</small></span>').format(
        "good" if is_better else "bad", words, said
    )


def show_value(page: Page, persona_id: str) -> None:
    """Show what its customers are worth over the next year."""
    parts.section(page, N_("What a customer is worth over the next 12 months"))
    row = page.publication.row(
        "select * from bi.persona_value where persona_id = ?", persona_id
    )
    if row is None or row["clv_per_customer"] is None:
        parts.empty(
            page,
            page.say("No worth can be told."),
            Markup('<bdi lang="en">{}</bdi>').format(row["reason"])
            if row and row["reason"]
            else page.say("Too few customers, or too few orders."),
        )
        return
    low, high = row["clv_per_customer_low"], row["clv_per_customer_high"]
    between = (
        page.say("{low} to {high}", low=page.money(low), high=page.money(high))
        if low is not None and high is not None
        else page.say("no interval can be told")
    )
    basis = (
        page.say("in margin")
        if row["clv_basis"] == "margin"
        else page.say("in net revenue")
    )
    parts.tiles(
        page,
        [
            Tile(
                page.say("Worth per customer"),
                page.money(row["clv_per_customer"]),
                Markup("{} · {}").format(between, basis),
            ),
            Tile(
                page.say("Worth of all"),
                page.money(row["clv_12m"]),
                page.say(
                    "{share} of the company", share=page.share(row["clv_share"])
                ),
            ),
            Tile(
                page.say("Still customers, on average"),
                page.share(row["p_alive"]),
                page.say("probability to buy again"),
            ),
            Tile(
                page.say("Expected revenue"),
                page.money(row["expected_net_amount_12m"]),
            ),
            Tile(
                page.say("Expected orders"),
                page.count(row["expected_orders_12m"]),
            ),
        ],
    )
    tested = page.publication.row(
        "select * from bi.value_backtest "
        "where persona_id = ? and not is_hidden",
        persona_id,
    )
    if tested and tested["predicted_orders"] is not None:
        parts.sentences(
            page,
            [
                page.say(
                    "How that held: {predicted} orders were predicted for the "
                    "{days} days after {day}, {actual} came.",
                    days=page.count(tested["horizon_days"]),
                    predicted=page.count(tested["predicted_orders"]),
                    actual=page.count(tested["actual_orders"]),
                    day=page.words.day(tested["cut_date"]),
                )
            ],
        )


def show_cohorts(page: Page, persona_id: str) -> None:
    """Show how many came back, by the time of their first order."""
    parts.section(
        page,
        N_("Who comes back"),
        page.say(
            "Customers by the time of their first order: the share that bought "
            "in each later span of time."
        ),
    )
    rows = page.rows(
        "select * from bi.persona_cohorts where persona_id = ? and is_whole "
        "order by cohort_start, months_since",
        persona_id,
    )
    if not [row for row in rows if row["retained_share"] is not None]:
        parts.empty(
            page,
            page.say("No cohort is large enough to be shown."),
            page.say("It takes more customers, or a longer time."),
        )
        return
    words = page.words
    parts.chart(
        charts.cohort_heatmap(
            [
                {
                    "cohort": words.month(row["cohort_start"], "MMM y")
                    if row["cohort_months"] < 12
                    else words.language.digits(str(row["cohort_start"].year)),
                    "age": words.language.number(row["months_since"]),
                    "share": row["retained_share"],
                    "interval": words.plain(
                        "{low} to {high}",
                        low=page.share(row["retained_low"]),
                        high=page.share(row["retained_high"]),
                    ),
                    "customers": row["count_customers"],
                }
                for row in rows
            ],
            page.look,
            cohort_title=page.plain("First order"),
            age_title=page.plain("Months after the first order"),
            value_title=page.plain("Share that bought"),
        ),
        page.plain("Share of customers who came back, by cohort and age"),
        key="cohorts",
    )
    parts.download(page, f"persona_cohorts_{persona_id}", rows)


def show_channels(page: Page, persona_id: str) -> None:
    """Show how customers were won, come and buy."""
    rows = page.rows(
        "select * from bi.persona_channels where persona_id = ? "
        "order by channel_share desc nulls last, channel",
        persona_id,
    )
    for kind, title in CHANNEL_KINDS.items():
        own = [row for row in rows if row["channel_kind"] == kind]
        parts.section(page, title)
        if not own:
            parts.empty(
                page,
                page.say("No source tells."),
                page.say(
                    "Deliver web sessions, orders with their channel, or the "
                    "acquisition channel of customers."
                ),
            )
            continue
        widest = max(row["channel_share"] or 0 for row in own) or 1
        columns = [
            Column(
                page.plain("Channel"), lambda row: page.channel(row["channel"])
            ),
            Column(
                page.plain("Share"),
                partial(_barred_share, page, widest),
                True,
            ),
            parts.number_column(
                page, N_("Among the others"), "others_channel_share", page.share
            ),
            Column(
                page.plain("Times the others"),
                lambda row: times(page, row),
                True,
            ),
            parts.number_column(
                page, N_("Customers"), "count_customers", page.count
            ),
        ]
        if kind != "acquisition":
            columns.append(
                parts.number_column(
                    page, N_("Net revenue"), "net_amount", page.money
                )
            )
        parts.table(
            page,
            page.plain(title),
            columns,
            own,
            file=f"persona_channels_{kind}_{persona_id}",
        )


def _barred_share(page: Page, widest: float, row: Row) -> Markup:
    return parts.barred(
        page, row["channel_share"], widest, persona_id=row["persona_id"]
    )


def times(page: Page, row: Row) -> Markup:
    """Return a lift with its interval, strong where it is a claim."""
    if row["lift"] is None:
        return Markup("–")
    value = page.words.decimal(row["lift"], 1)
    if row["lift_low"] is not None and row["lift_high"] is not None:
        between = page.say(
            "{low} to {high}",
            low=page.words.decimal(row["lift_low"], 1),
            high=page.words.decimal(row["lift_high"], 1),
        )
        value = Markup('{} <span class="quiet">({})</span>').format(
            value, between
        )
    return Markup("<b>{}</b>").format(value) if row["is_claim"] else value


def show_journeys(page: Page, persona_id: str) -> None:
    """Show the ways on which they come to an order."""
    parts.section(
        page,
        N_("Ways to an order"),
        page.say("The first, a middle and the last visit before an order."),
    )
    rows = page.rows(
        "select * from bi.persona_journey where persona_id = ? "
        "and count_orders > 0 order by count_orders desc limit 10",
        persona_id,
    )
    if not rows:
        parts.empty(
            page,
            page.say("No way can be shown."),
            page.say("Deliver web sessions with their channel and customer."),
        )
        return

    def way(row: Row) -> str:
        steps = (row["first_touch"], row["middle_touch"], row["last_touch"])
        arrow = " ← " if page.look.is_mirrored else " → "
        known = [
            page.channel(step) for step in steps if step and step != "none"
        ]
        if row["first_touch"] == NO_SESSION:
            return known[0]
        return arrow.join(known)

    parts.table(
        page,
        page.plain("Ways to an order"),
        [
            Column(page.plain("Way"), way),
            parts.number_column(
                page, N_("Share of orders"), "order_share", page.share
            ),
            parts.number_column(
                page, N_("Among the others"), "others_order_share", page.share
            ),
            Column(
                page.plain("Times the others"),
                lambda row: times(page, row),
                True,
            ),
            parts.number_column(page, N_("Orders"), "count_orders", page.count),
            parts.number_column(
                page, N_("Net revenue"), "net_amount", page.money
            ),
        ],
        rows,
        file=f"persona_journey_{persona_id}",
    )


def show_products(page: Page, persona_id: str) -> None:
    """Show what they buy more of than others."""
    parts.section(
        page,
        N_("What they buy"),
        page.say(
            "How many of them buy in a category, against the other customers; "
            "bold where the difference is more than chance."
        ),
    )
    rows = page.rows(
        "select * from bi.persona_products where persona_id = ? "
        "and level = 'category' order by lift desc nulls last, category",
        persona_id,
    )
    if not rows:
        parts.empty(
            page,
            page.say("No product can be shown."),
            page.say("Deliver products with their category, and order lines."),
        )
        return
    drawn = [row for row in rows if row["lift"] is not None]
    above, alike, below = (
        page.plain("more than others"),
        page.plain("no clear difference"),
        page.plain("less than others"),
    )

    def kind(row: Row) -> str:
        if not row["is_claim"]:
            return alike
        return above if row["lift"] > 1 else below

    colours = page.colours[persona_id]
    parts.chart(
        charts.forest(
            [
                {
                    "name": page.category(row["category"]),
                    "value": row["lift"],
                    "low": row["lift_low"],
                    "high": row["lift_high"],
                    "kind": kind(row),
                }
                for row in drawn
            ],
            page.look,
            colours={above: colours, alike: page.look.muted, below: "#d98b6a"},
            unit="ratio",
            title=page.plain("Times as many buyers as among the others"),
            low_title=page.plain("at least"),
            high_title=page.plain("at most"),
            zero=1.0,
        ),
        page.plain("Product categories with intervals"),
        key="products",
    )
    parts.table(
        page,
        page.plain("Product categories"),
        [
            Column(
                page.plain("Category"),
                lambda row: Markup("<bdi>{}</bdi>").format(
                    page.category(row["category"])
                ),
            ),
            parts.number_column(page, N_("Buyers"), "penetration", page.share),
            parts.number_column(
                page, N_("Among the others"), "others_penetration", page.share
            ),
            Column(
                page.plain("Times the others"),
                lambda row: times(page, row),
                True,
            ),
            parts.number_column(
                page, N_("Share of their money"), "wallet_share", page.share
            ),
            parts.number_column(
                page, N_("Net revenue"), "net_amount", page.money
            ),
        ],
        rows,
        file=f"persona_products_{persona_id}",
    )
