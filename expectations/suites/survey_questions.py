"""What is expected of delivered survey questions."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    few_rows_where,
    in_set,
    not_null,
    unique_in_delivery,
)

SUITE = Suite(
    name="survey_questions",
    description="One row per question ever asked.",
    expectations=(
        not_null(
            "question_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="A question without a key joins no answer: map question_id.",
        ),
        unique_in_delivery(
            "question_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one question is kept: add "
            "the survey to the key where surveys number from 1.",
        ),
        all_values_fit_their_types(),
        in_set(
            "dimension",
            [
                "value",
                "interest",
                "attitude",
                "motivation",
                "lifestyle",
                "goal",
                "pain_point",
                "satisfaction",
                "background",
            ],
            reason="A question of unknown dimension appears on no card: "
            "decide its dimension in the staging model.",
        ),
        in_set(
            "answer_kind",
            ["number", "choice", "text"],
            reason="Answers of an unknown kind are not read: translate the "
            "kind in the staging model.",
        ),
        few_rows_where(
            "number_questions_have_a_scale",
            "answer_kind = 'number' and (scale_min is null "
            "or scale_max is null or scale_max <= scale_min)",
            out_of="answer_kind = 'number'",
            columns=["answer_kind", "scale_min", "scale_max"],
            severity=BLOCKING,
            at_most=0.1,
            reason="Without a scale an answer cannot be brought to 0-1 or "
            "turned round, so scores would be wrong: fill scale_min and "
            "scale_max (1 and 5, or 0 and 10 for NPS).",
        ),
        not_null(
            "construct",
            at_least=0.5,
            severity=WARNING,
            reason="Questions without a construct are read one by one and "
            "make weak traits: name what they measure together.",
        ),
    ),
)
