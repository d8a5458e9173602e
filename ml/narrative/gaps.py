"""What is not known, and the question of a survey that would tell.

The questions are short, ready to be asked, and worded so that their answers can
be delivered as ``survey_questions`` and ``survey_responses``.
"""

from __future__ import annotations

from typing import NamedTuple


class GapQuestion(NamedTuple):
    """A question with the columns of ``survey_questions`` it needs."""

    question_id: str
    part: str
    question: str
    answer_kind: str
    options: tuple[str, ...]
    dimension: str
    construct: str


GAP_QUESTIONS: tuple[GapQuestion, ...] = (
    GapQuestion(
        "ask_age",
        "demographics",
        "How old are you?",
        "choice",
        (
            "under 18",
            "18 to 24",
            "25 to 34",
            "35 to 44",
            "45 to 54",
            "55 to 64",
            "65 to 74",
            "75 or more",
        ),
        "background",
        "age",
    ),
    GapQuestion(
        "ask_gender",
        "demographics",
        "How do you describe your gender?",
        "choice",
        ("a woman", "a man", "in another way", "I prefer not to say"),
        "background",
        "gender",
    ),
    GapQuestion(
        "ask_values",
        "psychographics",
        "What matters most to you when you shop?",
        "choice",
        (
            "a low price",
            "good quality",
            "little effort",
            "pleasure",
            "sustainability",
            "good advice",
        ),
        "motivation",
        "shopping_motivation",
    ),
    GapQuestion(
        "ask_behaviour",
        "behaviour",
        "How often do you buy from us?",
        "choice",
        ("every week", "every month", "a few times a year", "less often"),
        "lifestyle",
        "buying_frequency",
    ),
    GapQuestion(
        "ask_goals",
        "goals",
        "What do you want to achieve with what you buy from us?",
        "text",
        (),
        "goal",
        "goal_in_own_words",
    ),
    GapQuestion(
        "ask_pain_points",
        "pain_points",
        "What annoys you most when you shop with us?",
        "choice",
        (
            "delivery takes too long",
            "the price",
            "finding the right product",
            "sending things back",
            "reaching somebody",
            "nothing",
        ),
        "pain_point",
        "main_annoyance",
    ),
    GapQuestion(
        "ask_background",
        "background",
        "Who lives in your household?",
        "choice",
        (
            "only me",
            "me and a partner",
            "a family with children",
            "several adults",
        ),
        "background",
        "household",
    ),
)

REASON = "Nothing that was delivered tells it."


def first_questions() -> dict[str, str]:
    """Return the first question of each part."""
    found: dict[str, str] = {}
    for gap in GAP_QUESTIONS:
        found.setdefault(gap.part, gap.question)
    return found
