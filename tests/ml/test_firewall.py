from __future__ import annotations

import pytest

from ml.firewall import FirewallError, check_segmentation_features
from ml.scaling import FeatureSpec
from orchestration.lib import models
from orchestration.lib.models import numeric_features, segmentation_specs
from orchestration.lib.settings import project_vars

OUTCOMES = {
    "days_since_last_order": "churn",
    "churn_probability": "churn",
    "avg_csat": "satisfaction",
    "avg_nps_answer": "satisfaction",
    "avg_rating": "satisfaction",
    "campaign_open_share": "campaign response",
    "campaign_click_share": "campaign response",
    "campaign_order_share": "campaign response",
    "count_campaign_touches": "campaign response",
    "email_clicks": "campaign response",
    "lifetime_net_amount": "lifetime value",
    "lifetime_gross_amount": "lifetime value",
    "lifetime_value": "lifetime value",
    "predicted_ltv": "lifetime value",
}
SENSITIVE = [
    *("age_min", "age_max", "birth_date", "gender", "is_female_gender"),
    *("marital_status", "education", "occupation", "income_min", "income_max"),
    *("household_size", "children_count", "is_home_owner", "country"),
    *("region", "city", "postal_code", "language", "religion"),
    *("health_category_share", "ethnicity"),
]


def check(name: str, *exceptions: str) -> None:
    check_segmentation_features([name], known={name}, exceptions=exceptions)


@pytest.mark.parametrize(("name", "outcome"), OUTCOMES.items())
def test_outcomes_do_not_segment(name: str, outcome: str):
    with pytest.raises(FirewallError, match=rf"'{name}'.*\({outcome}\)"):
        check(name)


@pytest.mark.parametrize("name", SENSITIVE)
def test_sensitive_attributes_do_not_segment(name: str):
    with pytest.raises(FirewallError, match="sensitive") as error:
        check(name)
    for words in (f"'{name}'", "dbt_project.yml", "segmentation_exceptions"):
        assert words in str(error.value)


def test_a_named_exception_opens_the_firewall_for_itself_only():
    check("income_min", "income_min")
    with pytest.raises(FirewallError, match="'gender'"):
        check_segmentation_features(
            ["income_min", "gender"],
            known={"income_min", "gender"},
            exceptions=["income_min"],
        )


def test_words_inside_of_words_are_no_reason():
    # "average" holds an age, "pageviews" too, "opensource" an open.
    for name in ("average_basket", "pageviews_per_session", "scity_trips"):
        check(name)


def test_unknown_features_are_named():
    with pytest.raises(FirewallError, match="'orders_per_yaer' is no numeric"):
        check_segmentation_features(["orders_per_yaer"], known={"orders"})
    with pytest.raises(FirewallError, match="'gender' is no numeric"):
        check_segmentation_features(
            ["gender"], known={"orders"}, exceptions=["gender"]
        )


def test_every_outcome_among_the_features_is_caught():
    """What passes is behaviour; a new column makes somebody look here."""
    stopped = set()
    for name in numeric_features():
        try:
            check(name)
        except FirewallError:
            stopped.add(name)
    assert stopped == {
        *("lifetime_gross_amount", "lifetime_discount_amount"),
        *("lifetime_return_amount", "lifetime_net_amount"),
        *("days_since_last_order", "avg_csat", "avg_nps_answer", "avg_rating"),
        *("count_campaign_touches", "count_campaign_holdouts"),
        *("campaign_open_share", "campaign_click_share"),
        "campaign_order_share",
    }


def test_the_project_reads_its_features_through_the_firewall(monkeypatch):
    specs = segmentation_specs()
    assert len(specs) >= 17
    assert all(isinstance(spec, FeatureSpec) for spec in specs)
    assert project_vars()["segmentation_exceptions"] == []

    settings = project_vars()
    settings["segmentation_features"] = [
        *settings["segmentation_features"],
        {"name": "avg_csat", "group": "mood", "shape": "identity"},
    ]
    monkeypatch.setattr(models, "project_vars", lambda: settings)
    with pytest.raises(FirewallError, match="'avg_csat'"):
        segmentation_specs()
    settings["segmentation_exceptions"] = ["avg_csat"]
    assert segmentation_specs()[-1].name == "avg_csat"
    settings["segmentation_features"][-1]["support"] = "no_such_column"
    with pytest.raises(FirewallError, match="'no_such_column'"):
        segmentation_specs()
