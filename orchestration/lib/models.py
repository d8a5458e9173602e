"""The fitted model as tables: what training reads, and where it is written."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import yaml

from orchestration.lib.settings import DBT_PROJECT, Settings, project_vars
from orchestration.lib.warehouse import open_warehouse

if TYPE_CHECKING:
    from ml.persona_model import PersonaModel
    from ml.refit import Comparison, Decision
    from ml.scaling import FeatureSpec

POLICY = "policy"
COMPARISON_TABLES = ("comparisons", "moves", "changes", "bins")
MODEL_TABLES = ("features", "centroids", "clusters", "criteria", "events")
RUN_COLUMNS = (
    "algorithm",
    "count_clusters",
    "verdict",
    "verdict_reason",
    "random_state",
    "count_sampled",
)


def segmentation_specs() -> list[FeatureSpec]:
    """Return the segmentation features of ``dbt_project.yml``.

    Raises
    ------
    FirewallError
        When a feature is an outcome, a sensitive attribute or no column.
    """
    from ml.firewall import check_segmentation_features
    from ml.scaling import FeatureSpec

    settings = project_vars()
    specs = [
        FeatureSpec(
            name=feature["name"],
            group=feature["group"],
            shape=feature["shape"],
            support=feature.get("support"),
            prior_count=(
                None
                if feature.get("prior") == "estimated"
                else float(feature.get("prior", 0))
            ),
        )
        for feature in settings["segmentation_features"]
    ]
    names = [spec.name for spec in specs]
    supports = [spec.support for spec in specs if spec.support]
    check_segmentation_features(
        [*names, *supports],
        known=numeric_features(),
        exceptions=settings.get("segmentation_exceptions") or [],
    )
    return specs


def numeric_features() -> set[str]:
    """Return the numeric columns of ``customer_features``."""
    path = DBT_PROJECT / "models/marts/customers/_customers__models.yml"
    described = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    return {
        column["name"]
        for model in described
        if model["name"] == "customer_features"
        for column in model["columns"]
        if re.match("double|decimal|bigint|integer", column["data_type"])
    }


def read_training_sample(
    settings: Settings,
    specs: Sequence[FeatureSpec],
    *,
    limit: int,
    also: Iterable[str] = (),
) -> pd.DataFrame:
    """Return a bounded sample of customers who bought in the window.

    The sample depends on nothing but the customers' ids, so that the same
    customers are drawn at every training. ``also`` names further columns.

    Returns
    -------
    DataFrame of shape (at most limit, 1 + columns)
        Features and supports as float64, missing ones as NaN.
    """
    columns = dict.fromkeys(
        [spec.name for spec in specs]
        + [spec.support for spec in specs if spec.support]
        + list(also)
    )
    casts = ", ".join(f"cast({name} as double) as {name}" for name in columns)
    with open_warehouse(settings, read_only=True) as connection:
        return connection.execute(
            f"select customer_id, {casts} from marts.customer_features "
            "where window_orders > 0 order by md5(customer_id), customer_id "
            "limit ?",
            [limit],
        ).df()


def read_personas_in_force(
    settings: Settings, customer_ids: Sequence[str]
) -> tuple[pd.DataFrame | None, list[str]]:
    """Return who is in which persona now, and every persona_id ever used."""
    with open_warehouse(settings, read_only=True) as connection:
        used = connection.execute(
            "select distinct persona_id from ml.model_clusters "
            "where persona_id is not null order by persona_id"
        ).fetchall()
        sample = pd.DataFrame({"customer_id": list(customer_ids)})
        connection.register("sample", sample)
        exists = connection.execute(
            "select count(*) from information_schema.tables where "
            "table_schema = 'marts' and table_name = 'customer_personas'"
        ).fetchall()[0][0]
        previous = (
            connection.execute(
                # An earlier version knew no sub_persona_id.
                "select customer_id, columns('^(sub_)?persona_id$') "
                "from marts.customer_personas inner join sample "
                "using (customer_id) where persona_id <> 'unassigned' "
                "order by customer_id"
            ).df()
            if exists
            else None
        )
    return previous, [row[0] for row in used]


def read_descriptions(
    settings: Settings, customer_ids: Sequence[str]
) -> pd.DataFrame:
    """Return what is known of some customers, as ``compare_models`` reads it.

    Returns
    -------
    DataFrame
        customer_id, trait, trait_value, value: one row per customer and
        measure, value of an attribute, or survey construct.
    """
    sample = pd.DataFrame({"customer_id": list(customer_ids)})
    with open_warehouse(settings, read_only=True) as connection:
        connection.register("sample", sample)
        measures = connection.execute(
            "select measures.* from intermediate.int_customer_measures "
            "as measures inner join sample using (customer_id)"
        ).df()
        others = connection.execute(
            "select customer_id, trait, trait_value, "
            "cast(weight as double) as value "
            "from intermediate.int_customer_attributes "
            "inner join sample using (customer_id) "
            "union all "
            "select customer_id, 'survey_' || construct, null, "
            "cast(construct_score as double) "
            "from marts.customer_survey_scores "
            "inner join sample using (customer_id)"
        ).df()
    long = measures.melt("customer_id", var_name="trait").dropna()
    long = long.assign(trait_value=None, value=long["value"].astype("float64"))
    return pd.concat([long, others], ignore_index=True)


def read_reference_months(
    settings: Settings, specs: Sequence[FeatureSpec], *, limit: int
) -> pd.DataFrame:
    """Return a sample of what customers did in a month of the last year.

    One row per customer and month with an order, of the last twelve months
    that are over; those of the specs that can be told of a month.
    """
    names = [spec.name for spec in specs]
    with open_warehouse(settings, read_only=True) as connection:
        known = [
            row[0]
            for row in connection.execute(
                "select column_name from information_schema.columns where "
                "table_schema = 'intermediate' "
                "and table_name = 'int_customer_month_behaviour' "
                "and list_contains(?, column_name) order by ordinal_position",
                [names],
            ).fetchall()
        ]
        casts = ", ".join(f"cast({name} as double) as {name}" for name in known)
        if not known:
            return pd.DataFrame()
        return connection.execute(
            f"select {casts} from intermediate.int_customer_month_behaviour "
            "cross join intermediate.int_as_of_date as today "
            "where last_day(month) <= today.as_of_date "
            "and last_day(month) > today.as_of_date - interval 12 month "
            "order by md5(customer_id || cast(month as varchar)), "
            "customer_id, month limit ?",
            [limit],
        ).df()


def model_in_force(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the model_run_id of the model that scores, if there is any."""
    rows = connection.execute(
        "select in_force_model_run_id from ml.model_reviews "
        "order by review_number desc limit 1"
    ).fetchall()
    return rows[0][0] if rows else None


def read_model_in_force(
    settings: Settings,
) -> tuple[str, PersonaModel] | None:
    """Return the id of the model that scores and the model, if any does."""
    from ml.persona_model import PersonaModel

    with open_warehouse(settings, read_only=True) as connection:
        model_run_id = model_in_force(connection)
        if model_run_id is None:
            return None
        values = connection.execute(
            f"select {', '.join(RUN_COLUMNS)} from ml.model_runs "
            "where model_run_id = ?",
            [model_run_id],
        ).fetchall()[0]
        tables: dict[str, Any] = {
            name: connection.execute(
                f"select * exclude (model_run_id) from ml.model_{name} "
                "where model_run_id = ? order by all",
                [model_run_id],
            ).df()
            for name in MODEL_TABLES
        }
    about = dict(zip(RUN_COLUMNS, values, strict=True))
    return model_run_id, PersonaModel(**tables, **about)


def write_model(
    settings: Settings,
    model: PersonaModel,
    decision: Decision,
    *,
    compared_with: tuple[str, Comparison] | None,
    bins: pd.DataFrame,
    run_id: str,
    trained_at: datetime,
) -> None:
    """Write a fitted model and its first review, all or nothing.

    It goes into the tables of schema ``ml`` under the id of the run, as
    ``model_run_id``. A model that still waited for a person is superseded.
    """
    tables: dict[str, pd.DataFrame] = {
        name: getattr(model, name) for name in MODEL_TABLES
    } | {"bins": bins}
    if compared_with is not None:
        before, comparison = compared_with
        tables["moves"] = comparison.moves
        tables["changes"] = comparison.changes
        tables["comparisons"] = pd.DataFrame(
            {
                "compared_model_run_id": [before],
                "count_customers": [comparison.count_customers],
                "moved_share": [comparison.moved_share],
                "centroid_shift": [comparison.centroid_shift],
                "changed_share": [comparison.changed_share],
            }
        )
    with open_warehouse(settings) as connection:
        as_of = connection.execute(
            "select as_of_date from intermediate.int_as_of_date"
        ).fetchall()[0][0]
        connection.execute("begin transaction")
        for table in ("runs", "reviews", *MODEL_TABLES, *COMPARISON_TABLES):
            connection.execute(
                f"delete from ml.model_{table} where model_run_id = ?",
                [run_id],
            )
        tables["runs"] = pd.DataFrame(
            {
                "run_id": [run_id],
                "trained_at": [trained_at],
                "as_of_date": [as_of],
                **{name: [getattr(model, name)] for name in RUN_COLUMNS},
            }
        )
        for name, frame in tables.items():
            _insert(connection, name, frame, run_id)
        for waiting in models_waiting(connection):
            write_review(
                connection,
                waiting,
                "superseded",
                decided_by=POLICY,
                note="A newer model has been trained.",
                as_of_date=as_of,
                reviewed_at=trained_at,
            )
        write_review(
            connection,
            run_id,
            "approved" if decision.is_approved else "waiting",
            decided_by=POLICY,
            note=decision.reason,
            as_of_date=as_of,
            reviewed_at=trained_at,
        )
        connection.execute("commit")


def _insert(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    frame: pd.DataFrame,
    model_run_id: str,
) -> None:
    if frame.empty:
        return
    connection.register("model_part", frame)
    columns = ", ".join(frame.columns)
    connection.execute(
        f"insert into ml.model_{name} (model_run_id, {columns}) "
        f"select ?, {columns} from model_part",
        [model_run_id],
    )
    connection.unregister("model_part")


def models_waiting(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the models whose last review says that they wait."""
    rows = connection.execute(
        "select model_run_id from ml.model_reviews "
        "group by model_run_id "
        "having max_by(decision, review_number) = 'waiting' "
        "order by model_run_id"
    ).fetchall()
    return [row[0] for row in rows]


def write_review(
    connection: duckdb.DuckDBPyConnection,
    model_run_id: str,
    decision: str,
    *,
    decided_by: str,
    note: str | None,
    as_of_date: date,
    reviewed_at: datetime,
    in_force: str | None = None,
) -> None:
    """Add a decision to the log.

    An approved model is in force from then on; otherwise ``in_force`` is, or
    whichever was.
    """
    now_in_force = (
        model_run_id
        if decision == "approved"
        else in_force or model_in_force(connection)
    )
    connection.execute(
        "insert into ml.model_reviews select "
        "coalesce(max(review_number), 0) + 1, ?, ?, ?, ?, ?, ?, ? "
        "from ml.model_reviews",
        [
            reviewed_at,
            as_of_date,
            model_run_id,
            decision,
            now_in_force,
            decided_by,
            note,
        ],
    )


def criteria_as_image(criteria: pd.DataFrame) -> str:
    """Return those of the personas as a picture: Markdown with an SVG."""
    from ml.criteria_plot import plot_criteria

    of_personas = criteria[criteria["parent_cluster_id"].isna()]
    drawn = base64.b64encode(plot_criteria(of_personas).encode()).decode()
    return f"![The criteria](data:image/svg+xml;base64,{drawn})"


def criteria_as_markdown(criteria: pd.DataFrame) -> str:
    """Return the table the number of personas was chosen by, for the UI."""
    columns: list[Any] = list(criteria.columns)
    head = "| " + " | ".join(columns) + " |"
    rule = "|" + " --- |" * len(columns)
    rows = [
        "| "
        + " | ".join(
            f"{value:.3f}" if isinstance(value, float) else str(value)
            for value in row
        )
        + " |"
        for row in criteria.itertuples(index=False)
    ]
    return "\n".join([head, rule, *rows])
