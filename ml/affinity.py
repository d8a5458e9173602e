"""Affinity: what a persona buys, uses and comes by more than others do.

SQL brings counts per persona and group; here a share becomes a lift over all
other customers, with its interval, and the question whether chance alone would
do it is asked once for everything that is compared in a run. What counts too
few people is hidden, with what would give it back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ml.affinity_columns import (
    CHANNEL_COLUMNS,
    CHANNEL_COUNTS,
    CHANNEL_KEY,
    CLUSTERED,
    JOURNEY_COLUMNS,
    JOURNEY_COUNTS,
    JOURNEY_KEY,
    PRODUCT_COLUMNS,
    PRODUCT_COUNTS,
    PRODUCT_KEY,
    TESTED,
    read_counts,
)
from ml.columns import FloatArray
from ml.disclosure import BoolArray, Line, hide_cells
from ml.evidence import FEWEST_KNOWN, FLOOR, MATERIAL, SIGNIFICANT, UNASSIGNED
from ml.shares import (
    adjusted_p_values,
    clustered_share,
    cohens_h,
    difference_p_value,
    exact_p_value,
    ratio_interval,
)


def judge_affinities(
    products: pd.DataFrame,
    channels: pd.DataFrame,
    journeys: pd.DataFrame,
    *,
    floor: int = FLOOR,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Compare every persona with all other customers, and hide small cells.

    A lift is the persona's share by the share of all other customers: people
    of the persona do not stand in what they are compared with, so both shares
    are of different people and the interval of their ratio holds. Of products
    it is the share of buyers (Fisher's exact test); of channels and journeys
    the share of purchases or sessions, where one customer has many that are
    alike (variance between customers). Guests and anonymous visitors count
    in sums, under 'unassigned', and not in what is compared: nobody knows
    whether they are the same person. 'unassigned' is no kind of people and
    has no lift.

    A lift may be said (``is_claim``) under the rule of ``ml.evidence``: its
    p-value, adjusted over all lifts of the run, is below 0.001, Cohen's h at
    least 0.2 and the persona has at least 30 customers behind it.

    Parameters
    ----------
    products, channels, journeys : DataFrame
        The rows of ``int_persona_product_counts``,
        ``int_persona_channel_counts`` and ``int_persona_journey_counts``.
    floor : int
        Fewest people a shown cell counts.

    Returns
    -------
    products, channels, journeys : DataFrame
        One row per row, the columns ``PRODUCT_COLUMNS``, ``CHANNEL_COLUMNS``
        and ``JOURNEY_COLUMNS``; hidden rows hold nulls.

    Raises
    ------
    MissingColumnError
        When a column is missing.

    References
    ----------
    Donner & Zou (2012), Stat. Methods Med. Res. 21, 347-359. Rao & Scott
    (1992), Biometrics 48, 577-585. Benjamini & Hochberg (1995), J. R.
    Statist. Soc. B 57, 289-300.
    """
    judged = [
        _judge_products(read_counts(products, PRODUCT_COUNTS), floor),
        _judge_channels(read_counts(channels, CHANNEL_COUNTS), floor),
        _judge_journeys(read_counts(journeys, JOURNEY_COUNTS), floor),
    ]
    asked = [frame["p_value"].notna().to_numpy() for frame in judged]
    p_values = np.concatenate(
        [
            frame.loc[is_asked, "p_value"].to_numpy()
            for frame, is_asked in zip(judged, asked, strict=True)
        ]
    )
    adjusted = adjusted_p_values(p_values)
    ends = np.cumsum([is_asked.sum() for is_asked in asked])
    parts = np.split(adjusted, ends[:-1])
    for frame, is_asked, part in zip(judged, asked, parts, strict=True):
        frame["adjusted_p_value"] = np.nan
        frame.loc[is_asked, "adjusted_p_value"] = part
        frame["is_claim"] = (
            (frame["adjusted_p_value"] < SIGNIFICANT)
            & (frame["effect_size"].abs() >= MATERIAL)
            & (frame["support"] >= FEWEST_KNOWN)
        )
    columns = (PRODUCT_COLUMNS, CHANNEL_COLUMNS, JOURNEY_COLUMNS)
    found = [
        frame[names].reset_index(drop=True)
        for frame, names in zip(judged, columns, strict=True)
    ]
    return found[0], found[1], found[2]


def _judge_products(cells: pd.DataFrame, floor: int) -> pd.DataFrame:
    """Compare shares of buyers; one row per persona and product group."""
    buyers, hits, net = _columns(
        cells, "count_buyers", "count_customers", "net_amount"
    )
    others_buyers, others_hits, others_net = (
        _others(cells, PRODUCT_KEY, name)
        for name in ("count_buyers", "count_customers", "net_amount")
    )
    share, others = _over(hits, buyers), _over(others_hits, others_buyers)
    low, high = ratio_interval(share, buyers, others, others_buyers)
    by_level = cells.groupby("level")["net_amount"].transform("sum")
    wallet = cells.groupby(["persona_id", "level"])["net_amount"].transform(
        "sum"
    )
    cells = cells.assign(
        penetration=_over(hits, buyers, np.nan),
        others_penetration=_over(others_hits, others_buyers, np.nan),
        lift=_over(share, others, np.nan),
        lift_low=low,
        lift_high=high,
        effect_size=cohens_h(share, others),
        p_value=exact_p_value(
            hits, buyers, hits + others_hits, buyers + others_buyers
        ),
        support=buyers,
        wallet_share=_over(net, wallet.to_numpy(), np.nan),
        others_wallet_share=_over(
            others_net, (by_level - wallet).to_numpy(), np.nan
        ),
    )
    is_compared = _is_compared(cells, buyers, others_buyers)
    cells = _without(cells, ~is_compared, TESTED)
    cells = _without(cells, _is_few(buyers, floor), ["count_buyers"])
    along = _lines(cells, PRODUCT_KEY)
    return _hide(
        cells,
        counted=hide_cells(
            hits,
            along,
            floor=floor,
            is_small=_is_few(buyers - hits, floor),
        ),
        summed=hide_cells(
            cells["count_people"].to_numpy(),
            [*along, *_product_lines(cells)],
            floor=floor,
        ),
        known=buyers,
        counts=[
            *("count_customers", "penetration", "others_penetration"),
            *TESTED,
        ],
        sums=[
            *("count_orders", "net_amount"),
            *("wallet_share", "others_wallet_share"),
        ],
    )


def _judge_channels(cells: pd.DataFrame, floor: int) -> pd.DataFrame:
    """Compare shares of purchases, sessions or customers, by channel."""
    cells = _compared_by_events(cells, CHANNEL_KEY)
    users, known = _columns(cells, "count_customers", "count_known")
    hits, base, sessions, with_order = _columns(
        cells, "hits", "base", "count_sessions", "count_sessions_with_order"
    )
    kinds = cells["channel_kind"]
    is_session = (kinds == "session").to_numpy()
    is_won = kinds == "acquisition"
    cells = cells.assign(
        customer_share=_over(users, known, np.nan),
        channel_share=_over(hits, base, np.nan),
        conversion_share=_over(with_order, sessions, np.nan),
    ).rename(columns={"others_share": "others_channel_share"})
    cells = _without(cells, is_session, ["count_orders", "net_amount"])
    cells = _without(
        cells,
        ~is_session,
        ["count_sessions", "count_sessions_with_order", "conversion_share"],
    )
    along = _lines(cells, CHANNEL_KEY)
    # Who was won by one channel was not won by another.
    across = _lines(
        cells, ["persona_id", "channel_kind"], is_disjoint=False, is_told=True
    )
    won = _lines(cells[is_won], ["persona_id"], is_told=True)
    people = cells["count_people"].to_numpy()
    summed = hide_cells(people, [*along, *across, *won], floor=floor)
    without_order = summed | hide_cells(
        cells["count_converted_people"].to_numpy(),
        [*along, *across],
        floor=floor,
    )
    cells = _without(
        cells, without_order, ["count_sessions_with_order", "conversion_share"]
    )
    counted = hide_cells(
        users,
        [*along, *won],
        floor=floor,
        is_small=_is_few(known - users, floor),
    )
    return _hide(
        cells,
        counted=counted,
        summed=summed,
        counts=["count_customers", "customer_share"],
        sums=[
            *("channel_share", "others_channel_share", *TESTED),
            *("count_orders", "count_sessions", "net_amount"),
        ],
        both=is_won.to_numpy(),
        known=known,
    )


def _judge_journeys(cells: pd.DataFrame, floor: int) -> pd.DataFrame:
    """Compare shares of purchases by path."""
    cells = _compared_by_events(cells, JOURNEY_KEY)
    visitors, people, ordering = _columns(
        cells, "count_customers", "count_people", "count_ordering_people"
    )
    # What is booked without a purchase is money all the same.
    is_booked = (cells["first_touch"] == "no purchase").to_numpy()
    is_visit = ~is_booked & (cells["first_touch"] != "no session").to_numpy()
    ended = cells["count_journeys"] - cells["count_open_journeys"]
    hits, base, sessions, session_base = _columns(
        cells, "hits", "base", "count_sessions", "session_base"
    )
    cells = cells.assign(
        count_orders=hits,
        order_share=_over(hits, base, np.nan),
        session_share=_over(sessions, session_base, np.nan),
        conversion_share=_over(hits, ended.to_numpy(dtype=np.float64), np.nan),
    ).rename(columns={"others_share": "others_order_share"})
    cells = _without(cells, ~is_visit, ["conversion_share"])
    cells = _without(cells, is_booked, TESTED)
    along = _lines(cells, JOURNEY_KEY)
    across = _lines(cells, ["persona_id"], is_disjoint=False, is_told=True)
    visited = hide_cells(people, [*along, *across], floor=floor)
    ordered = hide_cells(
        np.where(is_booked, people, ordering), [*along, *across], floor=floor
    )
    cells = _without(
        cells,
        visited | ordered,
        [
            *("count_orders", "order_share", "others_order_share", *TESTED),
            *("conversion_share", "net_amount"),
        ],
    )
    return _hide(
        cells,
        counted=hide_cells(visitors, along, floor=floor),
        summed=visited,
        counts=["count_customers"],
        sums=[
            *("count_journeys", "count_open_journeys", "count_sessions"),
            "session_share",
        ],
        known=cells.groupby("persona_id")["count_customers"]
        .transform("sum")
        .to_numpy(dtype=np.float64),
        more=ordered,
    )


def _hide(
    cells: pd.DataFrame,
    *,
    counted: BoolArray,
    summed: BoolArray,
    counts: Sequence[str],
    sums: Sequence[str],
    known: FloatArray,
    both: BoolArray | None = None,
    more: BoolArray | None = None,
) -> pd.DataFrame:
    """Take away what counts customers and what sums up what people did.

    ``both`` are rows in which one tells the other, ``more`` those in which
    something else is hidden. Of a persona without a known customer no count
    is hidden: it is 0.
    """
    counted = counted & (known > 0)
    if both is not None:
        either = (counted | summed) & both
        counted, summed = counted | either, summed | either
    found = _without(_without(cells, counted, counts), summed, sums)
    is_partly_hidden = counted | summed
    return found.assign(
        is_partly_hidden=is_partly_hidden
        if more is None
        else is_partly_hidden | more
    )


def _compared_by_events(cells: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Add the lift of a share of events, customers being what is sampled."""
    own = [cells[name].to_numpy(dtype=np.float64) for name in CLUSTERED]
    rest = [_others(cells, key, name) for name in CLUSTERED]
    share, variance, count = _share(own)
    others, others_variance, others_count = _share(rest)
    low, high = ratio_interval(share, count, others, others_count)
    found = cells.assign(
        others_share=np.where(rest[1] > 0, others, np.nan),
        lift=_over(share, others, np.nan),
        lift_low=low,
        lift_high=high,
        effect_size=cohens_h(share, others),
        p_value=difference_p_value(share, variance, others, others_variance),
        support=own[5],
    )
    is_compared = _is_compared(cells, own[1], rest[1])
    return _without(found, ~is_compared, TESTED)


def _share(
    sums: Sequence[FloatArray],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    return clustered_share(
        hits=sums[0],
        base=sums[1],
        hits_squared=sums[2],
        hits_base=sums[3],
        base_squared=sums[4],
        count_clusters=sums[5],
    )


def _is_compared(
    cells: pd.DataFrame, own: FloatArray, rest: FloatArray
) -> BoolArray:
    is_people = (cells["persona_id"] != UNASSIGNED).to_numpy()
    return np.asarray(is_people & (own > 0) & (rest > 0), dtype=bool)


def _is_few(count: FloatArray, floor: int) -> BoolArray:
    return np.asarray((count > 0) & (count < floor), dtype=bool)


def _product_lines(cells: pd.DataFrame) -> list[Line]:
    """Return the sums over categories, and over the parts of each."""
    lines = _lines(
        cells, ["persona_id", "level"], is_disjoint=False, is_told=True
    )
    is_whole = cells["level"] == "category"
    for rows in _groups(cells, ["persona_id", "category"]):
        (whole,) = (row for row in rows if is_whole[row])
        lines.append(Line(tuple(rows), is_disjoint=False, whole=whole))
    return lines


def _lines(
    cells: pd.DataFrame,
    key: list[str],
    *,
    is_disjoint: bool = True,
    is_told: bool = False,
) -> list[Line]:
    """Return a line per value of the key; a cell's position is its label."""
    return [
        Line(tuple(rows), is_disjoint=is_disjoint, is_told=is_told)
        for rows in _groups(cells, key)
    ]


def _groups(cells: pd.DataFrame, key: list[str]) -> list[list[int]]:
    groups = cells.groupby(key, sort=True).indices.values()
    return [cells.index[rows].tolist() for rows in groups]


def _others(cells: pd.DataFrame, key: list[str], name: str) -> FloatArray:
    """Return the sum of all other personas."""
    values = cells[name].astype("float64")
    totals = values.groupby([cells[one] for one in key]).transform("sum")
    return np.asarray(totals - values, dtype=np.float64)


def _without(
    cells: pd.DataFrame, is_away: BoolArray, names: Sequence[str]
) -> pd.DataFrame:
    found = cells.copy()
    for name in names:
        found[name] = cells[name].astype("float64").mask(is_away)
    return found


def _columns(cells: pd.DataFrame, *names: str) -> list[FloatArray]:
    return [cells[name].to_numpy(dtype=np.float64) for name in names]


def _over(
    numerator: FloatArray, denominator: FloatArray, otherwise: float = 0.0
) -> FloatArray:
    safe = np.where(denominator > 0, denominator, 1)
    return np.asarray(np.where(denominator > 0, numerator / safe, otherwise))
