"""From raw files to published personas: what comes out is what was planted.

Two homes hold the same company: `built` got CSV files and a job, `demo` is
`persona demo` with Parquet files. Most tests look at them and change nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from homes import (
    KEY,
    SAMPLE,
    Home,
    Refreshed,
    deliver_company,
    make_home,
    without_network,
)
from recomputed import Recomputed
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from ml.persona_model import score
from ml.scaling import apply_scaling
from ml.synthetic import (
    ENTITIES,
    SampleCompany,
    generate,
    planted_personas_today,
)
from orchestration.lib.models import read_model_in_force
from orchestration.lib.publishing import published_versions
from orchestration.lib.settings import DBT_PROJECT

REASONS = {
    "impossible_birth": "impossible_birth",
    "missing_key": "missing_key",
    "conflicting_duplicate": "conflicting_duplicate",
    "future_date": "future_date",
    "orphan": "orphan",
    "negative_price": "negative_price",
    "broken_email": "broken_email",
}
DAYS = ["2024-03-31", "2025-02-28", "2026-05-31"]


@pytest.fixture(scope="module")
def expected(company: SampleCompany) -> Recomputed:
    return Recomputed.of(company)


@pytest.fixture(scope="module")
def personas(built: Home) -> pd.Series:
    """The persona of each customer by the company's own customer number."""
    found = built.frame(
        "select cast(customer_id as bigint) as customer_id, persona_id "
        "from marts.customer_personas"
    )
    return found.set_index("customer_id")["persona_id"]


@pytest.fixture(scope="module")
def features(built: Home) -> pd.DataFrame:
    return built.frame("select * from marts.customer_features")


def assert_equal(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Both hold the same numbers to 1e-9, and know and ignore the same."""
    assert set(found.index) == set(wanted.index)
    for column in wanted:
        left, right = found[column].reindex(wanted.index), wanted[column]
        if isinstance(right.iloc[0], str):
            assert (left == right).all(), column
            continue
        np.testing.assert_allclose(
            left.to_numpy(dtype=float),
            right.to_numpy(dtype=float),
            rtol=1e-9,
            atol=1e-9,
            err_msg=str(column),
        )


# -- nothing is lost --------------------------------------------------------


def test_every_planted_fault_is_set_aside_with_its_reason(
    built: Home, company: SampleCompany
):
    dirt = company.truth["dirt"]
    planted = {
        (entity, REASONS[kind]): count
        for entity, kind, count in dirt.itertuples(index=False)
        if kind in REASONS
    }
    found = {
        (entity, reason): count
        for entity, reason, count in built.rows(
            "select entity, reason, count(*) from marts.rejected_rows "
            "group by all"
        )
    }
    assert len(planted) == 13
    assert found == planted


def test_planted_duplicates_are_counted_and_nothing_else_is(
    built: Home, company: SampleCompany
):
    dirt = company.truth["dirt"]
    planted = dirt[dirt["kind"] == "exact_duplicate"]
    found = built.rows(
        "select entity, rows_duplicate from marts.delivery_accounting "
        "where rows_duplicate > 0"
    )
    assert dict(found) == dict(
        zip(planted["entity"], planted["count_rows"], strict=True)
    )
    assert len(found) == 4


def test_every_delivered_row_is_loaded_rejected_or_duplicate(
    built: Home, company: SampleCompany
):
    accounted = built.rows(
        "select entity, rows_delivered, rows_loaded, rows_rejected, "
        "rows_duplicate from marts.delivery_accounting"
    )
    ledger = dict(
        built.rows(
            "select table_name, sum(count_rows)::bigint from meta.deliveries "
            "where outcome = 'loaded' group by all"
        )
    )
    delivered = {name: len(company.entities[name]) for name in ENTITIES}
    assert {row[0]: row[1] for row in accounted} == ledger == delivered
    for entity, rows_delivered, *parts in accounted:
        assert sum(parts) == rows_delivered, entity
    loaded = {
        entity: built.rows(
            f"select count(*) from input_layer.input_layer__{entity}"
        )[0][0]
        for entity in ENTITIES
    }
    assert {row[0]: row[2] for row in accounted} == loaded


def test_rejected_rows_still_hold_what_was_delivered(
    built: Home, company: SampleCompany
):
    found = built.rows(
        "select row_key, row_json ->> 'ordered_at', detail "
        "from marts.rejected_rows where entity = 'orders' "
        "and reason = 'future_date'"
    )
    orders = company.entities["orders"]
    late = orders[orders["ordered_at"].dt.year >= 2090]
    assert {(key, day[:10]) for key, day, _ in found} == {
        (str(key), str(day)[:10])
        for key, day in zip(late["order_id"], late["ordered_at"], strict=True)
    }
    assert all("after the delivery" in detail for *_, detail in found)


def test_of_conflicting_rows_the_later_one_has_won(
    built: Home, expected: Recomputed, company: SampleCompany
):
    for entity, key, column in (
        ("customers", "customer_id", "city"),
        ("products", "product_id", "list_price"),
    ):
        frame = company.entities[entity].dropna(subset=[key])
        in_conflict = frame.drop_duplicates([key, column])
        keys = in_conflict.loc[in_conflict[key].duplicated(), key]
        assert len(keys) >= 3
        later = expected.tables[entity].set_index(key).loc[keys, column]
        found = built.frame(
            f"select cast({key} as bigint) as {key}, {column} "
            f"from input_layer.input_layer__{entity}"
        ).set_index(key)[column]
        assert found.loc[keys].tolist() == later.tolist(), entity


def test_names_in_any_script_survive(built: Home, expected: Recomputed):
    wanted = expected.tables["customers"].set_index("customer_id")["full_name"]
    found = dict(
        built.rows(
            "select cast(customer_id as bigint), customer_name "
            "from marts.customers where customer_name is not null"
        )
    )
    assert found == wanted.to_dict()
    assert sum(not name.isascii() for name in found.values()) > 100


def test_bands_of_age_and_income_become_bounds(
    built: Home, expected: Recomputed, company: SampleCompany
):
    customers = expected.tables["customers"].set_index("customer_id")
    found = built.frame(
        "select cast(customer_id as bigint) as customer_id, age_min, age_max, "
        "income_min::double as low, income_max::double as high "
        "from marts.customers"
    ).set_index("customer_id")
    count_banded = 0
    for number, row in customers.iterrows():
        ages = found.loc[number, ["age_min", "age_max"]].tolist()
        if isinstance(row["age_band"], str):
            low, _, high = row["age_band"].replace("+", "-").partition("-")
            wanted = [int(low), int(high) if high else pd.NA]
            assert str(ages) == str(wanted)
        elif isinstance(row["birth_date"], str):
            born = pd.Timestamp(row["birth_date"])
            years = 2026 - born.year - ((born.month, born.day) > (6, 30))
            assert ages == [years, years]
        income = row["income"]
        if isinstance(income, str):
            ends = [float(end) for end in income.split("-")]
            assert found.loc[number, ["low", "high"]].tolist() == [
                ends[0],
                ends[-1],
            ]
        count_banded += isinstance(row["age_band"], str) or (
            isinstance(income, str) and "-" in income
        )
    dirt = company.truth["dirt"].set_index(["entity", "kind"])["count_rows"]
    assert count_banded == dirt["customers", "band"]


# -- personas ---------------------------------------------------------------


def test_planted_personas_are_found(company: SampleCompany, personas: Any):
    truth = planted_personas_today(company)
    planted = truth.set_index("customer_id")["persona"].astype(str)
    found = personas[personas != "unassigned"]
    assert len(found) > 0.95 * len(planted)
    score = adjusted_rand_score(planted.loc[found.index], found)
    assert score >= 0.90
    assert found.nunique() == planted.nunique()


def test_sql_scores_as_scikit_learn_predicts(
    built: Home, features: pd.DataFrame
):
    scaling = built.frame("select * from ml.model_features")
    centroids = built.frame(
        "select cluster_id, position, centroid_value from ml.model_centroids"
    ).pivot(index="cluster_id", columns="position", values="centroid_value")
    scored = features[features["window_orders"] > 0]
    vectors = apply_scaling(scored, scaling)
    assert vectors.shape == (len(scored), centroids.shape[1])
    kmeans = KMeans(len(centroids), init=centroids.to_numpy(), n_init=1)
    kmeans.fit(vectors)
    kmeans.cluster_centers_ = np.ascontiguousarray(centroids.to_numpy())
    predicted = centroids.index[kmeans.predict(vectors)]

    found = built.frame(
        "select customer_id, cluster_id, distance "
        "from intermediate.int_customer_distances"
    ).pivot(index="customer_id", columns="cluster_id", values="distance")
    assert list(found.columns) == list(centroids.index)
    found = found.loc[scored["customer_id"]]
    assert (found.idxmin(axis=1).to_numpy() == predicted).all()
    apart = vectors[:, None, :] - centroids.to_numpy()[None, :, :]
    np.testing.assert_allclose(
        found.to_numpy(), np.sqrt((apart**2).sum(axis=2)), rtol=0, atol=1e-9
    )
    named = built.frame(
        "select customer_id, cluster_id, customer_personas.distance "
        "from marts.customer_personas inner join ml.model_clusters "
        "using (model_run_id, persona_id)"
    ).set_index("customer_id")
    assert (named["cluster_id"] == found.idxmin(axis=1)[named.index]).all()
    assert (named["distance"] == found.min(axis=1)[named.index]).all()


def test_everybody_has_one_persona_or_a_reason_for_none(built: Home):
    customers = built.rows("select count(*) from marts.customers")
    assert customers == built.rows(
        "select count(distinct customer_id) from marts.customer_personas"
    )
    reasons = dict(
        built.rows(
            "select assignment_reason, count(*) from marts.customer_personas "
            "where persona_id = 'unassigned' group by all"
        )
    )
    idle = built.rows(
        "select count(*) from marts.customers left join "
        "marts.customer_features using (customer_id) "
        "where coalesce(window_orders, 0) = 0"
    )
    assert reasons == {"no purchase in the last 24 months": idle[0][0]}
    assert idle[0][0] > 0


# -- features ---------------------------------------------------------------


def test_customer_features_are_forty_and_documented():
    path = DBT_PROJECT / "models/marts/customers/_customers__models.yml"
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    for model in models:
        for column in model["columns"]:
            assert column["data_type"], column["name"]
            assert column["description"].strip(), column["name"]
    (contract,) = (m for m in models if m["name"] == "customer_features")
    names = {column["name"] for column in contract["columns"]}
    assert len(names - {"customer_id", "run_id"}) >= 40


def test_features_of_today_equal_a_recomputation(
    features: pd.DataFrame, expected: Recomputed
):
    found = features[features["lifetime_orders"] > 0]
    found = found.set_index(found["customer_id"].astype(int))
    wanted = expected.features()
    assert len(wanted.columns) >= 12
    assert_equal(found, wanted)
    assert_equal(found, expected.features_of_a_lifetime())


@pytest.mark.parametrize("day", DAYS)
def test_features_of_a_past_month_end_see_nothing_later(
    built: Home, expected: Recomputed, day: str
):
    found = built.frame(
        "select * from marts.customer_features_monthly "
        f"where month_end = date '{day}'"
    )
    found = found.set_index(found["customer_id"].astype(int))
    wanted = expected.features(pd.Timestamp(day))
    assert len(wanted) > 500
    assert_equal(found, wanted)


# -- KPIs -------------------------------------------------------------------


def test_personas_and_kpis_sum_to_the_company_to_the_cent(
    built: Home, expected: Recomputed
):
    counted = expected.orders_of(pd.Series({0: "nobody"}))
    sums = counted[["gross", "discount", "returned"]].sum()
    gross, discount, returned = (Decimal(int(s)) / 100 for s in sums)
    count_orders = int((counted["gross"] > 0).sum())
    net = gross - discount - returned
    assert built.rows(
        "select sum(count_orders), sum(gross_amount), sum(discount_amount), "
        "sum(return_amount), "
        "sum(gross_amount - discount_amount - return_amount) "
        "from intermediate.int_persona_months where persona_basis = 'today'"
    ) == [(count_orders, gross, discount, returned, net)]
    assert built.rows(
        "select sum(count_orders), sum(net_amount), sum(count_customers) "
        "from marts.personas"
    ) == [(count_orders, net, len(expected.tables["customers"]))]


def test_every_persona_has_its_own_cents_guests_included(
    built: Home, expected: Recomputed, personas: pd.Series
):
    counted = expected.orders_of(personas)
    assert counted["customer_id"].isna().sum() > 100
    net = counted["gross"] - counted["discount"] - counted["returned"]
    wanted = {
        persona: Decimal(int(amount)) / 100
        for persona, amount in net.groupby(counted["persona_id"]).sum().items()
    }
    by_month = net.groupby([counted["persona_id"], counted["month"]]).sum()
    assert wanted == dict(
        built.rows("select persona_id, net_amount from marts.personas")
    )
    found = {
        (persona, str(month)[:7]): amount
        for persona, month, amount in built.rows(
            "select persona_id, month, "
            "gross_amount - discount_amount - return_amount "
            "from intermediate.int_persona_months "
            "where persona_basis = 'today'"
        )
    }
    assert {key for key, amount in found.items() if amount} == {
        (persona, str(month)) for persona, month in by_month.index
    }
    for (persona, month), amount in by_month.items():
        assert found[persona, str(month)] == Decimal(int(amount)) / 100


def test_repeat_and_retained_shares_equal_a_recomputation(
    built: Home, expected: Recomputed, personas: pd.Series
):
    counted = expected.orders_of(personas)
    bought = counted[(counted["gross"] > 0) & counted["customer_id"].notna()]
    for persona in ("P01", "unassigned"):
        own = bought[bought["persona_id"] == persona]
        months = pd.period_range("2023-07", "2026-06", freq="M")
        active = {
            month: set(own.loc[own["month"] == month, "customer_id"])
            for month in months
        }
        found = built.rows(
            "select month, count_customers, new_customers, active_customers, "
            "retained_customers, "
            "repeat_customers / nullif(active_customers, 0), "
            "retained_customers / nullif(previous_active_customers, 0) "
            "from intermediate.int_persona_months "
            f"where persona_id = '{persona}' and persona_basis = 'today' "
            "order by month"
        )
        assert [str(row[0])[:7] for row in found] == [str(m) for m in months]
        known: set[int] = set()
        before: set[int] = set()
        for month, (_, *counts, repeat, retained) in zip(
            months, found, strict=True
        ):
            now = active[month]
            new, kept = now - known, now & before
            known |= now
            assert counts == [len(known), len(new), len(now), len(kept)]
            assert repeat == (
                pytest.approx(1 - len(new) / len(now)) if now else None
            )
            assert retained == (
                pytest.approx(len(kept) / len(before)) if before else None
            )
            before = now


# -- what is published ------------------------------------------------------


def mentioned(secrets: set[str], text: str) -> list[str]:
    """Return the secrets in a text; few have all their words in it."""
    words = set(re.findall(r"[A-Za-z0-9]+", text))
    return [
        secret
        for secret in secrets
        if words.issuperset(re.findall(r"[A-Za-z0-9]+", secret))
        and secret in text
    ]


def test_published_file_names_nobody(built: Home, expected: Recomputed):
    columns = built.published(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'bi'"
    )
    found = {name for _, name in columns}
    assert "customer_key" in found
    assert not found & {
        *("customer_id", "customer_name", "full_name", "birth_date"),
        *("city", "postal_code", "identifier_value", "row_json"),
    }
    cells = " union ".join(
        f'select cast("{column}" as varchar) as cell from bi.{table}'
        for table, column in columns
    )
    everything = "\n".join(
        cell for (cell,) in built.published(cells) if cell is not None
    )
    customers = expected.tables["customers"]
    identifiers = expected.tables["customer_identifiers"]
    secrets = {*customers["full_name"], *identifiers["identifier_value"]}
    secrets = {str(secret) for secret in secrets}
    assert len(secrets) > 3_000
    assert mentioned(secrets, everything) == []
    assert mentioned({"Nobody At-All"}, "x\nnobody Nobody At-All.") != []
    files = [built.settings.published_path.read_bytes()] + [
        path.read_bytes()
        for path in (built.settings.published / "parquet").glob("*.parquet")
    ]
    assert len(files) > 5
    names = {
        str(name).encode().decode("latin-1") for name in customers["full_name"]
    }
    for content in files:
        assert mentioned(names, content.decode("latin-1")) == []


def test_published_customers_are_pseudonyms_under_the_key(built: Home):
    wanted = {
        hmac.new(KEY.encode(), customer.encode(), hashlib.sha256).hexdigest()[
            :32
        ]: persona
        for customer, persona in built.rows(
            "select customer_id, persona_id from marts.customer_personas"
        )
    }
    assert wanted == dict(
        built.published(
            "select customer_key, persona_id from bi.customer_personas"
        )
    )


def test_published_tables_are_of_one_run_and_say_what_they_mean(built: Home):
    tables = built.published(
        "select table_name, comment from duckdb_tables() "
        "where schema_name = 'bi'"
    )
    assert {
        *("personas", "customer_personas", "persona_traits", "publication"),
        *("persona_kpis_monthly", "source_coverage", "delivery_accounting"),
    } <= {name for name, _ in tables}
    assert all(comment for _, comment in tables)
    uncommented = built.published(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'bi' and coalesce(comment, '') = ''"
    )
    assert uncommented == []
    runs = {
        run
        for table, _ in tables
        for run in built.published(
            f"select distinct run_id, as_of_date from bi.{table}"
        )
    }
    (version,) = (
        one for one in published_versions(built.settings) if one.is_in_force
    )
    assert runs == {(version.run_id, version.as_of_date)}
    assert str(version.as_of_date) == "2026-06-30"
    header = built.settings.published_path.read_bytes()[:20]
    assert int.from_bytes(header[12:20], "little") == 64, "v1.0.0 is 64"


def test_what_the_gates_found_is_published_without_what_they_saw(
    built: Home,
):
    found = built.rows(
        "select relation, expectation, column_name, severity, is_success, "
        "error is not null, count_checked, count_unexpected, reason, "
        "checked_at from meta.expectation_results order by all"
    )
    relation = (
        "case stage when 'raw' then 'raw.' else 'staging.stg_' end "
        "|| source || '__' || entity"
    )
    assert len(found) > 200
    assert found == built.published(
        f"select {relation}, expectation, column_name, severity, is_success, "
        "has_error, count_checked, count_unexpected, reason, checked_at "
        "from bi.expectation_results order by all"
    )
    assert {row[0].split("__")[1] for row in found} == set(ENTITIES)
    assert not built.published(
        "select column_name from duckdb_columns() where schema_name = 'bi' "
        "and table_name = 'expectation_results' "
        "and column_name in ('observed', 'error')"
    )


# -- again ------------------------------------------------------------------


def test_second_run_changes_nothing(refreshed: Refreshed):
    assert len(refreshed.ledger_before) == len(ENTITIES)
    assert refreshed.ledger_after == refreshed.ledger_before
    assert len(refreshed.before) >= 7
    assert refreshed.after == refreshed.before
    assert not any(step.startswith("persona_model") for step in refreshed.steps)


def test_csv_and_parquet_publish_identical_tables(built: Home, demo: Home):
    aside = ("model_run_id", "in_force_model_run_id", "reviewed_at")
    assert built.fingerprints(*aside) == demo.fingerprints(*aside)


def test_demo_says_what_it_found_and_what_to_do_next(demo: Home):
    said = (demo.settings.home / "demo.txt").read_text()
    for words in (
        *("making up a company", "checking the inputs", "publishing"),
        *("expectations hold", "P01", "unassigned", "Done in"),
        str(demo.settings.published_path),
    ):
        assert words in said, words
    assert "Traceback" not in said
    assert "Not delivered" not in said


def test_demo_needs_no_network(demo: Home):
    if not without_network():
        pytest.skip("this machine lets nobody leave the network: unshare")
    assert demo.published("select count(*) from bi.customer_personas") == [
        (2_000,)
    ]


def test_runs_leave_nothing_outside_their_home(refreshed: Refreshed):
    demo = refreshed.home
    found = {path.name for path in demo.settings.home.iterdir()}
    assert found == {
        *("dagster", "dbt_target", "landing", "logs", "published"),
        *("run.lock", "sample_truth", "tmp", "warehouse.duckdb", "demo.txt"),
    }
    mode = demo.settings.warehouse_path.stat().st_mode & 0o777
    assert mode == 0o600
    assert demo.rows(
        "select job, status from meta.runs order by started_at limit 2"
    ) == [("retrain", "succeeded"), ("refresh", "succeeded")]


# -- minutes ----------------------------------------------------------------


@pytest.fixture(scope="module")
def other_towns(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home for one company after the other."""
    return make_home(tmp_path_factory.mktemp("towns"), SAMPLE)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(101, 111))
@pytest.mark.parametrize("count_customers", [5_000, 50_000])
def test_planted_personas_are_found_in_every_town(
    other_towns: Home, count_customers: int, seed: int
):
    other_towns.reset()
    town = generate(count_customers, seed=seed)
    deliver_company(other_towns, town, "parquet")
    result = other_towns.run("retrain")
    assert result.is_success, result.message
    found = other_towns.frame(
        "select cast(customer_id as bigint) as customer_id, persona_id "
        "from marts.customer_personas where persona_id <> 'unassigned'"
    ).set_index("customer_id")["persona_id"]
    planted = planted_personas_today(town).set_index("customer_id")["persona"]
    score = adjusted_rand_score(planted.loc[found.index].astype(str), found)
    assert score >= 0.95
    assert len(found) > 0.95 * len(planted)
    assert found.nunique() == planted.nunique()


@pytest.mark.slow
def test_sub_personas_are_parts_of_their_personas(
    other_towns: Home, monkeypatch: pytest.MonkeyPatch
):
    """Scored in SQL as in Python, evidenced, and counted once."""
    from orchestration.defs import personas

    home = other_towns
    home.reset()
    deliver_company(home, generate(5_000, seed=7), "parquet")
    assert home.run("retrain").is_success
    whole = home.published("from bi.persona_kpis_monthly order by all")
    monkeypatch.setattr(
        personas, "project_vars", lambda: {"sub_personas": True}
    )
    assert home.run("retrain").is_success
    unsplit = "parent_persona_id is null"
    parts = home.published(
        "select persona_id, parent_persona_id, count_customers "
        f"from bi.personas where not {unsplit} order by all"
    )
    assert parts
    assert [row[:-1] for row in whole] == [
        row[:-1]
        for row in home.published("from bi.persona_kpis_monthly order by all")
    ]
    assert home.published(
        f"select sum(count_customers), sum(net_amount) from bi.personas "
        f"where {unsplit}"
    ) == home.rows(
        "select (select count(*) from marts.customers), sum(net_amount) "
        "from marts.orders where is_counted"
    )
    assert parts == home.published(
        "select sub_persona_id, persona_id, count(*) from bi.customer_personas "
        "where sub_persona_id is not null group by all order by all"
    )
    for table in ("persona_traits", "persona_texts"):
        own = home.published(f"select distinct persona_id from bi.{table}")
        assert {row[0] for row in parts} <= {row[0] for row in own}, table
    assert home.published(
        "select parent_persona_id is null, "
        "bool_or(sentence like '%in the larger persona%'), "
        "bool_or(sentence like '%all customers.') "
        "from bi.persona_sentences join bi.personas using (persona_id) "
        "where language = 'en' group by 1 order by 1"
    ) == [(False, True, False), (True, False, True)]
    titles = home.published(
        "select count(*), count(distinct persona_title) "
        "from bi.persona_texts where language = 'en'"
    )
    assert titles[0][0] == titles[0][1]
    assert_scored_as_in_python(home)


def assert_scored_as_in_python(home: Home) -> None:
    in_force = read_model_in_force(home.settings)
    assert in_force is not None
    model = in_force[1]
    customers = home.frame(
        "from marts.customer_features where window_orders > 0 "
        "order by customer_id"
    )
    columns = [
        *("persona_id", "runner_up_persona_id", "confidence"),
        *("sub_persona_id", "sub_confidence"),
    ]
    scored = home.frame(
        "from marts.customer_personas where distance is not null "
        "order by customer_id"
    )
    pd.testing.assert_frame_equal(
        scored[columns], score(customers, model)[columns], check_dtype=False
    )


@pytest.mark.slow
def test_training_again_on_the_same_data_changes_nothing(other_towns: Home):
    other_towns.reset()
    deliver_company(other_towns, generate(2_000, seed=5), "parquet")
    assert other_towns.run("retrain").is_success
    before = other_towns.fingerprints("model_run_id")
    assert other_towns.run("retrain").is_success
    after = other_towns.fingerprints("model_run_id")
    for log in ("persona_events", "persona_reviews"):
        assert before.pop(log) != after.pop(log)
    assert after == before
    assert other_towns.published(
        "select distinct event, overlap from bi.persona_events order by event"
    ) == [("born", None), ("matched", 1.0)]
    assert other_towns.rows("select count(*) from ml.model_runs") == [(2,)]
