"""Filters live in the address, and nowhere else."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest


def script() -> None:
    from datetime import date

    import streamlit as st

    from orchestration.dashboard import address

    chosen = address.choose("One", ["", "a", "b"], "one")
    some = address.choose_some("Some", ["a", "b", "c"], "some")
    months = [date(2026, number, 1) for number in range(1, 7)]
    period = address.choose_period(
        "Period", months, show=lambda month: f"{month:%b}", usual_count=3
    )
    amount = address.enter_amount("Amount", "amount")
    share = address.enter_share("Share", "share", 0.5)
    text = address.enter_text("Text", "text")
    st.session_state["found"] = (chosen, some, period, amount, share, text)


def visited(**query: str) -> AppTest:
    visit = AppTest.from_function(script)
    for name, value in query.items():
        visit.query_params[name] = value
    visit.run()
    assert not visit.exception
    return visit


def address_of(visit: AppTest) -> dict[str, str]:
    """Return the address."""
    return {
        name: value if isinstance(value, str) else value[-1]
        for name, value in visit.query_params.items()
    }


def found(visit: AppTest) -> Any:
    return visit.session_state["found"]


def test_defaults_stay_out_of_the_address() -> None:
    visit = visited()
    chosen, some, period, amount, share, text = found(visit)
    assert (chosen, some, amount, share, text) == ("", [], None, 0.5, "")
    assert [month.month for month in period] == [4, 6]
    assert address_of(visit) == {}


def test_an_address_is_a_view() -> None:
    visit = visited(
        one="b",
        some="a,c",
        period="2026-02,2026-03",
        amount="12.5",
        share="80",
        text="x",
    )
    chosen, some, period, amount, share, text = found(visit)
    assert (chosen, some, amount, share) == ("b", ["a", "c"], 12.5, 0.8)
    assert [month.month for month in period] == [2, 3]
    assert text == "x"


def test_nonsense_in_the_address_is_the_default() -> None:
    visit = visited(
        one="z",
        some="q",
        period="2031-01,x",
        amount="much",
        share="-4",
        other="kept",
    )
    chosen, some, period, amount, share, _ = found(visit)
    assert (chosen, some, amount, share) == ("", [], None, 0.0)
    assert [month.month for month in period] == [4, 6]


def test_choosing_writes_the_address_and_undoing_clears_it() -> None:
    visit = visited()
    visit.selectbox[0].select("b").run()
    visit.multiselect[0].select("c").run()
    visit.number_input[0].set_value(7.0).run()
    visit.slider[0].set_value(30).run()
    visit.select_slider[0].set_range("2026-02", "2026-05").run()
    assert address_of(visit) == {
        "one": "b",
        "some": "c",
        "period": "2026-02,2026-05",
        "amount": "7",
        "share": "30",
    }
    assert found(visit)[0] == "b"
    visit.selectbox[0].select("").run()
    visit.multiselect[0].unselect("c").run()
    visit.number_input[0].set_value(None).run()
    visit.slider[0].set_value(50).run()
    visit.select_slider[0].set_range("2026-04", "2026-06").run()
    assert address_of(visit) == {}
