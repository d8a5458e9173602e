"""Budget: today's money against the plan, and against constraints tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import streamlit as st
from markupsafe import Markup

from orchestration.dashboard import charts, parts, verdicts
from orchestration.dashboard.address import (
    ALL,
    choose,
    enter_amount,
    enter_share,
    forget,
)
from orchestration.dashboard.page import Page
from orchestration.dashboard.parts import Column, Tile
from orchestration.dashboard.replanning import (
    Plan,
    WishError,
    Wishes,
    published_plan,
    replan,
)
from orchestration.dashboard.words import N_
from orchestration.lib.cards.deck import Row
from orchestration.lib.cards.wording import foreign

EVERYBODY = "all"  # money of which nobody knows whom it reached
OTHERS = "other"  # personas whose money would show few customers
MOST_IN_CHART = 30
MOST_HARMS = 3
CENT = 0.01
ALMOST_NEVER = 0.01
AMOUNTS = {"format": "%.0f", "step": 1000.0}
VIEWS = {
    "channel": N_("By channel"),
    "persona": N_("By persona"),
}
MONEY = {
    "tested": N_("Money that was tested"),
    "all": N_("All money"),
}
BASES = {
    "margin": N_("Incremental margin"),
    "net revenue": N_("Incremental net revenue"),
}


def show(page: Page) -> None:
    """Show the page."""
    published = published_plan(page)
    if published is None:
        parts.heading(page, N_("Budget"))
        parts.empty(
            page,
            page.say("There is no plan: no money of a whole month is known."),
            page.say(
                "Deliver marketing_spend, and campaign_touches with customers "
                "held out at random."
            ),
        )
        return
    _show_heading(page, published.summary)
    tried = _tried(page, published, _wishes(page, published))
    plan = tried or published
    _show_summary(page, published, tried)
    parts.sentences(page, told(page, plan))
    _show_money(page, published, tried)
    _show_cells(page, published, tried)
    page.publication.budget()  # kept, so that the first change is quick


def _show_heading(page: Page, summary: Row) -> None:
    parts.heading(
        page,
        N_("Budget"),
        page.say(
            "The money of {count} months, {from_day} to {to_day}, and how the "
            "next {count} months' money would be split. A plan is made only "
            "where it beats today's split with the certainty asked for.",
            count=page.count(summary["count_months"]),
            from_day=page.words.day(summary["period_from"]),
            to_day=page.words.day(summary["period_to"]),
        ),
    )


def _wishes(page: Page, published: Plan) -> Wishes:
    """Let the reader try other constraints, kept in the address."""
    summary = published.summary
    columns = st.columns(3)
    with columns[0]:
        total = enter_amount(
            page.plain("Money in all"),
            "total",
            placeholder=page.plain(
                "as today: {amount}",
                amount=page.money(summary["current_amount"]),
            ),
            **AMOUNTS,
        )
    with columns[1]:
        move = enter_share(
            page.plain("A cell may change by at most"),
            "move",
            summary["move_limit"],
        )
    with columns[2]:
        sure = enter_share(
            page.plain("Certainty asked of a plan"),
            "sure",
            summary["certainty_asked"],
            low=50,
            high=99,
        )
    channels = sorted({row["channel"] for row in published.cells})
    limits = {
        row["channel"]: row
        for row in page.rows("select * from bi.budget_limits")
    }
    least, most = {}, {}
    asked = [
        name for name in st.query_params if name.startswith(("least-", "most-"))
    ]
    with st.expander(
        page.plain("Least and most money per channel"), expanded=bool(asked)
    ):
        for start in range(0, len(channels), 2):
            places = st.columns(4)
            for place, channel in enumerate(channels[start : start + 2]):
                row = limits.get(channel, {})
                with places[2 * place]:
                    least[channel] = enter_amount(
                        page.plain(
                            "{channel}: at least", channel=page.channel(channel)
                        ),
                        f"least-{channel}",
                        placeholder=_as_published(page, row.get("min_amount")),
                        **AMOUNTS,
                    )
                with places[2 * place + 1]:
                    most[channel] = enter_amount(
                        page.plain(
                            "{channel}: at most", channel=page.channel(channel)
                        ),
                        f"most-{channel}",
                        placeholder=_as_published(page, row.get("max_amount")),
                        **AMOUNTS,
                    )
    return Wishes(
        total=total,
        move_limit=None if _is_same(move, summary["move_limit"]) else move,
        certainty=None if _is_same(sure, summary["certainty_asked"]) else sure,
        least={name: one for name, one in least.items() if one is not None},
        most={name: one for name, one in most.items() if one is not None},
    )


def _tried(page: Page, published: Plan, wishes: Wishes) -> Plan | None:
    """Return the plan under the reader's constraints, if there are some."""
    if not wishes.is_any:
        return None
    budget = page.publication.budget()
    if budget is None:
        return None
    try:
        return replan(published, budget, wishes)
    except WishError as error:
        parts.empty(
            page,
            page.say("No plan can keep to these constraints."),
            foreign(str(error)),
        )
        return None


def _as_published(page: Page, amount: float | None) -> str:
    if amount is None:
        return page.plain("free")
    return page.plain("as published: {amount}", amount=page.money(amount))


def _is_same(asked: float, published: float) -> bool:
    """Return whether a share is the published one, to the whole per cent."""
    return round(asked * 100) == round(published * 100)


def _show_summary(page: Page, published: Plan, tried: Plan | None) -> None:
    if tried:
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        with left:
            parts.section(
                page,
                N_("The plan under your constraints"),
                page.say(
                    "Worked out from the published data for this page alone; "
                    "the published plan stands beside each figure."
                ),
            )
        with right:
            st.button(
                page.plain("Back to the published plan"),
                icon=":material/undo:",
                on_click=forget,
                args=wishes_in(st.query_params),
            )
    else:
        parts.section(page, N_("The published plan"))
    shown = tried or published
    parts.tiles(page, [_tile(page, one, shown, published) for one in TILES])


def wishes_in(parameters: Iterable[str]) -> tuple[str, ...]:
    """Return the parameters of an address that are constraints tried."""
    own = ("total", "move", "sure")
    return tuple(
        name
        for name in parameters
        if name in own or name.startswith(("least-", "most-"))
    )


def _amount(column: str) -> Callable[[Page, Row], Markup]:
    return lambda page, row: page.money(row[column])


def _gain(page: Page, row: Row) -> Markup:
    if row["gain_amount"] == 0:
        return page.say("none")
    return page.words.signed(row["gain_amount"], "money", page.currency)


def _between(page: Page, row: Row) -> Markup | str:
    low, high = row["gain_low_amount"], row["gain_high_amount"]
    if low is None or high is None or low == high:
        return ""
    return page.say(
        "{low} to {high}", low=page.money(low), high=page.money(high)
    )


Figure = Callable[[Page, Row], Markup | str]
TILES: tuple[tuple[str, Figure, Figure | None], ...] = (
    (N_("Money in all"), _amount("planned_amount"), None),
    (N_("Moved by the plan"), _amount("moved_amount"), None),
    (N_("Expected gain"), _gain, _between),
    (
        N_("Sure to beat today's split"),
        # 0 says that no split looks better: there is nothing to be sure of.
        lambda page, row: probability(page, row["probability_better"] or None),
        lambda page, row: page.say(
            "{share} is asked for", share=page.share(row["certainty_asked"])
        ),
    ),
    (
        N_("Missed by not knowing"),
        _amount("regret_planned_amount"),
        lambda page, _: page.say("more held-out customers can earn it"),
    ),
)


def _tile(
    page: Page,
    one: tuple[str, Figure, Figure | None],
    shown: Plan,
    published: Plan,
) -> Tile:
    label, figure, note = one
    notes = [note(page, shown.summary)] if note else []
    if shown is not published:
        notes.append(
            page.say(
                "published: {value}", value=figure(page, published.summary)
            )
        )
    return Tile(
        page.say(label),
        figure(page, shown.summary),
        Markup("<br>").join(one for one in notes if one),
    )


def told(page: Page, plan: Plan) -> list[Markup]:
    """Return what the plan says, and what the data cannot tell."""
    summary = plan.summary
    sentences = [
        Markup("{} {}").format(
            verdicts.badge(
                page, verdicts.BUDGET.get(summary["verdict"], verdicts.UNKNOWN)
            ),
            why(page, summary),
        )
    ]
    unknown = sum(
        row["current_amount"] or 0
        for row in plan.cells
        if row["verdict"] == "no experiment"
    )
    spent = summary["current_amount"]
    if unknown and spent:
        sentences.append(
            page.say(
                "What {amount} ({share} of the money) causes is not known: "
                "nobody was held out from it. The first step to a better "
                "budget is to hold a group out where the money is.",
                amount=_strong(page.money(unknown)),
                share=page.share(unknown / spent),
            )
        )
    if summary["probability_equal"] is not None:
        sentences.append(
            page.say(
                "With probability {share} money brings the same everywhere, "
                "and then there is nothing to move. Before any data that is "
                "a half.",
                share=_strong(probability(page, summary["probability_equal"])),
            )
        )
    sentences.append(
        page.say(
            "Assumed, not measured: doubling the money of a cell adds {low} to "
            "{high} of what it brings today. How much to spend in all is not "
            "told.",
            low=page.share(summary["doubling_adds_low"]),
            high=page.share(summary["doubling_adds_high"]),
        )
    )
    return [*sentences, *_harms(page)]


def why(page: Page, summary: Row) -> Markup:
    """Return the reason of a plan's verdict."""
    better, asked = summary["probability_better"], summary["certainty_asked"]
    if summary["verdict"] == "move":
        return page.say(
            "The plan beats today's split with probability {share}.",
            share=probability(page, better),
        )
    if summary["verdict"] != "keep":
        return verdicts.reason(page, summary["reason"])
    if not better:  # no split looks better at all
        return page.say(
            "The data cannot rank, and no move looks as if it would pay."
        )
    return page.say(
        "The data cannot rank: the best plan found would move {amount} and "
        "beats today's split with probability {share}; {asked} is asked for.",
        amount=page.money(summary["candidate_moved_amount"]),
        share=page.share(better),
        asked=page.share(asked),
    )


def probability(page: Page, value: float | None) -> Markup:
    """Write a probability; what is drawn is never told as certain."""
    if value is None:
        return Markup("–")
    if value < ALMOST_NEVER:
        return page.say(
            "less than {share}", share=page.words.share(ALMOST_NEVER)
        )
    if value > 1 - ALMOST_NEVER:
        return page.say(
            "more than {share}", share=page.words.share(1 - ALMOST_NEVER)
        )
    return page.share(value)


def judged(row: Row) -> verdicts.Verdict:
    """Return the verdict on a cell; of a move also its direction."""
    if row["verdict"] != "move" or row["planned_amount"] is None:
        return verdicts.BUDGET.get(row["verdict"], verdicts.UNKNOWN)
    is_more = row["planned_amount"] > row["reference_amount"]
    return verdicts.MORE if is_more else verdicts.LESS


def why_cell(page: Page, row: Row, summary: Row) -> Markup:
    """Return the reason of a cell's verdict, but for numbers beside it."""
    if row["verdict"] not in ("move", "keep"):
        return verdicts.reason(page, row["reason"])
    said = verdicts.sentences_of(row["reason"])
    told_before = row["verdict"] == "keep" and summary["verdict"] == "keep"
    known = [page.say(one) for one in said if one in verdicts.REASONS]
    if told_before:
        known.insert(0, page.say("The data cannot rank."))
    return Markup(" ").join(known)


def _harms(page: Page) -> list[Markup]:
    """Return which campaigns harm whom: no plan overrules that."""
    rows = page.rows(
        "select campaign_name, persona_id, lift.channel "
        "from bi.campaign_lift as lift join bi.dim_campaign "
        "using (campaign_id) where lift.verdict = 'harms' "
        "order by starts_on desc nulls last, campaign_id, persona_id limit ?",
        MOST_HARMS,
    )
    return [
        page.say(
            "{campaign} ({channel}) did harm to {persona}: leave them out of "
            "it, whatever the plan says of the channel.",
            campaign=_strong(row["campaign_name"]),
            channel=page.channel(row["channel"]),
            persona=_strong(page.name(row["persona_id"])),
        )
        for row in rows
    ]


def _strong(text: Markup | str) -> Markup:
    return Markup("<b><bdi>{}</bdi></b>").format(text)


def whom(page: Page, persona_id: str) -> str:
    """Return whom money reached."""
    known = {
        EVERYBODY: N_("whom it reached is not known"),
        OTHERS: N_("other personas"),
    }
    if persona_id in known:
        return page.plain(known[persona_id])
    return page.name(persona_id)


def summed(
    cells: Sequence[Row], field: str, column: str, *, is_tested: bool
) -> dict[str, float]:
    """Return the money of a plan by channel or persona, the largest first.

    Parameters
    ----------
    cells : sequence of Row
        Of ``budget_plan``.
    field : str
        channel or persona_id.
    column : str
        The amount.
    is_tested : bool
        Whether to leave money out that nobody was held out from.
    """
    sums: dict[str, float] = {}
    for row in cells:
        if row[column] is None:
            continue
        if is_tested and row["verdict"] == "no experiment":
            continue
        sums[row[field]] = sums.get(row[field], 0.0) + row[column]
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def _show_money(page: Page, published: Plan, tried: Plan | None) -> None:
    parts.section(
        page,
        N_("Today against the plan"),
        page.say(
            "Money of {count} months.",
            count=page.count(published.summary["count_months"]),
        ),
    )
    with st.container(horizontal=True):
        view = choose(
            page.plain("View"),
            list(VIEWS),
            "by",
            show=lambda one: page.plain(VIEWS[one]),
            widget=st.segmented_control,
            label_visibility="collapsed",
        )
        money = choose(
            page.plain("Money"),
            list(MONEY),
            "money",
            show=lambda one: page.plain(MONEY[one]),
            widget=st.segmented_control,
            label_visibility="collapsed",
        )
    field = "channel" if view == "channel" else "persona_id"
    name = page.channel if view == "channel" else partial(whom, page)
    kinds = _kinds(page, published, tried)
    bars = [
        {"name": name(key), "kind": kind, "value": amount}
        for kind, (cells, column, _) in kinds.items()
        for key, amount in summed(
            cells, field, column, is_tested=money == "tested"
        ).items()
    ]
    if not bars:
        parts.empty(
            page,
            page.say("No money was tested: nobody was held out anywhere."),
            page.say("Look at all money, and hold a group out where it is."),
        )
        return
    order = list(dict.fromkeys(row["name"] for row in bars))
    bars.sort(key=lambda row: order.index(row["name"]))
    parts.chart(
        charts.side_by_side(
            bars,
            page.look,
            colours={kind: one for kind, (_, _, one) in kinds.items()},
            unit="money",
            title=page.axis_title(N_("Money"), "money"),
        ),
        page.plain("Money today and in the plan"),
        key="money",
    )
    if any(row["current_amount"] is None for row in published.cells):
        parts.note(
            page,
            page.say(
                "Money that would show few customers is not in these bars."
            ),
        )


def _kinds(
    page: Page, published: Plan, tried: Plan | None
) -> dict[str, tuple[Sequence[Row], str, str]]:
    """Return the amounts that stand side by side: cells, column, colour."""
    look = page.look
    today = page.plain("today")
    kinds = {
        today: (published.cells, "current_amount", look.muted),
        page.plain("published plan"): (
            published.cells,
            "planned_amount",
            look.accent,
        ),
    }
    if tried:
        kinds[page.plain("your constraints")] = (
            tried.cells,
            "planned_amount",
            verdicts.COLOURS[verdicts.OPEN][look.is_dark],
        )
    return kinds


def _show_returns(page: Page, plan: Plan, rows: Sequence[Row]) -> None:
    """Show what the next unit brings in cells, those with most money first."""
    known = [row for row in rows if row["marginal_return"] is not None]
    if not known:
        return
    known.sort(key=lambda row: -(row["current_amount"] or 0))
    known = known[:MOST_IN_CHART]
    values = [
        {
            "name": f"{page.channel(row['channel'])} · "
            f"{whom(page, row['persona_id'])}",
            "kind": verdicts.signed(page, judged(row)),
            "value": row["marginal_return"],
            "low": row["marginal_return_low"],
            "high": row["marginal_return_high"],
        }
        for row in known
    ]
    shown = list(dict.fromkeys(judged(row) for row in known))
    basis = BASES.get(plan.summary["basis"], BASES["margin"])
    parts.chart(
        charts.forest(
            values,
            page.look,
            colours=verdicts.colours(page, shown),
            unit="ratio",
            title=page.plain(
                "{basis} of the next unit", basis=page.plain(basis)
            ),
            low_title=page.plain("at least"),
            high_title=page.plain("at most"),
            zero=1.0,
            shapes=verdicts.shapes(page, shown),
        ),
        page.plain(
            "What the next unit of money brings, by persona and channel"
        ),
        key="returns",
    )


def _show_cells(page: Page, published: Plan, tried: Plan | None) -> None:
    plan = tried or published
    parts.section(
        page,
        N_("Persona by persona, channel by channel"),
        page.say(
            "What the next unit of money brings, with its 95% interval. At the "
            "dashed line it brings what it costs within the window; bars that "
            "overlap cannot be ranked. Keep does not mean well spent: it means "
            "that nothing surely better is known."
        ),
    )
    channel, persona, verdict = _filters(page, plan)
    rows = [
        row
        for row in plan.cells
        if channel in (ALL, row["channel"])
        and persona in (ALL, row["persona_id"])
        and verdict in (ALL, row["verdict"])
    ]
    if not rows:
        parts.empty(
            page,
            page.say("No money is in this selection."),
            page.say("Choose another channel, persona or verdict."),
        )
        return
    rows.sort(
        key=lambda row: (
            -abs(row["change_amount"] or 0),
            -(row["current_amount"] or 0),
            row["channel"],
            row["persona_id"],
        )
    )
    _show_returns(page, plan, rows)
    before = {
        (row["persona_id"], row["channel"]): row for row in published.cells
    }

    def published_amount(row: Row) -> Markup:
        own = before.get((row["persona_id"], row["channel"]), {})
        return page.money(own.get("planned_amount"))

    beside = [
        Column(page.plain("Published plan"), published_amount, True),
        parts.number_column(
            page, N_("Your constraints"), "planned_amount", page.money
        ),
    ]
    parts.table(
        page,
        page.plain("Today and the plan by channel and persona"),
        [
            Column(page.plain("Money"), partial(_cell, page)),
            parts.number_column(
                page, N_("Today"), "current_amount", page.money
            ),
            *(
                beside
                if tried
                else [
                    parts.number_column(
                        page, N_("Plan"), "planned_amount", page.money
                    )
                ]
            ),
            Column(page.plain("Change"), partial(_change, page), True),
            Column(
                page.plain("Next unit brings"), partial(_next_unit, page), True
            ),
            Column(page.plain("Gain"), partial(_cell_gain, page), True),
            Column(
                page.plain("Verdict"),
                partial(_cell_verdict, page, plan.summary),
            ),
        ],
        rows,
        file="budget_plan" if tried is None else "budget_plan_tried",
        raw=plan.cells,
    )
    parts.note(
        page,
        page.say(
            "Gains of rows sum to that of the plan; their intervals do not."
        ),
    )


def _filters(page: Page, plan: Plan) -> tuple[str, str, str]:
    every = [
        page.plain("All channels"),
        page.plain("All personas"),
        page.plain("All verdicts"),
    ]
    columns = st.columns(3)
    with columns[0]:
        channel = choose(
            page.plain("Channel"),
            [ALL, *sorted({row["channel"] for row in plan.cells})],
            "channel",
            show=lambda one: page.channel(one) if one else every[0],
        )
    with columns[1]:
        persona = choose(
            page.plain("Persona"),
            [ALL, *sorted({row["persona_id"] for row in plan.cells})],
            "persona",
            show=lambda one: whom(page, one) if one else every[1],
        )
    with columns[2]:
        verdict = choose(
            page.plain("Verdict"),
            [ALL, *verdicts.BUDGET],
            "verdict",
            show=lambda one: (
                verdicts.signed(page, verdicts.BUDGET[one]) if one else every[2]
            ),
        )
    return channel, persona, verdict


def _cell(page: Page, row: Row) -> Markup:
    return Markup('{}<br><span class="quiet"><bdi>{}</bdi></span>').format(
        page.channel(row["channel"]), whom(page, row["persona_id"])
    )


def _change(page: Page, row: Row) -> Markup:
    change = row["change_amount"]
    if change is None:
        return Markup("–")
    if abs(change) < CENT:
        return page.say("none")
    return Markup("<b>{}</b>").format(
        page.words.signed(change, "money", page.currency)
    )


def _next_unit(page: Page, row: Row) -> Markup:
    return parts.with_interval(
        page,
        *(
            None if row[one] is None else page.words.figure(row[one], "ratio")
            for one in (
                "marginal_return",
                "marginal_return_low",
                "marginal_return_high",
            )
        ),
    )


def _cell_gain(page: Page, row: Row) -> Markup:
    if row["gain_amount"] is None:
        return Markup("–")
    is_moved = abs(row["gain_high_amount"] - row["gain_low_amount"]) >= CENT
    return parts.with_interval(
        page,
        _gain(page, row) if is_moved else page.say("none"),
        page.money(row["gain_low_amount"]) if is_moved else None,
        page.money(row["gain_high_amount"]) if is_moved else None,
    )


def _cell_verdict(page: Page, summary: Row, row: Row) -> Markup:
    return Markup(
        '<div class="verdict-cell">{}<br><span class="quiet">{}</span></div>'
    ).format(verdicts.badge(page, judged(row)), why_cell(page, row, summary))
