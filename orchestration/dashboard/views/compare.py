"""Compare: two personas side by side, and what sets them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from markupsafe import Markup

from orchestration.dashboard import charts, parts
from orchestration.dashboard.address import ALL, choose
from orchestration.dashboard.differences import (
    Difference,
    differences,
    telling,
)
from orchestration.dashboard.page import Page
from orchestration.dashboard.parts import Column, Tile
from orchestration.dashboard.views.months import show_months
from orchestration.dashboard.views.persona_sections import CHANNEL_KINDS, times
from orchestration.dashboard.words import BY_COLUMN, N_
from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import Row

MOST_SHOWN = 14
MOST_NAMED = 3
Pair = tuple[str, str]


def show(page: Page) -> None:
    """Show the page."""
    parts.heading(
        page,
        N_("Compare two personas"),
        page.say(
            "Who they are, how they do and where they differ, each difference "
            "with its evidence."
        ),
    )
    if len(page.personas) < 2:
        parts.empty(
            page,
            page.say("There are no two personas to compare."),
            page.words.named(wording.VERDICTS, page.deck.verdict),
        )
        return
    pair = _chosen(page)
    _show_both(page, pair)
    found = differences(*(_traits(page, one) for one in pair))
    parts.sentences(page, told(page, pair, found))
    _show_figures(page, pair)
    _show_differences(page, pair, found)
    _show_products(page, pair)
    _show_channels(page, pair)
    show_months(page, pair, file="months_compared")


def _chosen(page: Page) -> Pair:
    every = list(page.personas)
    columns = st.columns(2)
    with columns[0]:
        left = choose(page.plain("Persona"), every, "left", show=page.name)
    others = [one for one in every if one != left]
    with columns[1]:
        right = choose(
            page.plain("Compared with"), others, "right", show=page.name
        )
    return left, right


def _show_both(page: Page, pair: Pair) -> None:
    rows = {
        row["persona_id"]: row
        for row in page.rows("select * from bi.personas_overview")
    }
    parts.show(
        page,
        "versus.html",
        both=[_portrayed(page, one, rows.get(one, {})) for one in pair],
    )


def _portrayed(page: Page, persona_id: str, row: Row) -> dict[str, object]:
    text = page.person(persona_id)
    low, high = (
        row.get("clv_per_customer_low"),
        row.get("clv_per_customer_high"),
    )
    return {
        "accent": page.personas[persona_id].accent,
        "portrait": page.portraits.get(persona_id),
        "name": page.name(persona_id),
        "title": text["persona_title"] or "",
        "summary": text["summary"] or "",
        "numbers": [
            Tile(
                page.say("Customers"),
                page.count(row.get("count_customers")),
                page.say(
                    "{share} of the company",
                    share=page.share(row.get("customer_share")),
                ),
            ),
            Tile(
                page.say("Net revenue so far"),
                page.money(row.get("net_amount")),
                page.say(
                    "{share} of the company",
                    share=page.share(row.get("value_share")),
                ),
            ),
            Tile(
                page.say("Worth of a customer over 12 months"),
                page.money(row.get("clv_per_customer")),
                page.say(
                    "{low} to {high}",
                    low=page.money(low),
                    high=page.money(high),
                )
                if low is not None and high is not None
                else "",
            ),
        ],
    }


def _traits(page: Page, persona_id: str) -> list[Row]:
    return page.rows(
        "select * from bi.persona_traits where persona_id = ? "
        "order by trait_id",
        persona_id,
    )


def told(page: Page, pair: Pair, found: Sequence[Difference]) -> list[Markup]:
    """Return what sets the two apart, made of trait rows."""
    sure = telling(found, len(found))
    if not sure:
        return [
            page.say(
                "No trait known of both differs by more than chance and more "
                "than a little."
            )
        ]
    left, right = pair
    above = [one for one in sure if one.size > 0][:MOST_NAMED]
    below = [one for one in sure if one.size < 0][:MOST_NAMED]
    sentences = []
    for mine, here, there in ((above, left, right), (below, right, left)):
        if mine:
            sentences.append(
                page.say(
                    "{persona} stands above {other} in {traits}.",
                    persona=_strong(page.name(here)),
                    other=_isolated(page.name(there)),
                    traits=_listed(page, [_named(page, one) for one in mine]),
                )
            )
    return sentences


def _named(page: Page, one: Difference) -> Markup:
    """Name a trait with both values, the higher one first."""
    higher, lower = (
        (one.left, one.right) if one.size > 0 else (one.right, one.left)
    )
    return page.say(
        "{trait} ({value} against {other})",
        trait=_strong(page.words.trait(higher)),
        value=_value(page, higher),
        other=_value(page, lower),
    )


def _listed(page: Page, items: Sequence[Markup]) -> Markup:
    return Markup(page.words.language.join(str(item) for item in items))


def _strong(text: Markup | str) -> Markup:
    return Markup("<b>{}</b>").format(_isolated(text))


def _isolated(text: Markup | str) -> Markup:
    """Keep text of either direction out of the direction around it."""
    return Markup("<bdi>{}</bdi>").format(text)


def _value(page: Page, row: Row) -> Markup:
    return page.words.value(row["persona_value"], row["unit"], page.currency)


def _evidence(page: Page, row: Row) -> Markup:
    """Return a value with its interval and of how many it is known."""
    return Markup('{}<br><span class="quiet">{}<br>{}</span>').format(
        _value(page, row),
        page.words.interval(row, page.currency),
        page.say("n = {count}", count=page.count(row["count_known"])),
    )


def _source(page: Page, row: Row) -> Markup:
    return Markup('{}<br><span class="quiet">{}</span>').format(
        page.words.named(wording.ENTITIES, row["source_entity"]),
        page.words.named(wording.BASES, row["basis"]),
    )


def _show_figures(page: Page, pair: Pair) -> None:
    parts.section(
        page,
        N_("Figures of the last year"),
        page.say(
            "The better one is marked. These are counts and shares of all "
            "customers, without intervals: small differences may be chance."
        ),
    )
    rows = figures_of(
        page.rows(
            "select * from bi.persona_scorecard "
            "where list_contains(?, persona_id)",
            list(pair),
        ),
        pair,
    )
    if not rows:
        parts.empty(
            page,
            page.say("There is no scorecard yet."),
            page.say("Deliver orders of at least one month that has ended."),
        )
        return

    parts.table(
        page,
        page.plain("Figures of the last year"),
        [
            Column(
                page.plain("Figure"),
                lambda row: page.say(BY_COLUMN[row["metric"]].label),
            ),
            *[
                Column(page.name(one), partial(_figure, page, side), True)
                for one, side in zip(pair, ("left", "right"), strict=True)
            ],
            Column(
                page.plain("The company"),
                partial(_figure, page, "company"),
                True,
            ),
        ],
        rows,
        file="personas_compared",
    )


def figures_of(scorecard: Sequence[Row], pair: Pair) -> list[Row]:
    """Return a row per figure that is known of either persona.

    Parameters
    ----------
    scorecard : sequence of Row
        Of ``persona_scorecard``.
    pair : tuple of str

    Returns
    -------
    list of Row
        metric, left, right, company, and better: the side of the better one.
    """
    by_key = {(row["metric"], row["persona_id"]): row for row in scorecard}
    rows: list[Row] = []
    for metric, figure in BY_COLUMN.items():
        left, right = (by_key.get((metric, one), {}) for one in pair)
        values = [one.get("persona_value") for one in (left, right)]
        if values == [None, None]:
            continue
        rows.append(
            {
                "metric": metric,
                "left": values[0],
                "right": values[1],
                "company": (left or right)["company_value"],
                "better": _better(values[0], values[1], figure.better),
            }
        )
    return rows


def _better(
    left: float | None, right: float | None, direction: int
) -> str | None:
    if left is None or right is None or not direction or left == right:
        return None
    return "left" if (left - right) * direction > 0 else "right"


def _figure(page: Page, side: str, row: Row) -> Markup:
    unit = BY_COLUMN[row["metric"]].unit

    def shown(one: str) -> Markup:
        return page.words.figure(row[one], unit, page.currency)

    if row["better"] != side or shown("left") == shown("right"):
        return shown(side)
    return Markup(
        '<span class="good"><b>{}</b> <small>✓ {}</small></span>'
    ).format(shown(side), page.say("better"))


def _show_differences(
    page: Page, pair: Pair, found: Sequence[Difference]
) -> None:
    parts.section(
        page,
        N_("Where they differ most"),
        page.say(
            "Traits whose intervals do not touch, the largest difference "
            "first. The dashed line is the average of all customers, a step "
            "is one standard deviation among the customers of the two; bars "
            "are 95% intervals."
        ),
    )
    known = {one.left["part"] for one in found}
    every = page.plain("All parts")
    with st.columns([1, 2])[0]:
        part = choose(
            page.plain("Part"),
            [ALL, *[one for one in wording.PART_NAMES if one in known]],
            "part",
            show=lambda one: (
                page.plain(wording.PART_NAMES[one]) if one else every
            ),
        )
    shown = telling(found, MOST_SHOWN, part=part)
    if not shown:
        parts.empty(
            page,
            page.say("They do not differ for sure in any trait of this part."),
            page.say(
                "Choose another part, or deliver more of what tells: surveys "
                "above all."
            ),
        )
        return
    parts.chart(
        charts.dumbbell(
            [
                row
                for one in shown
                for row in marks(
                    one,
                    pair,
                    name=str(page.words.trait(one.left).striptags()),
                    called=page.name,
                    text=lambda row: _value(page, row).striptags(),
                )
            ],
            page.look,
            colours=page.colours_by_name(pair),
            title=page.plain(
                "Distance from the average of all customers, in "
                "standard deviations"
            ),
            titles={"text": page.plain("Value")},
        ),
        page.plain(
            "The traits in which {left} and {right} differ most",
            left=page.name(pair[0]),
            right=page.name(pair[1]),
        ),
        key="differences",
    )
    parts.table(
        page,
        page.plain("Differences with their evidence"),
        [
            Column(page.plain("Trait"), lambda row: _trait(page, row["of"])),
            Column(
                page.name(pair[0]),
                lambda row: _evidence(page, row["of"].left),
                True,
            ),
            Column(
                page.name(pair[1]),
                lambda row: _evidence(page, row["of"].right),
                True,
            ),
            Column(
                page.plain("Difference"),
                lambda row: page.words.effect(row["of"].size),
            ),
            Column(
                page.plain("Source"),
                lambda row: _source(page, row["of"].left),
            ),
        ],
        [{"of": one} for one in shown],
        file="persona_differences",
        raw=[plain_row(one) for one in found],
    )


def marks(
    one: Difference,
    pair: Pair,
    *,
    name: str,
    called: Callable[[str], str],
    text: Callable[[Row], str],
) -> list[Row]:
    """Return the two marks of a difference for a chart."""
    return [
        {
            "name": name,
            "kind": called(persona_id),
            "value": one.place(row, "persona_value"),
            "low": one.place(row, "interval_low"),
            "high": one.place(row, "interval_high"),
            "text": text(row),
        }
        for persona_id, row in zip(pair, (one.left, one.right), strict=True)
    ]


def plain_row(one: Difference) -> Row:
    """Return a difference as a row of a file."""
    own = ("persona_value", "interval_low", "interval_high", "count_known")
    shared = ("part", "trait", "trait_value", "unit", "source_entity", "basis")
    return {
        **{column: one.left[column] for column in shared},
        "company_value": one.left["baseline_value"],
        **{
            f"{row['persona_id']}_{column}": row[column]
            for row in (one.left, one.right)
            for column in own
        },
        "difference_in_standard_deviations": one.size,
        "intervals_do_not_touch": one.is_sure,
    }


def _trait(page: Page, one: Difference) -> Markup:
    return Markup('{}<br><span class="quiet">{}</span>').format(
        page.words.trait(one.left),
        page.words.named(wording.PART_NAMES, one.left["part"]),
    )


def paired(rows: Sequence[Row], pair: Pair, key: str, value: str) -> list[Row]:
    """Return a row per key with both personas' rows, most different first.

    Returns
    -------
    list of Row
        key, left and right: the rows of both, or an empty one.
    """
    by_key: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_key.setdefault(row[key], {})[row["persona_id"]] = row
    found = [
        {"key": name, "left": both.get(pair[0]), "right": both.get(pair[1])}
        for name, both in by_key.items()
    ]

    def apart(row: Row) -> float:
        left, right = (
            float((row[side] or {}).get(value) or 0)
            for side in ("left", "right")
        )
        return abs(left - right)

    return sorted(found, key=lambda row: (-apart(row), row["key"]))


def _show_products(page: Page, pair: Pair) -> None:
    parts.section(
        page,
        N_("What they spend their money on"),
        page.say("The categories they differ in most come first."),
    )
    rows = page.rows(
        "select * from bi.persona_products where level = 'category' "
        "and list_contains(?, persona_id) order by category, persona_id",
        list(pair),
    )
    if not rows:
        parts.empty(
            page,
            page.say("No product can be shown."),
            page.say("Deliver products with their category, and order lines."),
        )
        return
    _show_shares(
        page,
        pair,
        rows,
        "category",
        "wallet_share",
        name=page.category,
        head=page.plain("Category"),
        title=page.plain("Share of their money"),
        file="products_compared",
    )


def _show_channels(page: Page, pair: Pair) -> None:
    parts.section(
        page,
        N_("How to reach them"),
        page.say("The channels they differ in most come first."),
    )
    kind = choose(
        page.plain("Channels"),
        list(CHANNEL_KINDS)[::-1],
        "channels",
        show=lambda one: page.plain(CHANNEL_KINDS[one]),
        widget=st.segmented_control,
        label_visibility="collapsed",
    )
    rows = page.rows(
        "select * from bi.persona_channels where channel_kind = ? "
        "and list_contains(?, persona_id) order by channel, persona_id",
        kind,
        list(pair),
    )
    if not rows:
        parts.empty(
            page,
            page.say("No source tells."),
            page.say(
                "Deliver web sessions, orders with their channel, or the "
                "acquisition channel of customers."
            ),
        )
        return
    _show_shares(
        page,
        pair,
        rows,
        "channel",
        "channel_share",
        name=page.channel,
        head=page.plain("Channel"),
        title=page.plain("Share"),
        file=f"channels_compared_{kind}",
    )


def _show_shares(
    page: Page,
    pair: Pair,
    rows: Sequence[Row],
    key: str,
    value: str,
    *,
    name: Callable[[str], str],
    head: str,
    title: str,
    file: str,
) -> None:
    """Show shares of both as bars, and in a table with their lifts."""
    both = paired(rows, pair, key, value)
    parts.chart(
        charts.side_by_side(
            [
                {
                    "name": name(row["key"]),
                    "kind": page.name(one),
                    "value": row[side][value] if row[side] else None,
                }
                for row in both
                for one, side in zip(pair, ("left", "right"), strict=True)
            ],
            page.look,
            colours=page.colours_by_name(pair),
            unit="share",
            title=title,
        ),
        page.plain(
            "{figure} of {left} and {right}",
            figure=title,
            left=page.name(pair[0]),
            right=page.name(pair[1]),
        ),
        key=file,
    )
    columns = [
        Column(
            head,
            lambda row: Markup("<bdi>{}</bdi>").format(name(row["key"])),
        )
    ]
    for one, side in zip(pair, ("left", "right"), strict=True):
        columns += [
            Column(page.name(one), partial(_share, page, side, value), True),
            Column(
                page.plain("Times the others"),
                partial(_times, page, side),
                True,
            ),
        ]
    with st.expander(page.plain("The numbers, and how sure they are")):
        parts.table(page, title, columns, both, file=file, raw=rows)


def _share(page: Page, side: str, value: str, row: Row) -> Markup:
    known = row[side] and row[side][value] is not None
    return page.share(row[side][value]) if known else Markup("–")


def _times(page: Page, side: str, row: Row) -> Markup:
    return times(page, row[side]) if row[side] else Markup("–")
