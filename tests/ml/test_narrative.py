"""The portrait in words: true, of one kind each, and never the same twice."""

from __future__ import annotations

import pandas as pd
import pytest

from ml.narrative import (
    PersonaPlan,
    plan_personas,
    render_description,
    render_playbook,
    render_summary,
    render_title,
    say,
)
from ml.narrative.gaps import GAP_QUESTIONS, first_questions
from ml.narrative.phrases import (
    FACTS,
    GROUPS,
    HIGH,
    LABELS,
    LOW,
    PHRASES,
    phrase_of,
)
from ml.narrative.planning import Claim, Planned
from ml.narrative.templates import PARTS
from orchestration.lib.languages import load_language

ENGLISH = load_language("en")
PART_OF = {"discount_share": "behaviour", "store_order_share": "channel"}


def claim(
    trait: str,
    effect: float,
    *,
    persona: str = "P01",
    value: float = 0.6,
    baseline: float = 0.3,
    **changes: object,
) -> Claim:
    """Return a claim that may be said; a share where it has a value."""
    trait_value = changes.get("trait_value")
    fields = {
        "trait_id": f"{persona}.{trait}.{trait_value or ''}".rstrip("."),
        "persona_id": persona,
        "part": "behaviour",
        "trait": trait,
        "trait_value": None,
        "statistic": "share" if trait_value else "mean",
        "unit": "share",
        "source_entity": "orders",
        "persona_value": value,
        "baseline_value": baseline,
        "effect_size": effect,
        "is_claim": True,
    }
    return Claim(**(fields | changes))  # type: ignore[arg-type]


def plans(
    *claims: Claim, questions: dict[str, str] | None = None
) -> dict[str, PersonaPlan]:
    return plan_personas(
        pd.DataFrame(claims, columns=list(Claim._fields)),
        persona_ids=sorted({one.persona_id for one in claims}) or ["P01"],
        questions=questions or {},
        gap_questions=first_questions(),
        count_words=lambda one: len(say(one, ENGLISH, "USD").split()),
    )


def described(plan: PersonaPlan) -> dict[str, str]:
    sentences = render_description(plan, ENGLISH, "USD")
    return {
        part: " ".join(one.text for one in sentences if one.part == part)
        for part in PARTS
    }


def test_titles_take_the_strongest_claims_of_different_groups() -> None:
    plan = plans(
        claim("weekend_order_share", 0.9),
        claim("discount_share", 1.4),
        claim("evening_order_share", 1.2),
        claim("discounted_order_share", 1.3),
    )["P01"]
    assert render_title(plan, ENGLISH).text == "the evening bargain hunter"


def test_no_title_says_a_word_twice() -> None:
    plan = plans(
        claim("orders_per_year", 1.5, unit="count", value=9, baseline=3),
        claim("sessions_per_month", 1.4, unit="count", value=9, baseline=3),
        claim("discount_share", 0.3),
    )["P01"]
    words = render_title(plan, ENGLISH).text.split()
    assert len(words) == len(set(words)) > 2


def test_no_two_personas_have_one_title_or_one_summary() -> None:
    same = [
        claim(trait, effect, persona=persona)
        for persona in ("P01", "P02", "P03")
        for trait, effect in (
            ("discount_share", 1.5),
            ("evening_order_share", 1.2),
            ("store_order_share", 1.0),
            ("avg_items_per_order", 0.8),
        )
    ]
    found = plans(*same).values()
    assert len({render_title(one, ENGLISH).text for one in found}) == 3
    assert len({render_summary(one, ENGLISH).text for one in found}) == 3


def test_no_part_of_a_persona_has_the_title_of_another() -> None:
    def plan(persona: str, *others: PersonaPlan) -> PersonaPlan:
        rows = [
            claim(trait, effect, persona=persona)
            for trait, effect in (
                ("discount_share", 1.5),
                ("evening_order_share", 1.2),
                ("store_order_share", 1.0),
            )
        ]
        return plan_personas(
            pd.DataFrame(rows, columns=list(Claim._fields)),
            persona_ids=[persona],
            questions={},
            gap_questions=first_questions(),
            count_words=lambda one: 1,
            others=others,
        )[persona]

    first = plan("P01")
    second = plan("P02", first)
    third = plan("P03", first, second)
    found = {render_title(one, ENGLISH).text for one in (first, second, third)}
    assert len(found) == 3


def test_a_part_is_compared_with_its_persona_in_words() -> None:
    rows = [
        claim("discount_share", 1.5),
        claim("age", 0.1, part="demographics", unit="count", is_claim=False),
    ]
    plan = plan_personas(
        pd.DataFrame(rows, columns=list(Claim._fields)),
        persona_ids=["P01"],
        questions={},
        gap_questions=first_questions(),
        count_words=lambda one: 1,
        is_part=True,
    )["P01"]
    texts = [
        one.text
        for one in [
            *render_description(plan, ENGLISH, "USD"),
            *render_playbook(plan, ENGLISH, "USD"),
        ]
        if "customers" in one.text
    ]
    assert len(texts) == 3
    assert all("customers in the larger persona" in text for text in texts)


def test_what_surveys_tell_is_told_apart() -> None:
    def survey(persona: str, construct: str, effect: float) -> Claim:
        return claim(
            f"survey_{construct}",
            effect,
            persona=persona,
            part="psychographics",
            unit="score",
            value=80,
            baseline=50,
        )

    constructs = ("tradition", "advice", "loyalty", "family")
    found = plans(
        *(
            survey(persona, construct, effect - place / 10)
            for persona, effect in (("P01", 1.5), ("P02", 1.4))
            for place, construct in enumerate(constructs)
        ),
        survey("P03", "tradition", 0.5),
    )
    told = {
        persona: described(plan)["psychographics"].split(". ")[0]
        for persona, plan in found.items()
    }
    assert told["P01"].endswith("“tradition”, “advice”, and “loyalty”")
    assert told["P02"].endswith("“advice” and “family”")
    assert told["P03"].endswith("“tradition”"), "all there is, is told"
    leads = [plan.values[0].trait for plan in found.values()]
    assert leads == ["survey_tradition", "survey_advice", "survey_tradition"]


def test_with_little_known_all_of_it_is_told_in_120_words() -> None:
    plan = plans(
        claim("orders_per_year", 1.6, unit="count", value=4.7, baseline=2.0),
        claim("avg_item_price", 0.8, unit="money", value=45, baseline=32),
        claim("avg_order_value", 0.7, unit="money", value=45, baseline=32),
        claim(
            "avg_days_between_orders", -0.5, unit="days", value=85, baseline=111
        ),
    )["P01"]
    sentences = render_description(plan, ENGLISH, "USD")
    assert 120 <= sum(len(one.text.split()) for one in sentences) <= 200


def test_without_claims_nothing_is_made_up() -> None:
    plan = plans(claim("discount_share", 0.1, is_claim=False))["P01"]
    assert render_title(plan, ENGLISH).text == "the average customer"
    assert "Nothing that is known" in render_summary(plan, ENGLISH).text
    words = described(plan)
    assert words["behaviour"].startswith("As far as is known")
    assert words["goals"].startswith("Unknown. A survey could ask")
    assert set(plan.gaps) == set(PARTS) - {"behaviour"}
    assert render_playbook(plan, ENGLISH, "USD") == []


def test_every_part_has_a_question_that_would_tell() -> None:
    assert set(first_questions()) == set(PARTS)
    assert len({one.question_id for one in GAP_QUESTIONS}) == len(GAP_QUESTIONS)


@pytest.mark.parametrize(
    ("trait", "side", "value", "is_true"),
    [
        ("evening_order_share", HIGH, 0.7, True),
        ("evening_order_share", HIGH, 0.2, False),
        ("evening_order_share", LOW, 0.5, False),
        ("store_order_share", HIGH, 0.1, False),
        ("return_share", HIGH, 0.05, False),
        ("moon_phase", HIGH, 0.5, False),
    ],
)
def test_words_are_used_only_where_they_are_true(
    trait: str, side: str, value: float, is_true: bool
) -> None:
    assert (phrase_of(trait, side, value) is not None) == is_true


def test_a_minority_does_not_stand_for_the_persona() -> None:
    words = described(
        plans(
            claim("gender", 0.8, part="demographics", trait_value="female"),
            claim(
                "occupation",
                1.5,
                part="demographics",
                trait_value="student",
                value=0.2,
                baseline=0.02,
            ),
            claim(
                "language",
                1.5,
                part="demographics",
                trait_value="vi",
                value=0.4,
                baseline=0.02,
            ),
        )["P01"]
    )
    assert words["demographics"] == (
        "Compared with all customers (in brackets), 60% (30%) are women."
    )


def test_figures_that_round_alike_get_a_digit_more() -> None:
    row = claim("discount_share", 0.3, value=0.104, baseline=0.096)
    text = say(Planned("behaviour", "fact", (row,)), ENGLISH, "USD")
    assert "10.4%" in text
    assert "9.6%" in text


def test_money_and_points_are_written_as_such() -> None:
    price = claim(
        "avg_item_price", 0.8, value=95.4, baseline=41.2, unit="money"
    )
    assert "$95 for an item, against $41" in say(
        Planned("behaviour", "fact", (price,)), ENGLISH, "USD"
    )
    goal = claim("survey_save_money", 0.8, value=88, baseline=60, unit="score")
    assert "“save money” they score 88 of 100 points" in say(
        Planned("goals", "score", (goal,)), ENGLISH, "USD"
    )


def test_braces_in_the_data_are_only_words() -> None:
    row = claim(
        "survey_{value}",
        0.9,
        part="psychographics",
        unit="score",
        value=80,
        baseline=50,
    )
    words = described(plans(row)["P01"])
    assert "“{value}”" in words["psychographics"]


def test_advice_is_the_strongest_three_of_a_kind() -> None:
    advice = plans(
        *(
            claim(
                "category",
                effect,
                part="product",
                trait_value=name,
                statistic="mean",
            )
            for name, effect in zip(
                "abcde", (0.5, 0.9, 0.7, 1.2, 0.2), strict=True
            )
        )
    )["P01"].advice
    assert [one.claims[0].trait_value for one in advice] == ["d", "b", "c"]


def test_advice_does_not_contradict_the_discounts_they_take() -> None:
    low = claim("discount_share", -0.6, value=0.05)
    often = claim("discounted_order_share", 0.5, value=0.97)
    assert [one.template for one in plans(low)["P01"].advice] == [
        "no_discounts"
    ]
    assert [one.template for one in plans(low, often)["P01"].advice] == []


def test_every_trait_with_words_has_a_label_and_a_fact() -> None:
    for trait, _ in PHRASES:
        assert trait in LABELS
        assert trait in FACTS
    assert set(GROUPS) <= set(LABELS)
