"""The project's own checks of dbt-bouncer refuse what they should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dbt_bouncer.testing import check_fails, check_passes

CHECK = "check_published_columns_are_described_and_held"
ACCESS = "check_public_is_what_is_published"
CHECKS = Path(__file__).parents[1] / "bouncer"
HELD = {
    "name": "persona_id",
    "description": "The persona.",
    "constraints": [{"type": "not_null"}],
}
MODEL_ID = "model.persona_warehouse.personas"


def mart(*columns: dict[str, Any], publish: bool = True) -> dict[str, Any]:
    return {
        "name": "personas",
        "unique_id": MODEL_ID,
        "config": {"meta": {"publish": publish}},
        "columns": {column["name"]: column for column in columns},
    }


def test_a_column_with_a_constraint_and_a_description_passes():
    check_passes(CHECK, custom_checks_dir=CHECKS, model=mart(HELD))


def test_a_column_with_a_data_test_passes():
    tested = HELD | {"constraints": []}
    check_passes(
        CHECK,
        custom_checks_dir=CHECKS,
        model=mart(tested),
        ctx_tests=[
            {
                "name": "unique_personas_persona_id",
                "unique_id": "test.persona_warehouse.unique_personas",
                "attached_node": MODEL_ID,
                "column_name": "persona_id",
            }
        ],
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"constraints": []}, "share: give it a constraint or a data test"),
        ({"description": " "}, "share: write its description"),
    ],
)
def test_a_column_without_either_fails(fault: dict[str, Any], said: str):
    share = HELD | {"name": "share"} | fault
    check_fails(
        CHECK,
        custom_checks_dir=CHECKS,
        model=mart(HELD, share),
        match=f"^personas is published. {said}",
    )
    check_passes(
        CHECK, custom_checks_dir=CHECKS, model=mart(share, publish=False)
    )


@pytest.mark.parametrize(
    ("publish", "fault", "said"),
    [
        (True, {"access": "protected"}, "has access protected"),
        (False, {"access": "public"}, "has access public"),
        (True, {"group": None}, "has no group"),
        (True, {"version": None}, "without a version"),
    ],
)
def test_what_is_published_is_public_versioned_and_somebodys(
    publish: bool, fault: dict[str, Any], said: str
):
    model = mart(HELD, publish=publish) | {
        "access": "public" if publish else "protected",
        "group": "bi",
        "version": 1 if publish else None,
    }
    check_passes(ACCESS, custom_checks_dir=CHECKS, model=model)
    check_fails(
        ACCESS, custom_checks_dir=CHECKS, model=model | fault, match=said
    )
