"""Verbatims are typical, short, different, and about nobody."""

from __future__ import annotations

import pandas as pd
import pytest
from sample_texts import texts_of

from ml.masking import is_clean
from ml.synthetic import generate, planted_personas_today
from ml.themes import Themes, find_themes
from ml.verbatims import choose_mottos, examples


@pytest.fixture(scope="module")
def company():
    return generate(5000, seed=7)


@pytest.fixture(scope="module")
def texts(company) -> pd.DataFrame:
    return texts_of(company)


@pytest.fixture(scope="module")
def persona_of(company) -> pd.DataFrame:
    planted = planted_personas_today(company)
    return pd.DataFrame(
        {
            "customer_id": planted["customer_id"].astype("Int64"),
            "persona_id": planted["persona"].astype(str),
        }
    )


def one_theme(said: list[str], top_words: str = "delivery, late") -> Themes:
    members = pd.DataFrame(
        {
            "text_id": [f"t{i:02d}" for i in range(len(said))],
            "customer_id": range(len(said)),
            "theme_id": "support_tickets.late_delivery",
            "weight": [0.9 - 0.01 * i for i in range(len(said))],
        }
    )
    themes = pd.DataFrame(
        {
            "theme_id": ["support_tickets.late_delivery"],
            "source_entity": ["support_tickets"],
            "theme_label": ["late delivery"],
            "top_words": [top_words],
            "count_texts": [len(said)],
        }
    )
    return Themes(themes, members)


def shown(said: list[str], **options) -> list[str]:
    themes = one_theme(said)
    texts = themes.members[["text_id"]].assign(text=said)
    persona_of = pd.DataFrame(
        {"customer_id": range(len(said)), "persona_id": "P01"}
    )
    return examples(texts, themes, persona_of, **options)["verbatim"].tolist()


def test_examples_of_the_sample_company(texts, persona_of):
    themes = find_themes(texts)
    found = examples(texts, themes, persona_of)
    assert found["verbatim"].str.len().le(160).all()
    assert found["verbatim"].map(is_clean).all()
    assert found.groupby(["persona_id", "theme_id"])["place"].max().le(3).all()
    assert found["persona_id"].nunique() == persona_of["persona_id"].nunique()
    said = found.merge(themes.members, on=["text_id", "theme_id"])
    said = said.merge(persona_of, on="customer_id")
    assert len(said) == len(found)
    assert (said["persona_id_x"] == said["persona_id_y"]).all()
    assert not said.duplicated(
        ["persona_id_x", "theme_id", "customer_id"]
    ).any()


def test_order_of_rows_does_not_matter(texts, persona_of):
    themes = find_themes(texts)
    shuffled = texts.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        examples(texts, themes, persona_of),
        examples(shuffled, themes, persona_of),
    )
    pd.testing.assert_frame_equal(
        choose_mottos(texts, persona_of), choose_mottos(shuffled, persona_of)
    )


def test_the_closest_to_the_theme_come_first_and_differ():
    assert shown(
        [
            "my delivery is late again",
            "my delivery is late again!",
            "again my delivery is late",
            "nobody tells me when it comes",
        ]
    ) == ["my delivery is late again", "nobody tells me when it comes"]


def test_examples_are_masked_and_doubts_left_out():
    assert shown(
        [
            "my delivery is late, call me at 0170 1234567 please today",
            "the driver Kowalski was late with my delivery",
            "my name is Anna",
            "anna waits for her late delivery since monday",
        ],
        names=["Anna Lee"],
    ) == [
        "my delivery is late, call me at [number] please today",
        "[name] waits for her late delivery since monday",
    ]


def test_long_texts_are_cut_at_a_sentence_near_the_theme():
    filler = "the weather was fine and so was the rest of the week for us. "
    found = shown([filler * 3 + "but my delivery is late. " + filler * 3])
    assert found[0].startswith("but my delivery is late.")
    assert found[0].endswith(".")
    assert len(found[0]) <= 160


def test_a_long_sentence_is_cut_at_a_word():
    found = shown(["late delivery " + "again " * 60])
    assert found[0].endswith("again…")
    assert len(found[0]) <= 160


def test_no_themes_no_examples():
    empty = find_themes(
        pd.DataFrame(
            {c: [] for c in ("text_id", "customer_id", "source_entity", "text")}
        )
    )
    none = pd.DataFrame({"text_id": ["t"], "text": ["x"]})
    persona_of = pd.DataFrame({"customer_id": [1], "persona_id": ["P01"]})
    found = examples(none, empty, persona_of)
    assert found.empty
    assert next(iter(found.columns)) == "persona_id"


def test_each_persona_has_its_own_motto(texts, persona_of):
    found = choose_mottos(texts, persona_of)
    assert len(found) == persona_of["persona_id"].nunique()
    assert found["verbatim"].is_unique
    assert found["verbatim"].str.split().str.len().between(4, 14).all()
    assert set(found["source_entity"]) <= {
        "survey_responses",
        "social_interactions",
        "reviews",
    }
    said = found.merge(texts, on="text_id").merge(persona_of, on="customer_id")
    assert (said["persona_id_x"] == said["persona_id_y"]).all()
    whole = [
        v in t for v, t in zip(said["verbatim"], said["text"], strict=True)
    ]
    assert all(whole)


def mottos(said: dict[str, list[str]]) -> dict[str, str]:
    rows = [
        (persona_id, sentence)
        for persona_id, sentences in said.items()
        for sentence in sentences
    ]
    texts = pd.DataFrame(rows, columns=["persona_id", "text"])
    texts["text_id"] = [f"t{i:03d}" for i in range(len(texts))]
    texts["customer_id"] = range(len(texts))
    texts["source_entity"] = "survey_responses"
    found = choose_mottos(
        texts[["text_id", "customer_id", "source_entity", "text"]],
        texts[["customer_id", "persona_id"]],
    )
    return dict(zip(found["persona_id"], found["verbatim"], strict=True))


def test_a_motto_is_typical_and_no_insult():
    assert mottos(
        {
            "P01": ["I buy when it is cheap."] * 20
            + ["You are idiots and cheap liars."] * 40
            + ["It is what it is."] * 20,
            "P02": ["I love a slow evening."] * 20 + ["It is what it is."] * 20,
        }
    ) == {"P01": "I buy when it is cheap.", "P02": "I love a slow evening."}


def test_a_motto_names_nobody():
    assert (
        mottos({"P01": ["I always ask for Kowalski."] * 20, "P02": ["x"] * 20})
        == {}
    )


def test_a_persona_that_says_nothing_of_its_own_has_no_motto():
    assert mottos({"P01": ["I like this shop."] * 9, "P02": ["Ok."] * 0}) == {}
