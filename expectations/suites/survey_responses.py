"""What is expected of delivered survey answers."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    few_rows_where,
    not_null,
    refers_to,
    unique_in_delivery,
)

SUITE = Suite(
    name="survey_responses",
    description="One row per answer of one person to one question.",
    expectations=(
        not_null(
            "response_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="Answers without a key are set aside: build it from "
            "respondent and question.",
        ),
        unique_in_delivery(
            "response_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one answer is kept: "
            "response_id is the respondent's; add the question.",
        ),
        not_null(
            "question_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="An answer to an unknown question means nothing: map "
            "question_id.",
        ),
        refers_to(
            "survey_questions",
            "question_id",
            severity=BLOCKING,
            is_needed=True,
            reason="Answers to questions that were not delivered are set "
            "aside: deliver the question list of the same survey.",
        ),
        all_values_fit_their_types(),
        few_rows_where(
            "answers_are_within_the_scale",
            "answer_number is not null and exists (select 1 "
            "from {survey_questions} where known_question_id = question_id "
            "and (answer_number < known_scale_min "
            "or answer_number > known_scale_max))",
            out_of="answer_number is not null",
            columns=["answer_number", "question_id"],
            at_most=0.05,
            severity=BLOCKING,
            siblings={
                "survey_questions": ("question_id", "scale_min", "scale_max")
            },
            reason="Answers outside their scale distort every score of the "
            "construct: 99 mostly means no answer, to be delivered empty; "
            "otherwise mend scale_min and scale_max.",
        ),
        few_rows_where(
            "rows_hold_an_answer",
            "answer_number is null and answer_choice is null "
            "and answer_text is null",
            columns=["answer_number", "answer_choice", "answer_text"],
            at_most=0.5,
            reason="Rows without an answer say nothing: map answer_number, "
            "answer_choice or answer_text by the question's kind.",
        ),
        not_null(
            "customer_id",
            at_least=0.3,
            severity=WARNING,
            reason="Anonymous answers describe nobody's persona: send "
            "surveys with a personal link, and map the person.",
        ),
        refers_to(
            "customers",
            "customer_id",
            reason="Answers of unknown customers join nothing: check that "
            "both systems use the same id.",
        ),
    ),
)
