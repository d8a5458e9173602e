"""Movement: who goes from which persona to which, and what becomes of them.

A flow of few customers is not told by itself: it is part of a flow to
"elsewhere", or hidden. So flows of a persona that are shown may be fewer than
there are, never more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

import streamlit as st
from markupsafe import Markup

from orchestration.dashboard import charts, parts
from orchestration.dashboard.address import (
    ALL,
    choose,
    choose_period,
    choose_some,
)
from orchestration.dashboard.changes import EVENTS
from orchestration.dashboard.page import UNASSIGNED, Page
from orchestration.dashboard.parts import Column
from orchestration.dashboard.words import N_
from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import Row
from orchestration.lib.cards.rendering import accent_colours

OTHER = "other"
LEFT = "left"
DASH = Markup("–")
ON_THE_LEFT = {OTHER: N_("Personas of few customers")}
ON_THE_RIGHT = {
    OTHER: N_("Elsewhere, few each"),
    LEFT: N_("No more in the data"),
}
LAST_IDS = (UNASSIGNED, OTHER, LEFT)
HEIGHT_PER_NODE = 52  # pixels
LEAST_HEIGHT = 320
FEWEST_MONTHS = 2  # of which a line can be drawn

KINDS = {
    "born": (N_("new"), 6),
    "split": (N_("split off"), 7),
    "merged": (N_("taken in by another"), 4),
    "retired": (N_("no more"), 2),
}
MEASURES = {
    "count_customers": (N_("Customers"), "count"),
    "customer_share": (N_("Share of customers"), "share"),
    "left_share": (N_("Share that went elsewhere"), "share"),
}


def show(page: Page) -> None:
    """Show the page."""
    parts.heading(
        page,
        N_("Movement"),
        page.say(
            "Who went from which persona to which, how large the personas "
            "were, and which of them came and went."
        ),
    )
    if not page.deck.wholes:
        parts.empty(
            page,
            page.words.named(wording.VERDICTS, page.deck.verdict),
            page.say("Without personas nobody can go from one to another."),
        )
        return
    _show_flows(page)
    _show_months(page)
    _show_events(page)
    _show_snapshots(page)


def in_order(ids: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return ids of personas: those known first, then others, then no persona.

    Parameters
    ----------
    ids : iterable of str
    known : sequence of str
        In their order.
    """
    found = set(ids)
    first = [one for one in known if one in found and one not in LAST_IDS]
    last = [one for one in LAST_IDS if one in found]
    return [*first, *sorted(found - {*first, *last}), *last]


def stayed(flows: Sequence[Row]) -> tuple[int, int] | None:
    """Return how many stayed in their persona, and of how many.

    Only of personas of which it is told; None where it is of none.
    """
    told = [
        flow
        for flow in flows
        if flow["source"] == flow["target"]
        and flow["source"] not in LAST_IDS
        and flow["count_customers"] is not None
        and flow["customer_share"]
    ]
    if not told:
        return None
    return (
        sum(flow["count_customers"] for flow in told),
        round(
            sum(
                flow["count_customers"] / flow["customer_share"]
                for flow in told
            )
        ),
    )


def largest_move(flows: Sequence[Row]) -> Row | None:
    """Return the largest flow from one persona to another that is told."""
    moves = [
        flow
        for flow in flows
        if flow["source"] != flow["target"]
        and OTHER not in (flow["source"], flow["target"])
        and flow["count_customers"]
    ]
    return max(moves, key=lambda flow: flow["count_customers"], default=None)


def chosen_flows(
    flows: Sequence[Row], chosen: Sequence[str], *, with_stays: bool
) -> list[Row]:
    """Return flows from or to chosen personas; all where none is chosen."""
    return [
        flow
        for flow in flows
        if (with_stays or flow["source"] != flow["target"])
        and (not chosen or flow["source"] in chosen or flow["target"] in chosen)
    ]


def _called(page: Page, one: str, names: Mapping[str, str]) -> str:
    return page.plain(names[one]) if one in names else page.name(one)


def _show_flows(page: Page) -> None:
    parts.section(
        page,
        N_("From persona to persona"),
        page.say(
            "On one side the persona at the beginning, on the other the one "
            "at the end. A span is as short as it can be without showing few "
            "customers."
        ),
    )
    spans = {
        f"{row['month_end']:%Y-%m}": row
        for row in page.rows(
            "select distinct from_month_end, month_end from bi.persona_flows "
            "order by month_end desc"
        )
    }
    if not spans:
        parts.empty(
            page,
            page.say("No movement can be told yet."),
            page.say(
                "Deliver orders of further months: it takes two month-ends "
                "with personas."
            ),
        )
        return

    def span_in_words(text: str) -> str:
        return page.plain(
            "{first} to {last}",
            first=page.words.month(spans[text]["from_month_end"]),
            last=page.words.month(spans[text]["month_end"]),
        )

    left, right = st.columns([1, 2])
    with left:
        until = choose(
            page.plain("From month-end to month-end"),
            list(spans),
            "until",
            show=span_in_words,
        )
    flows = [
        {
            **row,
            "source": row["from_persona_id"],
            "target": row["to_persona_id"],
        }
        for row in page.rows(
            "select from_month_end, month_end, from_persona_id, "
            "to_persona_id, count_customers, customer_share, is_hidden "
            "from bi.persona_flows where month_end = ? "
            "order by from_persona_id, to_persona_id",
            spans[until]["month_end"],
        )
    ]
    with right:
        chosen = choose_some(
            page.plain("Personas"),
            in_order(
                [one["source"] for one in flows if one["source"] != OTHER],
                list(page.personas),
            ),
            "persona",
            show=page.name,
            placeholder=page.plain("All personas"),
        )
    parts.sentences(page, _told(page, flows, span_in_words(until)))
    with_stays = _choose_stays(page)
    drawn = chosen_flows(flows, chosen, with_stays=with_stays)
    _draw(page, drawn, key="flows")
    told = chosen_flows(flows, chosen, with_stays=True)
    _table_of_flows(
        page,
        told,
        page.plain("Customers from persona to persona"),
        file=f"persona_flows_{until}",
    )


def _choose_stays(page: Page) -> bool:
    words = {
        ALL: page.plain("Shown, pale"),
        "no": page.plain("Left out"),
    }
    return (
        choose(
            page.plain("Customers who stayed"),
            list(words),
            "stays",
            show=lambda one: words[one],
            widget=st.segmented_control,
        )
        != "no"
    )


def _told(page: Page, flows: Sequence[Row], span: str) -> list[Markup]:
    told = []
    counts = stayed(flows)
    if counts:
        told.append(
            page.say(
                "{span}: {count} of {all} customers stayed in their persona, "
                "{share}.",
                span=span,
                count=page.count(counts[0]),
                all=page.count(counts[1]),
                share=_strong(page.share(counts[0] / counts[1])),
            )
        )
    move = largest_move(flows)
    if move:
        told.append(
            page.say(
                "The largest move: {count} customers from {old} to {new}, "
                "{share} of the persona.",
                count=page.count(move["count_customers"]),
                old=_strong(page.name(move["source"])),
                new=_strong(_called(page, move["target"], ON_THE_RIGHT)),
                share=page.share(move["customer_share"]),
            )
        )
    return told


def _strong(text: Markup | str) -> Markup:
    return Markup("<b><bdi>{}</bdi></b>").format(text)


def _flow_in_words(page: Page, flow: Row) -> Markup:
    count = page.count(flow["count_customers"])
    share = page.share(flow["customer_share"])
    if flow["source"] == flow["target"]:
        return page.say(
            "{count} customers stayed in {persona}, {share} of it.",
            count=count,
            persona=page.name(flow["source"]),
            share=share,
        )
    return page.say(
        "{count} customers went from {old} to {new}, {share} of the first.",
        count=count,
        old=_called(page, flow["source"], ON_THE_LEFT),
        new=_called(page, flow["target"], ON_THE_RIGHT),
        share=share,
    )


def _draw(page: Page, flows: Sequence[Row], *, key: str) -> None:
    """Draw the flows that have a number."""
    drawn = [flow for flow in flows if flow["count_customers"]]
    if not drawn:
        parts.empty(
            page,
            page.say("No flow of this selection is large enough to be told."),
            page.say("Choose other personas, or show who stayed."),
        )
        return
    known = list(page.personas)
    sources = in_order((flow["source"] for flow in drawn), known)
    targets = in_order((flow["target"] for flow in drawn), known)
    spec = charts.sankey(
        [
            {
                **flow,
                "value": flow["count_customers"],
                "text": str(_flow_in_words(page, flow)),
            }
            for flow in drawn
        ],
        page.look,
        left={one: _called(page, one, ON_THE_LEFT) for one in sources},
        right={one: _called(page, one, ON_THE_RIGHT) for one in targets},
        colours=page.colours,
    )
    parts.flow(
        spec,
        page.plain("Customers from persona to persona; the table has them too"),
        key=key,
        height=max(
            LEAST_HEIGHT, HEIGHT_PER_NODE * max(len(sources), len(targets))
        ),
    )
    incomplete = in_order(
        (flow["source"] for flow in flows if flow["count_customers"] is None),
        known,
    )
    if incomplete:
        parts.note(
            page,
            page.say(
                "Drawn in part or not at all, because the rest would give away "
                "few customers: {personas}.",
                personas=page.words.language.join(
                    [_called(page, one, ON_THE_LEFT) for one in incomplete]
                ),
            ),
        )


def by_source(flows: Sequence[Row], known: Sequence[str]) -> list[Row]:
    """Return a row per persona at the beginning: who stayed, who went where.

    Parameters
    ----------
    flows : sequence
    known : sequence of str
        Ids of personas in their order.
    """
    rows: list[Row] = []
    for source in in_order((flow["source"] for flow in flows), known):
        own = [flow for flow in flows if flow["source"] == source]
        stays = [flow for flow in own if flow["target"] == source]
        moves = [flow for flow in own if flow["target"] != source]
        moves.sort(
            key=lambda flow: (
                flow["target"] in LAST_IDS,
                -(flow["count_customers"] or 0),
            )
        )
        rows.append(
            {
                "source": source,
                "stay": stays[0] if stays else None,
                "moves": moves,
            }
        )
    return rows


def _table_of_flows(
    page: Page, flows: Sequence[Row], caption: str, *, file: str
) -> None:
    if not flows:
        return

    def stayed_share(row: Row) -> Markup | str:
        stay = row["stay"]
        if stay is None:
            return ""
        if stay["customer_share"] is None:
            return DASH
        return parts.barred(page, stay["customer_share"], 1)

    def stayed_count(row: Row) -> Markup | str:
        stay = row["stay"]
        return page.count(stay["count_customers"]) if stay else ""

    parts.table(
        page,
        caption,
        [
            Column(
                page.plain("From"),
                lambda row: _dotted(page, row["source"], ON_THE_LEFT),
            ),
            Column(page.plain("Customers who stayed"), stayed_count, True),
            Column(page.plain("Share"), stayed_share, True),
            Column(
                page.plain("Went to"),
                lambda row: _destinations(page, row["moves"]),
            ),
        ],
        by_source(flows, list(page.personas)),
        file=file,
        raw=[
            {
                name: value
                for name, value in flow.items()
                if name not in ("source", "target")
            }
            for flow in flows
        ],
    )
    if any(flow["count_customers"] is None for flow in flows):
        parts.note(
            page,
            page.say(
                "A dash: not shown, because it would give away few customers."
            ),
        )


def _destinations(page: Page, moves: Sequence[Row]) -> Markup:
    """Return where customers went, the most first, as a list for a cell."""
    if not moves:
        return DASH
    items = [
        Markup("<li>{} {}</li>").format(
            _dotted(page, move["target"], ON_THE_RIGHT),
            DASH
            if move["count_customers"] is None
            else page.say(
                "{count} ({share})",
                count=page.count(move["count_customers"]),
                share=page.share(move["customer_share"]),
            ),
        )
        for move in moves
    ]
    return Markup('<ul class="in-a-row">{}</ul>').format(Markup("").join(items))


def _dotted(page: Page, one: str, names: Mapping[str, str]) -> Markup:
    """Return a persona's name behind a dot of its colour."""
    return Markup('<span class="dot" style="--accent: {}">{}</span>').format(
        page.colours.get(one, page.look.muted), _called(page, one, names)
    )


def _show_months(page: Page) -> None:
    parts.section(
        page,
        N_("Month by month"),
        page.say(
            "All months by the model in force, so that a change is the "
            "customers', not the model's."
        ),
    )
    rows = page.rows(
        "select month_end, persona_id, count_customers, customer_share "
        "from bi.persona_sizes_monthly order by month_end, persona_id"
    )
    months = sorted({row["month_end"] for row in rows})
    if len(months) < FEWEST_MONTHS:
        parts.empty(
            page,
            page.say("There is no second month-end yet."),
            page.say("Deliver orders of a further month that has ended."),
        )
        return
    left, right = st.columns([1, 2])
    with left:
        measure = choose(
            page.plain("Measure"),
            list(MEASURES),
            "measure",
            show=lambda one: page.plain(MEASURES[one][0]),
        )
    with right:
        first, last = choose_period(
            page.plain("Period"),
            months,
            show=lambda month: page.words.month(month, "MMM y"),
            usual_count=len(months),
        )
    if measure == "left_share":
        rows = _left_shares(page)
    label, unit = MEASURES[measure]
    values = [
        {
            "month": row["month_end"],
            "persona_id": row["persona_id"],
            "name": page.name(row["persona_id"]),
            "value": row[measure],
        }
        for row in rows
        if first <= row["month_end"] <= last
    ]
    if not any(row["value"] is not None for row in values):
        parts.empty(
            page,
            page.say("Nothing of this period can be told."),
            page.say("Choose a longer period."),
        )
        return
    ids = in_order((row["persona_id"] for row in values), list(page.personas))
    parts.chart(
        charts.month_lines(
            values,
            page.look,
            colours=page.colours_by_name(ids),
            unit=unit,
            title=page.plain(label),
            month_title=page.plain("Month"),
        ),
        page.plain("{figure} by persona and month", figure=page.plain(label)),
        key="sizes",
    )
    parts.download(page, f"persona_sizes_{measure}", values)


def _left_shares(page: Page) -> list[Row]:
    """Return which share of each persona was elsewhere at the end of a span."""
    return page.rows(
        "select month_end, from_persona_id as persona_id, "
        "1 - customer_share as left_share from bi.persona_flows "
        "where from_persona_id = to_persona_id "
        "and from_persona_id not in (?, ?) order by month_end, from_persona_id",
        UNASSIGNED,
        OTHER,
    )


def whose_line(event: Row) -> str:
    """Return the persona on whose line an event is shown: who it befell."""
    if event["event"] == "merged":
        return str(event["other_persona_id"])
    return str(event["persona_id"])


def _show_events(page: Page) -> None:
    parts.section(
        page,
        N_("Personas that came and went"),
        page.say(
            "What each approved training did to the personas. One that goes "
            "on keeps its name and its portrait and is not told here."
        ),
    )
    events = page.rows(
        "select event_date, event, persona_id, other_persona_id, share_of_old, "
        "share_of_new from bi.persona_events where event <> 'matched' "
        "order by event_date, persona_id, other_persona_id"
    )
    if not events:
        parts.empty(
            page,
            page.say("No persona has come or gone."),
            page.say("The next approved training may change that."),
        )
        return
    accents = accent_colours(is_dark=page.is_dark)

    def in_words(event: Row, style: Callable[..., Markup | str]) -> Markup:
        return page.say(
            EVENTS[event["event"]],
            persona=style(page.name(event["persona_id"])),
            other=style(page.name(event["other_persona_id"])),
        )

    months = page.rows(
        "select min(month_end) as first, max(as_of_date) as last "
        "from bi.persona_sizes_monthly"
    )[0]
    by_line = sorted(events, key=whose_line)
    parts.chart(
        charts.events_on_a_line(
            [
                {
                    "day": event["event_date"],
                    "name": page.name(whose_line(event)),
                    "kind": page.plain(KINDS[event["event"]][0]),
                    "text": in_words(event, str).unescape(),
                }
                for event in by_line
            ],
            page.look,
            colours={
                page.plain(label): accents[accent]
                for label, accent in KINDS.values()
            },
            titles={"event": page.plain("Event"), "day": page.plain("Day")},
            period=_period(events, months),
        ),
        page.plain("What became of each persona, and when"),
        key="events",
    )
    parts.table(
        page,
        page.plain("What became of each persona, and when"),
        [
            Column(
                page.plain("Day"),
                lambda row: page.words.day(row["event_date"]),
            ),
            Column(
                page.plain("What happened"), lambda row: in_words(row, _strong)
            ),
            *_shared(page, events),
        ],
        sorted(events, key=lambda row: row["event_date"], reverse=True),
        file="persona_events",
    )


def _shared(page: Page, events: Sequence[Row]) -> list[Column]:
    """Return columns of what old and new have in common, where any have."""
    if all(event["share_of_old"] is None for event in events):
        return []
    return [
        parts.number_column(
            page,
            N_("Share of the old persona in the new one"),
            "share_of_old",
            page.share,
        ),
        parts.number_column(
            page,
            N_("Share of the new persona from the old one"),
            "share_of_new",
            page.share,
        ),
    ]


def _period(events: Sequence[Row], months: Row) -> tuple[date, date]:
    """Return from when to when the line runs: all months and all events."""
    days = [event["event_date"] for event in events]
    days += [day for day in (months["first"], months["last"]) if day]
    return min(days), max(days)


def _show_snapshots(page: Page) -> None:
    parts.section(
        page,
        N_("Where an audience has gone"),
        page.say(
            "An audience that was kept on a day, and the personas its "
            "customers have today."
        ),
    )
    kept = {
        row["snapshot_id"]: row
        for row in page.rows(
            "select distinct snapshot_id, snapshot_name, then_as_of_date, "
            "taken_at from bi.persona_snapshot_moves "
            "order by taken_at desc, snapshot_id"
        )
    }
    if not kept:
        parts.empty(
            page,
            page.say("No audience has been kept."),
            page.say(
                "Keep who is in which persona today with {command}; the next "
                "run shows here where they have gone.",
                command=Markup("<code>persona snapshot NAME</code>"),
            ),
        )
        return
    one = choose(
        page.plain("Audience"),
        list(kept),
        "snapshot",
        show=lambda key: page.plain(
            "{name}, {day}",
            name=kept[key]["snapshot_name"],
            day=page.words.day(kept[key]["then_as_of_date"]),
        ),
    )
    moves = [
        {
            **row,
            "source": row["then_persona_id"],
            "target": row["now_persona_id"],
        }
        for row in page.rows(
            "select then_persona_id, now_persona_id, count_customers, "
            "customer_share, is_hidden from bi.persona_snapshot_moves "
            "where snapshot_id = ? order by then_persona_id, now_persona_id",
            one,
        )
    ]
    _draw(page, moves, key="snapshot")
    _table_of_flows(
        page,
        moves,
        page.plain("The audience's personas then and now"),
        file=f"persona_snapshot_{one}",
    )
