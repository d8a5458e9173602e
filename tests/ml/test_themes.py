"""Themes are what was planted, in words that people wrote."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sample_texts import SOURCES, texts_of
from sklearn.metrics import normalized_mutual_info_score

from ml.synthetic import generate
from ml.text_tokens import key_of, segments_of
from ml.themes import Themes, find_themes

PERSIAN = (
    ("سفارش من هنوز نرسیده است", "سفارش نرسیده، کجاست؟", "چرا سفارش نرسیده"),
    ("كیفیت کالا پایین بود", "کیفیت کالا خوب نیست", "از کیفیت کالا راضی نیستم"),
    ("کد تخفیف کار نمی‌کند", "کد تخفیف قبول نشد", "کد تخفيف من رد شد"),
)
VIETNAMESE = (
    ("Giao hàng chậm quá", "Giao hàng chậm ba ngày", "Sao giao hàng chậm thế"),
    ("Chất lượng kém", "Vải mỏng, chất lượng kém", "Chất lượng kém quá shop"),
    ("Mã giảm giá lỗi", "Mã giảm giá hết hạn", "Mã giảm giá không dùng được"),
)
ENGLISH = (
    ("My late delivery again", "A late delivery, sadly", "Late delivery!"),
    ("The coupon code fails", "Coupon code refused", "Is my coupon code bad?"),
    ("A broken zipper", "Broken zipper on day one", "My broken zipper hurts"),
)


def written(
    groups: tuple[tuple[str, ...], ...], size: int, *, seed: int = 0
) -> tuple[pd.DataFrame, pd.Series]:
    """Texts drawn from groups, and the group of each text_id."""
    rng = np.random.default_rng(seed)
    group = rng.integers(len(groups), size=size)
    frame = pd.DataFrame(
        {
            "text_id": [f"t{i:05d}" for i in range(size)],
            "customer_id": rng.integers(0, size, size),
            "source_entity": "support_tickets",
            "text": [
                groups[i][j]
                for i, j in zip(group, rng.integers(3, size=size), strict=True)
            ],
        }
    )
    return frame, pd.Series(group, index=frame["text_id"])


def drawn(
    size: int, n_themes: int, *, own: float = 0.5, seed: int = 0
) -> tuple[pd.DataFrame, pd.Series]:
    """Free texts: common words mixed with those of a theme (as in LDA)."""
    rng = np.random.default_rng(seed)
    pieces = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    words = np.array([a + b + c for a in pieces for b in pieces for c in "xy"])
    words = rng.permutation(words)[:4000]
    common = 1 / np.arange(1, 4001)
    theme_words = rng.choice(4000, (max(n_themes, 1), 25))
    odds = 1 / np.arange(1, 26) ** 0.7
    group = rng.integers(max(n_themes, 1), size=size)
    texts = []
    for theme in group:
        length = rng.integers(6, 40)
        of_theme = theme_words[theme][
            rng.choice(25, length, p=odds / odds.sum())
        ]
        others = rng.choice(4000, length, p=common / common.sum())
        is_own = rng.random(length) < (own if n_themes else 0)
        texts.append(" ".join(words[np.where(is_own, of_theme, others)]))
    frame = pd.DataFrame(
        {
            "text_id": [f"t{i:05d}" for i in range(size)],
            "customer_id": rng.integers(0, size, size),
            "source_entity": "reviews",
            "text": texts,
        }
    )
    return frame, pd.Series(group, index=frame["text_id"])


def purity(found: Themes, truth: pd.Series) -> float:
    table = pd.crosstab(
        found.members["theme_id"], found.members["text_id"].map(truth)
    )
    return float(table.max(axis=1).sum() / table.to_numpy().sum())


def same(first: Themes, second: Themes) -> None:
    pd.testing.assert_frame_equal(first.themes, second.themes)
    pd.testing.assert_frame_equal(first.members, second.members)


@pytest.fixture(scope="module")
def texts() -> pd.DataFrame:
    return texts_of(generate(5000, seed=7))


@pytest.fixture(scope="module")
def found(texts) -> Themes:
    return find_themes(texts)


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_planted_ticket_categories_are_found(seed):
    company = generate(5000, seed=seed)
    tickets = company.entities["support_tickets"].drop_duplicates("ticket_id")
    truth = pd.Series(
        tickets["category"].astype(str).to_numpy(),
        index="support_tickets-" + tickets["ticket_id"].astype(str),
    )
    texts = texts_of(company)
    found = find_themes(texts[texts["source_entity"] == "support_tickets"])
    planted = found.members["text_id"].map(truth)
    assert len(found.members) >= 0.7 * len(truth)
    assert purity(found, truth) >= 0.8
    assert (
        normalized_mutual_info_score(found.members["theme_id"], planted) >= 0.8
    )


def test_greetings_and_closings_are_no_themes(found):
    labels = " ".join(found.themes["theme_label"]).lower().split()
    greeting = {"dear", "madam", "thank", "help", "excellent", "disappointed"}
    assert greeting.isdisjoint(labels)


def test_every_source_gets_themes_that_read_well(found):
    themes = found.themes
    assert set(themes["source_entity"]) == set(SOURCES)
    assert themes["theme_id"].is_unique
    assert themes["theme_label"].str.split().str.len().between(1, 4).all()
    labels = set(themes["theme_label"])
    assert {"delivery days late", "send printed invoice"} <= labels
    assert {"live stream", "price drops"} <= labels
    assert (themes["count_texts"] >= 30).all()
    assert (
        found.members["theme_id"].value_counts().to_dict()
        == themes.set_index("theme_id")["count_texts"].to_dict()
    )


def test_labels_are_phrases_of_the_texts(found, texts):
    text = texts.set_index("text_id")["text"]
    for theme in found.themes.itertuples():
        words = {key_of(word) for word in theme.theme_label.split()}
        members = found.members[found.members["theme_id"] == theme.theme_id]
        holds = [
            words <= {key_of(w) for part in segments_of(t) for w in part}
            for t in text[members["text_id"]].unique()
        ]
        assert np.mean(holds) > 0.1


def test_row_order_does_not_matter(found, texts):
    same(found, find_themes(texts.sample(frac=1, random_state=1)))


def test_input_is_not_changed(texts):
    before = texts.copy()
    find_themes(texts)
    pd.testing.assert_frame_equal(texts, before)


def test_ids_return_next_month(found, texts):
    next_month = find_themes(texts.sample(frac=0.95, random_state=3))
    kept = found.themes["theme_id"].isin(next_month.themes["theme_id"])
    assert kept.mean() >= 0.9


@pytest.mark.parametrize(
    ("groups", "labels"),
    [
        (PERSIAN, {"سفارش نرسیده", "کیفیت کالا", "کد تخفیف"}),
        (VIETNAMESE, {"giao hàng chậm", "chất lượng kém", "mã giảm giá"}),
        (ENGLISH, {"late delivery", "coupon code", "broken zipper"}),
    ],
)
def test_labels_are_in_the_language_of_the_texts(groups, labels):
    frame, truth = written(groups, 300)
    found = find_themes(frame)
    words = {
        frozenset(key_of(word) for word in label.split())
        for label in found.themes["theme_label"]
    }
    for label in labels:
        expected = {key_of(word) for word in label.split()}
        assert any(len(expected & label) >= 2 for label in words)
    assert purity(found, truth) == 1.0
    assert len(found.members) >= 0.9 * len(frame)


def test_languages_in_one_sample_keep_apart():
    frame, truth = written(PERSIAN + VIETNAMESE + ENGLISH, 900)
    found = find_themes(frame)
    assert len(found.themes) == 9
    assert purity(found, truth) == 1.0


def test_spellings_of_a_persian_word_are_one_word():
    first, _ = written(
        (("کيفيت كالا بد", "کیفیت کالا بد", "كیفیت کالا بد"),), 1
    )
    keys = {
        tuple(key_of(w) for part in segments_of(t) for w in part)
        for t in ("کيفيت كالا", "کیفیت کالا", "کِیفیت کالا")
    }
    assert len(first) == 1
    assert keys == {("کیفیت", "کالا")}
    assert key_of("می‌شود") == key_of("میشود")
    assert key_of("Hàng") == key_of("Hàng".upper()) == key_of("ha\u0300ng")


@pytest.mark.parametrize("n_themes", [5, 12])
def test_the_number_of_themes_comes_from_the_data(n_themes):
    frame, truth = drawn(3000, n_themes, seed=n_themes)
    found = find_themes(frame)
    assert abs(len(found.themes) - n_themes) <= 1
    assert purity(found, truth) >= 0.95
    assert len(found.members) >= 0.8 * len(frame)


@pytest.mark.parametrize("seed", range(2))
def test_random_words_are_no_themes(seed):
    frame, _ = drawn(1000, 0, seed=seed)
    found = find_themes(frame)
    assert found.themes.empty
    assert found.members.empty


def test_themes_of_few_customers_are_not_told():
    frame, _ = written(ENGLISH, 300)
    frame["customer_id"] = frame["customer_id"] % 10
    assert find_themes(frame).themes.empty


@pytest.mark.parametrize("size", [0, 1, 20, 59])
def test_little_text_gives_no_theme(size):
    frame, _ = written(ENGLISH, max(size, 1))
    found = find_themes(frame.head(size))
    assert found.themes.empty
    assert found.members.empty
    assert list(found.themes.columns)[:2] == ["theme_id", "source_entity"]


def test_texts_without_words_or_customer_do_no_harm():
    frame, _ = written(ENGLISH, 300)
    odd = pd.DataFrame(
        {
            "text_id": [f"odd{i}" for i in range(5)],
            "customer_id": [None, 1, 2, 3, None],
            "source_entity": "support_tickets",
            "text": ["😍😍", None, "12345", "...", "the a of"],
        }
    )
    found = find_themes(pd.concat([frame, odd], ignore_index=True))
    assert not found.members["text_id"].str.startswith("odd").any()
    assert len(found.themes) == 3


def test_repeated_ids_and_missing_columns_are_refused():
    frame, _ = written(ENGLISH, 40)
    with pytest.raises(ValueError, match="text_id"):
        find_themes(pd.concat([frame, frame]))
    with pytest.raises(ValueError, match="customer_id"):
        find_themes(frame.drop(columns="customer_id"))
