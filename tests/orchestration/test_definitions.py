"""The Dagster graph is what it was, says what it is, and starts nothing."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from unittest import mock

import pytest
from dagster import (
    AssetKey,
    BackfillPolicy,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    Definitions,
    RunRequest,
    SkipReason,
    build_sensor_context,
    in_process_executor,
)
from homes import Home

from ml.synthetic import ENTITIES
from orchestration.defs.assembly import build_definitions
from orchestration.defs.automation import landing_fingerprint
from orchestration.defs.transformations import build_models

# A new table, a renamed one or one that is gone is a change of what people
# use: change this list in the same commit, and CHANGELOG.md.
PUBLISHED = AssetKey(["published", "personas"])
SEEDS = {
    "budget_constraints",
    "currency_rates",
    "entity_uses",
    "persona_labels",
    "theme_labels",
    "ticket_categories",
    "traits",
}
INTERMEDIATE = {
    "int_as_of_date",
    "int_budget_period",
    "int_budget_spend",
    "int_campaign_arm_covariates",
    "int_campaign_arms",
    "int_campaign_cohorts",
    "int_campaign_spend",
    "int_campaign_touches",
    "int_contacts",
    "int_contacts_aggregated_to_customer_months",
    "int_currency",
    "int_currency_rates",
    "int_customer_attributes",
    "int_customer_categories",
    "int_customer_distances",
    "int_customer_journeys",
    "int_customer_lapses",
    "int_customer_measures",
    "int_customer_month_behaviour",
    "int_customer_moves",
    "int_customer_nearest",
    "int_customer_persona_months",
    "int_customer_purchase_summary",
    "int_customer_segments",
    "int_customer_texts",
    "int_customer_value",
    "int_drift_counts",
    "int_history_months",
    "int_history_partitions",
    "int_measure_limits",
    "int_model_in_force",
    "int_model_periods",
    "int_models",
    "int_order_lines_aggregated_to_orders",
    "int_order_lines_priced",
    "int_orders_aggregated_to_customer_months",
    "int_persona_channel_counts",
    "int_persona_cohorts",
    "int_persona_contact_months",
    "int_persona_figures",
    "int_persona_flows",
    "int_persona_gaps",
    "int_persona_journey_counts",
    "int_persona_lapse_months",
    "int_persona_members",
    "int_persona_months",
    "int_persona_order_months",
    "int_persona_product_counts",
    "int_persona_session_months",
    "int_persona_spend",
    "int_persona_trait_sums",
    "int_snapshot_moves",
    "int_survey_answers_scored",
    "int_value_backtest_counts",
    "int_value_counts",
    "int_value_periods",
    "int_value_spend_counts",
    "int_web_sessions_aggregated_to_customer_months",
}
MARTS = {
    "bi": {
        "customer_personas_wide",
        "dim_campaign",
        "dim_customer",
        "dim_date",
        "dim_persona",
        "dim_product",
        "persona_kpis",
        "persona_segments",
        "personas_overview",
    },
    "customers": {
        "customer_features",
        "customer_features_monthly",
        "customer_survey_scores",
        "customers",
        "order_lines",
        "orders",
        "survey_constructs",
    },
    "kpis": {
        "budget_limits",
        "budget_plan",
        "budget_responses",
        "budget_summary",
        "campaign_balance",
        "campaign_lift",
        "campaigns",
        "customer_value",
        "metric_definitions",
        "persona_benchmarks",
        "persona_channels",
        "persona_cohorts",
        "persona_cohorts_today",
        "persona_journey",
        "persona_kpis_monthly",
        "persona_kpis_monthly_today",
        "persona_products",
        "persona_scorecard",
        "persona_value",
        "value_backtest",
    },
    "personas": {
        "customer_moves",
        "customer_persona_history",
        "customer_persona_months",
        "customer_personas",
        "persona_drift",
        "persona_drift_features",
        "persona_events",
        "persona_examples",
        "persona_flows",
        "persona_moves",
        "persona_playbook",
        "persona_reviews",
        "persona_sentences",
        "persona_sizes_monthly",
        "persona_snapshot_moves",
        "persona_survey_gaps",
        "persona_texts",
        "persona_themes",
        "persona_traits",
        "personas",
    },
    "quality": {
        "delivery_accounting",
        "expectation_results",
        "rejected_rows",
        "source_coverage",
    },
}
SEMANTIC = {
    "semantic_campaign_arms",
    "semantic_campaign_touches",
    "semantic_churns",
    "semantic_customer_changes",
    "semantic_customer_months",
    "semantic_customers",
    "semantic_marketing_spend",
    "semantic_order_lines",
    "semantic_orders",
    "semantic_personas",
    "semantic_satisfaction_scores",
    "semantic_support_tickets",
    "semantic_web_sessions",
    "time_spine",
}
# What `persona snapshot` and the gates write; no asset of a job does.
GIVEN = {
    "meta/expectation_results",
    "meta/persona_snapshots",
    "meta/persona_snapshot_members",
}
MODEL = {
    "model_bins",
    "model_centroids",
    "model_changes",
    "model_clusters",
    "model_comparisons",
    "model_criteria",
    "model_events",
    "model_features",
    "model_moves",
    "model_reviews",
    "model_runs",
}
EVIDENCE = {
    "persona_claims",
    "persona_examples",
    "persona_names",
    "persona_playbook",
    "persona_profiles",
    "persona_sentences",
    "persona_survey_gaps",
    "persona_texts",
    "persona_themes",
}
VALUE = {
    "value_backtest_results",
    "value_factors",
    "value_intervals",
    "value_parameters",
    "value_status",
}
FLOWS = {"persona_flow_cells"}
BUDGET = {
    "budget_cells",
    "budget_limits",
    "budget_responses",
    "budget_totals",
}
CAMPAIGNS = {"campaign_balances", "campaign_effects", "campaign_totals"}
AFFINITY = {
    "persona_channel_affinities",
    "persona_cohort_ages",
    "persona_journey_paths",
    "persona_product_affinities",
}


def asset_groups(source: str) -> dict[str, str]:
    """Return every asset of a project with one source, and its group."""
    found = {"published/personas": "publish"}
    found |= {"history/months": "history", "review/page": "review"}
    for entity in ENTITIES:
        found[f"raw/{source}__{entity}"] = "raw"
        found[f"staging/stg_{source}__{entity}"] = "staging"
        found[f"input_layer/input_checks__{entity}"] = "input_layer"
        found[f"input_layer/input_layer__{entity}"] = "input_layer"
    found |= {f"intermediate/{name}": "intermediate" for name in INTERMEDIATE}
    found |= {f"semantic/{name}": "semantic" for name in SEMANTIC}
    found |= {f"persona_model/{name}": "persona_model" for name in MODEL}
    found |= {
        f"persona_evidence/{name}": "persona_evidence" for name in EVIDENCE
    }
    found |= {f"customer_value/{name}": "kpis" for name in VALUE}
    found |= {f"campaign_effect/{name}": "kpis" for name in CAMPAIGNS}
    found |= {f"budget/{name}": "kpis" for name in BUDGET}
    found |= {f"persona_flow/{name}": "kpis" for name in FLOWS}
    found |= {f"persona_affinity/{name}": "kpis" for name in AFFINITY}
    found |= {f"meta/{name}": "labels" for name in SEEDS}
    for group, names in MARTS.items():
        found |= {f"marts/{name}": group for name in names}
    return found


class NoNetwork(socket.socket):
    """A socket that reaches nobody but this machine's own processes."""

    def connect(self, address: Any) -> None:
        assert self.family == socket.AF_UNIX, f"a connection to {address}"
        super().connect(address)


@pytest.fixture(scope="module")
def definitions(built: Home) -> Iterator[Definitions]:
    with built.entered(), mock.patch("socket.socket", NoNetwork):
        yield build_definitions(built.settings)


@pytest.fixture(scope="module")
def template(shop_home: Home) -> Home:
    shop_home.reset()
    return shop_home


def groups_of(definitions: Definitions) -> dict[str, str | None]:
    graph = definitions.resolve_asset_graph()
    return {
        node.key.to_user_string(): node.group_name
        for node in graph.asset_nodes
        if node.is_materializable
    }


def test_assets_and_their_groups_are_these(definitions: Definitions):
    assert groups_of(definitions) == asset_groups("sample_company")


def test_template_connector_compiles_to_the_same_graph(template: Home):
    with template.entered():
        found = build_definitions(template.settings)
    assert groups_of(found) == asset_groups("template")
    assert not template.settings.warehouse_path.exists()


def test_every_asset_says_what_it_is(definitions: Definitions):
    for node in definitions.resolve_asset_graph().asset_nodes:
        words = (node.description or "").split()
        assert len(words) >= 3, node.key.to_user_string()


def test_nothing_stands_outside_the_graph(definitions: Definitions):
    """Raw to published: every asset but the raw ones has a parent here."""
    graph = definitions.resolve_asset_graph()
    for node in graph.asset_nodes:
        if node.key.to_user_string() in GIVEN:
            assert not node.is_materializable
            assert node.child_keys
            continue
        assert node.is_materializable, node.key
        assert bool(node.parent_keys) == (node.group_name != "raw"), node.key
    published = graph.get(AssetKey(["published", "personas"]))
    assert AssetKey(["marts", "personas"]) in published.parent_keys
    assert AssetKey(["marts", "customers"]) not in published.parent_keys


def test_gates_block_behind_every_file_and_every_mapping(
    definitions: Definitions,
):
    graph = definitions.resolve_asset_graph()
    found = {
        (key.asset_key.to_user_string(), key.name): graph.get(key).blocking
        for key in graph.asset_check_keys
        if key.asset_key.path[0] in ("raw", "staging")
        and key.name in ("gate", "gate_warnings")
    }
    wanted = {
        (f"{table}{entity}", name): name == "gate"
        for table in ("raw/sample_company__", "staging/stg_sample_company__")
        for entity in ENTITIES
        for name in ("gate", "gate_warnings")
    }
    assert found == wanted


def test_jobs_schedules_and_sensor_are_off_until_turned_on(
    definitions: Definitions,
):
    jobs = {
        job.name
        for job in definitions.resolve_all_job_defs()
        if not job.name.startswith("__")
    }
    assert jobs == {
        *("refresh", "retrain", "check", "publish", "backfill", "review"),
    }
    schedules = {
        one.name: (one.job_name, one.cron_schedule, one.default_status)
        for one in definitions.schedules or ()
    }
    off = DefaultScheduleStatus.STOPPED
    assert schedules == {
        "daily_refresh": ("refresh", "0 5 * * *", off),
        "monthly_retrain": ("retrain", "0 3 2 * *", off),
        "monthly_review": ("review", "0 6 3 * *", off),
    }
    sensors = {one.name: one.job_name for one in definitions.sensors or ()}
    assert sensors == {"new_files": "refresh", "drift": "retrain"}
    assert {one.default_status for one in definitions.sensors or ()} == {
        DefaultSensorStatus.STOPPED
    }


def test_one_process_writes(definitions: Definitions):
    assert definitions.executor is in_process_executor
    for name in ("refresh", "retrain"):
        job = definitions.resolve_job_def(name)
        assert job.executor_def is in_process_executor
        pools = {node.definition.pool for node in job.nodes}
        assert pools == {"warehouse"}


def test_jobs_do_what_they_say(definitions: Definitions):
    def groups(job: str) -> set[str | None]:
        found = definitions.resolve_job_def(job).asset_layer
        graph = definitions.resolve_asset_graph()
        return {graph.get(k).group_name for k in found.selected_asset_keys}

    everything = set(asset_groups("sample_company").values())
    assert groups("backfill") == {"history"}
    assert groups("review") == {"review"}
    aside = {"history", "review"}
    assert groups("retrain") == everything - aside
    assert groups("refresh") == everything - aside - {"persona_model"}
    judged = {"input_layer", "quality"}
    assert groups("check") == {"raw", "staging"} | judged
    assert groups("publish") == {"publish"}


def test_what_is_published_has_a_freshness_policy(definitions: Definitions):
    graph = definitions.resolve_asset_graph()
    for node in graph.asset_nodes:
        spec = node.to_asset_spec()
        is_published = node.key in graph.get(PUBLISHED).parent_keys
        assert (spec.freshness_policy is not None) == (
            is_published or node.key == PUBLISHED
        ), node.key
    assert graph.get(PUBLISHED).parent_keys


def test_the_model_is_checked_and_nothing_is_stopped(
    definitions: Definitions,
):
    graph = definitions.resolve_asset_graph()
    found = {
        (key.asset_key.to_user_string(), key.name): graph.get(key).blocking
        for key in graph.asset_check_keys
    }
    assert found["marts/persona_drift", "drift"] is False
    assert found["persona_model/model_reviews", "gates"] is False


def test_history_has_a_partition_for_every_month(definitions: Definitions):
    graph = definitions.resolve_asset_graph()
    node = graph.get(AssetKey(["history", "months"]))
    partitions = node.partitions_def
    assert partitions is not None
    keys = partitions.get_partition_keys(current_time=datetime(2026, 7, 15))
    assert keys[0] == "2010-01-01"
    assert keys[-1] == "2026-06-01"
    assert node.backfill_policy == BackfillPolicy.single_run()


def test_sensor_asks_once_per_change_of_the_landing_folder(
    template: Home,
):
    from orchestration.defs.automation import landing_sensor

    sensor = landing_sensor(template.settings)

    def asked(cursor: str | None) -> Any:
        return sensor.evaluate_tick(build_sensor_context(cursor=cursor))

    template.put("orders.csv", "order_id\n1\n")
    first = asked(None)
    (request,) = first.run_requests
    assert isinstance(request, RunRequest)
    assert request.run_key == first.cursor
    assert first.cursor == landing_fingerprint(template.settings)
    unchanged = asked(first.cursor)
    assert unchanged.run_requests == []
    assert isinstance(SkipReason(unchanged.skip_message), SkipReason)
    assert "No landing folder has changed" in unchanged.skip_message
    template.put("orders.csv", "order_id\n12\n")
    changed = asked(first.cursor)
    assert len(changed.run_requests) == 1
    assert changed.cursor != first.cursor


def test_dbt_does_not_outlive_a_step_that_fails(template: Home) -> None:
    """Else it would keep the warehouse from whoever comes next."""
    process = subprocess.Popen(["sleep", "600"])

    def stream() -> Iterator[str]:
        yield "an event"
        raise RuntimeError("the log of events is locked")

    dbt = mock.Mock()
    dbt.build.return_value = mock.Mock(process=process, stream=stream)
    context = mock.Mock()
    context.run.run_id = "a-run"
    with template.entered():
        events = build_models(context, dbt, template.settings)
        assert next(events) == "an event"
        assert process.poll() is None
        with pytest.raises(RuntimeError, match="locked"):
            next(events)
    assert process.poll() is not None
