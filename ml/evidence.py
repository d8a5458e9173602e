"""What sets a persona apart, said in numbers.

A difference is worth telling when it is large against how much customers
differ anyway. So a persona's mean is compared with everybody's mean in
standard deviations of everybody (Glass's delta, Glass 1976), and the strongest
differences become words with both numbers in them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

DIFFERENCE_COLUMNS = ["persona_id", "rank", "feature", "effect_size", "words"]
SMALL_EFFECT = 0.2  # Cohen (1988): below it, hardly worth a word


def top_differences(
    profile: pd.DataFrame,
    phrases: Mapping[str, tuple[str, str]],
    *,
    count: int = 3,
    min_effect: float = SMALL_EFFECT,
) -> pd.DataFrame:
    """Put each persona's strongest differences into words.

    Parameters
    ----------
    profile : DataFrame, one row per persona and feature
        ``persona_id``, ``feature``, ``persona_mean``, ``baseline_mean``,
        ``baseline_std`` and optionally ``kind`` ('share', 'money', 'count',
        else a plain number) and ``currency``.
    phrases : mapping of feature to (str, str)
        What to say when the persona has more, and when it has less. A
        feature without phrases is not told.
    count : int
        How many differences per persona at most.
    min_effect : float
        Least absolute effect, in baseline standard deviations.

    Returns
    -------
    DataFrame
        ``DIFFERENCE_COLUMNS``; rank from 1, strongest first, ties by the
        feature's name; words such as
        'orders at the weekend (62 % vs 31 %)'.
    """
    told = profile[profile["feature"].isin(list(phrases))]
    deviation = told["baseline_std"].where(told["baseline_std"] > 0)
    effect = (told["persona_mean"] - told["baseline_mean"]) / deviation
    told = told.assign(effect_size=effect, strength=effect.abs())
    told = told[told["strength"] >= min_effect].sort_values(
        ["persona_id", "strength", "feature"], ascending=[True, False, True]
    )
    rank = told.groupby("persona_id").cumcount() + 1
    told = told.assign(rank=rank)[rank <= count]
    words = [_words(row, phrases) for row in told.to_dict("records")]
    told = told.assign(words=pd.Series(words, index=told.index, dtype=object))
    return told[DIFFERENCE_COLUMNS].reset_index(drop=True)


def format_value(
    value: float, kind: str, *, currency: str | None = None, decimals: int = 0
) -> str:
    """Write a number the way its kind is read.

    Parameters
    ----------
    value : float
        A share is given as 0-1 and written in per cent.
    kind : str
        'share', 'money' or anything else for a plain number.
    currency : str, optional
        Written behind money.
    decimals : int

    Returns
    -------
    str
        '62 %', '1,240 EUR', '3.4'.
    """
    if kind == "share":
        return f"{_plain(value * 100, decimals)} %"
    number = _plain(value, decimals)
    if kind == "money" and currency:
        return f"{number} {currency}"
    return number


def _plain(value: float, decimals: int) -> str:
    return f"{float(np.round(value, decimals)) + 0.0:,.{decimals}f}"


def _words(
    row: Mapping[object, object], phrases: Mapping[str, tuple[str, str]]
) -> str:
    kind = str(row.get("kind"))
    currency = row.get("currency")
    currency = currency if isinstance(currency, str) else None
    values = [float(str(row[c])) for c in ("persona_mean", "baseline_mean")]
    is_small = kind != "share" and max(abs(value) for value in values) < 10
    first = 1 if is_small else 0
    more, less = phrases[str(row["feature"])]
    for decimals in range(first, first + 3):
        ours, theirs = (
            format_value(value, kind, currency=currency, decimals=decimals)
            for value in values
        )
        if ours != theirs:
            break
    phrase = more if values[0] > values[1] else less
    return f"{phrase} ({ours} vs {theirs})"
