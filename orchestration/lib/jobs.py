"""Running a Dagster job from the command line, with progress and a ledger.

The command line is no second pipeline: it executes the same job as the UI and
the schedules, in this process, and tells what happens while it does.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.lib.dbt import DbtError
from orchestration.lib.models import model_in_force
from orchestration.lib.pseudonyms import PseudonymKeyError, load_key
from orchestration.lib.runs import (
    RunLockError,
    finish_run,
    last_run,
    run_lock,
    start_run,
)
from orchestration.lib.settings import PROJECT_ROOT, Settings
from orchestration.lib.warehouse import open_warehouse

__all__ = [
    "DbtError",
    "JobResult",
    "OtherCompanyError",
    "PseudonymKeyError",
    "RunLockError",
    "has_model",
    "prepare_home",
    "run_job",
]

# Why an expectation is held, and how far it is from holding.
REASON = "concat_ws(' ', reason, observed[:1].upper() || observed[2:] || '.')"
JOB_THREAD = "dagster-job"
NO_COPIES = """
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
STEP_WORDS = {
    "deliver": "taking in the files",
    "staging": "mapping them",
    "raw_gate": "checking the files",
    "gate": "checking the inputs",
    "persona_model": "finding the personas",
    "persona_evidence": "gathering the evidence",
    "campaign_effect": "judging the campaigns",
    "customer_value": "valuing the customers",
    "persona_affinity": "comparing what they buy",
    "budget": "planning the budget",
    "persona_flow": "counting who moved",
    "published__personas": "publishing",
    "review": "writing the review",
    "history": "telling the history anew",
    "marts__persona_drift": "looking for drift",
    "persona_model__model_reviews": "looking at the review",
}
# dbt builds the warehouse in several steps; a table that a step builds, the
# first of these, tells what it is about.
TABLE_WORDS = {
    "budget_plan": "laying out the budget",
    "campaign_lift": "putting the figures together",
    "customer_personas": "placing the customers, month by month",
    "customer_features": "building the customers and their features",
    "rejected_rows": "judging every row",
}


class OtherCompanyError(RuntimeError):
    """The home holds another company; the message says the mend."""


@dataclass(frozen=True)
class JobResult:
    """How a job ended."""

    run_id: str
    is_success: bool
    seconds: float
    step_seconds: Mapping[str, float]
    message: str | None


def prepare_home(settings: Settings) -> None:
    """Make the folders of ``PERSONA_HOME`` and point Dagster and dbt there."""
    for folder in (
        settings.landing,
        settings.logs,
        settings.scratch,
        settings.dagster_home,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    configuration = settings.dagster_home / "dagster.yaml"
    if not configuration.exists():
        shutil.copy(
            PROJECT_ROOT / "orchestration" / "dagster.yaml", configuration
        )
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["PERSONA_HOME"] = str(settings.home)
    os.environ["PERSONA_SOURCES"] = ",".join(settings.sources)
    os.environ["GX_ANALYTICS_ENABLED"] = "false"


def run_job(
    settings: Settings,
    job_name: str,
    *,
    tags: Mapping[str, str] | None = None,
    on_step: Callable[[str], object] = str,
) -> JobResult:
    """Execute a job of the Dagster definitions in this process.

    Parameters
    ----------
    settings : Settings
        The settings of the run.
    job_name : str
        ``refresh``, ``retrain``, ``check`` or ``publish``.
    tags : mapping, optional
        Dagster tags of the run.
    on_step : callable
        Called with words for each step that starts.

    Raises
    ------
    RunLockError
        When another run is under way.
    OtherCompanyError
        When the home holds another company.
    PseudonymKeyError
        When there is no key for what the job will publish: said at once, not
        after everything has been built. The demo makes itself one.
    KeyboardInterrupt
        When a person stops it. The job's thread, ``JOB_THREAD``, goes on as
        long as this process lives.
    """
    prepare_home(settings)
    if job_name != "check":
        load_key(settings, os.environ, allow_create="demo" in (tags or {}))
    with run_lock(settings):
        refuse_other_company(settings)
        run_id = start_run(settings, job_name, datetime.now(UTC))
        message: str | None = "It ended with an error of its own."
        is_success = False
        started = time.monotonic()
        step_seconds: dict[str, float] = {}
        is_left = False
        try:
            with _output_to_log(settings, run_id):
                is_success, message, step_seconds = _execute(
                    settings, job_name, run_id, dict(tags or {}), on_step
                )
        except KeyboardInterrupt:
            # The job is under way; the next run closes the books of this one.
            is_left = True
            raise
        finally:
            current = None if is_left else last_run(settings)
            if current is not None and current.status == "running":
                finish_run(
                    settings,
                    run_id,
                    "succeeded" if is_success else "failed",
                    message,
                    datetime.now(UTC),
                )
    return JobResult(
        run_id, is_success, time.monotonic() - started, step_seconds, message
    )


def _execute(
    settings: Settings,
    job_name: str,
    run_id: str,
    tags: dict[str, str],
    on_step: Callable[[str], object],
) -> tuple[bool, str | None, dict[str, float]]:
    from dagster import DagsterEventType

    from orchestration.defs.assembly import build_definitions

    on_step("reading the project")
    job = build_definitions(settings).resolve_job_def(job_name)
    with _instance(settings) as instance:
        outcome: dict[str, Any] = {}

        def execute() -> None:
            try:
                outcome["result"] = job.execute_in_process(
                    instance=instance,
                    run_id=run_id,
                    tags=tags,
                    raise_on_error=False,
                    run_config={
                        "loggers": {
                            "console": {"config": {"log_level": "INFO"}}
                        }
                    },
                )
            except Exception as error:  # noqa: BLE001  re-raised below
                outcome["error"] = error

        worker = threading.Thread(target=execute, name=JOB_THREAD)
        worker.start()
        told = 0
        tables: Mapping[str, set[str]] = {}
        while worker.is_alive():
            worker.join(timeout=0.3)
            starts = instance.all_logs(
                run_id, of_type=DagsterEventType.STEP_START
            )
            if starts and not tables:
                tables = _planned_tables(instance, run_id)
            for entry in starts[told:]:
                on_step(_words(entry.step_key or "", tables))
            told = len(starts)
        if "error" in outcome:
            raise outcome["error"]
        result = outcome["result"]
        seconds = {
            event.step_key or "": _duration(event)
            for event in result.all_events
            if event.event_type_value in ("STEP_SUCCESS", "STEP_FAILURE")
        }
        if result.success:
            return True, None, seconds
        return False, _failure(settings, result, tables), seconds


def _instance(settings: Settings) -> Any:
    """Return Dagster's instance, for a run whose output goes to its log.

    Dagster would start two processes for each step, to copy what it prints.
    """
    from dagster import DagsterInstance

    configuration = settings.dagster_home / "dagster.yaml"
    text = configuration.read_text(encoding="utf-8")
    if "compute_logs:" not in text:
        text += NO_COPIES
    quiet = settings.dagster_home / "persona.yaml"
    quiet.write_text(text, encoding="utf-8")
    return DagsterInstance.from_config(str(quiet.parent), quiet.name)


def _planned_tables(instance: Any, run_id: str) -> dict[str, set[str]]:
    """Return the tables that each step of a run is to build."""
    from dagster import DagsterEventType

    tables: dict[str, set[str]] = {}
    for entry in instance.all_logs(
        run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    ):
        event = entry.dagster_event
        tables.setdefault(event.step_key, set()).add(event.asset_key.path[-1])
    return tables


def _duration(event: Any) -> float:
    data = event.event_specific_data
    return float(getattr(data, "duration_ms", 0.0) or 0.0) / 1000


def _words(step_key: str, tables: Mapping[str, set[str]]) -> str:
    for prefix, words in STEP_WORDS.items():
        if step_key.startswith(prefix):
            return words
    for table, words in TABLE_WORDS.items():
        if table in tables.get(step_key, ()):
            return words
    return step_key


def _failure(
    settings: Settings, result: Any, tables: Mapping[str, set[str]]
) -> str:
    """Return what went wrong in words a person can act on."""
    messages = []
    for event in result.all_events:
        if event.event_type_value != "STEP_FAILURE":
            continue
        error = event.event_specific_data.error
        if error.cause is not None:  # Dagster's own error wraps ours
            error = error.cause
        words = error.message.split(": ", 1)[-1].strip()
        if "dbt" in error.message.lower():
            words = "\n".join(_failed_models(settings)) or words
        if event.step_key.endswith("gate"):
            words = _failed_expectations(settings, result.run_id) or words
        doing = _words(event.step_key, tables)
        messages.append(f"While {doing}: {words}")
    return "\n".join(messages) or "Dagster names no failed step; see the log."


def _failed_expectations(settings: Settings, run_id: str) -> str:
    """Return what stopped a run at a gate, and the mend of each."""
    with open_warehouse(settings, read_only=True) as connection:
        failed = connection.execute(
            f"select relation, {REASON} from meta.expectation_results "
            "where run_id = ? and severity = 'blocking' and not is_success "
            "order by all",
            [run_id],
        ).fetchall()
    return "\n".join(f"{relation}: {reason}" for relation, reason in failed)


def _failed_models(settings: Settings) -> Iterator[str]:
    import json

    path = settings.dbt_target / "run_results.json"
    if not path.exists():
        return
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    for one in results:
        if one["status"] in ("error", "fail", "runtime error"):
            name = ".".join(one["unique_id"].split(".")[2:3])
            yield f"{name}: {one['message']}"


@contextlib.contextmanager
def _output_to_log(settings: Settings, run_id: str) -> Iterator[None]:
    """Send what dbt, Dagster and GX print to the log of the run."""
    path = settings.logs / f"{run_id}.log"
    with (
        path.open("w", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        yield
    sys.stdout.flush()


def has_model(settings: Settings) -> bool:
    """Return whether a model that found personas is in force.

    One that found none is no reason not to look again.
    """
    if not settings.warehouse_path.exists():
        return False
    with open_warehouse(settings) as connection:
        found = connection.execute(
            "select count_clusters from ml.model_runs where model_run_id = ?",
            [model_in_force(connection)],
        ).fetchall()
    return bool(found and found[0][0])


def refuse_other_company(settings: Settings) -> None:
    """Refuse a run that would mix two companies in one home.

    Their models, histories and persona ids are one company's: after the demo,
    another one would be scored by the demo's model.

    Raises
    ------
    OtherCompanyError
        When the last build has customers, and none is of a source that is on.
    """
    if not settings.warehouse_path.exists():
        return
    with open_warehouse(settings) as connection:
        is_built = connection.execute(
            "select 1 from duckdb_tables() "
            "where schema_name = 'marts' and table_name = 'customers'"
        ).fetchone()
        if not is_built:
            return
        built = [
            source
            for (source,) in connection.execute(
                "select distinct source from marts.customers order by source"
            ).fetchall()
        ]
    if not built or set(built) & set(settings.sources):
        return
    raise OtherCompanyError(
        f"{settings.home} holds the personas of {', '.join(built)}; on now: "
        f"{', '.join(settings.sources)}. Give another company a home of its "
        "own (export PERSONA_HOME=~/my-company), or remove this one first. If "
        "it is the same company with new systems, leave the old source on "
        "beside the new one."
    )
