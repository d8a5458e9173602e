"""The private warehouse: how it is opened, and the tables that Python owns.

DuckDB lets one process write at a time, so a connection is opened briefly and
closed before dbt takes its turn. dbt owns every schema but ``raw`` (delivered
rows), ``ml`` (models) and ``meta`` (ledgers).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
import pandas as pd

from orchestration.lib.settings import Settings

STORAGE_VERSION = "v1.0.0"

META_TABLES = """
create schema if not exists raw;
create schema if not exists ml;
create schema if not exists meta;

create table if not exists meta.runs (
    run_id varchar primary key,
    job varchar not null,
    status varchar not null,      -- running, succeeded, failed, interrupted
    started_at timestamp not null,
    ended_at timestamp,
    as_of_date date,
    sources varchar not null,
    message varchar
);

create table if not exists meta.deliveries (
    delivery_id bigint not null,
    source varchar not null,
    table_name varchar,           -- null when the file matches no table
    file_name varchar not null,
    content_hash varchar not null,
    size_bytes bigint not null,
    count_rows bigint,            -- null when refused
    delivered_at timestamp not null,
    outcome varchar not null,     -- loaded, duplicate, refused
    message varchar,
    run_id varchar not null
);

create table if not exists meta.expectation_results (
    run_id varchar not null,
    checked_at timestamp not null,
    suite varchar not null,
    relation varchar not null,
    expectation varchar not null,
    column_name varchar,
    severity varchar not null,    -- blocking, warning
    is_success boolean not null,
    count_checked bigint,
    count_unexpected bigint,
    observed varchar,
    reason varchar not null,
    error varchar
);

create table if not exists ml.model_runs (
    model_run_id varchar primary key,
    run_id varchar not null,
    trained_at timestamp not null,
    as_of_date date not null,
    algorithm varchar not null,
    random_state integer not null,
    count_sampled integer not null,
    count_clusters integer not null,
    verdict varchar not null,     -- natural, reproducible, constructed, none
    verdict_reason varchar not null
);

-- Every decision on a model, oldest first; which one scores after it.
create table if not exists ml.model_reviews (
    review_number bigint not null,
    reviewed_at timestamp not null,
    as_of_date date not null,
    model_run_id varchar not null,
    decision varchar not null,    -- approved, waiting, rejected, superseded,
                                  -- rolled_back
    in_force_model_run_id varchar,
    decided_by varchar not null,  -- policy, or whoever it was
    note varchar
);

-- A trained model against the one in force, on the same customers.
create table if not exists ml.model_comparisons (
    model_run_id varchar not null,
    compared_model_run_id varchar not null,
    count_customers bigint not null,
    moved_share double not null,
    centroid_shift double,
    changed_share double
);

create table if not exists ml.model_moves (
    model_run_id varchar not null,
    from_persona_id varchar not null,
    to_persona_id varchar not null,
    count_customers bigint not null
);

create table if not exists ml.model_changes (
    model_run_id varchar not null,
    persona_id varchar not null,
    trait varchar not null,
    trait_value varchar,
    said_before varchar,          -- higher, lower, alike; null: it is new
    said_after varchar not null,
    effect_before double,
    effect_after double not null,
    is_changed boolean not null
);

create table if not exists ml.model_features (
    model_run_id varchar not null,
    position integer not null,    -- from 1, the order of the score vector
    feature varchar not null,
    feature_group varchar not null,
    shape varchar not null,       -- identity, log1p, sqrt
    support varchar,              -- column that counts what the value rests on
    prior_count double not null,
    baseline double not null,
    clip_low double not null,
    clip_high double not null,
    center double not null,
    scale double not null,
    weight double not null,       -- 0 when the feature is not used
    note varchar
);

create table if not exists ml.model_centroids (
    model_run_id varchar not null,
    cluster_id integer not null,
    position integer not null,
    centroid_value double not null,
    spread double                 -- 1 for k-means
);

create table if not exists ml.model_clusters (
    model_run_id varchar not null,
    cluster_id integer not null,
    persona_id varchar,           -- null when not published
    count_sampled integer not null,
    jaccard double,
    standing varchar not null,    -- published, provisional, not_published
    score_offset double,          -- 0 for k-means
    parent_cluster_id integer,    -- null for a persona, else of which a part
    split_algorithm varchar,      -- of its parts; null where not tried
    split_verdict varchar,
    split_reason varchar
);

create table if not exists ml.model_criteria (
    model_run_id varchar not null,
    algorithm varchar,            -- kmeans, mixture
    count_clusters integer not null,
    mean_jaccard double,
    min_jaccard double,
    prediction_strength double,
    silhouette double,
    reference_silhouette double,
    held_out_likelihood double,
    min_share double,
    is_chosen boolean not null,
    note varchar,
    parent_cluster_id integer     -- null for the personas
);

create table if not exists ml.model_events (
    model_run_id varchar not null,
    event varchar not null,       -- matched, split, merged, born, retired
    persona_id varchar not null,
    other_persona_id varchar,     -- split: of which; merged: which
    overlap double,               -- Jaccard
    count_shared double,
    share_of_old double,
    share_of_new double,
    centroid_distance double      -- where the match rests on the centroids
);

-- Where the months after the training are cut, to see drift.
create table if not exists ml.model_bins (
    model_run_id varchar not null,
    feature varchar not null,
    bin integer not null,         -- 0: unknown; 1 is the lowest
    lower_edge double,            -- null for bins 0 and 1
    reference_count bigint not null
);

create table if not exists meta.persona_snapshots (
    snapshot_id varchar primary key,
    name varchar not null,
    taken_at timestamp not null,
    as_of_date date not null,     -- of the data
    model_run_id varchar,         -- null where none was in force
    note varchar,
    count_customers bigint not null
);

create table if not exists meta.persona_snapshot_members (
    snapshot_id varchar not null,
    customer_id varchar not null,
    persona_id varchar not null,  -- or unassigned
    confidence double
);

-- What the tables of an earlier version lack.
alter table ml.model_centroids add column if not exists spread double;
alter table ml.model_clusters add column if not exists score_offset double;
alter table ml.model_criteria add column if not exists algorithm varchar;
alter table ml.model_criteria
    add column if not exists held_out_likelihood double;
alter table ml.model_criteria
    add column if not exists parent_cluster_id integer;
alter table ml.model_clusters
    add column if not exists parent_cluster_id integer;
alter table ml.model_clusters
    add column if not exists split_algorithm varchar;
alter table ml.model_clusters add column if not exists split_verdict varchar;
alter table ml.model_clusters add column if not exists split_reason varchar;
alter table if exists ml.budget_totals
    add column if not exists amount_per_held_out_customer double;
"""

# Models were approved as they were trained before there were reviews.
FIRST_REVIEWS = """
insert into ml.model_reviews
select
    row_number() over (order by trained_at, model_run_id), trained_at,
    as_of_date, model_run_id, 'approved', model_run_id, 'policy',
    'Approved before there were reviews.'
from ml.model_runs
where is_approved;
alter table ml.model_runs drop column is_approved
"""


@contextmanager
def open_warehouse(
    settings: Settings, *, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for a moment; create it, private, where missing.

    Raises
    ------
    duckdb.IOException
        When another process is writing to the warehouse.
    """
    path = settings.warehouse_path
    if not path.exists() and not read_only:
        settings.home.mkdir(parents=True, exist_ok=True)
        old_umask = os.umask(0o077)
        try:
            with duckdb.connect(
                config={"allow_unsigned_extensions": "false"}
            ) as builder:
                builder.execute(
                    f"attach '{_quoted(path)}' as w "
                    f"(storage_version '{STORAGE_VERSION}')"
                )
                builder.execute("detach w")
        finally:
            os.umask(old_umask)
    if not read_only:
        path.chmod(0o600)  # dbt may have made it, with the umask of its user
    settings.scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={
            "memory_limit": settings.memory_limit,
            "temp_directory": str(settings.scratch),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    try:
        connection.execute("set timezone = 'UTC'")
        if not read_only:
            connection.execute(META_TABLES)
            _carry_over_approvals(connection)
        yield connection
    finally:
        connection.close()


def replace_tables(
    settings: Settings, tables: Mapping[str, pd.DataFrame]
) -> dict[str, int]:
    """Write frames into tables of schema ``ml``, all or none.

    What was there before is gone. The tables exist, with the columns of their
    source yml; a column that a frame has beside them is left out.

    Returns
    -------
    dict of str to int
        Rows per table.
    """
    with open_warehouse(settings) as connection:
        connection.execute("begin transaction")
        for table, frame in tables.items():
            columns = ", ".join(
                row[0]
                for row in connection.execute(
                    "select column_name from information_schema.columns "
                    "where table_schema = 'ml' and table_name = ? "
                    "order by ordinal_position",
                    [table],
                ).fetchall()
            )
            connection.execute(f"delete from ml.{table}")
            if len(frame):
                connection.register("rows_to_write", frame)
                connection.execute(
                    f"insert into ml.{table} ({columns}) "
                    f"select {columns} from rows_to_write"
                )
                connection.unregister("rows_to_write")
        connection.execute("commit")
    return {table: len(frame) for table, frame in tables.items()}


def _carry_over_approvals(connection: duckdb.DuckDBPyConnection) -> None:
    """Turn the approvals of an earlier version into reviews."""
    is_earlier = connection.execute(
        "select count(*) from information_schema.columns where "
        "table_schema = 'ml' and table_name = 'model_runs' "
        "and column_name = 'is_approved'"
    ).fetchall()
    if is_earlier[0][0]:
        connection.execute("begin transaction")
        connection.execute(FIRST_REVIEWS)
        connection.execute("commit")


def _quoted(path: object) -> str:
    return str(path).replace("'", "''")


def utc_timestamp(moment: datetime) -> datetime:
    """Return a time as the warehouse keeps it: UTC, without a zone.

    A time that has no zone is taken as UTC.
    """
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)
