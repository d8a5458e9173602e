"""Campaigns: what each did, to whom, and what cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st
from markupsafe import Markup

from orchestration.dashboard import charts, parts, verdicts
from orchestration.dashboard.address import ALL, choose, choose_period
from orchestration.dashboard.page import UNASSIGNED, Page
from orchestration.dashboard.parts import Column, Tile
from orchestration.dashboard.words import N_
from orchestration.lib.cards.deck import Row

MOST_IN_CHART = 40
MOST_TOLD = 4
HUNDRED = 100
LIFT = ("lift", "lift_low", "lift_high")
RETURN = ("return_on_spend", "return_on_spend_low", "return_on_spend_high")
PERSONA_COVARIATE = "persona_"

EVIDENCE = {
    "randomised": N_("customers held out at random"),
    "observational": N_("matched: customers who were alike"),
    None: N_("none"),
}
COVARIATES = {
    "months_known": N_("Months since the first contact"),
    "months_since_order": N_("Months since the last purchase"),
    "net_amount_last_year": N_("Net amount of the last year"),
    "opens_last_year": N_("Messages opened in the last year"),
    "orders_last_30_days": N_("Purchases of the last 30 days"),
    "orders_last_year": N_("Purchases of the last year"),
    "sessions_last_year": N_("Visits of the last year"),
    "tickets_last_year": N_("Tickets of the last year"),
    "touches_last_year": N_("Messages of the last year"),
}
OF_ALL = (
    "select * from bi.campaigns order by starts_on desc nulls last, campaign_id"
)
OF_PERSONA = (
    "select lift.*, campaign_name, objective, starts_on, ends_on "
    "from bi.campaign_lift as lift "
    "join bi.dim_campaign using (campaign_id) where lift.persona_id = ? "
    "order by starts_on desc nulls last, campaign_id"
)


def show(page: Page) -> None:
    """Show the page."""
    parts.heading(
        page,
        N_("Campaigns"),
        page.say(
            "What each campaign did, measured against customers who did not "
            "get it. Nothing is multiplied by a guess: where the customers "
            "are too few to tell, the page says so."
        ),
    )
    every = page.rows(OF_ALL)
    if not every:
        parts.empty(
            page,
            page.say("No campaign is known."),
            page.say(
                "Deliver campaigns and campaign_touches, and hold some "
                "customers out at random: then effects can be told."
            ),
        )
        return
    rows, is_filtered = _filtered(page, every)
    _show_verdicts(page, rows)
    if not is_filtered:
        parts.sentences(page, told(page, every))
    _show_effects(page, rows)
    _show_campaign(page, every)


def months_between(first: date, last: date) -> list[date]:
    """Return the first days of all months from one day to another."""
    count = (last.year - first.year) * 12 + last.month - first.month
    places = [first.month - 1 + step for step in range(count + 1)]
    return [
        date(first.year + place // 12, place % 12 + 1, 1) for place in places
    ]


def per_hundred(share: float | None) -> float | None:
    """Return how many of a hundred a share is."""
    return None if share is None else share * HUNDRED


def within(row: Row, first: date, last: date) -> bool:
    """Return whether a campaign began in a period; open ones always did."""
    began = row["starts_on"]
    return began is None or first <= began.replace(day=1) <= last


def pays(row: Row) -> str | None:
    """Return what the interval of the return on spend says, if anything."""
    low, high = row["return_on_spend_low"], row["return_on_spend_high"]
    if low is None or high is None:
        return None
    if low > 1:
        return N_("has paid for itself")
    if high < 1:
        return N_("has cost more than it brought")
    return N_("may have paid or not")


def _filtered(page: Page, every: Sequence[Row]) -> tuple[list[Row], bool]:
    """Return the campaigns that are asked for, and whether all are."""
    channels = sorted({row["channel"] for row in every})
    began = [row["starts_on"] for row in every if row["starts_on"]]
    months = sorted(
        {
            *page.months,
            *(months_between(min(began), max(began)) if began else ()),
        }
    )
    all_channels = page.plain("All channels")
    all_customers = page.plain("All customers")
    all_verdicts = page.plain("All verdicts")
    columns = st.columns(3)
    with columns[0]:
        channel = choose(
            page.plain("Channel"),
            [ALL, *channels],
            "channel",
            show=lambda one: page.channel(one) if one else all_channels,
        )
    with columns[1]:
        persona = choose(
            page.plain("Effect on"),
            [ALL, *page.personas, UNASSIGNED],
            "persona",
            show=lambda one: page.name(one) if one else all_customers,
        )
    with columns[2]:
        verdict = choose(
            page.plain("Verdict"),
            [ALL, *verdicts.CAMPAIGNS],
            "verdict",
            show=lambda one: (
                verdicts.signed(page, verdicts.CAMPAIGNS[one])
                if one
                else all_verdicts
            ),
        )
    rows = page.rows(OF_PERSONA, persona) if persona else every
    if months:
        with st.columns([2, 1])[0]:
            first, last = choose_period(
                page.plain("Began in"),
                months,
                show=lambda month: page.words.month(month, "MMM y"),
                usual_count=len(months),
            )
        rows = [row for row in rows if within(row, first, last)]
    rows = [
        row
        for row in rows
        if channel in (ALL, row["channel"]) and verdict in (ALL, row["verdict"])
    ]
    return rows, bool(persona) or len(rows) < len(every)


def _show_verdicts(page: Page, rows: Sequence[Row]) -> None:
    parts.tiles(
        page,
        [
            Tile(
                verdicts.badge(page, verdict),
                page.count(sum(row["verdict"] == name for row in rows)),
            )
            for name, verdict in verdicts.CAMPAIGNS.items()
        ],
    )


def told(page: Page, every: Sequence[Row]) -> list[Markup]:
    """Return what can be told of all campaigns, harm first, and what not."""
    on_personas = page.rows(
        "select lift.*, campaign_name from bi.campaign_lift as lift "
        "join bi.dim_campaign using (campaign_id) "
        "where lift.verdict in ('works', 'harms') "
        "order by lift.verdict, starts_on desc nulls last, campaign_id, "
        "persona_id"
    )
    harmed = [row for row in on_personas if row["verdict"] == "harms"]
    helped = [row for row in on_personas if row["verdict"] == "works"]
    sentences = [
        *[_effect(page, row) for row in every if row["verdict"] == "harms"],
        *[_effect_on_persona(page, row) for row in harmed[:MOST_TOLD]],
        *[_effect(page, row) for row in every if row["verdict"] == "works"][
            :MOST_TOLD
        ],
        *[_effect_on_persona(page, row) for row in helped[:MOST_TOLD]],
    ]
    return [*sentences, *_untold(page, every)]


def _untold(page: Page, every: Sequence[Row]) -> list[Markup]:
    """Return what the data cannot tell, and why."""
    sentences = []
    open_ones = [row for row in every if row["verdict"] == "not enough data"]
    if open_ones:
        sentences.append(
            page.say(
                "Of {count} of {all} campaigns the effect on all customers "
                "cannot be told. That is not the same as no effect.",
                count=page.count(len(open_ones)),
                all=page.count(len(every)),
            )
        )
    if any(row["evidence"] == "observational" for row in every):
        sentences.append(
            page.say(
                "Where nobody was held out, customers who were alike are "
                "compared. What was not recorded is not balanced, and the "
                "interval does not show it."
            )
        )
    return sentences


def _effect(page: Page, row: Row) -> Markup:
    """Say what a campaign did to all it reached."""
    is_harm = row["verdict"] == "harms"
    campaign = _strong(row["campaign_name"])
    if row["lift"] is None:
        message = (
            N_("{campaign} does harm.") if is_harm else N_("{campaign} works.")
        )
        return page.say(message, campaign=campaign)
    message = (
        N_(
            "{campaign} does harm: of a hundred treated customers {lift} fewer "
            "bought than would have without it ({low} to {high})."
        )
        if is_harm
        else N_(
            "{campaign} works: of a hundred treated customers {lift} more "
            "bought than would have without it ({low} to {high})."
        )
    )
    return page.say(message, campaign=campaign, **_sizes(page, row))


def _effect_on_persona(page: Page, row: Row) -> Markup:
    is_harm = row["verdict"] == "harms"
    campaign = _strong(row["campaign_name"])
    persona = _strong(page.name(row["persona_id"]))
    if row["lift"] is None:
        message = (
            N_("{campaign} does harm to {persona}.")
            if is_harm
            else N_("{campaign} works on {persona}.")
        )
        return page.say(message, campaign=campaign, persona=persona)
    message = (
        N_(
            "{campaign} does harm to {persona}: of a hundred treated "
            "{lift} fewer bought ({low} to {high}). Leave them out of the next "
            "one."
        )
        if is_harm
        else N_(
            "{campaign} works on {persona}: of a hundred treated {lift} more "
            "bought ({low} to {high})."
        )
    )
    return page.say(
        message, campaign=campaign, persona=persona, **_sizes(page, row)
    )


def _sizes(page: Page, row: Row) -> dict[str, Markup]:
    """Return a lift and its limits per hundred, all positive for fewer, too."""
    ends = [row["lift_low"], row["lift_high"]]
    if row["lift"] < 0:
        ends = [-end for end in reversed(ends)]
    return {
        "lift": _strong(page.words.decimal(abs(row["lift"]) * HUNDRED, 1)),
        "low": page.words.decimal(ends[0] * HUNDRED, 1),
        "high": page.words.decimal(ends[1] * HUNDRED, 1),
    }


def _strong(text: Markup | str) -> Markup:
    return Markup("<b><bdi>{}</bdi></b>").format(text)


def _show_effects(page: Page, rows: Sequence[Row]) -> None:
    parts.section(
        page,
        N_("Effect of each campaign"),
        page.say(
            "The mark is the best guess, the bar its 95% interval: how many "
            "more, or fewer, of a hundred treated customers bought. A bar "
            "across the line can be either."
        ),
    )
    if not rows:
        parts.empty(
            page,
            page.say("No campaign is in this selection."),
            page.say("Choose another channel, verdict or period."),
        )
        return
    named = [{**row, "name": row["campaign_name"]} for row in rows]
    _show_forest(page, named, page.plain("Effect by campaign"), "campaigns")
    parts.table(
        page,
        page.plain("Effect, evidence and return of each campaign"),
        _columns(
            page,
            Column(page.plain("Campaign"), lambda row: _title(page, row)),
            parts.number_column(page, N_("Spent"), "spend_amount", page.money),
            Column(
                page.plain("Compared with"),
                lambda row: page.say(EVIDENCE.get(row["evidence"], N_("none"))),
            ),
        ),
        rows,
        file="campaigns",
    )
    parts.note(
        page,
        page.say(
            "Return is the margin that would not be there without the "
            "campaign, per unit of money spent; net revenue where costs are "
            "not known. 1 has paid for itself."
        ),
    )
    _say_what_is_hidden(page, rows)


def _show_forest(page: Page, rows: Sequence[Row], title: str, key: str) -> None:
    """Show effects with their intervals; ``name`` says of what."""
    known = [row for row in rows if row["lift"] is not None][:MOST_IN_CHART]
    if not known:
        parts.empty(
            page,
            page.say("No effect can be shown as a number."),
            page.say(
                "More customers treated and held out are needed, and a window "
                "that is over."
            ),
        )
        return
    values = [
        {
            "name": row["name"],
            "kind": verdicts.signed(page, _verdict(row)),
            "value": per_hundred(row["lift"]),
            "low": per_hundred(row["lift_low"]),
            "high": per_hundred(row["lift_high"]),
        }
        for row in known
    ]
    shown = [
        one
        for one in verdicts.CAMPAIGNS.values()
        if one in {_verdict(row) for row in known}
    ]
    parts.chart(
        charts.forest(
            values,
            page.look,
            colours=verdicts.colours(page, shown),
            unit="number",
            title=page.plain("More buyers per hundred treated"),
            low_title=page.plain("at least"),
            high_title=page.plain("at most"),
            shapes=verdicts.shapes(page, shown),
        ),
        title,
        key=key,
    )


def _columns(page: Page, name: Column, *more: Column) -> list[Column]:
    """Return the columns that campaigns and personas of one share."""
    return [
        name,
        Column(page.plain("Verdict"), lambda row: _judged(page, row)),
        Column(
            page.plain("More buyers per hundred"),
            lambda row: parts.with_interval(
                page, *(_in_hundred(page, row[one]) for one in LIFT)
            ),
            True,
        ),
        Column(
            page.plain("Return per unit spent"),
            lambda row: _return(page, row),
            True,
        ),
        *more,
    ]


def _in_hundred(page: Page, share: float | None) -> Markup | None:
    if share is None:
        return None
    return page.words.signed(per_hundred(share), "number")


def _verdict(row: Row) -> verdicts.Verdict:
    return verdicts.CAMPAIGNS.get(row["verdict"], verdicts.UNKNOWN)


def _judged(page: Page, row: Row) -> Markup:
    return Markup(
        '<div class="verdict-cell">{}<br><span class="quiet">{}</span></div>'
    ).format(
        verdicts.badge(page, _verdict(row)),
        verdicts.reason(page, row["verdict_reason"]),
    )


def _title(page: Page, row: Row) -> Markup:
    began = row["starts_on"]
    return Markup('<bdi>{}</bdi><br><span class="quiet">{} · {}</span>').format(
        row["campaign_name"],
        page.channel(row["channel"]),
        page.words.month(began, "MMM y") if began else page.say("no date"),
    )


def _return(page: Page, row: Row) -> Markup:
    said = pays(row)
    value = parts.with_interval(
        page,
        page.words.figure(row["return_on_spend"], "ratio"),
        *[
            None if row[end] is None else page.words.figure(row[end], "ratio")
            for end in ("return_on_spend_low", "return_on_spend_high")
        ],
    )
    if said is None:
        return value
    return Markup('{}<br><span class="quiet">{}</span>').format(
        value, page.say(said)
    )


def _say_what_is_hidden(page: Page, rows: Sequence[Row]) -> None:
    if any(row["has_hidden_figures"] for row in rows):
        parts.note(
            page,
            page.say(
                "A dash where figures would show fewer than 11 customers. The "
                "verdict is made of all of them."
            ),
        )


def _show_campaign(page: Page, every: Sequence[Row]) -> None:
    parts.section(
        page,
        N_("One campaign, persona by persona"),
        page.say("Whom to keep in the next one, and whom to leave out."),
    )
    by_id = {row["campaign_id"]: row for row in every}
    known = [row["campaign_id"] for row in every if row["lift"] is not None]
    with st.columns([1, 2])[0]:
        chosen = choose(
            page.plain("Campaign"),
            list(by_id),
            "campaign",
            default=known[0] if known else None,
            show=lambda one: by_id[one]["campaign_name"],
        )
    row = by_id[chosen]
    _show_campaign_tiles(page, row)
    parts.sentences(page, told_of(page, row))
    personas = page.rows(
        "select lift.*, campaign_name from bi.campaign_lift as lift "
        "join bi.dim_campaign using (campaign_id) "
        "where lift.campaign_id = ? order by persona_id",
        chosen,
    )
    if not personas:
        parts.empty(
            page,
            page.say("No persona's answer to it is known."),
            page.say(
                "Deliver campaign_touches with who was treated and who was "
                "held out."
            ),
        )
        return
    named = [{**one, "name": page.name(one["persona_id"])} for one in personas]
    _show_forest(page, named, page.plain("Effect by persona"), "personas")
    parts.table(
        page,
        page.plain("Effect of the campaign on each persona"),
        _columns(
            page,
            Column(
                page.plain("Persona"),
                lambda one: parts.who(page, one["persona_id"]),
            ),
            Column(
                page.plain("Treated and held out"),
                lambda one: _customers(page, one),
                True,
            ),
            Column(
                page.plain("Customers needed"),
                lambda one: page.count(one["count_customers_needed"]),
                True,
            ),
        ),
        personas,
        file=f"campaign_{chosen}",
    )
    _say_what_is_hidden(page, personas)
    _show_balance(page, chosen)


def _customers(page: Page, row: Row) -> Markup:
    others = row["count_held_out"] or row["count_matched"]
    return page.say(
        "{treated} and {others}",
        treated=page.count(row["count_treated"]),
        others=page.count(others),
    )


def _show_campaign_tiles(page: Page, row: Row) -> None:
    days = [row["starts_on"], row["ends_on"]]
    numbers = [
        Tile(
            page.say("Ran in the channel"),
            page.channel(row["channel"]),
            page.say(
                "{from_day} to {to_day}",
                from_day=page.words.day(days[0]),
                to_day=page.words.day(days[1]),
            )
            if all(days)
            else page.say("no date"),
        ),
        Tile(
            page.say("Treated"),
            page.count(row["count_treated"]),
            page.say(
                "{share} of them bought",
                share=page.share(row["treated_conversion_share"]),
            )
            if row["treated_conversion_share"] is not None
            else "",
        ),
        Tile(
            page.say("Matched")
            if row["evidence"] == "observational"
            else page.say("Held out"),
            page.count(row["count_held_out"] or row["count_matched"]),
            page.say(
                "{share} of them bought",
                share=page.share(row["compared_conversion_share"]),
            )
            if row["compared_conversion_share"] is not None
            else "",
        ),
        Tile(
            page.say("Net revenue it added"),
            page.money(row["incremental_net_amount"]),
            page.say(
                "{low} to {high}",
                low=page.money(row["incremental_net_amount_low"]),
                high=page.money(row["incremental_net_amount_high"]),
            )
            if row["incremental_net_amount"] is not None
            else "",
        ),
        Tile(
            page.say("Spent"),
            page.money(row["spend_amount"]),
            page.say(pays(row) or N_("what came back cannot be told")),
        ),
    ]
    parts.tiles(page, numbers)


def told_of(page: Page, row: Row) -> list[Markup]:
    """Return what can be told of one campaign, and what it would take."""
    sentences = [
        Markup("{} {}").format(
            verdicts.badge(page, _verdict(row)),
            verdicts.reason(page, row["verdict_reason"]),
        )
    ]
    needed = row["count_customers_needed"]
    asked = (row["count_treated"] or 0) + (row["count_held_out"] or 0)
    if needed and asked and row["verdict"] == "not enough data":
        sentences.append(
            page.say(
                "It had {count} customers in both groups. To see the smallest "
                "effect that matters four times in five, {needed} are needed.",
                count=page.count(asked),
                needed=_strong(page.count(needed)),
            )
        )
    if row["detectable_lift"] is not None:
        sentences.append(
            page.say(
                "With the customers it had, a rise of {lift} buyers per "
                "hundred would be seen four times in five; a smaller one would "
                "often be missed.",
                lift=page.words.decimal(row["detectable_lift"] * HUNDRED, 1),
            )
        )
    differs = row["adjusted_heterogeneity_p_value"]
    if differs is not None:
        message = (
            N_("Personas answer differently: {odds}.")
            if differs <= 0.05
            else N_("That personas answer differently cannot be told: {odds}.")
        )
        sentences.append(page.say(message, odds=page.words.odds(differs)))
    if row["is_window_complete"] is False and row["count_treated"]:
        sentences.append(
            page.say("Its window is still open; the verdict comes after it.")
        )
    said = verdicts.sentences_of(row["verdict_reason"])
    if row["evidence"] == "observational" and verdicts.MATCHED not in said:
        sentences.append(page.say(verdicts.MATCHED))
    return sentences


def _show_balance(page: Page, campaign: str) -> None:
    rows = page.rows(
        "select * from bi.campaign_balance where campaign_id = ? "
        "order by starts_with(covariate, 'persona_'), covariate",
        campaign,
    )
    if not rows:
        return
    with st.expander(
        page.plain(
            "Were they alike before? {count} comparisons",
            count=page.count(len(rows)),
        )
    ):
        parts.sheet(
            page,
            Markup('<p class="hint">{}</p>').format(
                page.say(
                    "Treated less compared customers before the campaign, in "
                    "standard deviations. Where a difference is larger than "
                    "allowed, the effect may not be the campaign's."
                )
            ),
        )
        parts.table(
            page,
            page.plain("Differences before the campaign"),
            [
                Column(
                    page.plain("What was known"),
                    lambda row: covariate(page, row["covariate"]),
                ),
                Column(
                    page.plain("Before matching"),
                    lambda row: _difference(page, row["difference_before"]),
                    True,
                ),
                Column(
                    page.plain("As compared"),
                    lambda row: _difference(page, row["difference_after"]),
                    True,
                ),
                Column(
                    page.plain("Allowed"),
                    lambda row: page.words.figure(
                        row["allowed_difference"], "ratio"
                    ),
                    True,
                ),
                Column(page.plain("Alike"), lambda row: _alike(page, row)),
            ],
            rows,
            file=f"campaign_balance_{campaign}",
        )


def covariate(page: Page, name: str) -> Markup:
    """Say what was known of customers before a campaign."""
    if name in COVARIATES:
        return page.say(COVARIATES[name])
    if name.startswith(PERSONA_COVARIATE):
        persona = page.name(name.removeprefix(PERSONA_COVARIATE))
        return page.say("Share of {persona}", persona=persona)
    return Markup("<bdi>{}</bdi>").format(name.replace("_", " "))


def _difference(page: Page, value: float | None) -> Markup:
    return page.words.signed(value, "ratio")


def _alike(page: Page, row: Row) -> Markup:
    if row["is_balanced"]:
        return Markup('<span class="good">✓ {}</span>').format(page.say("yes"))
    return Markup('<span class="bad">✗ {}</span>').format(page.say("no"))
