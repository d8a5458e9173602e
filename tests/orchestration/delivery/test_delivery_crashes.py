"""Whatever breaks on the way, a file is loaded whole or not at all."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from shop import GOOD, HEAD, Shop

from orchestration.lib.delivery import (
    DeliveryError,
    FileOutcome,
    csv_files,
    files,
    loading,
    raw_tables,
)
from orchestration.lib.delivery.ledger import Ledger
from orchestration.lib.source_specs import TableSpec


@contextmanager
def meddling(
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    act: Callable[[], object],
) -> Iterator[None]:
    """Do something right after a step of the delivery."""
    step = getattr(owner, name)

    def then(*args: Any) -> Any:
        result = step(*args)
        act()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, then)
        yield


@pytest.mark.parametrize(
    "step", [(csv_files, "plan_csv"), (raw_tables, "fit_table")]
)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: path.unlink(), id="vanishes"),
        pytest.param(
            lambda path: path.write_text(GOOD + "3,c,1,\n"), id="grows"
        ),
        pytest.param(
            lambda path: path.write_text(GOOD.replace("1.50", "9.99")),
            id="changes at the same size",
        ),
    ],
)
def test_file_that_changes_while_it_is_read_is_refused(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[object, str],
    change: Callable[[Path], object],
):
    path = shop.put("orders.csv", GOOD)
    with meddling(monkeypatch, *step, lambda: change(path)):
        shop.refused()
    path.write_text(GOOD)
    assert shop.one().outcome == "loaded"
    assert len(shop.orders()) == 2


# -- crashes


@pytest.mark.parametrize(
    "step",
    [(Ledger, "next_id"), (raw_tables, "fit_table"), (files, "fingerprint")],
)
def test_crash_in_the_middle_leaves_neither_rows_nor_ledger(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
):
    path = shop.put_parquet(
        "orders_1.parquet", "select 1 as order_id, 2 as customer_id"
    )
    shop.deliver()
    as_text = "order_id::varchar, customer_id::varchar, delivery_id"
    before = shop.orders(as_text), shop.query("from meta.deliveries")
    shop.put("orders_2.csv", GOOD)
    path.unlink()
    calls: list[int] = []

    def crash() -> None:
        calls.append(1)
        if len(calls) == (2 if step[1] == "fingerprint" else 1):
            raise KeyboardInterrupt

    with (
        meddling(monkeypatch, *step, crash),
        pytest.raises(KeyboardInterrupt),
    ):
        shop.deliver()
    after = shop.orders(as_text), shop.query("from meta.deliveries")
    assert after == before
    assert shop.one().outcome == "loaded"
    assert len(shop.orders()) == 3


def test_crash_at_the_ledger_leaves_no_rows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    shop.put("orders.csv", GOOD)

    def crash(*args: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write", crash)
        with pytest.raises(SystemExit):
            shop.deliver()
    assert shop.orders() == []
    assert shop.one().outcome == "loaded"


def test_rows_that_do_not_show_after_a_load_stop_the_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """DuckDB 2.0 hid rows from a table made and filled in one transaction."""
    shop.put("orders.csv", GOOD)
    seen = []
    check = loading._Delivery._see_that_rows_are_there

    def check_more(self: Any, table_: TableSpec, outcome: FileOutcome) -> None:
        check(self, table_, outcome)
        seen.append(outcome)
        check(self, table_, replace(outcome, count_rows=3))

    with monkeypatch.context() as patch:
        patch.setattr(loading._Delivery, "_see_that_rows_are_there", check_more)
        with pytest.raises(DeliveryError, match="shows 2 of them"):
            shop.deliver()
    assert len(seen) == 1


def test_kill_in_the_middle_of_a_delivery_leaves_nothing(shop: Shop):
    shop.put("orders.csv", HEAD + "1,2,3\n" * 200_000)
    shop.stack.close()
    child = os.fork()
    if child == 0:  # pragma: no cover
        Ledger.write = (  # type: ignore[method-assign]
            lambda *args: os.kill(os.getpid(), 9)
        )
        shop.deliver()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == 9
    shop.reopen()
    assert shop.orders() == []
    assert shop.query("from meta.deliveries") == []
    assert shop.one().count_rows == 200_000


def test_warehouse_that_fails_is_not_blamed_on_the_file(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    shop.put("orders.csv", GOOD)

    def no_memory(*args: Any) -> None:
        raise duckdb.OutOfMemoryException("could not allocate")

    with monkeypatch.context() as patch:
        patch.setattr(raw_tables, "fit_table", no_memory)
        with pytest.raises(duckdb.OutOfMemoryException):
            shop.deliver()
    assert shop.query("from meta.deliveries") == []


def written_csv(chance: random.Random, count: int) -> tuple[str, list[Any]]:
    notes = ["", "plain", 'with ""quote""', "line\nend", "a,b\n\nc", "é🙂", ","]
    rows, lines = [], [HEAD.replace("amount", "note")]
    for number in range(count):
        note = chance.choice(notes)
        rows.append((str(number), f"c{number}", note.replace('""', '"')))
        lines.append(f'{number},c{number},"{note}"\n')
    return "".join(lines), rows


@pytest.mark.parametrize(
    ("line_end", "count_cuts"), [("\n", 200), ("\r\n", 60)]
)
def test_csv_cut_at_200_places_loads_exactly_what_is_whole_or_nothing(
    shop: Shop, line_end: str, count_cuts: int
):
    chance = random.Random(11)
    text, rows = written_csv(chance, 120)
    lines = text.split('"\n')
    text = f'"{line_end}'.join(lines).replace("note\n", f"note{line_end}")
    data = text.encode()
    ends = [text.index(line_end) + len(line_end)]
    for number in range(120):
        following = text.find(f"{line_end}{number + 1},c{number + 1},")
        ends.append(following + len(line_end) if following > 0 else len(text))
    whole = {len(text[:end].encode()): count for count, end in enumerate(ends)}
    anywhere = chance.sample(range(1, len(data)), count_cuts)
    for cut in {*anywhere, *chance.sample(sorted(whole), 15)}:
        shop.put(f"orders_{cut:05}.csv", data[:cut])
    loaded = 0
    outcomes = shop.deliver()
    found: dict[int | None, list[Any]] = {
        one.delivery_id: [] for one in outcomes
    }
    for delivery_id, *row in shop.orders(
        "delivery_id, order_id, customer_id, note"
    ):
        found[delivery_id].append(tuple(row))
    for outcome in outcomes:
        cut = int(outcome.file_name[7:12])
        if cut not in whole:
            assert outcome.outcome == "refused", cut
            continue
        assert outcome.outcome == "loaded", outcome
        loaded += 1
        assert found[outcome.delivery_id] == rows[: whole[cut]]
    assert loaded >= 15


def test_csv_with_one_byte_changed_never_loses_a_record_silently(shop: Shop):
    chance = random.Random(12)
    text, rows = written_csv(chance, 60)
    data = text.encode()
    for number in range(150):
        changed = bytearray(data)
        place = chance.randrange(len(HEAD), len(data))
        changed[place] = chance.choice(b'",\n\rx')
        shop.put(f"orders_{number:03}.csv", bytes(changed))
    for outcome in shop.deliver():
        if outcome.outcome == "loaded":
            assert outcome.count_rows in (len(rows), len(rows) + 1)
