"""Every message the portrait in words can use, for the catalogues."""

from __future__ import annotations

from ml.narrative.examples import MESSAGES as EXAMPLES
from ml.narrative.gaps import GAP_QUESTIONS, REASON
from ml.narrative.phrases import (
    COMMON_VALUES,
    FACTS,
    LABELS,
    PHRASES,
    SHARES,
    VALUES,
)
from ml.narrative.templates import (
    ADVICE,
    ORDER_CHANNELS,
    PARTS,
    QUOTED,
    SENTENCES,
    SUMMARY,
    SUMMARY_NOTHING,
    SUMMARY_WITH_VALUES,
    TITLE,
    TITLE_NOTHING,
    TITLE_NOUN_ONLY,
    WITHIN,
)


def messages() -> list[tuple[str, str]]:
    """Return every message with its context: (context, message)."""
    phrases = PHRASES.values()
    found = {
        "title": [TITLE, TITLE_NOUN_ONLY, TITLE_NOTHING],
        "noun": [one.noun for one in phrases if one.noun],
        "modifier": [one.modifier for one in phrases if one.modifier],
        "clause": [one.clause for one in phrases],
        "fact": list(FACTS.values()),
        "share": list(SHARES.values()),
        "trait": [*LABELS.values(), "{label} ({value} against {baseline})"],
        "value": [*VALUES.values(), *COMMON_VALUES],
        "sentence": [
            *SENTENCES.values(),
            QUOTED,
            WITHIN,
            SUMMARY,
            SUMMARY_WITH_VALUES,
            SUMMARY_NOTHING,
        ],
        "advice": [
            *(message for _, message in ADVICE.values()),
            *ORDER_CHANNELS.values(),
        ],
        "question": [
            *(gap.question for gap in GAP_QUESTIONS),
            *(option for gap in GAP_QUESTIONS for option in gap.options),
            REASON,
        ],
        "part": list(PARTS.values()),
        "example": list(EXAMPLES),
    }
    return [
        (context, message)
        for context, texts in found.items()
        for message in dict.fromkeys(texts)
    ]
