"""What customers said, in their own words, without themselves.

A verbatim is a masked text, or a part of one, that holds nothing that could
identify (`ml.masking`); one that leaves a doubt is left out, because there are
others. Examples show a theme to somebody who reads about a persona: close to
the theme, short, from different customers, not the same thing thrice. A motto
is the sentence that a persona says and the others do not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import numpy as np
import pandas as pd

from ml.masking import is_clean, mask, mask_names
from ml.text_tokens import (
    STOP_WORDS,
    composed,
    key_of,
    language_of,
    segments_of,
)
from ml.themes import Themes

EXAMPLE_COLUMNS = (*("persona_id", "theme_id", "place", "text_id", "verbatim"),)
MOTTO_COLUMNS = ("persona_id", "text_id", "verbatim", "source_entity")
LONGEST = 160  # characters of a verbatim
SHORTEST = 3  # words of a verbatim
CANDIDATES = 20  # texts per example that are masked
ALIKE = 0.5  # Jaccard of the words of two examples that are one
MASKED = 0.25  # share of masks among the words, less than
MOTTO_WORDS = (4, 14)
MOTTO_SOURCES = {
    "survey_responses": 1.0,
    "social_interactions": 0.8,
    "reviews": 0.4,
}
"""Where mottos come from, and what that counts; a complaint is no motto."""

VOICE = 1.5  # times for the first person and for requests
DOUBT = 5.0  # customers added to each side, so that rare words prove little
_MASK = re.compile(r"\[(?:name|email|number|link|address|date)\]")
_SENTENCE = re.compile(r"[^.!?؟…\n]+[.!?؟…]*[^\w\s\[]*")


def _keys(words: str) -> frozenset[str]:
    return frozenset(key_of(word) for word in words.split())


_FIRST_PERSON = _keys(
    "i i'm i've i'd i'll my me mine we our us let "
    "من ما خودم خودمان برام برایم "
    "tôi mình em con chúng"
)
_REQUESTS = _keys(
    "add answer ask bring buy call choose deliver do don't find fix get give "
    "go help hold keep let listen look make never offer open pay please put "
    "save send show speak stay stop take talk tell treat trust try turn use "
    "wait "
    "لطفا بگذارید بدهید کنید باشید نکنید "
    "cho hãy mong cần xin đừng"
)
"""Words a request begins with (in Persian: ends with)."""

_INSULTS = _keys(
    "awful bastard bastards bullshit crap crooks damn disgusting dumb fraud "
    "fuck fucking garbage hate horrible idiot idiots joke liar liars lying "
    "moron morons pathetic ridiculous robbers rubbish scam scammers shame shit "
    "stupid sucks terrible thieves trash useless worst cheat cheaters "
    "دزد دزدها کلاهبردار کلاهبرداری احمق بی‌شعور مزخرف افتضاح دروغگو آشغال "
    "بدترین متنفرم مسخره شیاد خجالت "
    "ngu lừa đảo rác chửi khốn đểu tệ ghét"
)


def examples(
    texts: pd.DataFrame,
    themes: Themes,
    persona_of: pd.DataFrame,
    *,
    names: Collection[str] = (),
    count: int = 3,
) -> pd.DataFrame:
    """Choose typical masked verbatims per persona and theme.

    Parameters
    ----------
    texts : DataFrame
        ``text_id``, ``text``; raw or masked.
    themes : Themes
        As `ml.themes.find_themes` returns them.
    persona_of : DataFrame
        ``customer_id``, ``persona_id``; one row per customer.
    names : collection of str
        Known names of customers, to be masked.
    count : int
        Most examples per persona and theme.

    Returns
    -------
    DataFrame
        ``persona_id``, ``theme_id``, ``place`` (1 is the closest to the
        theme), ``text_id``, ``verbatim`` (at most 160 characters). Sorted,
        whatever the order of the rows.
    """
    said = (
        themes.members.merge(persona_of, on="customer_id")
        .dropna(subset=["persona_id"])
        .merge(texts[["text_id", "text"]], on="text_id")
        .merge(themes.themes[["theme_id", "top_words"]], on="theme_id")
    )
    said = said.assign(
        nearness=-said["weight"].astype(float).round(3),
        length=said["text"].str.len(),
    ).sort_values(["nearness", "length", "text_id"])
    # One text per customer, and the same text once, before any is masked.
    group = ["persona_id", "theme_id"]
    for column in ("customer_id", "text"):
        said = said.drop_duplicates([*group, column])
    if said.empty:
        return pd.DataFrame(columns=list(EXAMPLE_COLUMNS))
    said = said.groupby(group).head(CANDIDATES * count)
    said = said.assign(masked=_masked(said["text"], names))
    rows = [
        (*key, place, text_id, verbatim)
        for key, rows in said.groupby(group)
        for place, (text_id, verbatim) in enumerate(
            _unlike(_verbatims(rows), count), start=1
        )
    ]
    return pd.DataFrame(rows, columns=list(EXAMPLE_COLUMNS))


def choose_mottos(
    texts: pd.DataFrame,
    persona_of: pd.DataFrame,
    *,
    names: Collection[str] = (),
) -> pd.DataFrame:
    """Choose for each persona a sentence of its own, where there is one.

    A motto is a whole sentence of 4 to 14 words without masks or insults, in
    the language most texts of the persona are in. It is the better, the more
    its words are the persona's (mean logarithm of how much more of its
    customers use them than of all others); survey answers count more than
    social posts, these more than reviews; the first person and requests count
    half as much again. No two personas get the same sentence.

    Parameters
    ----------
    texts : DataFrame
        ``text_id``, ``customer_id``, ``source_entity``, ``text``; raw or
        masked. Support tickets are passed over: a complaint is no motto.
    persona_of : DataFrame
        ``customer_id``, ``persona_id``; one row per customer.
    names : collection of str
        Known names of customers, to be masked.

    Returns
    -------
    DataFrame
        ``persona_id``, ``text_id``, ``verbatim``, ``source_entity``; no row
        for a persona without a motto.
    """
    said = texts[texts["source_entity"].isin(list(MOTTO_SOURCES))]
    said = said.merge(persona_of, on="customer_id").dropna(
        subset=["persona_id", "text"]
    )
    if said.empty:
        return pd.DataFrame(columns=list(MOTTO_COLUMNS))
    said = said.sort_values("text_id", ignore_index=True)
    sentences = _sentences(said)
    ranked = sentences.assign(score=_scores(sentences, said)).sort_values(
        ["score", "verbatim", "persona_id", "text_id"],
        ascending=[False, True, True, True],
    )
    rows: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for row in ranked[ranked["score"] > 0].to_dict("records"):
        if row["persona_id"] in rows or row["said"] in taken:
            continue
        verbatim = row["verbatim"]
        masked = _masked(pd.Series([verbatim]), names).iloc[0]
        if masked == composed(verbatim) and is_clean(masked):
            taken.add(row["said"])
            rows[row["persona_id"]] = tuple(row[c] for c in MOTTO_COLUMNS)
    found = pd.DataFrame(list(rows.values()), columns=list(MOTTO_COLUMNS))
    return found.sort_values("persona_id", ignore_index=True)


def _masked(texts: pd.Series, names: Collection[str]) -> pd.Series:
    return mask_names(texts.astype("object").map(mask), names)


# Examples


def _verbatims(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield texts that may be shown, cut to what the theme is about."""
    for text_id, masked, top_words in zip(
        rows["text_id"], rows["masked"], rows["top_words"], strict=True
    ):
        verbatim = _cut(" ".join(masked.split()), _keys(top_words))
        n_masks = len(_MASK.findall(verbatim))
        if (
            len(_words(verbatim)) >= SHORTEST
            and n_masks < MASKED * len(verbatim.split())
            and is_clean(verbatim)
        ):
            yield text_id, verbatim


def _cut(text: str, top_words: frozenset[str]) -> str:
    """Return at most 160 characters, whole sentences where there are some.

    They begin with the sentence that has most words of the theme.
    """
    if len(text) <= LONGEST:
        return text
    sentences = _sentences_of(text)
    held = [len(top_words & set(_words(part))) for part in sentences]
    sentences = sentences[int(np.argmax(held or [0])) :] or [text]
    cut: str = sentences[0]
    for sentence in sentences[1:]:
        if len(cut) + 1 + len(sentence) > LONGEST:
            break
        cut = f"{cut} {sentence}"
    if len(cut) <= LONGEST:
        return cut
    return cut[:LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:،؛") + "…"


def _sentences_of(text: str) -> list[str]:
    return [str(part).strip() for part in _SENTENCE.findall(text)]


def _unlike(
    verbatims: Iterable[tuple[str, str]], count: int
) -> list[tuple[str, str]]:
    """Return the first verbatims that are not nearly the same."""
    kept: list[tuple[str, str]] = []
    held: list[set[str]] = []
    for text_id, verbatim in verbatims:
        words = set(_words(verbatim))
        if all(
            len(words & other) < ALIKE * len(words | other) for other in held
        ):
            kept.append((text_id, verbatim))
            held.append(words)
        if len(kept) == count:
            break
    return kept


def _words(text: str) -> list[str]:
    return [key_of(word) for part in segments_of(text) for word in part]


# Mottos


def _sentences(said: pd.DataFrame) -> pd.DataFrame:
    """Return the sentences that could be mottos, one row per persona."""
    by_persona = said.assign(language=said["text"].map(language_of))
    language = by_persona.groupby("persona_id")["language"].agg(
        lambda values: values.mode().iloc[0]
    )
    found = by_persona[["persona_id", "text_id", "source_entity", "text"]]
    found = found.drop_duplicates(["persona_id", "source_entity", "text"])
    found = found.assign(verbatim=found["text"].map(_sentences_of)).explode(
        "verbatim", ignore_index=True
    )
    found = found.dropna(subset=["verbatim"])
    found = found.assign(
        words=found["verbatim"].map(_words),
        language=found["verbatim"].map(language_of),
    )
    found["said"] = found["words"].map(" ".join)
    is_usable = found["words"].map(_may_be_motto) & (
        found["language"] == found["persona_id"].map(language)
    )
    found["weight"] = found["source_entity"].astype(str).map(MOTTO_SOURCES)
    return (
        found[is_usable]
        .sort_values(["weight", "text_id"], ascending=[False, True])
        .drop_duplicates(["persona_id", "said"])
    )


def _may_be_motto(words: list[str]) -> bool:
    fewest, most = MOTTO_WORDS
    return fewest <= len(words) <= most and not _INSULTS.intersection(words)


def _scores(sentences: pd.DataFrame, said: pd.DataFrame) -> list[float]:
    """Return how well each sentence would do; 0 and less is not at all."""
    users = _users_of_words(said)
    n_customers = said.groupby("persona_id")["customer_id"].nunique()
    total = int(n_customers.sum())
    used = users.groupby("word").sum()
    scores = []
    for persona_id, words, weight in zip(
        sentences["persona_id"],
        sentences["words"],
        sentences["weight"],
        strict=True,
    ):
        content = {word for word in words if word not in STOP_WORDS}
        n_here = int(n_customers[persona_id])
        ratios = []
        for word in sorted(content):
            here = int(users.get((persona_id, word), 0))
            others = int(used.get(word, 0)) - here
            share = (here + DOUBT) / (n_here + DOUBT)
            other_share = (others + DOUBT) / (total - n_here + DOUBT)
            ratios.append(float(np.log(share / other_share)))
        voice = VOICE if _has_voice(words) else 1.0
        scores.append(
            round(float(np.mean(ratios or [0.0])) * weight * voice, 9)
        )
    return scores


def _users_of_words(said: pd.DataFrame) -> pd.Series:
    """Count each persona's customers by the words they use."""
    held = said[["persona_id", "customer_id", "text"]].drop_duplicates()
    held = held.assign(
        word=held["text"].map(lambda text: sorted(set(_words(text))))
    )
    words = held.explode("word").dropna(subset=["word"])
    return words.groupby(["persona_id", "word"])["customer_id"].nunique()


def _has_voice(words: list[str]) -> bool:
    return (
        bool(_FIRST_PERSON.intersection(words))
        or words[0] in _REQUESTS
        or words[-1] in _REQUESTS
    )
