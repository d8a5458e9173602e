"""Texts become claims like all others, or nothing where nobody writes."""

from __future__ import annotations

import pandas as pd

from ml.evidence import SUM_COLUMNS, judge_claims
from ml.voices import THEME_COLUMNS, Voices, listen, themes_frame

LATE = "My delivery is late again, where is the parcel?"
SIZE = "The size chart is wrong, the jacket does not fit."


def written(lates: int, sizes: int, first: int = 0) -> pd.DataFrame:
    texts = [LATE] * lates + [SIZE] * sizes
    return pd.DataFrame(
        {
            "text_id": [f"t{first + place}" for place in range(len(texts))],
            "customer_id": [f"c{first + place}" for place in range(len(texts))],
            "source_entity": "support_tickets",
            "text": [f"{text} Order {n % 7}." for n, text in enumerate(texts)],
        }
    )


def heard(labels: dict[str, str] | None = None) -> Voices:
    first, second = written(80, 20), written(20, 80, first=100)
    texts = pd.concat([first, second], ignore_index=True)
    members = pd.DataFrame(
        {
            "customer_id": texts["customer_id"],
            "persona_id": ["P01"] * 100 + ["P02"] * 100,
            "parent_persona_id": None,
        }
    )
    return listen(
        texts,
        members,
        {"P01": 200, "P02": 200},
        names=[],
        labels=labels or {},
    )


def test_themes_are_counted_per_persona_and_judged_as_claims() -> None:
    voices = heard()
    assert len(voices.themes) == 2
    claims = judge_claims(voices.sums)
    assert set(claims["trait"]) == {"theme_support_tickets"}
    assert set(claims["part"]) == {"pain_points"}
    assert claims["is_claim"].all()
    assert (claims["known_share"] == 0.5).all()
    late = voices.themes["theme_label"].str.contains("late|delivery|parcel")
    label = voices.themes.loc[late, "theme_label"].iloc[0]
    values = claims[claims["trait_value"] == label].set_index("persona_id")
    assert values.loc["P01", "persona_value"] == 0.8
    assert values.loc["P02", "persona_value"] == 0.2
    frame = themes_frame(voices, claims)
    assert list(frame.columns) == THEME_COLUMNS
    assert len(frame) == 4
    assert frame["example_1"].notna().all()


def test_people_rename_themes_and_one_label_is_one_theme() -> None:
    ids = heard().themes["theme_id"]
    voices = heard(dict.fromkeys(ids, "trouble"))
    assert voices.themes["theme_label"].tolist() == ["trouble"]
    assert (voices.sums["sum_value"] == voices.sums["count_known"]).all()


def test_without_texts_there_is_nothing_and_no_error() -> None:
    texts = written(0, 0)
    members = pd.DataFrame(
        columns=["customer_id", "persona_id", "parent_persona_id"]
    )
    voices = listen(texts, members, {}, names=[], labels={})
    assert voices.sums.empty
    assert list(voices.sums.columns) == SUM_COLUMNS
    assert voices.mottos.empty
    frame = themes_frame(voices, pd.DataFrame(columns=["trait"]))
    assert frame.empty
    assert list(frame.columns) == THEME_COLUMNS
