"""Survey questions and answers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.synthetic import phrases
from ml.synthetic.draws import (
    DAY,
    Calendar,
    nullable,
    pick,
    second_of_day,
    words,
)
from ml.synthetic.people import People
from ml.synthetic.plans import COUNT, NAMES, Array, as_odds, values
from ml.synthetic.survey_plan import (
    CHOICES,
    CONSTRUCTS,
    CSAT_QUESTION,
    NPS_QUESTION,
    OPEN_QUESTION,
)
from ml.synthetic.voices import in_foreign

HIGHEST_PANEL = 40_000


def questions_frame() -> pd.DataFrame:
    """Return every question: Likert items, choices, NPS, CSAT, open text."""
    rows: list[tuple[str, str, str, str, str, float, float, bool]] = []
    for construct in CONSTRUCTS:
        for item in construct.items:
            rows.append(
                (
                    "profile",
                    item.removeprefix("~"),
                    construct.dimension,
                    construct.name,
                    "number",
                    1.0,
                    5.0,
                    item.startswith("~"),
                )
            )
    none = float("nan")
    for name, (text, _, _) in CHOICES.items():
        rows.append(
            ("profile", text, "background", name, "choice", none, none, False)
        )
    rows += [
        (
            *("profile", OPEN_QUESTION, "goal", "open_wish", "text"),
            *(none, none, False),
        ),
        (
            *("relationship", NPS_QUESTION, "satisfaction", "nps", "number"),
            *(0.0, 10.0, False),
        ),
        (
            *("relationship", CSAT_QUESTION, "satisfaction", "csat", "number"),
            *(1.0, 5.0, False),
        ),
    ]
    columns = [
        *("survey_id", "question_text", "dimension", "construct"),
        *("answer_kind", "scale_min", "scale_max", "is_reverse_coded"),
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(
        0, "question_id", [f"Q{place + 1:03d}" for place in range(len(frame))]
    )
    texts = [*columns[:5], "question_id"]
    return frame.astype(dict.fromkeys(texts, "category"))


def responses_frame(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    questions: pd.DataFrame,
) -> pd.DataFrame:
    """Return survey answers: a profile once, NPS and CSAT in three waves."""
    persona = people.persona_at(calendar.days)
    share = min(0.25, HIGHEST_PANEL / people.count)
    asked = np.flatnonzero(
        (rng.random(people.count) < share) & (people.joined_day < calendar.days)
    )
    span = people.end - people.begin
    when = people.begin[asked] + (
        (0.5 + 0.5 * rng.random(len(asked))) * span[asked]
    )
    day = np.minimum(when.astype(np.int64), calendar.days - 1)
    day = np.maximum(day, people.begin[asked])
    second = day * DAY + second_of_day(rng, rng.random(len(asked)) < 0.4)
    second = np.maximum(second, people.registered[asked] + 60)
    second = np.minimum(second, calendar.days * DAY - 1)

    items = [
        (construct, item)
        for construct in CONSTRUCTS
        for item in construct.items
    ]
    choices = list(CHOICES.values())
    choice_words = [word for _, options, _ in choices for word in options]
    parts: list[tuple[Array, int, Array, Array, Array, Array]] = []
    trait: Array = np.zeros(len(asked))
    last = None
    for place in range(len(questions)):
        rows = np.flatnonzero(rng.random(len(asked)) < 0.96)
        number = np.full(len(rows), np.nan)
        choice = np.full(len(rows), -1)
        text = np.full(len(rows), -1)
        at = second
        group = persona[asked]
        if place < len(items):
            construct, item = items[place]
            if construct is not last:
                trait = rng.normal(np.array(construct.means)[group], 0.6)
                last = construct
            score = np.clip(
                np.round(trait + rng.normal(0, 0.5, len(trait))), 1, 5
            )
            number = (6 - score if item.startswith("~") else score)[rows]
        elif place < len(items) + len(choices):
            before = place - len(items)
            offset = sum(len(option[1]) for option in choices[:before])
            table = as_odds(choices[before][2])
            choice = offset + pick(rng, table, group[rows]).astype(np.int64)
        elif place == len(items) + len(choices):
            rows = rows[rng.random(len(rows)) < 0.5]
            number = np.full(len(rows), np.nan)
            choice = np.full(len(rows), -1)
            text, bank = _wishes(rng, people, asked[rows], group[rows])
        else:
            break
        parts.append((asked[rows], place, at[rows], number, choice, text))
    for wave in range(3):
        for place, mean, high in (
            (len(questions) - 2, values("nps"), 10),
            (len(questions) - 1, values("rating"), 5),
        ):
            first = int(calendar.month_starts[-1 - 8 * (wave + 1)])
            active = np.flatnonzero(
                (people.begin < first)
                & (people.end > first)
                & (rng.random(people.count) < 0.6 * share)
            )
            group = people.persona_at(first)[active]
            spread = 1.9 if high == 10 else 0.8
            score = np.round(rng.normal(mean[group], spread))
            low = 0 if high == 10 else 1
            at = first * DAY + rng.integers(0, 12 * DAY, len(active))
            none = np.full(len(active), -1)
            number = np.clip(score, low, high)
            parts.append((active, place, at, number, none, none))
    question = np.repeat(
        [part[1] for part in parts], [len(part[0]) for part in parts]
    )
    count = len(question)
    ids = list(questions["question_id"].astype(str))
    return pd.DataFrame(
        {
            "response_id": np.arange(1, count + 1),
            "question_id": words(question, ids),
            "customer_id": nullable(np.concatenate([p[0] for p in parts]) + 1),
            "answered_at": calendar.times(
                np.concatenate([p[2] for p in parts])
            ),
            "answer_number": np.concatenate([p[3] for p in parts]),
            "answer_choice": words(
                np.concatenate([p[4] for p in parts]), choice_words
            ),
            "answer_text": words(np.concatenate([p[5] for p in parts]), bank),
        }
    )


def _wishes(
    rng: np.random.Generator, people: People, customer: Array, persona: Array
) -> tuple[Array, list[str]]:
    """Draw answers to the open question."""
    bank = [wish for name in NAMES for wish in phrases.VOICE[name][3]]
    per_persona = len(bank) // COUNT
    text = persona.astype(np.int64) * per_persona
    text += rng.integers(0, per_persona, len(persona))
    return in_foreign(
        rng, people.language[customer], text, bank, phrases.FOREIGN_WISHES
    )
