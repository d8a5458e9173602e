"""The command ``persona``: what a person types, and what they are told.

Every command that builds something executes a Dagster job; nothing is built
in any other way.
"""

from __future__ import annotations

import atexit
import os
import re
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from orchestration.lib import jobs
from orchestration.lib.exporting import (
    ExportError,
    ExportFormat,
    export_tables,
)
from orchestration.lib.reports import (
    print_lookup,
    print_mapped,
    print_refused,
    print_run,
    print_snapshots,
    print_status,
)
from orchestration.lib.settings import Settings, SettingsError, load_settings

STOPPED = 130  # As a shell says of what was stopped with Ctrl-C.
app = typer.Typer(
    name="persona",
    help=(
        "Customer personas with evidence and KPIs, from raw tables to BI.\n\n"
        "Start with `persona demo`: a made-up company, from raw files to "
        "published personas. For your own company, put files into "
        "var/landing/<source>/ and start `persona run`.\n"
        "docs/own-data.md has it step by step."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
model_app = typer.Typer(
    help="Trained models: which scores, what a new one would change, and who "
    "decides.",
    no_args_is_help=True,
)
app.add_typer(model_app, name="model")
console = Console()

DEMO_SOURCE = "sample_company"
Decided = TypeVar("Decided")


class FileFormat(StrEnum):
    """How the sample company's files are written."""

    parquet = "parquet"
    csv = "csv"


SourcesOption = Annotated[
    str | None,
    typer.Option(
        "--sources",
        help="Connectors that are on, comma-separated; default: the var "
        "sources in dbt_project/dbt_project.yml.",
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="The day to look at the company, such as 2026-06-30; default: "
        "the day of the newest order.",
    ),
]


ModelArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[MODEL]",
        help="Its id, or enough of its end; default: the one that waits.",
    ),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", help="Who decides; published with the log."),
]
NoteOption = Annotated[
    str | None, typer.Option("--note", help="Why; published with the log.")
]


@app.command()
def demo(
    customers: Annotated[
        int, typer.Option(min=500, help="Customers of the made-up company.")
    ] = 5_000,
    seed: Annotated[int, typer.Option(help="Another seed, another town.")] = 7,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="Format of its files.")
    ] = FileFormat.parquet,
) -> None:
    """Make up a company and find its personas, from raw files to published."""
    os.environ["PERSONA_SOURCES"] = DEMO_SOURCE
    settings = _settings(None, None)
    with _progress() as tell:
        tell("making up a company")
        from orchestration.lib.demo import DemoError, deliver_sample

        try:
            deliver_sample(
                settings,
                n_customers=customers,
                seed=seed,
                file_format=file_format.value,
            )
        except DemoError as error:
            raise _refusal(error) from error
        result = _run(settings, "retrain", tell, {"demo": "true"})
    _conclude(settings, result)


@app.command()
def run(sources: SourcesOption = None, as_of: AsOfOption = None) -> None:
    """Take in new files, rebuild, score and publish; train if no model is."""
    settings = _settings(sources, as_of)
    job = "refresh" if jobs.has_model(settings) else "retrain"
    with _progress() as tell:
        result = _run(settings, job, tell)
    _conclude(settings, result)


@app.command()
def check(sources: SourcesOption = None, as_of: AsOfOption = None) -> None:
    """Take in new files and judge every row; no persona changes."""
    settings = _settings(sources, as_of)
    with _progress() as tell:
        result = _run(settings, "check", tell)
    _conclude(settings, result)


@app.command()
def train(sources: SourcesOption = None, as_of: AsOfOption = None) -> None:
    """Do all that run does, and train the persona model anew."""
    settings = _settings(sources, as_of)
    with _progress() as tell:
        result = _run(settings, "retrain", tell)
    _conclude(settings, result)


@app.command()
def publish(
    rollback: Annotated[
        bool,
        typer.Option("--rollback", help="Put the version before in force."),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            help="Put what is published into PostgreSQL instead, such as "
            "postgresql://loader@host/database; the password comes from "
            "PGPASSWORD or ~/.pgpass."
        ),
    ] = None,
    schema: Annotated[
        str, typer.Option(help="The schema there, replaced whole.")
    ] = "bi",
) -> None:
    """Publish the last complete run, or go back to the version before."""
    settings = _settings(None, None)
    if to is not None:
        _to_postgres(settings, to, schema)
        return
    if rollback:
        from orchestration.lib.publishing import rollback as go_back

        try:
            version = go_back(settings)
        except Exception as error:
            raise _refusal(error) from error
        console.print(
            f"In force again: the publication of run {version.run_id}."
        )
        return
    with _progress() as tell:
        result = _run(settings, "publish", tell)
    _conclude(settings, result)


def _to_postgres(settings: Settings, to: str, schema: str) -> None:
    try:
        from orchestration.lib.postgres import PostgresError, load_into_postgres
    except ModuleNotFoundError as error:
        missing = ModuleNotFoundError(
            "PostgreSQL needs the extra postgres: start `make check` once, or "
            "install psycopg."
        )
        raise _refusal(missing) from error
    try:
        done = load_into_postgres(settings.published_path, to, schema=schema)
    except PostgresError as error:
        raise _refusal(error) from error
    console.print(
        f"In force in PostgreSQL: {len(done.count_rows)} tables of run "
        f"{done.run_id} in the schema {done.schema}. Let people read them: "
        "grant persona_reader to them.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def status() -> None:
    """Say what was run, what is published and which model is in force."""
    print_status(console, _settings(None, None))


@app.command()
def export(
    file_format: Annotated[
        ExportFormat, typer.Option("--format", help="What to write.")
    ] = ExportFormat.xlsx,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to; default: export/ in PERSONA_HOME."),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(help="Only this table; may be given several times."),
    ] = None,
) -> None:
    """Write the published tables as files for spreadsheets and programs."""
    settings = _settings(None, None)
    try:
        paths = export_tables(
            settings.published_path,
            folder or settings.home / "export",
            file_format,
            table or (),
        )
    except ExportError as error:
        raise _refusal(error) from error
    console.print(
        f"Wrote {len(paths)} {'file' if len(paths) == 1 else 'files'}: "
        f"{paths[0] if len(paths) == 1 else paths[0].parent}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def cards(
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to write; default: cards/ in PERSONA_HOME."),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(help="Only this language; may be given several times."),
    ] = None,
) -> None:
    """Write the published personas as pages to read, print and send round."""
    from orchestration.lib.cards import CardsError, write_cards
    from orchestration.lib.languages import LanguageError

    settings = _settings(None, None)
    try:
        paths = write_cards(
            settings.published_path,
            folder or settings.cards,
            photos=settings.portraits,
            languages=language,
        )
    except (CardsError, LanguageError) as error:
        raise _refusal(error) from error
    console.print(
        f"Wrote {len(paths)} pages and portraits. Open {paths[0]}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def review(
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to; default: reviews/ in PERSONA_HOME."),
    ] = None,
) -> None:
    """Write the page of the month: what changed, and what to decide."""
    from orchestration.lib.review_page import ReviewPageError, write_review

    settings = _settings(None, None)
    try:
        path = write_review(settings, folder=folder, now=datetime.now(UTC))
    except ReviewPageError as error:
        raise _refusal(error) from error
    console.print(
        f"Wrote {path}", markup=False, highlight=False, soft_wrap=True
    )


@app.command()
def docs() -> None:
    """Write dbt's documentation as one page, beside the published file."""
    from orchestration.lib.dbt_docs import DbtDocsError, write_dbt_docs

    settings = _settings(None, None)
    try:
        path = write_dbt_docs(settings)
    except (jobs.DbtError, DbtDocsError) as error:
        raise _refusal(error) from error
    console.print(
        f"Wrote {path}", markup=False, highlight=False, soft_wrap=True
    )


@app.command()
def lookup(
    customer_id: Annotated[
        str, typer.Argument(help="The customer's id, as delivered.")
    ],
) -> None:
    """Say which persona a customer is, how sure, why, and what would change."""
    from orchestration.lib.lookup import CustomerLookupError, look_up

    settings = _settings(None, None)
    try:
        found = look_up(settings, customer_id)
    except CustomerLookupError as error:
        raise _refusal(error) from error
    print_lookup(console, found)


@app.command()
def backfill(
    first: Annotated[str, typer.Argument(help="The month, such as 2026-01.")],
    last: Annotated[
        str | None, typer.Argument(help="The last month; default: the first.")
    ] = None,
) -> None:
    """Tell months of the history anew; on the same data nothing changes."""
    months = [first, last or first]
    for month in months:
        if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month):
            raise _refusal(ValueError(f"'{month}': write a month as 2026-01."))
    if months[0] > months[1]:
        raise _refusal(ValueError(f"{months[1]} is before {months[0]}."))
    settings = _settings(None, None)
    if not jobs.has_model(settings):
        raise _refusal(
            ValueError("No personas have been found yet: start `persona run`.")
        )
    tags = {
        f"dagster/asset_partition_range_{end}": f"{month}-01"
        for end, month in zip(("start", "end"), months, strict=True)
    }
    with _progress() as tell:
        result = _run(settings, "backfill", tell, tags)
    _conclude(settings, result)


@model_app.command("list")
def list_models() -> None:
    """Show every trained model: in force, waiting, rejected, replaced."""
    from orchestration.lib.review_reports import print_models
    from orchestration.lib.reviews import ReviewError
    from orchestration.lib.reviews import list_models as models_of

    try:
        print_models(console, models_of(_settings(None, None)))
    except ReviewError as error:
        raise _refusal(error) from error


@model_app.command()
def diff(model: ModelArgument = None) -> None:
    """Say what a model changes: who is born, who moves, which claims."""
    from orchestration.lib.review_reports import print_difference
    from orchestration.lib.reviews import ReviewError, read_difference

    try:
        difference = read_difference(_settings(None, None), model)
    except ReviewError as error:
        raise _refusal(error) from error
    print_difference(console, difference)


@model_app.command()
def approve(
    model: ModelArgument = None, by: ByOption = None, note: NoteOption = None
) -> None:
    """Put a model in force that waits, was rejected or was rolled back."""
    from orchestration.lib.reviews import approve as decide

    decided = _decide(
        lambda: decide(_settings(None, None), model, by=by, note=note)
    )
    _tell(f"Approved: {decided.model_run_id}.")


@model_app.command()
def reject(
    model: ModelArgument = None, by: ByOption = None, note: NoteOption = None
) -> None:
    """Decide against a model that waits; the one in force goes on."""
    from orchestration.lib.reviews import reject as decide

    decided = _decide(
        lambda: decide(_settings(None, None), model, by=by, note=note)
    )
    console.print(
        f"Rejected: {decided.model_run_id}. The model in force goes on.",
        highlight=False,
        soft_wrap=True,
    )


@model_app.command("rollback")
def roll_back(by: ByOption = None, note: NoteOption = None) -> None:
    """Put the model in force again that the present one replaced."""
    from orchestration.lib.reviews import roll_back as decide

    left, came = _decide(
        lambda: decide(_settings(None, None), by=by, note=note)
    )
    _tell(
        f"In force again: {came.model_run_id}, instead of {left.model_run_id}."
    )


def _decide(act: Callable[[], Decided]) -> Decided:
    from orchestration.lib.typed import TypedError

    try:
        return act()
    except (TypedError, jobs.RunLockError) as error:
        raise _refusal(error) from error


def _tell(decided: str) -> None:
    console.print(
        f"{decided} `persona run` scores with it and publishes.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def snapshot(
    name: Annotated[
        str, typer.Argument(help='Such as "Spring campaign"; it is published.')
    ],
    persona: Annotated[
        list[str] | None,
        typer.Option(
            help="Only its customers, such as P03; may be given several times."
        ),
    ] = None,
    note: Annotated[
        str | None, typer.Option(help="A note, for the list of snapshots.")
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Remove it, with its customers.")
    ] = False,
) -> None:
    """Keep who is in which persona today, to see later who has gone where."""
    from orchestration.lib.snapshots import delete_snapshot, take_snapshot
    from orchestration.lib.typed import TypedError

    settings = _settings(None, None)
    try:
        if delete:
            done = delete_snapshot(settings, name)
        else:
            done = take_snapshot(
                settings,
                name,
                now=datetime.now(UTC),
                persona_ids=persona or (),
                note=note,
            )
    except (TypedError, jobs.RunLockError) as error:
        raise _refusal(error) from error
    console.print(
        f"{'Removed' if delete else 'Kept'} '{done.name}': "
        f"{done.count_customers:,} customers as of {done.as_of_date}. The next "
        "`persona run` publishes it so in bi.persona_snapshot_moves.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def snapshots() -> None:
    """List the snapshots that were taken, with their sizes."""
    from orchestration.lib.snapshots import list_snapshots

    print_snapshots(console, list_snapshots(_settings(None, None)))


@app.command(
    add_help_option=False,
    context_settings={
        "allow_extra_args": True,
        "allow_interspersed_args": False,
        "ignore_unknown_options": True,
    },
)
def mf(context: typer.Context) -> None:
    """Ask for metrics, with MetricFlow's own words: `persona mf --help`.

    persona mf query --metrics revenue,repeat_rate --group-by persona
    """
    from orchestration.lib.metrics import MetricsError, ask_metricflow

    try:
        code = ask_metricflow(_settings(None, None), context.args)
    except (MetricsError, jobs.RunLockError, jobs.DbtError) as error:
        raise _refusal(error) from error
    raise typer.Exit(code)


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port of the page.")] = 3000,
) -> None:
    """Open Dagster's page on 127.0.0.1: the graph, the jobs, the schedules."""
    settings = _settings(None, None)
    jobs.prepare_home(settings)
    program = str(Path(sys.executable).with_name("dagster"))
    arguments = ["dev", "-m", "orchestration.definitions"]
    os.execv(
        program,
        [program, *arguments, "--host", "127.0.0.1", "--port", str(port)],
    )


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8501,
) -> None:
    """Open the dashboard on 127.0.0.1; it reads the published file alone."""
    from orchestration.dashboard.server import DashboardError, serve

    try:
        serve(_settings(None, None), port)
    except DashboardError as error:
        raise _refusal(error) from error


@app.command()
def connector(
    name: Annotated[str, typer.Argument(help="Name of the new source.")],
) -> None:
    """Copy the template connector, ready for your own tables."""
    from orchestration.lib.connectors import ConnectorError, copy_template

    try:
        folder = copy_template(name)
    except ConnectorError as error:
        raise _refusal(error) from error
    home = os.environ.get("PERSONA_HOME")
    own = home or f"~/{name}"
    console.print(
        f"Made {folder}.\n"
        f"1. Write your columns into _{name}__sources.yml and the models.\n"
        "2. Name it in the var sources of dbt_project/dbt_project.yml.\n"
        f"3. Its home is {own}"
        + (".\n" if home else f": export PERSONA_HOME={own}\n")
        + f"4. Put your files into {own}/landing/{name}/. Start `persona "
        "check` while you map, then `persona run`.\n"
        "docs/own-data.md has it step by step.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _settings(sources: str | None, as_of: str | None) -> Settings:
    if sources:
        os.environ["PERSONA_SOURCES"] = sources
    if as_of:
        os.environ["PERSONA_AS_OF_DATE"] = as_of
    try:
        return load_settings()
    except SettingsError as error:
        raise _refusal(error) from error


def _run(
    settings: Settings,
    job: str,
    tell: Callable[[str], None],
    tags: dict[str, str] | None = None,
) -> jobs.JobResult:
    try:
        return jobs.run_job(settings, job, tags=tags, on_step=tell)
    except KeyboardInterrupt as stopped:
        console.print(
            "\nStopped. Readers see the last complete publication; start the "
            "same command again when you like.",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(STOPPED) from stopped
    except (
        jobs.RunLockError,
        jobs.DbtError,
        jobs.PseudonymKeyError,
        jobs.OtherCompanyError,
    ) as error:
        raise _refusal(error) from error


def _conclude(settings: Settings, result: jobs.JobResult) -> None:
    if not result.is_success:
        console.print("\n[bold red]The run stopped.[/]", highlight=False)
        print_refused(console, settings, told=result.message or "")
        if "gate" in result.step_seconds and (
            "warehouse" not in result.step_seconds
        ):
            print_mapped(console, settings)
        console.print(
            result.message or "", markup=False, highlight=False, soft_wrap=True
        )
        console.print(
            f"\nThe log: {settings.logs / (result.run_id + '.log')}\n"
            "Mend it and start the same command again.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(1)
    print_run(console, settings, result)


def _refusal(error: Exception) -> typer.Exit:
    console.print(
        str(error), style="red", markup=False, highlight=False, soft_wrap=True
    )
    return typer.Exit(1)


class _progress:  # noqa: N801  used as a context manager, like open()
    """A line that says what is being done, and for how long."""

    def __enter__(self) -> Callable[[str], None]:
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(file=console.file),
        )
        self.task: Any = None
        self.bar.start()
        return self.tell

    def tell(self, words: str) -> None:
        if self.task is not None:
            self.bar.update(self.task, completed=1)
        self.task = self.bar.add_task(words, total=1)

    def __exit__(self, *_: object) -> None:
        if self.task is not None:
            self.bar.update(self.task, completed=1)
        self.bar.stop()


def main() -> None:
    """Do what was typed."""
    atexit.register(_mute)
    try:
        app()
    except SystemExit as ended:
        if any(one.name == jobs.JOB_THREAD for one in threading.enumerate()):
            # A person has stopped a run; Python would wait for its job.
            _mute()
            os._exit(STOPPED)
        raise ended from None


def _mute() -> None:
    """Close the screen to what follows the last thing this process says.

    After long runs DuckDB 2.0 lists there, in forty lines, which of its own
    functions Python has not freed; nobody can mend that, and nothing is lost.
    Registered first, it is called last.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


if __name__ == "__main__":
    main()
