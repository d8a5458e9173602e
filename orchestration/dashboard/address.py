"""Filters that live in the address, so that a link reproduces the view.

The address is the one truth: a widget shows what it says, and writes into it
what a person chooses. A value that is the default is left out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import streamlit as st

Choice = TypeVar("Choice", bound=str)

ALL = ""
SEPARATOR = ","
STATE = "address:"


def carried(**changes: str | None) -> dict[str, str]:
    """Return the address's parameters, some of them changed, for a link."""
    parameters = {**st.query_params.to_dict(), **changes}
    return {name: value for name, value in parameters.items() if value}


def write(name: str, value: str) -> None:
    """Put a value into the address; for buttons, before the page is shown.

    A link to the page one is on would show it, and leave the address as it was.
    """
    st.query_params[name] = value


def forget(*names: str) -> None:
    """Take parameters out of the address."""
    for name in names:
        st.query_params.pop(name, None)


def choose(
    label: str,
    options: Sequence[Choice],
    name: str,
    *,
    default: Choice | None = None,
    show: Callable[[Any], str] = str,
    widget: Callable[..., Any] = st.selectbox,
    **looks: Any,
) -> Choice:
    """Let a person choose one option, kept in the address under a name."""
    usual = options[0] if default is None else default
    asked = st.query_params.get(name, usual)
    key = STATE + name
    st.session_state[key] = asked if asked in options else usual
    widget(
        label,
        options,
        key=key,
        format_func=show,
        on_change=_write,
        args=(name, usual),
        **looks,
    )
    chosen: Choice = st.session_state[key] or usual
    return chosen


def choose_some(
    label: str,
    options: Sequence[Choice],
    name: str,
    *,
    show: Callable[[Any], str] = str,
    placeholder: str = "",
) -> list[Choice]:
    """Let a person choose several options; none chosen means all."""
    asked = st.query_params.get(name, "").split(SEPARATOR)
    key = STATE + name
    st.session_state[key] = [one for one in options if one in asked]
    st.multiselect(
        label,
        options,
        key=key,
        format_func=show,
        placeholder=placeholder,
        on_change=_write,
        args=(name, []),
    )
    return list(st.session_state[key])


def choose_period(
    label: str,
    months: Sequence[date],
    *,
    show: Callable[[date], str],
    usual_count: int = 12,
) -> tuple[date, date]:
    """Let a person choose the first and the last month of a period."""
    by_text = {f"{month:%Y-%m}": month for month in months}
    texts = list(by_text)
    usual = (texts[-min(usual_count, len(texts))], texts[-1])
    asked = tuple(st.query_params.get("period", "").split(SEPARATOR))
    is_period = len(asked) == 2 and all(one in by_text for one in asked)
    key = STATE + "period"
    st.session_state[key] = asked if is_period else usual
    if len(texts) > 1:
        st.select_slider(
            label,
            texts,
            value=usual,  # of a first and a last, not of one month
            key=key,
            format_func=lambda text: show(by_text[text]),
            on_change=_write,
            args=("period", usual),
        )
    first, last = sorted(st.session_state[key])
    return by_text[first], by_text[last]


def enter_amount(
    label: str, name: str, *, placeholder: str = "", **looks: Any
) -> float | None:
    """Let a person enter an amount; None where it is left open."""
    key = STATE + name
    try:
        st.session_state[key] = float(st.query_params[name])
    except (KeyError, ValueError):
        st.session_state[key] = None
    st.number_input(
        label,
        value=None,
        key=key,
        min_value=0.0,
        placeholder=placeholder,
        on_change=_write,
        args=(name, None),
        **looks,
    )
    amount: float | None = st.session_state[key]
    return amount


def enter_share(label: str, name: str, usual: float, **looks: Any) -> float:
    """Let a person enter a share, 0 to 1, kept as per cent."""
    key = STATE + name
    whole = round(usual * 100)
    try:
        asked = round(float(st.query_params[name]))
    except (KeyError, ValueError):
        asked = whole
    low, high = looks.pop("low", 0), looks.pop("high", 100)
    st.session_state[key] = min(max(asked, low), high)
    st.slider(
        label,
        low,
        high,
        key=key,
        on_change=_write,
        args=(name, whole),
        format="%d%%",
        **looks,
    )
    return float(st.session_state[key]) / 100


def enter_text(label: str, name: str, **looks: Any) -> str:
    """Let a person enter a text."""
    key = STATE + name
    st.session_state[key] = st.query_params.get(name, "")
    st.text_input(label, key=key, on_change=_write, args=(name, ""), **looks)
    return str(st.session_state[key]).strip()


def _write(name: str, usual: Any) -> None:
    value = st.session_state[STATE + name]
    if isinstance(value, list | tuple):
        value, usual = SEPARATOR.join(value), SEPARATOR.join(usual)
    if value is None or value == usual:
        st.query_params.pop(name, None)
        return
    st.query_params[name] = f"{value:g}" if isinstance(value, float) else value
