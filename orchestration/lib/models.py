"""The fitted model as tables: what training reads, and where it is written."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml

from orchestration.lib.settings import DBT_PROJECT, Settings, project_vars
from orchestration.lib.warehouse import open_warehouse

if TYPE_CHECKING:
    from ml.persona_model import PersonaModel
    from ml.scaling import FeatureSpec

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
    settings: Settings, specs: Sequence[FeatureSpec], *, limit: int
) -> pd.DataFrame:
    """Return a bounded sample of customers who bought in the window.

    The sample depends on nothing but the customers' ids, so that the same
    customers are drawn at every training.

    Returns
    -------
    DataFrame of shape (at most limit, 1 + features and supports)
        Features as float64, missing ones as NaN.
    """
    columns = dict.fromkeys(
        [spec.name for spec in specs]
        + [spec.support for spec in specs if spec.support]
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


def read_model_in_force(settings: Settings) -> PersonaModel | None:
    """Return the newest approved model, if there is any."""
    from ml.persona_model import PersonaModel

    with open_warehouse(settings, read_only=True) as connection:
        runs = connection.execute(
            f"select model_run_id, {', '.join(RUN_COLUMNS)} "
            "from ml.model_runs where is_approved "
            "order by trained_at desc, model_run_id desc limit 1"
        ).fetchall()
        if not runs:
            return None
        model_run_id, *values = runs[0]
        tables: dict[str, Any] = {
            name: connection.execute(
                f"select * exclude (model_run_id) from ml.model_{name} "
                "where model_run_id = ? order by all",
                [model_run_id],
            ).df()
            for name in MODEL_TABLES
        }
    return PersonaModel(**tables, **dict(zip(RUN_COLUMNS, values, strict=True)))


def write_model(
    settings: Settings,
    model: PersonaModel,
    *,
    run_id: str,
    trained_at: datetime,
) -> str:
    """Write a fitted model into the tables of schema ``ml``, all or nothing.

    Returns
    -------
    str
        The ``model_run_id``, that of the run.
    """
    with open_warehouse(settings) as connection:
        as_of = connection.execute(
            "select as_of_date from intermediate.int_as_of_date"
        ).fetchall()[0][0]
        connection.execute("begin transaction")
        for table in (
            "model_runs",
            *(f"model_{name}" for name in MODEL_TABLES),
        ):
            connection.execute(
                f"delete from ml.{table} where model_run_id = ?", [run_id]
            )
        connection.execute(
            f"insert into ml.model_runs values ({', '.join('?' * 11)})",
            [
                run_id,
                run_id,
                trained_at,
                as_of,
                model.algorithm,
                model.random_state,
                model.count_sampled,
                model.count_clusters,
                model.verdict,
                model.verdict_reason,
                True,
            ],
        )
        for name in MODEL_TABLES:
            frame: pd.DataFrame = getattr(model, name)
            if frame.empty:
                continue
            connection.register("model_part", frame)
            columns = ", ".join(frame.columns)
            connection.execute(
                f"insert into ml.model_{name} (model_run_id, {columns}) "
                f"select ?, {columns} from model_part",
                [run_id],
            )
            connection.unregister("model_part")
        connection.execute("commit")
    return run_id


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
