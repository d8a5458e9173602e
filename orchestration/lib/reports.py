"""What a person is told after a run, in a screenful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from expectations.suites import entity_suites
from orchestration.lib.jobs import REASON, JobResult
from orchestration.lib.languages import SOURCE_LANGUAGE, load_language
from orchestration.lib.lookup import UNASSIGNED, Decision, Found, Move
from orchestration.lib.models import model_in_force, models_waiting
from orchestration.lib.published import (
    PARENT_COLUMN,
    fetch_rows,
    in_families,
    open_published,
)
from orchestration.lib.runs import last_run
from orchestration.lib.settings import Settings
from orchestration.lib.snapshots import Snapshot
from orchestration.lib.warehouse import open_warehouse

MOST_REASONS = 8
MOST_EXAMPLES = 3


def print_run(console: Console, settings: Settings, result: JobResult) -> None:
    """Print what a successful run found, and what to do next."""
    console.print()
    print_refused(console, settings)
    if "gate" in result.step_seconds:
        _print_gate(console, settings, result.run_id)
    is_published = any(
        step.startswith("published") for step in result.step_seconds
    )
    if "warehouse" in result.step_seconds:
        if not is_published:
            _print_judged(console, settings)
        _print_rejected(console, settings)
    if is_published:
        _print_published(console, settings)
    _print_waiting(console, settings)
    console.print(
        Text(f"Done in {result.seconds:.0f} s, run {result.run_id}."),
        highlight=False,
    )


def print_status(console: Console, settings: Settings) -> None:
    """Print the last run, the model in force and the published version."""
    if not settings.warehouse_path.exists():
        console.print(
            "Nothing has been run yet. Start `persona demo`, or put your files "
            f"into {settings.landing} and start `persona run`.",
            highlight=False,
            soft_wrap=True,
        )
        return
    run = last_run(settings)
    if run is not None:
        console.print(
            f"Last run    {run.run_id}: {run.job}, {run.status}"
            + (f" ({run.message})" if run.message else ""),
            markup=False,
            highlight=False,
        )
    with open_warehouse(settings) as connection:
        models = connection.execute(
            "select model_run_id, verdict, count_clusters, as_of_date "
            "from ml.model_runs where model_run_id = ?",
            [model_in_force(connection)],
        ).fetchall()
        waiting = models_waiting(connection)
        deliveries = connection.execute(
            "select outcome, count(*) from ("
            "select outcome from meta.deliveries qualify row_number() over ("
            "partition by source, file_name order by delivery_id desc) = 1) "
            "group by outcome order by outcome"
        ).fetchall()
    for model_run_id, verdict, count_clusters, as_of in models:
        console.print(
            f"Model       {model_run_id}: {count_clusters} groups, verdict "
            f"{verdict}, trained on {as_of}",
            highlight=False,
        )
    if waiting:
        console.print(
            f"Waiting     {waiting[-1]}: `persona model diff` says what it "
            "would change",
            highlight=False,
        )
    if deliveries:
        console.print(
            "Files       "
            + ", ".join(f"{count} {outcome}" for outcome, count in deliveries),
            highlight=False,
        )
    if settings.published_path.exists():
        _print_published(console, settings)
    else:
        console.print("Published   nothing yet", highlight=False)


def print_lookup(console: Console, found: Found) -> None:
    """Print a customer's persona, why it is that one, what would change it."""
    title = f", {found.persona_title}" if found.persona_title else ""
    console.print(
        Text(
            f"Customer {found.customer_id} is in {found.persona_id} "
            f"({found.persona_name}{title})."
            if found.confidence is not None
            else f"Customer {found.customer_id} is in no persona: "
            f"{found.reason}."
        ),
        highlight=False,
        soft_wrap=True,
    )
    if found.confidence is None:
        if found.move is not None:
            _print_move(console, found.move)
        return
    if found.sub_persona_id:
        console.print(
            f"Of that persona in its part {found.sub_persona_id} "
            f"({found.sub_persona_name}).",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    console.print(
        f"Confidence {found.confidence:.0%}: 0 % is on the border to the "
        "nearest other persona, 100 % at the centre.",
        highlight=False,
        soft_wrap=True,
    )
    own = found.persona_id
    other = found.other_id or "the next group"
    _print_decisions(console, "What decides", found.decisions, own, other)
    _print_decisions(
        console,
        f"What would move the customer to {other}"
        + (f" ({found.other_name})" if found.other_name else ""),
        found.changes,
        own,
        other,
    )
    if found.move is not None:
        _print_move(console, found.move)


def _print_move(console: Console, move: Move) -> None:
    """Print a move and what changed, in the words of the traits."""
    from ml.narrative.rendering import trait_label

    english = load_language(SOURCE_LANGUAGE)
    old, new = (
        "no persona"
        if persona_id == UNASSIGNED
        else persona_id + (f" ({name})" if name else "")
        for persona_id, name in (
            (move.from_id, move.from_name),
            (move.to_id, move.to_name),
        )
    )
    console.print()
    console.print(
        f"Moved from {old} to {new} in the month to {move.month_end}.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if not move.changes:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("What moved the customer")
    for name in (str(move.compared_with), str(move.month_end), "weight"):
        table.add_column(name, justify="right")
    for one in move.changes:
        table.add_row(
            trait_label(one.feature, None, english),
            _figure(one.before),
            _figure(one.after),
            f"{one.share:.0%}",
        )
    console.print(table)


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.2f}"


def print_snapshots(console: Console, snapshots: Sequence[Snapshot]) -> None:
    """Print the snapshots there are, and how to take one."""
    if not snapshots:
        console.print(
            'There is none yet. `persona snapshot "Spring campaign"` keeps who '
            "is in which persona today.",
            highlight=False,
            soft_wrap=True,
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Snapshot", overflow="fold")
    for heading in ("taken (UTC)", "data of"):
        table.add_column(heading)
    table.add_column("customers", justify="right")
    table.add_column("note", overflow="fold")
    for one in snapshots:
        table.add_row(
            Text(one.name),
            f"{one.taken_at:%Y-%m-%d %H:%M}",
            str(one.as_of_date),
            f"{one.count_customers:,}",
            Text(one.note or ""),
        )
    console.print(table)


def _print_decisions(
    console: Console,
    heading: str,
    decisions: list[Decision],
    own: str,
    other: str,
) -> None:
    from ml.narrative.rendering import trait_label

    english = load_language(SOURCE_LANGUAGE)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(heading)
    for name in ("the customer", own, other, "weight"):
        table.add_column(name, justify="right")
    for one in decisions:
        table.add_row(
            trait_label(one.feature, None, english),
            *(
                _figure(value)
                for value in (one.value, one.own_value, one.other_value)
            ),
            f"{one.share:.0%}" if one.share > 0 else "against",
        )
    console.print()
    console.print(table)


def print_refused(
    console: Console, settings: Settings, *, told: str = ""
) -> None:
    """Print every file that is refused, as long as it lies there.

    The ledger notes a refusal once; the run after must not be silent. What
    ``told`` says already is not said again.
    """
    if not settings.warehouse_path.exists():
        return
    with open_warehouse(settings, read_only=True) as connection:
        newest = connection.execute(
            "select source, file_name, outcome, message from meta.deliveries "
            "qualify row_number() over (partition by source, file_name "
            "order by delivery_id desc) = 1 order by source, file_name"
        ).fetchall()
    for source, file_name, outcome, message in newest:
        if outcome != "refused" or message in told:
            continue
        is_there = (settings.landing / source / file_name).exists()
        if is_there and source in settings.sources:
            console.print(
                Text(f"Refused: {message}", style="yellow"),
                highlight=False,
                soft_wrap=True,
            )


def _print_waiting(console: Console, settings: Settings) -> None:
    """Print that a model waits for a person, as long as it does."""
    with open_warehouse(settings, read_only=True) as connection:
        waiting = models_waiting(connection)
    if waiting:
        console.print(
            Text(
                "A new model waits for your decision; the one before goes on "
                "scoring. `persona model diff` says what it would change.",
                style="yellow",
            ),
            highlight=False,
            soft_wrap=True,
        )


def _print_gate(console: Console, settings: Settings, run_id: str) -> None:
    with open_warehouse(settings, read_only=True) as connection:
        count, failed = connection.execute(
            "select count(*), count(*) filter (where not is_success) "
            "from meta.expectation_results where run_id = ?",
            [run_id],
        ).fetchall()[0]
        warnings = connection.execute(
            f"select relation, {REASON} from meta.expectation_results "
            "where run_id = ? and not is_success order by relation, reason "
            "limit 5",
            [run_id],
        ).fetchall()
    console.print(
        f"Inputs: {count - failed} of {count} expectations hold.",
        highlight=False,
    )
    for relation, reason in warnings:
        console.print(
            Text(f"  {relation}: {reason}", style="yellow"), highlight=False
        )


def print_mapped(console: Console, settings: Settings) -> None:
    """Print what the staging models make of the files, before it is built."""
    with open_warehouse(settings, read_only=True) as connection:
        models = connection.execute(
            "select table_schema || '.' || table_name, "
            "split_part(table_name, '__', 2) from information_schema.tables "
            "where list_contains(?, regexp_extract(table_name, "
            "'^stg_(.+)__[a-z_]+$', 1)) order by all",
            [list(settings.sources)],
        ).fetchall()
        rows = [
            (entity, *_mapped(connection, model)) for model, entity in models
        ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Rows mapped to")
    table.add_column("rows", justify="right")
    table.add_column("do not fit", justify="right")
    table.add_column("such as", overflow="fold")
    for entity, count, count_failed, example in rows:
        if count != 0:
            table.add_row(
                entity,
                "–" if count is None else f"{count:,}",
                f"{count_failed:,}" if count_failed else "",
                Text(example or ""),
            )
    console.print(table)
    console.print()


def _mapped(
    connection: duckdb.DuckDBPyConnection, model: str
) -> tuple[int | None, int, str | None]:
    """Return rows, those that do not fit, and an example or what is wrong."""
    try:
        count, count_failed, example = connection.execute(
            "select count(*), count(cast_failures), min(cast_failures) "
            f"from {model}"
        ).fetchall()[0]
    except duckdb.Error as error:
        return None, 0, f"{model} cannot be read: {error}"
    return count, count_failed, example


def _print_judged(console: Console, settings: Settings) -> None:
    """Print how many rows would be loaded, before anything is built of them."""
    with open_warehouse(settings, read_only=True) as connection:
        judged = " union all ".join(
            f"select '{entity}' as entity, outcome "
            f"from input_layer.input_checks__{entity}"
            for entity in entity_suites()
        )
        rows = connection.execute(
            "select entity, count(*), "
            "count(*) filter (where outcome = 'loaded'), "
            "count(*) filter (where outcome = 'rejected'), "
            "count(*) filter (where outcome = 'duplicate') "
            f"from ({judged}) group by entity order by count(*) desc, entity"
        ).fetchall()
    _print_counts(console, rows)
    console.print()


def _print_rejected(console: Console, settings: Settings) -> None:
    """Print why rows were set aside, the most frequent reasons first."""
    with open_warehouse(settings, read_only=True) as connection:
        rows = connection.execute(
            "with details as (select entity, reason, detail, "
            "count(*) as count_rows from marts.rejected_rows group by all) "
            "select entity, reason, array_to_string(list(detail "
            f"order by count_rows desc, detail)[:{MOST_EXAMPLES}], '; '), "
            "sum(count_rows) from details group by entity, reason "
            "order by sum(count_rows) desc, entity, reason"
        ).fetchall()
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Set aside")
    table.add_column("rows", justify="right")
    table.add_column("why, for example", overflow="fold")
    for entity, reason, detail, count in rows[:MOST_REASONS]:
        table.add_row(entity, f"{count:,}", Text(f"{reason}: {detail}"))
    console.print(table)
    console.print(
        (
            f"{len(rows) - MOST_REASONS} more reasons, and every"
            if len(rows) > MOST_REASONS
            else "Every"
        )
        + f" row: marts.rejected_rows in {settings.warehouse_path}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    console.print()


def _print_published(console: Console, settings: Settings) -> None:
    with open_published(settings.published_path) as connection:
        _print_accounting(console, connection)
        _print_personas(console, connection)
    console.print(
        Text(f"Published  {settings.published_path}"),
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        "Next       `persona cards` writes pages to read; any DuckDB client "
        "opens that file: select * from bi.personas",
        highlight=False,
        soft_wrap=True,
    )


def _print_accounting(
    console: Console, connection: duckdb.DuckDBPyConnection
) -> None:
    rows = connection.execute(
        "select entity, sum(rows_delivered), sum(rows_loaded), "
        "sum(rows_rejected), sum(rows_duplicate) "
        "from bi.delivery_accounting group by entity "
        "having sum(rows_delivered) > 0 order by sum(rows_delivered) desc"
    ).fetchall()
    absent = connection.execute(
        "select entity, unknown_without from bi.source_coverage "
        "where count_rows = 0 order by entity"
    ).fetchall()
    _print_counts(console, rows)
    if absent:
        console.print(
            "Not delivered: "
            + ", ".join(entity for entity, _ in absent)
            + " (bi.source_coverage says what stays unknown)",
            highlight=False,
        )
    console.print()


def _print_counts(console: Console, rows: Sequence[tuple[Any, ...]]) -> None:
    """Print entities, each with rows delivered, loaded, rejected, duplicate."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Rows of")
    for name in ("delivered", "loaded", "rejected", "duplicate"):
        table.add_column(name, justify="right")
    for entity, *counts in rows:
        table.add_row(entity, *(f"{int(count):,}" for count in counts))
    console.print(table)


def _print_personas(
    console: Console, connection: duckdb.DuckDBPyConnection
) -> None:
    rows = in_families(fetch_rows(connection, "personas", "persona_id"))
    rows.sort(key=lambda row: row["persona_id"] == "unassigned")
    first = rows[0]
    console.print(
        Text(
            f"Personas on {first['as_of_date']}, verdict {first['verdict']}: "
            f"{first['verdict_reason']}"
        ),
        highlight=False,
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Persona")
    table.add_column("customers", justify="right")
    table.add_column("share", justify="right")
    table.add_column("of value", justify="right")
    table.add_column("who they are")
    for row in rows:
        name, title = row["persona_name"], row["persona_title"]
        table.add_row(
            ("  " if row.get(PARENT_COLUMN) else "") + row["persona_id"],
            f"{row['count_customers']:,}",
            f"{row['customer_share']:.0%}",
            f"{row['value_share']:.0%}",
            f"{name}, {title}" if title else "",
        )
    console.print(table)
    console.print()
