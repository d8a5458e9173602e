"""One customer's persona, and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from homes import SAMPLE, Home, make_home

from orchestration.lib.lookup import CustomerLookupError, look_up


def some_customers(home: Home, count: int) -> list[tuple[str, str, float]]:
    return home.rows(
        "select customer_id, persona_id, confidence "
        "from marts.customer_personas where confidence is not null "
        f"order by md5(customer_id) limit {count}"
    )


def test_lookup_says_persona_confidence_and_three_reasons(
    built: Home,
) -> None:
    for customer_id, persona_id, confidence in some_customers(built, 20):
        found = look_up(built.settings, customer_id)
        assert found.persona_id == persona_id
        assert found.confidence == confidence
        assert found.other_id != persona_id
        assert 1 <= len(found.decisions) <= 3
        assert len(found.changes) == 3
        shares = [one.share for one in found.decisions]
        assert shares == sorted(shares, reverse=True)
        assert all(0 < share <= 1 for share in shares)


def test_the_reasons_add_up_to_the_lead(built: Home) -> None:
    """Feature by feature, the parts sum to the difference of the distances."""
    from ml.lookup import explain

    customer_id = some_customers(built, 1)[0][0]
    features = built.frame("select * from ml.model_features")
    centroids = built.frame("select * from ml.model_centroids")
    columns = {*features["feature"], *features["support"].dropna()}
    customer = built.frame(
        f"select {', '.join(f'{one}::double as {one}' for one in columns)} "
        f"from marts.customer_features where customer_id = '{customer_id}'"
    )
    (own, near), (other, far) = built.rows(
        "select cluster_id, distance from intermediate.int_customer_distances "
        f"where customer_id = '{customer_id}' order by distance limit 2"
    )
    explained = explain(
        customer, features, centroids, cluster_id=own, other_id=other
    )
    assert np.isclose(explained.lead, far**2 - near**2)
    assert np.isclose(explained.features["part"].sum(), explained.lead)


def test_customers_in_no_persona_are_told_why(built: Home) -> None:
    customer_id, reason = built.rows(
        "select customer_id, assignment_reason from marts.customer_personas "
        "where persona_id = 'unassigned' order by customer_id limit 1"
    )[0]
    found = look_up(built.settings, customer_id)
    assert found.confidence is None
    assert found.reason == reason
    said = built.persona("lookup", customer_id)
    assert said.exit_code == 0
    assert f"in no persona: {reason}" in said.stdout


def test_the_command_says_it_in_words(built: Home) -> None:
    customer_id, persona_id, _ = some_customers(built, 1)[0]
    said = built.persona("lookup", customer_id)
    assert said.exit_code == 0, said.stdout
    name = built.rows(
        "select persona_name from marts.personas "
        f"where persona_id = '{persona_id}'"
    )[0][0]
    for words in (persona_id, name, "Confidence", "What decides", "What would"):
        assert words in said.stdout, words


def test_the_last_move_is_told_with_what_changed(built: Home) -> None:
    """Of those who moved into another persona, and into none."""
    for condition in ("<>", "="):
        customer_id, month_end, old, new, feature, before, after = built.rows(
            "select customer_id, month_end, from_persona_id, to_persona_id, "
            "feature_1, feature_1_before, feature_1_after "
            "from marts.customer_moves where known_to is null and "
            f"to_persona_id {condition} 'unassigned' "
            "and from_persona_id <> 'unassigned' "
            "order by month_end desc, customer_id limit 1"
        )[0]
        move = look_up(built.settings, customer_id).move
        assert move is not None
        assert (move.month_end, move.from_id, move.to_id) == (
            *(month_end, old, new),
        )
        said = built.persona("lookup", customer_id).stdout
        assert f"Moved from {old}" in said
        assert f"in the month to {month_end}." in said
        if new == "unassigned":
            assert move.changes == []
            continue
        first = move.changes[0]
        assert (first.feature, first.before, first.after) == (
            *(feature, before, after),
        )
        assert len(move.changes) == 3
        assert "What moved the customer" in said
        for value in (before, after):
            assert f"{value:,.2f}" in said


def test_who_never_moved_is_told_of_no_move(built: Home) -> None:
    customer_id = built.rows(
        "select customer_id from marts.customer_personas where customer_id "
        "not in (select customer_id from marts.customer_moves) limit 1"
    )[0][0]
    assert look_up(built.settings, customer_id).move is None
    assert "Moved from" not in built.persona("lookup", customer_id).stdout


def test_an_unknown_customer_is_refused(built: Home) -> None:
    with pytest.raises(CustomerLookupError, match="no customer 'nobody'"):
        look_up(built.settings, "nobody")
    assert built.persona("lookup", "nobody").exit_code == 1


def test_without_a_warehouse_the_mend_is_named(tmp_path: Path) -> None:
    home = make_home(tmp_path, SAMPLE)
    with pytest.raises(CustomerLookupError, match="persona run"):
        look_up(home.settings, "1")
