"""What customers write about.

Themes are found in the texts of one source at a time: TF-IDF over words and
pairs of words, cut into parts by a non-negative matrix factorisation (NMF, Lee
& Seung 1999). Three things make the parts themes. Greetings and closings are
left out first: segments that stand at the edge of very many texts whatever
the rest says. The number of themes is the one at which most texts get the
same theme from either half of the texts (after Greene, O'Callaghan &
Cunningham 2014): with too few themes texts find none, with too many the halves
cut differently. And a text belongs to its strongest theme only where that is
clear. Labels are phrases of the texts; ids come from the labels, so that they
return as long as people write the same things.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from ml.columns import FloatArray
from ml.text_tokens import (
    LIGHT_WORDS,
    NEGATIONS,
    STOP_WORDS,
    key_of,
    segments_of,
)

THEME_COLUMNS = (
    *("theme_id", "source_entity", "theme_label", "top_words", "count_texts"),
)
MEMBER_COLUMNS = ("text_id", "customer_id", "theme_id", "weight")
NUMBERS = {"count_texts": "int64", "weight": "float64"}
MIN_CUSTOMERS = 11  # who use a word before it is published
MAX_SHARE = 0.6  # of texts that hold a word before it is a stop word
MAX_WORDS = 3000  # words and pairs of words that are looked at
MAX_FIT = 6000  # different texts the themes are fitted to
MAX_CHOICE = 2000  # different texts in each half, to choose their number
CLEAR = 0.5  # share of the strongest theme in all themes of a text
PRESENT = 0.15  # least weight of a theme in a text of length 1
SAME = 0.5  # cosine of two themes that are one
REPRODUCED = 0.5  # agreement of the halves, at least
AS_GOOD = 0.98  # of the best agreement: fewer themes are easier to read
LABEL_WORDS = 4
TOP_WORDS = 6
EDGE = 0.8  # share of a greeting's places at the edge of a text
PARTNERS = 5.0  # different neighbours of a greeting, at least
OWN = 0.5  # share of a greeting's words that are in greetings
Segments = list[list[str]]
IntArray = NDArray[np.int64]
Run = tuple[str, ...]


@dataclass(frozen=True)
class Themes:
    """Themes and their texts.

    Attributes
    ----------
    themes : DataFrame
        theme_id ('support_tickets.late_delivery'), source_entity,
        theme_label, top_words (comma separated, strongest first), count_texts;
        one row per theme, by source and falling count.
    members : DataFrame
        text_id, customer_id, theme_id, weight (0-1, the theme's part of the
        text); one row per text that has a theme.
    """

    themes: pd.DataFrame
    members: pd.DataFrame


@dataclass(frozen=True)
class _Corpus:
    """Different texts of one source.

    texts holds text_id, customer_id and place (of its document, -1 for none);
    documents their segments without light words; counts how often each occurs;
    spelling how most people write a word.
    """

    texts: pd.DataFrame
    documents: list[Segments]
    counts: FloatArray
    spelling: dict[str, str]


@dataclass(frozen=True)
class _Words:
    """TF-IDF of a corpus, rows of length 1: documents by words."""

    matrix: csr_matrix
    names: list[tuple[str, ...]]


def find_themes(
    texts: pd.DataFrame,
    *,
    max_themes: int = 30,
    min_texts: int = 30,
    random_state: int = 0,
) -> Themes:
    """Find what each source's texts are about.

    Time and memory are bounded by the number of texts handed in: 20,000
    different texts took under 10 s on one core.

    Parameters
    ----------
    texts : DataFrame
        ``text_id`` (unique), ``customer_id``, ``source_entity``, ``text``;
        any language, better masked (`ml.masking`). Row order does not matter.
    max_themes : int
        Most themes per source.
    min_texts : int
        Least texts of a theme; also at least 11 customers.
    random_state : int

    Returns
    -------
    Themes
        Empty frames where there is too little text.

    Raises
    ------
    ValueError
        When a text_id repeats or a column is missing.
    """
    _check(texts)
    found = [
        _themes_of_source(
            str(source),
            rows,
            max_themes=max_themes,
            min_texts=min_texts,
            random_state=random_state,
        )
        for source, rows in texts.groupby("source_entity", observed=True)
    ]
    return Themes(
        themes=_stacked([one.themes for one in found], THEME_COLUMNS),
        members=_stacked([one.members for one in found], MEMBER_COLUMNS),
    )


def _check(texts: pd.DataFrame) -> None:
    for column in ("text_id", "customer_id", "source_entity", "text"):
        if column not in texts:
            raise ValueError(f"texts: column {column!r} is missing.")
    if texts["text_id"].duplicated().any():
        raise ValueError("texts: column 'text_id' repeats; one row per text.")


def _stacked(
    frames: Sequence[pd.DataFrame], columns: Sequence[str]
) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        empty = pd.DataFrame({column: [] for column in columns}, dtype=object)
        return empty.astype({columns[-1]: NUMBERS[columns[-1]]})
    return pd.concat(filled, ignore_index=True)[list(columns)]


def _themes_of_source(
    source: str,
    rows: pd.DataFrame,
    *,
    max_themes: int,
    min_texts: int,
    random_state: int,
) -> Themes:
    corpus = _read(rows)
    words = _weigh(corpus)
    rng = np.random.default_rng(random_state)
    parts = np.zeros((0, len(words.names)))
    if corpus.counts.sum() >= min_texts and words.names:
        n_themes = _choose_number(
            words, corpus.counts, max_themes, min_texts, rng
        )
        if n_themes:
            sample = _sampled(corpus.counts, MAX_FIT, rng)
            parts = _merged(_fit(words.matrix, sample, n_themes))
            parts = _large(corpus, words, parts, min_texts)
    return _described(source, corpus, words, parts)


# Reading: from texts to documents without greetings


def _read(rows: pd.DataFrame) -> _Corpus:
    """Turn texts into different documents."""
    texts = rows[["text_id", "customer_id"]].copy()
    codes, different = pd.factorize(rows["text"].astype("object"), sort=False)
    split = [segments_of(str(text)) for text in different]
    keys = [
        [[key_of(word) for word in segment] for segment in segments]
        for segments in split
    ]
    count = np.bincount(codes[codes >= 0], minlength=len(different))
    contents = [
        _without_light_words(segments)
        for segments in _without_greetings(keys, count)
    ]
    spelled = ["\n".join(" ".join(s) for s in segs) for segs in contents]
    names = sorted(set(spelled) - {""})
    place_of = {name: place for place, name in enumerate(names)}
    place_of_text = np.array([*(place_of.get(s, -1) for s in spelled), -1])
    texts["place"] = place_of_text[codes]
    texts = texts[texts["place"] >= 0]
    return _Corpus(
        texts=texts,
        documents=[[s.split() for s in n.split("\n")] for n in names],
        counts=np.bincount(texts["place"], minlength=len(names)).astype(float),
        spelling=_usual_spelling(split, keys, count),
    )


def _without_light_words(segments: Segments) -> Segments:
    kept = ([w for w in words if w not in LIGHT_WORDS] for words in segments)
    return [words for words in kept if any(map(_has_meaning, words))]


def _has_meaning(word: str) -> bool:
    return len(word) > 1 and word not in STOP_WORDS and word not in NEGATIONS


def _without_greetings(
    documents: list[Segments], count: IntArray
) -> Iterable[Segments]:
    """Leave out what stands at the edge of many texts whatever follows.

    A greeting is a run of one or two segments that is first or last in at
    least 80 % of its texts, has at least five different neighbours on the
    inner side (the exponential of their entropy), whose two segments belong
    together, and whose words are mostly its own: "Late delivery." at the
    start of many reviews stays, because others write "late" in the midst of
    theirs.
    """
    spelled = [
        tuple(" ".join(segment) for segment in segments)
        for segments in documents
    ]
    greetings = _greetings(spelled, count)
    for segments, names in zip(documents, spelled, strict=True):
        begin, end = 0, len(names)
        for length in (2, 1):
            begin += length * (names[begin : begin + length] in greetings)
            end -= length * (names[max(end - length, 0) : end] in greetings)
        yield segments[begin:end] or segments


def _greetings(documents: list[Run], count: IntArray) -> set[Run]:
    floor = max(MIN_CUSTOMERS, 0.005 * float(count.sum()))
    total: Counter[Run] = Counter()
    words: Counter[str] = Counter()
    edges: dict[Run, Counter[str]] = defaultdict(Counter)
    for names, times in zip(documents, count.tolist(), strict=True):
        words.update(dict.fromkeys(" ".join(names).split(), times))
        for length in (1, 2):
            for begin in range(len(names) - length + 1):
                total[names[begin : begin + length]] += times
            if len(names) > length:
                edges[names[:length]][names[length]] += times
                edges[names[-length:]][names[-length - 1]] += times
    candidates = [
        run
        for run, neighbours in edges.items()
        if total[run] >= floor
        and all(total[run] >= EDGE * total[(name,)] for name in run)
        and neighbours.total() >= EDGE * total[run]
        and _different(neighbours) >= PARTNERS
    ]
    own: Counter[str] = Counter()
    for run in candidates:
        own.update(dict.fromkeys(" ".join(run).split(), total[run]))
    return {run for run in candidates if _own_share(run, own, words) >= OWN}


def _own_share(run: Run, own: Counter[str], words: Counter[str]) -> float:
    content = [word for word in " ".join(run).split() if _has_meaning(word)]
    return float(np.mean([own[w] / words[w] for w in content] or [1.0]))


def _different(neighbours: Counter[str]) -> float:
    """Effective number of neighbours (Hill 1973)."""
    shares = np.array(list(neighbours.values()), dtype=float)
    shares = shares[shares > 0] / max(shares.sum(), 1.0)
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _usual_spelling(
    written: list[Segments], keys: list[Segments], count: IntArray
) -> dict[str, str]:
    """Return how most people write each word inside a sentence."""
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    for segments, names, times in zip(
        written, keys, count.tolist(), strict=True
    ):
        for segment, name in zip(segments, names, strict=True):
            for place, (word, key) in enumerate(
                zip(segment, name, strict=True)
            ):
                shown = word if place else word.lower()
                inside[key][shown] += times if place else 0
    return {
        key: min(forms, key=lambda form: (-forms[form], form))
        for key, forms in inside.items()
    }


# Weighing: words and pairs of words


def _weigh(corpus: _Corpus) -> _Words:
    """Return TF-IDF of the words that enough customers use, but not all."""
    if not corpus.documents:
        return _Words(csr_matrix((0, 0)), [])
    vectorizer = CountVectorizer(analyzer=_words_and_pairs)
    held = vectorizer.fit_transform(corpus.documents)
    names = list(vectorizer.get_feature_names_out())
    has = (held > 0).astype(float)
    in_texts = has.T @ corpus.counts
    in_customers = _customers_of(corpus, has)
    usable = (in_customers >= MIN_CUSTOMERS) & (
        in_texts <= MAX_SHARE * corpus.counts.sum()
    )
    columns = sorted(
        np.flatnonzero(usable).tolist(), key=lambda c: (-in_texts[c], names[c])
    )
    columns = sorted(columns[:MAX_WORDS])
    if not columns:
        return _Words(csr_matrix((len(corpus.documents), 0)), [])
    held = held[:, columns]
    each = np.repeat(np.arange(held.shape[0]), corpus.counts.astype(int))
    weigher = TfidfTransformer(sublinear_tf=True).fit(held[each])
    return _Words(
        csr_matrix(weigher.transform(held)),
        [tuple(names[column].split(" ")) for column in columns],
    )


def _words_and_pairs(segments: Segments) -> list[str]:
    found = []
    for segment in segments:
        kept = [w for w in segment if _has_meaning(w) or w in NEGATIONS]
        found += [word for word in kept if _has_meaning(word)]
        found += [f"{a} {b}" for a, b in pairwise(kept)]
    return found


def _customers_of(corpus: _Corpus, has: csr_matrix) -> FloatArray:
    """Count the customers behind each column of documents × columns."""
    known = corpus.texts[corpus.texts["customer_id"].notna()]
    codes, customers = pd.factorize(known["customer_id"])
    wrote = csr_matrix(
        (np.ones(len(known)), (codes, known["place"])),
        shape=(len(customers), len(corpus.documents)),
    )
    return np.asarray(((wrote @ has) > 0).sum(axis=0), dtype=float).ravel()


# Factorising


def _fit(matrix: csr_matrix, counts: FloatArray, n_themes: int) -> FloatArray:
    """Return themes of length 1 by words.

    A document that occurs n times counts n times: its row is multiplied by
    the root of n.
    """
    chosen = np.flatnonzero(counts)
    weighted = matrix[chosen].multiply(np.sqrt(counts[chosen])[:, None])
    model = NMF(n_themes, init="nndsvd", tol=5e-3, max_iter=300, random_state=0)
    with warnings.catch_warnings():  # a split that is no better than chance
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(csr_matrix(weighted))
    parts = model.components_
    return np.asarray(normalize(parts[parts.sum(axis=1) > 0]))


def _sampled(
    counts: FloatArray, max_documents: int, rng: np.random.Generator
) -> FloatArray:
    """Set the counts of all but a sample of documents to 0."""
    if len(counts) <= max_documents:
        return counts
    kept = rng.choice(len(counts), max_documents, replace=False)
    sample = np.zeros_like(counts)
    sample[kept] = counts[kept]
    return sample


def _contributions(matrix: csr_matrix, parts: FloatArray) -> FloatArray:
    """Return how much of each theme is in each document.

    Non-negative least squares against the themes, by multiplicative updates
    that all documents take together.
    """
    if not len(parts) or not matrix.shape[0]:
        return np.zeros((matrix.shape[0], 0))
    target = np.asarray(matrix @ parts.T)
    overlap = parts @ parts.T
    weights = target.copy()
    for _ in range(50):
        weights *= target / np.maximum(weights @ overlap, 1e-12)
    return weights


def _strongest(contributions: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the clear theme of each document, -1 for none, and its weight."""
    if not contributions.shape[1]:
        nothing = np.zeros(len(contributions))
        return nothing.astype(int) - 1, nothing
    theme = contributions.argmax(axis=1)
    weight = contributions[np.arange(len(theme)), theme]
    total = np.maximum(contributions.sum(axis=1), 1e-12)
    is_clear = (weight >= PRESENT) & (weight >= CLEAR * total)
    return np.where(is_clear, theme, -1), np.minimum(weight, 1.0)


def _choose_number(
    words: _Words,
    counts: FloatArray,
    max_themes: int,
    min_texts: int,
    rng: np.random.Generator,
) -> int:
    """Return the number at which the halves of the texts agree most, or 0.

    Tried are about ten numbers from 2 to max_themes, then those around the
    best. Of numbers within 2 % of the best agreement the smallest is taken;
    where no agreement reaches 0.5 there are no themes. Texts of 6 to 40
    random words stayed under 0.42, 30 of 30; in texts of 3 to 8 words the
    most frequent words agree up to 0.74 and pass for themes.
    """
    sample = _sampled(counts, 2 * MAX_CHOICE, rng)
    floor = min_texts * sample.sum() / counts.sum()
    matrix, counts = words.matrix[sample > 0], sample[sample > 0]
    half = rng.binomial(counts.astype(int), 0.5).astype(float)
    halves = (half, counts - half)
    limit = min(
        *(max_themes, len(words.names), int(counts.sum() / floor)),
        *((half > 0).sum() for half in halves),
    )
    agreement: dict[int, float] = {}
    for _ in range(2):
        for number in _numbers(limit, agreement):
            ours, theirs = (
                _fitted_themes(matrix, part, counts, number, floor)
                for part in halves
            )
            agreement[number] = _agreement(ours, theirs, counts)
    best = max(agreement.values(), default=0.0)
    if best < REPRODUCED:
        return 0
    return min(n for n, a in agreement.items() if a >= AS_GOOD * best)


def _numbers(limit: int, agreement: dict[int, float]) -> list[int]:
    """Return the numbers to try first, or those around the best so far."""
    if not agreement:
        spread = np.geomspace(2, max(limit, 2), 10).round().astype(int)
        return [int(number) for number in np.unique(spread) if number <= limit]
    best = max(agreement, key=lambda number: agreement[number])
    below = max((n for n in agreement if n < best), default=best)
    above = min((n for n in agreement if n > best), default=best)
    between = np.linspace(below, above, 7).round().astype(int)
    return [int(n) for n in np.unique(between) if n not in agreement]


def _fitted_themes(
    matrix: csr_matrix,
    part: FloatArray,
    counts: FloatArray,
    number: int,
    floor: float,
) -> IntArray:
    """Return each document's theme, fitted to a part; -1 for small themes."""
    parts = _fit(matrix, part, number)
    theme, _ = _strongest(_contributions(matrix, parts))
    sizes = np.bincount(theme + 1, weights=counts, minlength=number + 1)
    return np.where(sizes[theme + 1] >= floor, theme, -1)


def _agreement(ours: IntArray, theirs: IntArray, counts: FloatArray) -> float:
    """Return the share of texts both put into the same theme, beyond chance.

    Themes are matched one to one; a text without a theme agrees with
    nothing. Chance is taken off as in Cohen's kappa.
    """
    shared = np.zeros((ours.max() + 2, theirs.max() + 2))
    np.add.at(shared, (ours, theirs), counts / counts.sum())
    by_chance = np.outer(shared.sum(axis=1), shared.sum(axis=0))[:-1, :-1]
    rows, columns = linear_sum_assignment(shared[:-1, :-1], maximize=True)
    agreed = shared[rows, columns].sum()
    chance = by_chance[rows, columns].sum()
    return float((agreed - chance) / max(1.0 - chance, 1e-12))


def _merged(parts: FloatArray) -> FloatArray:
    """Join themes that speak of the same, the most alike first."""
    parts = parts.copy()
    while len(parts) > 1:
        alike = np.triu(parts @ parts.T, k=1)
        first, second = np.unravel_index(alike.argmax(), alike.shape)
        if alike[first, second] < SAME:
            break
        parts[first] += parts[second]
        parts = np.asarray(normalize(np.delete(parts, second, axis=0)))
    return parts


def _large(
    corpus: _Corpus, words: _Words, parts: FloatArray, min_texts: int
) -> FloatArray:
    """Take out themes with too few texts or customers, the smallest first.

    Their texts may be clear for a theme that is left.
    """
    while len(parts):
        members = _members(corpus, words, parts).groupby("theme")
        sizes = members["text_id"].size().reindex(range(len(parts)))
        customers = members["customer_id"].nunique().reindex(sizes.index)
        is_small = ~((sizes >= min_texts) & (customers >= MIN_CUSTOMERS))
        if not is_small.any():
            break
        smallest = sizes.fillna(0).where(is_small, np.inf).argmin()
        parts = np.delete(parts, smallest, axis=0)
    return parts


def _members(corpus: _Corpus, words: _Words, parts: FloatArray) -> pd.DataFrame:
    theme, weight = _strongest(_contributions(words.matrix, parts))
    place = corpus.texts["place"].to_numpy()
    members = corpus.texts.assign(theme=theme[place], weight=weight[place])
    return members[members["theme"] >= 0]


# Describing: labels, ids, members


def _described(
    source: str, corpus: _Corpus, words: _Words, parts: FloatArray
) -> Themes:
    """Name the themes, the largest first, and list their texts."""
    members = _members(corpus, words, parts)
    sizes = members["theme"].value_counts().reindex(range(len(parts)))
    rows = []
    ids: dict[int, str] = {}
    for number in np.argsort(-sizes.to_numpy(), kind="stable").tolist():
        is_member = members["theme"] == number
        places = np.unique(members.loc[is_member, "place"])
        label = _label(corpus, words, parts[number], places)
        top = _top(words, parts[number])
        ids[number] = _theme_id(source, label, ids.values())
        rows.append(
            (
                ids[number],
                source,
                " ".join(corpus.spelling[word] for word in label),
                ", ".join(corpus.spelling[word] for word in top),
                int(sizes[number]),
            )
        )
    members = members.assign(theme_id=members["theme"].map(ids)).sort_values(
        ["theme_id", "weight", "text_id"], ascending=[True, False, True]
    )
    return Themes(
        themes=pd.DataFrame(rows, columns=list(THEME_COLUMNS)),
        members=members[list(MEMBER_COLUMNS)].reset_index(drop=True),
    )


def _label(
    corpus: _Corpus,
    words: _Words,
    part: FloatArray,
    places: IntArray,
) -> Run:
    """Return the phrase that says most of a theme in its texts' own words.

    A phrase of one to four words is worth what its words weigh in the theme,
    times the share of texts that hold it (to the power of 0.7, for a phrase
    is rarer than its words); one word alone is worth half.
    """
    value = {
        name[0]: float(weight)
        for name, weight in zip(words.names, part, strict=True)
        if len(name) == 1
    }
    held = {
        phrase: times
        for phrase, times in _phrase_counts(corpus, places, value).items()
        if times >= MIN_CUSTOMERS
    }
    worth = {
        phrase: sum(value.get(word, 0.0) for word in set(phrase))
        * times**0.7
        * (1.0 if len(phrase) > 1 else 0.5)
        for phrase, times in held.items()
    }
    if worth:
        return min(worth, key=lambda p: (-round(worth[p], 9), p))
    return tuple(_top(words, part)[: LABEL_WORDS - 1])


def _phrase_counts(
    corpus: _Corpus, places: IntArray, value: dict[str, float]
) -> Counter[Run]:
    """Count the texts that hold each phrase which begins and ends well."""
    holds: Counter[Run] = Counter()
    for place in places.tolist():
        phrases = {
            tuple(segment[begin:end])
            for segment in corpus.documents[place]
            for begin in range(len(segment))
            for end in range(begin + 1, begin + LABEL_WORDS + 1)
            if end <= len(segment)
            and segment[end - 1] in value
            and (segment[begin] in value or segment[begin] in NEGATIONS)
        }
        holds.update(dict.fromkeys(phrases, int(corpus.counts[place])))
    return holds


def _top(words: _Words, part: FloatArray) -> list[str]:
    """Return the strongest words, at least a tenth as strong as the first."""
    ranked = sorted(
        (-round(float(part[place]), 9), *name)
        for place, name in enumerate(words.names)
        if len(name) == 1
    )
    return [
        word
        for value, word in ranked[:TOP_WORDS]
        if value <= 0.1 * ranked[0][0]
    ]


def _theme_id(source: str, label: Run, taken: Collection[str]) -> str:
    """Return an id made of the label; a number tells equal labels apart."""
    plain = " ".join(label).replace("'", "")
    slug = re.sub(r"[\W_]+", "_", plain).strip("_")
    theme_id = f"{source}.{slug}"
    same = sum(
        other == theme_id or other.startswith(f"{theme_id}__")
        for other in taken
    )
    return f"{theme_id}__{same + 1}" if same else theme_id
