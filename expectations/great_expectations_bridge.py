"""Where the suites become Great Expectations objects.

Great Expectations either returns counts together with offending values, or no
counts at all. The values are personal data and must not be asked for, so the
classes here ask for no result (``BOOLEAN_ONLY``) and put the counts, which
have been computed anyway, into the answer's ``meta``. ``ExpectFewUnexpected``
checks what Great Expectations has no class for: one SQL aggregate against
another. Its aggregates join the same query as every other expectation of the
relation, so a relation is scanned once.

Importing this module imports Great Expectations, which takes seven seconds.
Nothing is ever sent: analytics are off before the import.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import great_expectations.expectations as gxe
import sqlalchemy
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import (
    MetricPartialFunctionTypes,
)
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import (
    metric_partial,
)
from great_expectations.expectations.metrics.table_metric_provider import (
    TableMetricProvider,
)
from great_expectations.validator.metric_configuration import (
    MetricConfiguration,
)

import expectations.duckdb_dialect  # noqa: F401  registers duckdb+buffered

COUNTS = ("count_checked", "count_unexpected")


class SqlAggregate(TableMetricProvider):
    """The value of an SQL aggregate over the rows of the batch."""

    metric_name = "table.sql_aggregate"
    value_keys = ("expression",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805  Great Expectations makes it a class method
        execution_engine: SqlAlchemyExecutionEngine,  # noqa: ARG002
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        aggregate: Any = sqlalchemy.literal_column(
            metric_value_kwargs["expression"]
        )
        return aggregate, metric_domain_kwargs, {}


class ExpectFewUnexpected(BatchExpectation):
    """Expect one SQL aggregate to be at most a share of another."""

    unexpected: str
    checked: str
    tolerated_share: float = 0.0

    def get_validation_dependencies(
        self,
        execution_engine: Any = None,
        runtime_configuration: Any = None,
    ) -> Any:
        """Ask for both aggregates."""
        dependencies = super().get_validation_dependencies(
            execution_engine, runtime_configuration
        )
        expressions = (self.checked, self.unexpected)
        for name, expression in zip(COUNTS, expressions, strict=True):
            dependencies.set_metric_configuration(
                metric_name=name,
                metric_configuration=MetricConfiguration(
                    metric_name=SqlAggregate.metric_name,
                    metric_domain_kwargs={"batch_id": self.batch_id},
                    metric_value_kwargs={"expression": expression},
                ),
            )
        return dependencies

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: Any = None,  # noqa: ARG002
        execution_engine: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        checked, unexpected = (int(metrics[name] or 0) for name in COUNTS)
        return {
            "success": unexpected <= self.tolerated_share * checked
            or checked == 0,
            "meta": dict(zip(COUNTS, (checked, unexpected), strict=True)),
        }


def _with_counts(parent: Any) -> Any:
    """Derive an expectation that answers with its counts, and no values."""

    def _validate(
        self: Any,
        metrics: dict[str, Any],
        runtime_configuration: Any = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        outcome = parent._validate(
            self, metrics, runtime_configuration, execution_engine
        )
        checked = int(metrics["table.row_count"] or 0)
        unexpected = metrics.get(f"{self.map_metric}.unexpected_count")
        if self.map_metric not in (
            "column_values.nonnull",
            "column_values.null",
        ):
            checked -= metrics["column_values.nonnull.unexpected_count"] or 0
        return {
            "success": bool(outcome["success"]),
            "meta": dict(
                zip(COUNTS, (checked, int(unexpected or 0)), strict=True)
            ),
        }

    return type(
        f"{parent.__name__}WithCounts",
        (parent,),
        {
            "__doc__": parent.__doc__,
            "__module__": __name__,
            "_validate": _validate,
        },
    )


_COUNTED = (
    "ExpectColumnValuesToNotBeNull",
    "ExpectColumnValuesToBeNull",
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnValuesToBeBetween",
)
_AS_THEY_ARE = ("ExpectTableColumnsToMatchSet",)

CLASSES: Mapping[str, Any] = {
    **{name: _with_counts(getattr(gxe, name)) for name in _COUNTED},
    **{name: getattr(gxe, name) for name in _AS_THEY_ARE},
    "ExpectFewUnexpected": ExpectFewUnexpected,
}


@contextmanager
def open_source(
    database: Path, config: Mapping[str, str]
) -> Iterator[SQLDatasource]:
    """Open a DuckDB file, read-only, in a context that keeps nothing.

    On leaving, every connection is closed, so that another process may write.
    Great Expectations' log is silent meanwhile: its messages quote the
    statements' errors, and those quote values.
    """
    log = logging.getLogger("great_expectations")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        context: Any = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                analytics_enabled=False,
                progress_bars=ProgressBarsConfig(globally=False),
                store_backend_defaults=InMemoryStoreBackendDefaults(
                    init_temp_docs_sites=False
                ),
            ),
        )
        source = context.data_sources.add_sql(
            "warehouse",
            connection_string="duckdb+buffered:///:memory:",
            kwargs={
                "poolclass": sqlalchemy.QueuePool,
                "hide_parameters": True,
                "connect_args": {
                    "database": str(database),
                    "read_only": True,
                    "config": dict(config),
                },
            },
        )
        try:
            yield source
        finally:
            source.get_execution_engine().close()
            source.get_engine().dispose()
    finally:
        log.setLevel(level)


def batch_of(source: SQLDatasource, name: str, query: str) -> Batch:
    """Return the rows of a query as a batch; nothing is run yet."""
    asset = source.add_query_asset(name=name, query=query)
    return asset.add_batch_definition_whole_table("all").get_batch()


def run(batch: Batch, expectations: Mapping[str, Any]) -> dict[str, Any]:
    """Validate named expectations together; return their answers by name."""
    suite = gx.ExpectationSuite(
        name=batch.data_asset.name, expectations=list(expectations.values())
    )
    answers = batch.validate(
        suite, result_format={"result_format": "BOOLEAN_ONLY"}
    )
    configured: list[Any] = [
        (answer.expectation_config, answer) for answer in answers.results
    ]
    return {config.meta["name"]: answer for config, answer in configured}
