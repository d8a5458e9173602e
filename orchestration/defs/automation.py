"""Automation: the jobs, their schedules, and the watch on the landing folder.

Schedules and sensors are off until someone turns them on in the UI.
"""

import hashlib
from collections.abc import Iterator

import duckdb
from dagster import (
    AssetKey,
    AssetSelection,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunRequest,
    ScheduleDefinition,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    define_asset_job,
    sensor,
)

from expectations.suites import entity_suites
from orchestration.lib.drift import months_that_ask
from orchestration.lib.settings import Settings

MAX_RUNTIME = {"dagster/max_runtime": 3 * 60 * 60}

MODEL = AssetSelection.groups("persona_model")
ON_DEMAND = AssetSelection.groups("history")
REVIEW = AssetSelection.groups("review")
JUDGED = AssetSelection.assets(
    AssetKey(["marts", "rejected_rows"]),
    *(
        AssetKey(["input_layer", f"input_checks__{entity}"])
        for entity in entity_suites()
    ),
)

refresh = define_asset_job(
    "refresh",
    selection=AssetSelection.all() - MODEL - ON_DEMAND - REVIEW,
    description="Daily: deliver, gate, build, score, publish.",
    tags=MAX_RUNTIME,
)
retrain = define_asset_job(
    "retrain",
    selection=AssetSelection.all() - ON_DEMAND - REVIEW,
    description="Monthly: a refresh that also trains the persona model.",
    tags=MAX_RUNTIME,
)
check = define_asset_job(
    "check",
    selection=AssetSelection.groups("raw", "staging") | JUDGED,
    description="Deliver, look at the inputs and judge every row.",
    tags=MAX_RUNTIME,
)
publish = define_asset_job(
    "publish",
    selection=AssetSelection.groups("publish"),
    description="Publish what the last complete run built.",
    tags=MAX_RUNTIME,
)
backfill = define_asset_job(
    "backfill",
    selection=AssetSelection.groups("history"),
    description="On demand: tell months of the history anew.",
    tags=MAX_RUNTIME,
)
review = define_asset_job(
    "review",
    selection=REVIEW,
    description="Monthly: a page of what changed and what to decide.",
    tags=MAX_RUNTIME,
)
JOBS = [refresh, retrain, check, publish, backfill, review]

SCHEDULES = [
    ScheduleDefinition(
        name="daily_refresh",
        job=refresh,
        cron_schedule="0 5 * * *",
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.STOPPED,
    ),
    ScheduleDefinition(
        name="monthly_retrain",
        job=retrain,
        cron_schedule="0 3 2 * *",
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.STOPPED,
    ),
    ScheduleDefinition(
        name="monthly_review",
        job=review,
        cron_schedule="0 6 3 * *",
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.STOPPED,
    ),
]


def landing_fingerprint(settings: Settings) -> str:
    """Return a hash of the names, sizes and times of the delivered files."""
    digest = hashlib.sha256()
    for source in sorted(settings.sources):
        for path in sorted((settings.landing / source).rglob("*")):
            if path.is_file():
                status = path.stat()
                digest.update(
                    f"{path}|{status.st_size}|{status.st_mtime_ns}".encode()
                )
    return digest.hexdigest()


def landing_sensor(settings: Settings) -> SensorDefinition:
    """Return the sensor that asks for a refresh when files have changed."""

    @sensor(
        name="new_files",
        job=refresh,
        minimum_interval_seconds=60,
        default_status=DefaultSensorStatus.STOPPED,
        description="Asks for a refresh when a landing folder has changed.",
    )
    def new_files(
        context: SensorEvaluationContext,
    ) -> Iterator[RunRequest | SkipReason]:
        fingerprint = landing_fingerprint(settings)
        if fingerprint == context.cursor:
            yield SkipReason("No landing folder has changed.")
        else:
            yield RunRequest(run_key=fingerprint)
            context.update_cursor(fingerprint)

    return new_files


def drift_sensor(settings: Settings) -> SensorDefinition:
    """Return the sensor that asks for a training when drift says so."""

    @sensor(
        name="drift",
        job=retrain,
        minimum_interval_seconds=60 * 60,
        default_status=DefaultSensorStatus.STOPPED,
        description=(
            "Asks for a training when the newest month of the model in force "
            "says retrain; once per model and month."
        ),
    )
    def drift() -> Iterator[RunRequest | SkipReason]:
        try:
            asking = months_that_ask(settings)
        except duckdb.IOException:
            yield SkipReason("A run is writing to the warehouse.")
            return
        if not asking:
            yield SkipReason("No drift asks for a training.")
            return
        newest = max(asking, key=lambda one: one.month_end)
        yield RunRequest(
            run_key=f"{newest.model_run_id}|{newest.month_end}",
            tags={"reason": newest.reason},
        )

    return drift
