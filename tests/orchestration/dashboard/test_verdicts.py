"""Verdicts: no word of the tables is unknown, and none hangs on colour."""

from __future__ import annotations

import pytest

from ml import budget_tables, campaign_effect
from orchestration.dashboard import verdicts


def test_every_verdict_of_the_tables_is_known() -> None:
    assert set(verdicts.CAMPAIGNS) == {
        campaign_effect.WORKS,
        campaign_effect.DOES_NOT,
        campaign_effect.HARMS,
        campaign_effect.NOT_ENOUGH,
    }
    assert set(verdicts.BUDGET) == {
        budget_tables.MOVE,
        budget_tables.KEEP,
        budget_tables.NO_EXPERIMENT,
        budget_tables.NOT_ENOUGH,
    }


@pytest.mark.parametrize(
    "reason",
    [
        campaign_effect.ABOVE,
        campaign_effect.BELOW,
        campaign_effect.TOO_SMALL,
        campaign_effect.UNDECIDED,
        campaign_effect.BY_CHANCE,
        campaign_effect.WINDOW_OPEN,
        campaign_effect.NO_HELD_OUT,
        campaign_effect.FEW,
        campaign_effect.FEW_MATCHED,
        campaign_effect.UNLIKE_MATCHED,
        campaign_effect.UNLIKE_HELD_OUT,
        campaign_effect.ABOVE + campaign_effect.BY_MATCHING,
    ],
)
def test_every_reason_of_campaigns_can_be_translated(reason: str) -> None:
    assert set(verdicts.sentences_of(reason)) <= verdicts.REASONS


def test_a_sentence_that_is_not_known_is_kept_as_it_is() -> None:
    told = verdicts.sentences_of(
        "Not surely better or worse than elsewhere. Because of the moon."
    )
    assert told == [
        "Not surely better or worse than elsewhere.",
        "Because of the moon.",
    ]
    assert verdicts.sentences_of(None) == []


def test_no_two_verdicts_on_campaigns_share_sign_or_shape() -> None:
    shown = list(verdicts.CAMPAIGNS.values())
    assert len({one.sign for one in shown}) == len(shown)
    assert len({one.shape for one in shown}) == len(shown)
