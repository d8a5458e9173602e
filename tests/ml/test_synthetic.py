"""The sample company holds what its truth says, and no more."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from ml.synthetic import (
    ENTITIES,
    SampleCompany,
    generate,
    planted_personas_today,
)
from orchestration.lib.sample import write_sample

CONTRACT = Path(__file__).parents[2] / "dbt_project" / "models" / "input_layer"
LINEAGE = {"source", "delivery_id", "delivery_row", "delivered_at"}
CRM_COLUMNS = {
    "customer_name": "full_name",
    "age_min": "age_band",
    "age_max": "age_band",
    "income_min": "income",
    "income_max": "income",
}
VOCABULARY: dict[tuple[str, str], set[str]] = {
    ("customers", "gender"): {"female", "male", "other"},
    ("customers", "marital_status"): {
        *("single", "married", "partnered", "divorced", "widowed")
    },
    ("customers", "income_currency"): {"USD"},
    ("customers", "language"): {"en", "fa", "vi", "es"},
    ("customer_identifiers", "identifier_type"): {
        *("email", "device", "cookie", "loyalty_card", "account", "phone")
    },
    ("orders", "channel"): {"web", "app", "store", "phone", "marketplace"},
    ("orders", "status"): {"completed", "cancelled", "returned", "pending"},
    ("orders", "currency"): {"USD"},
    ("order_lines", "line_type"): {"sale", "return", "adjustment"},
    ("web_sessions", "device"): {"mobile", "desktop", "tablet"},
    ("web_sessions", "traffic_source"): {
        *("direct", "organic", "paid_search", "paid_social", "email"),
        *("affiliate", "referral"),
    },
    ("social_interactions", "interaction_kind"): {
        *("like", "comment", "share", "follow", "mention", "message")
    },
    ("survey_questions", "dimension"): {
        *("value", "interest", "attitude", "motivation", "lifestyle"),
        *("goal", "pain_point", "satisfaction", "background"),
    },
    ("survey_questions", "answer_kind"): {"number", "choice", "text"},
    ("support_tickets", "channel"): {
        *("email", "chat", "phone", "store", "social", "form")
    },
    ("support_tickets", "priority"): {"low", "normal", "high", "urgent"},
    ("campaigns", "channel"): {
        *("email", "sms", "push", "direct_mail", "paid_social"),
        "paid_search",
    },
    ("campaigns", "objective"): {
        *("acquisition", "activation", "retention", "win_back", "upsell")
    },
}
DRAWN_BEFORE = (
    "6cd2ba6022cb3b59da906f0977a65ba68aa20ae8851f3d9139fcc44d680a9e21"
)
AS_OF = pd.Timestamp("2026-07-01")
WINDOW = pd.Timestamp("2024-07-01")

# feature: (its group's size, whether it is skewed)
FEATURES: dict[str, tuple[int, bool]] = {
    "orders_per_year": (1, True),
    "avg_order_value": (3, True),
    "avg_items_per_order": (3, True),
    "avg_item_price": (3, True),
    "discount_share": (1, False),
    "return_share": (1, False),
    "web_order_share": (3, False),
    "app_order_share": (3, False),
    "store_order_share": (3, False),
    "evening_order_share": (2, False),
    "weekend_order_share": (2, False),
    "sessions_per_month": (3, True),
    "mobile_session_share": (3, False),
    "pageviews_per_session": (3, True),
    "social_interactions_per_year": (1, True),
    "tickets_per_year": (2, True),
    "reviews_per_year": (2, True),
}
BEHAVIOUR = """
with

purchases as (
    select distinct *
    from orders
    where order_id is not null and customer_id is not null
        and ordered_at >= $begin and ordered_at < $until
        and status not in ('cancelled', 'pending')
),

amounts as (
    select
        order_id,
        sum(quantity * unit_price) filter (line_type = 'sale') as gross,
        sum(quantity) filter (line_type = 'sale') as items,
        sum(discount_amount) as discount,
        coalesce(sum(-quantity * unit_price)
            filter (line_type = 'return'), 0) as returned
    from (select distinct * from order_lines
          where order_line_id is not null and unit_price >= 0)
    group by order_id
),

bought as (
    select
        customer_id,
        count(*) as n,
        sum(gross) as gross,
        sum(items) as items,
        sum(returned) as returned,
        sum(amounts.discount + purchases.discount_amount) as discount,
        count(*) filter (channel = 'web') as web,
        count(*) filter (channel = 'app') as app,
        count(*) filter (channel = 'store') as store,
        count(*) filter (hour(ordered_at) >= 18 or hour(ordered_at) < 6)
            as evening,
        count(*) filter (isodow(ordered_at) >= 6) as weekend
    from purchases
    inner join amounts using (order_id)
    group by customer_id
),

visited as (
    select
        customer_id,
        count(*) as n,
        sum(pageviews) as pages,
        count(*) filter (device = 'mobile') as mobile
    from (select distinct * from web_sessions)
    where started_at >= $begin and started_at < $until
        and customer_id is not null
    group by customer_id
),

spoken as (
    select customer_id, count(*) as n from social_interactions
    where interacted_at >= $begin and interacted_at < $until group by all
),

asked as (
    select customer_id, count(*) as n from support_tickets
    where opened_at >= $begin and opened_at < $until group by all
),

reviewed as (
    select customer_id, count(*) as n from reviews
    where reviewed_at >= $begin and reviewed_at < $until group by all
),

means as (
    select
        sum(discount) / sum(gross) as discount,
        sum(returned) / sum(gross) as returned,
        sum(web) / sum(n) as web,
        sum(app) / sum(n) as app,
        sum(store) / sum(n) as store,
        sum(evening) / sum(n) as evening,
        sum(weekend) / sum(n) as weekend
    from bought
),

visit_means as (
    select sum(mobile) / sum(n) as mobile, sum(pages) / sum(n) as pages
    from visited
)

select
    b.customer_id,
    b.n / 2.0 as orders_per_year,
    b.gross / b.n as avg_order_value,
    b.items / b.n as avg_items_per_order,
    b.gross / b.items as avg_item_price,
    (b.n * b.discount / b.gross + 2 * m.discount) / (b.n + 2)
        as discount_share,
    (b.n * b.returned / b.gross + 2 * m.returned) / (b.n + 2)
        as return_share,
    (b.web + 2 * m.web) / (b.n + 2) as web_order_share,
    (b.app + 2 * m.app) / (b.n + 2) as app_order_share,
    (b.store + 2 * m.store) / (b.n + 2) as store_order_share,
    (b.evening + 2 * m.evening) / (b.n + 2) as evening_order_share,
    (b.weekend + 2 * m.weekend) / (b.n + 2) as weekend_order_share,
    coalesce(v.n, 0) / 24.0 as sessions_per_month,
    (coalesce(v.mobile, 0) + 2 * w.mobile) / (coalesce(v.n, 0) + 2)
        as mobile_session_share,
    (coalesce(v.pages, 0) + 2 * w.pages) / (coalesce(v.n, 0) + 2)
        as pageviews_per_session,
    coalesce(spoken.n, 0) / 2.0 as social_interactions_per_year,
    coalesce(asked.n, 0) / 2.0 as tickets_per_year,
    coalesce(reviewed.n, 0) / 2.0 as reviews_per_year
from bought as b
cross join means as m
cross join visit_means as w
left join visited as v using (customer_id)
left join spoken using (customer_id)
left join asked using (customer_id)
left join reviewed using (customer_id)
order by b.customer_id
"""


@pytest.fixture(scope="module")
def company() -> SampleCompany:
    return generate(5_000, seed=1)


@pytest.fixture(scope="module")
def behaviour(company: SampleCompany) -> pd.DataFrame:
    return behaviour_of(company)


def behaviour_of(company: SampleCompany) -> pd.DataFrame:
    with duckdb.connect() as connection:
        for entity, frame in company.entities.items():
            connection.register(entity, frame)
        return connection.execute(
            BEHAVIOUR,
            {
                "begin": WINDOW.to_pydatetime(),
                "until": AS_OF.to_pydatetime(),
            },
        ).df()


def scaled(frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    columns = []
    for feature, (size, is_skewed) in FEATURES.items():
        value = frame[feature].to_numpy(dtype=float)
        value = np.log1p(value) if is_skewed else value
        value = np.clip(value, *np.quantile(value, [0.01, 0.99]))
        columns.append((value - value.mean()) / value.std() / np.sqrt(size))
    return np.column_stack(columns)


def planted_for(company: SampleCompany, frame: pd.DataFrame) -> pd.Series:
    planted = planted_personas_today(company).set_index("customer_id")
    return planted["persona"].loc[frame["customer_id"]]


def counted_faults(company: SampleCompany) -> dict[tuple[str, str], int]:
    """Count each fault in the frames, without looking at the truth."""
    entities = company.entities
    customers, orders = entities["customers"], entities["orders"]
    lines, sessions = entities["order_lines"], entities["web_sessions"]
    counts = {}
    for entity, key in (
        ("customers", "customer_id"),
        ("orders", "order_id"),
        ("order_lines", "order_line_id"),
        ("web_sessions", "session_id"),
    ):
        keyed = entities[entity].loc[entities[entity][key].notna()]
        counts[entity, "exact_duplicate"] = int(keyed.duplicated().sum())
        missing = int(entities[entity][key].isna().sum())
        if missing:
            counts[entity, "missing_key"] = missing
    for entity, key in (
        ("customers", "customer_id"),
        ("products", "product_id"),
    ):
        rows = entities[entity].drop_duplicates()
        rows = rows.loc[rows[key].notna()]
        counts[entity, "conflicting_duplicate"] = int(
            rows.duplicated(key).sum()
        )
    keyed_lines = lines.loc[lines["order_line_id"].notna()]
    counts["order_lines", "orphan"] = int(
        (~keyed_lines["order_id"].isin(orders["order_id"].dropna())).sum()
    )
    counts["survey_responses", "orphan"] = int(
        (
            ~entities["survey_responses"]["question_id"].isin(
                entities["survey_questions"]["question_id"]
            )
        ).sum()
    )
    counts["campaign_touches", "orphan"] = int(
        (
            ~entities["campaign_touches"]["campaign_id"].isin(
                entities["campaigns"]["campaign_id"]
            )
        ).sum()
    )
    counts["order_lines", "negative_price"] = int(
        ((lines["unit_price"] < 0) & (lines["line_type"] == "sale")).sum()
    )
    year = customers["birth_date"].astype("str").str[:7]
    known = customers["birth_date"].notna()
    counts["customers", "impossible_birth"] = int(
        (known & ((year < "1900-01") | (year > "2026-06"))).sum()
    )
    counts["orders", "future_date"] = int((orders["ordered_at"] > AS_OF).sum())
    counts["web_sessions", "future_date"] = int(
        (sessions["started_at"] > AS_OF).sum()
    )
    identifiers = entities["customer_identifiers"]
    mails = identifiers.loc[identifiers["identifier_type"] == "email"]
    counts["customer_identifiers", "broken_email"] = int(
        (
            ~mails["identifier_value"].str.fullmatch(
                r"[^@\s]+@[^@\s]+\.[^@\s]+"
            )
        ).sum()
    )
    counts["customers", "band"] = int(
        (
            customers["age_band"].notna()
            | customers["income"].astype("str").str.contains("-", na=False)
        ).sum()
    )
    counts["customers", "non_latin_name"] = sum(
        not name.isascii() for name in customers["full_name"]
    )
    return counts


def test_every_contract_column_is_there(company: SampleCompany) -> None:
    assert tuple(company.entities) == ENTITIES
    for entity, frame in company.entities.items():
        text = (CONTRACT / f"input_layer__{entity}.yml").read_text()
        model = yaml.safe_load(text)["models"][0]
        named = [column["name"] for column in model["columns"]]
        columns = {name for name in named if name not in LINEAGE}
        if entity == "customers":
            columns = {CRM_COLUMNS.get(name, name) for name in columns}
        assert set(frame.columns) == columns, entity
        assert len(frame) > 0, entity


def test_words_are_those_of_the_contract(company: SampleCompany) -> None:
    for (entity, column), allowed in VOCABULARY.items():
        found = set(company.entities[entity][column].dropna().unique())
        assert found <= allowed, (entity, column)
    spend = set(company.entities["marketing_spend"]["channel"].unique())
    assert set(company.entities["campaigns"]["channel"]) <= spend
    unpaid = {"organic", "direct", "referral"}
    joined = set(company.entities["customers"]["acquisition_channel"])
    assert joined <= spend | unpaid
    assert company.entities["survey_questions"]["is_reverse_coded"].any()


def test_every_planted_fault_is_counted(company: SampleCompany) -> None:
    dirt = company.truth["dirt"]
    assert list(dirt.columns) == ["entity", "kind", "count_rows"]
    planted = {
        (entity, kind): count
        for entity, kind, count in dirt.itertuples(index=False)
    }
    assert counted_faults(company) == planted
    assert min(planted.values()) >= 3


def test_faulty_rows_carry_no_other_rows(company: SampleCompany) -> None:
    entities = company.entities
    customers, orders = entities["customers"], entities["orders"]
    born = customers["birth_date"].astype("str").str[:7]
    wrong = (born < "1900-01") | (born > "2026-06")
    bad = customers.loc[wrong & customers["birth_date"].notna(), "customer_id"]
    for entity in ("orders", "web_sessions", "support_tickets"):
        assert not entities[entity]["customer_id"].isin(bad).any()
    late = orders.loc[orders["ordered_at"] > AS_OF, "order_id"]
    for entity in ("order_lines", "web_sessions", "support_tickets"):
        assert not entities[entity]["order_id"].isin(late).any()


def test_the_later_row_of_a_conflict_is_right(company: SampleCompany) -> None:
    customers = company.entities["customers"].drop_duplicates()
    keyed = customers.loc[customers["customer_id"].notna()]
    twins = keyed.loc[keyed.duplicated("customer_id", keep=False)]
    assert len(twins) > 0
    winners = twins.drop_duplicates("customer_id", keep="last")
    losers = twins.drop_duplicates("customer_id", keep="first")
    both = winners.merge(losers, on="customer_id", suffixes=("", "_lost"))
    assert (both["city"].astype(str) != both["city_lost"].astype(str)).all()
    clean = keyed.drop(twins.index)
    homes = clean.groupby("city", observed=True)["region"].agg(set)
    assert all(
        region in homes[city]
        for city, region in zip(both["city"], both["region"], strict=True)
    )


def test_same_seed_gives_the_same_company() -> None:
    first = generate(400, seed=7, months=24, orders_per_customer=4)
    again = generate(400, seed=7, months=24, orders_per_customer=4)
    other = generate(400, seed=8, months=24, orders_per_customer=4)
    for entity in ENTITIES:
        pd.testing.assert_frame_equal(
            first.entities[entity], again.entities[entity]
        )
    for table, frame in first.truth.items():
        pd.testing.assert_frame_equal(frame, again.truth[table])
    assert not first.entities["orders"].equals(other.entities["orders"])


def test_orders_end_on_the_last_day(company: SampleCompany) -> None:
    orders = company.entities["orders"]
    known = orders.loc[orders["ordered_at"] < AS_OF]
    last = known.sort_values("ordered_at").iloc[-1]
    assert last["ordered_at"].normalize() == AS_OF - pd.Timedelta(days=1)
    assert last["status"] == "completed"
    assert known["ordered_at"].min() >= pd.Timestamp("2023-07-01")
    assert len(known) == pytest.approx(9 * 5_000, rel=0.05)
    assert orders["customer_id"].isna().mean() == pytest.approx(0.02, abs=0.005)
    sessions = company.entities["web_sessions"]
    anonymous = sessions["customer_id"].isna().mean()
    assert anonymous == pytest.approx(0.2, abs=0.02)


def test_money_and_returns_add_up(company: SampleCompany) -> None:
    lines = company.entities["order_lines"]
    for column in ("unit_price", "discount_amount"):
        cents = lines[column] * 100
        assert np.allclose(cents, np.round(cents), atol=1e-6)
    is_return = lines["line_type"] == "return"
    assert (lines.loc[is_return, "quantity"] < 0).all()
    assert (lines.loc[~is_return, "quantity"] > 0).all()
    sound = lines.loc[lines["order_line_id"].notna()].drop_duplicates()
    sound = sound.loc[sound["unit_price"] >= 0]
    net = sound["quantity"] * sound["unit_price"] - sound["discount_amount"]
    assert net.groupby(sound["order_id"]).sum().min() > -0.005


def test_no_one_acts_before_being_known(company: SampleCompany) -> None:
    customers = company.entities["customers"].dropna(subset="customer_id")
    known = customers.drop_duplicates("customer_id", keep="last")
    since = known.set_index("customer_id")["registered_at"]
    orders = company.entities["orders"].dropna(
        subset=["customer_id", "order_id"]
    )
    assert (
        orders["ordered_at"].to_numpy()
        >= since.loc[orders["customer_id"]].to_numpy()
    ).all()


def test_shares_of_personas_are_within_bounds(company: SampleCompany) -> None:
    personas = company.truth["personas"].set_index("persona")["share"]
    assert len(personas) >= 6
    assert personas.between(0.05, 0.35).all()
    assert personas.sum() == pytest.approx(1)
    today = planted_personas_today(company)["persona"].value_counts()
    counted = (today / today.sum()).loc[personas.index.to_list()]
    assert np.allclose(counted.to_numpy(), personas.to_numpy())


def test_one_persona_appears_in_month_twenty(company: SampleCompany) -> None:
    stays = company.truth["customer_personas"]
    late = stays.loc[stays["persona"] == "live_shoppers", "valid_from"]
    assert late.min() == pd.Timestamp("2025-03-01")


def test_one_persona_shrinks(company: SampleCompany) -> None:
    stays = company.truth["customer_personas"]
    mine = stays.loc[stays["persona"] == "catalogue_classics"]
    joined = mine["valid_from"]
    assert (joined > "2025-07-01").sum() < 0.5 * (
        joined.between("2023-07-01", "2024-07-01").sum()
    )
    gone = company.truth["customer_departures"]["customer_id"]
    left = stays["customer_id"].isin(gone)
    is_mine = stays["persona"] == "catalogue_classics"
    assert left[is_mine].mean() > 2 * left[~is_mine].mean()


def test_some_people_move(company: SampleCompany) -> None:
    stays = company.truth["customer_personas"]
    movers = stays["customer_id"].duplicated().sum()
    assert 0.02 <= movers / 5_000 <= 0.04
    pairs = stays.loc[stays.duplicated("customer_id", keep=False)]
    pairs = pairs.sort_values(["customer_id", "valid_from"])
    first, last = pairs.iloc[0::2], pairs.iloc[1::2]
    assert (
        first["persona"].astype(str).to_numpy()
        != last["persona"].astype(str).to_numpy()
    ).all()
    assert (
        first["valid_from"].to_numpy() < last["valid_from"].to_numpy()
    ).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_personas_are_found_in_behaviour(
    seed: int, company: SampleCompany
) -> None:
    drawn = company if seed == 1 else generate(5_000, seed=seed)
    frame = behaviour_of(drawn)
    planted = planted_for(drawn, frame)
    model = KMeans(planted.nunique(), n_init=10, random_state=0)
    found = model.fit_predict(scaled(frame))
    assert adjusted_rand_score(planted, found) >= 0.93


def test_every_persona_buys_often_enough(
    company: SampleCompany, behaviour: pd.DataFrame
) -> None:
    orders = behaviour["orders_per_year"] * 2
    planted = planted_for(company, behaviour).to_numpy()
    assert orders.groupby(planted).median().min() >= 3


def test_silhouette_favours_the_planted_number(
    company: SampleCompany, behaviour: pd.DataFrame
) -> None:
    points = scaled(behaviour)
    scores = {
        k: silhouette_score(
            points,
            KMeans(k, n_init=2, random_state=0).fit_predict(points),
            sample_size=2_000,
            random_state=0,
        )
        for k in range(2, 11)
    }
    planted = planted_for(company, behaviour).nunique()
    assert abs(max(scores, key=lambda k: scores[k]) - planted) <= 1


def test_clusters_come_back_in_bootstraps(
    company: SampleCompany, behaviour: pd.DataFrame
) -> None:
    points = scaled(behaviour)
    count = planted_for(company, behaviour).nunique()
    base = KMeans(count, n_init=5, random_state=0).fit_predict(points)
    rng = np.random.default_rng(0)
    overlaps = np.zeros((8, count))
    for turn in range(len(overlaps)):
        rows = rng.integers(0, len(points), len(points))
        model = KMeans(count, n_init=3, random_state=turn).fit(points[rows])
        again = model.predict(points)
        for cluster in range(count):
            mine = base == cluster
            overlaps[turn, cluster] = max(
                (mine & (again == other)).sum()
                / (mine | (again == other)).sum()
                for other in range(count)
            )
    assert overlaps.mean(axis=0).min() >= 0.85


def test_planted_lift_shows_in_touches() -> None:
    company = generate(20_000, seed=5, months=30, orders_per_customer=7)
    planted = company.truth["campaign_lift"]
    measured = measured_lift(company).merge(planted)
    measured["error"] = (measured["measured"] - measured["lift"]) / (
        measured["standard_error"]
    )
    enough = measured.loc[
        (measured["count_treated"] >= 100) & (measured["count_held_out"] >= 50)
    ]
    assert len(enough) >= 40
    assert abs(enough["error"].mean()) < 0.4
    assert 0.7 < enough["error"].std() < 1.3
    harmed = planted.loc[planted["lift"] < -0.05]
    assert len(harmed) == 1
    row = measured.merge(harmed[["campaign_id", "persona"]]).iloc[0]
    assert row["measured"] < -0.03


def measured_lift(company: SampleCompany) -> pd.DataFrame:
    """Treated minus held out, per campaign and planted persona."""
    stays = company.truth["customer_personas"]
    with duckdb.connect() as connection:
        connection.register("touches", company.entities["campaign_touches"])
        connection.register("orders", company.entities["orders"])
        connection.register("stays", stays)
        return connection.execute(
            """
            with converted as (
                select
                    t.touch_id,
                    any_value(t.campaign_id) as campaign_id,
                    any_value(t.is_held_out) as is_held_out,
                    max_by(s.persona, s.valid_from) as persona,
                    max(o.ordered_at is not null)::int as is_converted
                from touches as t
                inner join stays as s
                    on s.customer_id = t.customer_id
                    and s.valid_from <= t.touched_at
                left join orders as o
                    on o.customer_id = t.customer_id
                    and o.order_id is not null
                    and o.ordered_at >= t.touched_at
                    and o.ordered_at < t.touched_at + interval 14 days
                where t.campaign_id <> 'C99'
                group by t.touch_id
            )
            select
                campaign_id::varchar as campaign_id,
                persona::varchar as persona,
                avg(is_converted) filter (not is_held_out)
                - avg(is_converted) filter (is_held_out) as measured,
                sqrt(
                    var_pop(is_converted) filter (not is_held_out)
                    / count(*) filter (not is_held_out)
                    + var_pop(is_converted) filter (is_held_out)
                    / count(*) filter (is_held_out)
                ) as standard_error
            from converted
            group by all
            """
        ).df()


def test_what_changes_is_an_option_and_the_rest_stays() -> None:
    """The drawn bytes of an earlier version, which knew no options."""
    company = generate(700, seed=3)
    digest = hashlib.sha256()
    for name, frame in (company.entities | company.truth).items():
        types = [(column, str(kind)) for column, kind in frame.dtypes.items()]
        digest.update(f"{name} {types}".encode())
        digest.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    assert digest.hexdigest() == DRAWN_BEFORE


def test_half_of_a_persona_splits_off_and_another_is_merged() -> None:
    company = generate(4_000, seed=3, split_month=24, merge_month=30)
    changes = company.truth["changes"].set_index("change")
    split_on, merged_on = changes.loc[["split", "merge"], "valid_from"]
    stays = company.truth["customer_personas"]
    before = stays[stays["valid_from"] < split_on]["persona"]
    assert "catalogue_classics" not in set(before)
    left = company.truth["customer_departures"].set_index("customer_id")
    today = planted_personas_today(company).set_index("customer_id")["persona"]
    today = today[~today.index.isin(left.index)]
    halves = today.value_counts()
    share = halves["catalogue_classics"] / (
        halves["catalogue_classics"] + halves["store_loyalists"]
    )
    assert 0.45 < share < 0.55
    assert halves["style_explorers"] == 0
    was = stays[stays["valid_from"] < merged_on]
    was = was.drop_duplicates("customer_id", keep="last")
    was = was.set_index("customer_id")["persona"]
    merged = was.index[was == "style_explorers"].intersection(today.index)
    assert set(today[merged]) == {"deal_seekers"}
    is_same = stays["customer_id"].eq(stays["customer_id"].shift()) & stays[
        "persona"
    ].astype(str).eq(stays["persona"].astype(str).shift())
    assert not is_same.any()


def test_as_many_move_as_are_asked_for() -> None:
    stays = generate(2_000, seed=3, movers_share=0.1).truth["customer_personas"]
    assert stays["customer_id"].duplicated().sum() == 200


def by_year(company: SampleCompany) -> pd.DataFrame:
    """Return what is bought in each of the last two years."""
    with duckdb.connect() as connection:
        connection.register("orders", company.entities["orders"])
        connection.register("lines", company.entities["order_lines"])
        return connection.execute(
            "select ordered_at >= timestamp '2025-07-01' as is_later, "
            "sum(quantity * unit_price) / sum(quantity) as price, "
            "count(*) / count(distinct order_id) as lines, "
            "count(distinct order_id) filter (channel = 'web') "
            "/ count(distinct order_id) as web_share, "
            "count(distinct order_id) as count_orders "
            "from orders inner join lines using (order_id) "
            "where ordered_at between '2024-07-01' and '2026-07-01' "
            "and line_type = 'sale' and unit_price > 0 group by 1 order by 1"
        ).df()


def test_a_drift_changes_prices_baskets_and_channels() -> None:
    options: dict[str, Any] = {"seed": 3, "months": 48, "steady": True}
    earlier, later = by_year(
        generate(2_000, drift_month=36, **options)
    ).itertuples(index=False)
    assert later.price / earlier.price == pytest.approx(1.6, rel=0.1)
    assert later.lines < 0.75 * earlier.lines
    assert later.web_share < 0.3 * earlier.web_share


def test_a_steady_company_stays_as_it_is() -> None:
    company = generate(2_000, seed=3, months=48, steady=True)
    assert "changes" not in company.truth
    stays = company.truth["customer_personas"]
    assert not stays["customer_id"].duplicated().any()
    earlier, later = by_year(company).itertuples(index=False)
    for name in ("price", "lines", "web_share", "count_orders"):
        ratio = getattr(later, name) / getattr(earlier, name)
        assert ratio == pytest.approx(1, abs=0.05), name


def test_personas_answer_differently(company: SampleCompany) -> None:
    answers = company.entities["survey_responses"].merge(
        company.entities["survey_questions"], on="question_id"
    )
    planted = planted_personas_today(company)
    mine = answers.loc[
        (answers["construct"] == "price_consciousness")
        & answers["answer_number"].notna()
    ].merge(planted, on="customer_id")
    score = mine["answer_number"].where(
        ~mine["is_reverse_coded"].astype(bool), 6 - mine["answer_number"]
    )
    means = score.groupby(mine["persona"], observed=True).mean()
    assert means["deal_seekers"] > means["home_curators"] + 1.5
    scaled_answers = answers.loc[answers["scale_max"].notna()]
    assert (
        scaled_answers["answer_number"].between(
            scaled_answers["scale_min"], scaled_answers["scale_max"]
        )
    ).all()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"n_customers": 10}, "n_customers"),
        ({"seed": -1}, "seed"),
        ({"months": 12}, "months"),
        ({"orders_per_customer": 0}, "orders_per_customer"),
        ({"end_month": "June"}, "end_month"),
        ({"movers_share": 0.9}, "movers_share"),
        ({"split_month": 36}, "split_month"),
        ({"merge_month": 0}, "merge_month"),
        ({"drift_month": -1}, "drift_month"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], named: str) -> None:
    arguments: dict[str, Any] = {"n_customers": 400, "seed": 1} | change
    with pytest.raises(ValueError, match=named):
        generate(arguments.pop("n_customers"), **arguments)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_files_hold_every_row(tmp_path: Path, file_format: Any) -> None:
    company = generate(300, seed=3, months=24, orders_per_customer=3)
    counts = {name: len(frame) for name, frame in company.entities.items()}
    landing, truth = tmp_path / "landing", tmp_path / "truth"
    written = write_sample(
        company, landing, truth, file_format=file_format, drop_written=True
    )
    assert company.entities == {}
    assert sorted(landing.iterdir()) == sorted(written[: len(counts)])
    with duckdb.connect() as connection:
        for entity, count in counts.items():
            path = landing / f"{entity}.{file_format}"
            row = connection.execute(f"select count(*) from '{path}'")
            assert row.fetchall() == [(count,)], entity
        path = landing / f"campaigns.{file_format}"
        kind = connection.execute(f"select typeof(starts_on) from '{path}'")
        assert kind.fetchall()[0] == ("DATE",)
    if file_format == "csv":
        whole = (landing / "customers.csv").read_bytes()
        assert whole.endswith(b"\n")
        assert whole.decode("utf-8").startswith("customer_id,full_name,")
    assert len(list(truth.glob("*.parquet"))) == len(company.truth)


def test_truth_is_not_delivered(tmp_path: Path) -> None:
    company = SampleCompany({}, {})
    with pytest.raises(ValueError, match="same folder"):
        write_sample(company, tmp_path, tmp_path)
