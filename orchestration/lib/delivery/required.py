"""What a source must have, before the run may go on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from orchestration.lib.delivery.outcomes import DeliveryError, FileOutcome
from orchestration.lib.delivery.raw_tables import tables_with_rows
from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import SourceSpec, load_source_spec
from orchestration.lib.warehouse import open_warehouse


def required_problems(
    outcomes: Sequence[FileOutcome],
    spec: SourceSpec,
    *,
    filled_tables: Collection[str] = (),
    landing: Path | None = None,
) -> list[str]:
    """Return why the run must stop: one message per problem, or none.

    The outcomes are those of this source. ``filled_tables`` hold rows of
    earlier runs: their files need not lie in the folder any more. ``landing``
    is the landing folder, to be named in the messages.
    """
    problems = []
    for table in spec.tables:
        if not table.is_required:
            continue
        mine = [one for one in outcomes if one.table == table.name]
        refused = [one for one in mine if one.outcome == "refused"]
        problems += [
            f"{one.message} (The table {table.name} of {spec.name} is "
            "required: mend the file or take it away.)"
            for one in refused
        ]
        if not mine and table.name not in filled_tables:
            problems.append(
                f"The source {spec.name} has no {table.name}, which it must "
                f"have: put {table.name}.csv (or .csv.gz, .jsonl, .parquet) "
                f"into {landing or 'landing'}/{spec.name}/, with the columns "
                f"{', '.join(table.required_columns) or 'of its yml'}."
            )
    return problems


def check_deliveries(
    settings: Settings,
    outcomes: Sequence[FileOutcome],
    *,
    specs: Sequence[SourceSpec] | None = None,
) -> None:
    """Stop the run when a required table is missing or was refused.

    The outcomes are those of all sources; checked are ``specs``, by default
    the sources that are on.

    Raises
    ------
    DeliveryError
        With every problem of every source, one per line.
    """
    if specs is None:
        specs = [load_source_spec(source) for source in settings.sources]
    problems: list[str] = []
    with open_warehouse(settings) as connection:
        for spec in specs:
            problems += required_problems(
                [one for one in outcomes if one.source == spec.name],
                spec,
                filled_tables=tables_with_rows(connection, spec),
                landing=settings.landing,
            )
    if problems:
        raise DeliveryError("\n".join(problems))
