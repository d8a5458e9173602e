"""Voices: what the personas write about, and a sentence of their own.

Themes of a bounded sample of texts become sums like those of every other trait
and are judged with them; examples and mottos are masked verbatims.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from ml.evidence import SUM_COLUMNS
from ml.themes import Themes, find_themes
from ml.verbatims import MOTTO_COLUMNS, choose_mottos, examples

# Where a text is written says which part of the portrait it belongs to.
PART_OF_SOURCE: dict[str, str] = {
    "support_tickets": "pain_points",
    "survey_responses": "goals",
    "reviews": "product",
    "social_interactions": "psychographics",
}
THEME_COLUMNS = [
    "persona_id",
    "theme_id",
    "source_entity",
    "theme_label",
    "top_words",
    "count_known",
    "persona_value",
    "baseline_value",
    "is_claim",
    "example_1",
    "example_2",
    "example_3",
]


@dataclass(frozen=True)
class Voices:
    """What was heard.

    Attributes
    ----------
    sums : DataFrame
        One row per persona and theme, the columns ``SUM_COLUMNS``; the trait
        is ``theme_<source>``, its value the label.
    themes : DataFrame
        theme_id, source_entity, theme_label, top_words.
    examples : DataFrame
        persona_id, theme_id, example_1, example_2, example_3.
    mottos : DataFrame
        persona_id, text_id, verbatim, source_entity.
    """

    sums: pd.DataFrame
    themes: pd.DataFrame
    examples: pd.DataFrame
    mottos: pd.DataFrame


def listen(
    texts: pd.DataFrame,
    members: pd.DataFrame,
    sizes: Mapping[str, int],
    *,
    names: Collection[str],
    labels: Mapping[str, str],
    random_state: int = 0,
) -> Voices:
    """Find themes, examples and mottos in a sample of texts.

    Parameters
    ----------
    texts : DataFrame
        text_id, customer_id, source_entity, text; text_id is unique.
    members : DataFrame
        customer_id, persona_id, parent_persona_id (null but for the rows of
        sub-personas); 'unassigned' counts in the baseline.
    sizes : mapping of str to int
        Active customers per persona, 'unassigned' included.
    names : collection of str
        Names of customers, to be masked.
    labels : mapping of str to str
        Labels that people gave, by theme_id.
    random_state : int

    Returns
    -------
    Voices
        With empty frames where too little is written.
    """
    found = _relabelled(find_themes(texts, random_state=random_state), labels)
    assigned = members[members["persona_id"] != "unassigned"]
    return Voices(
        sums=_sums(texts, found, members, sizes),
        themes=found.themes,
        examples=_examples(texts, found, assigned, names),
        mottos=_mottos(texts, assigned, names),
    )


def _mottos(
    texts: pd.DataFrame, assigned: pd.DataFrame, names: Collection[str]
) -> pd.DataFrame:
    """Choose for the personas first: a part says nothing its whole says."""
    is_part = assigned["parent_persona_id"].notna()
    found = pd.DataFrame(columns=list(MOTTO_COLUMNS))
    for members in (assigned[~is_part], assigned[is_part]):
        if not members.empty:
            more = choose_mottos(texts, members, names=names)
            more = more[~more["verbatim"].isin(found["verbatim"])]
            found = pd.concat([found, more], ignore_index=True)
    return found


def _examples(
    texts: pd.DataFrame,
    found: Themes,
    assigned: pd.DataFrame,
    names: Collection[str],
) -> pd.DataFrame:
    keys = ["persona_id", "theme_id"]
    columns = ["example_1", "example_2", "example_3"]
    if found.themes.empty or assigned.empty:
        return pd.DataFrame(columns=[*keys, *columns])
    shown = examples(texts, found, assigned, names=names).pivot(
        index=keys, columns="place", values="verbatim"
    )
    shown = shown.reindex(columns=[1, 2, 3])
    shown.columns = pd.Index(columns)
    return shown.reset_index()


def themes_frame(voices: Voices, claims: pd.DataFrame) -> pd.DataFrame:
    """Return one row per persona and theme that may be published.

    Parameters
    ----------
    voices : Voices
    claims : DataFrame
        As ``judge_claims`` returns it for the sums of these voices and more.
    """
    if voices.themes.empty:
        return pd.DataFrame(columns=THEME_COLUMNS)
    judged = claims[claims["trait"].str.startswith("theme_")]
    frame = (
        voices.themes.assign(trait="theme_" + voices.themes["source_entity"])
        .merge(
            judged.drop(columns="source_entity"),
            left_on=["trait", "theme_label"],
            right_on=["trait", "trait_value"],
        )
        .merge(voices.examples, on=["persona_id", "theme_id"], how="left")
    )
    return frame[THEME_COLUMNS]


def _relabelled(found: Themes, labels: Mapping[str, str]) -> Themes:
    """Give themes the labels of people; themes of one label become one."""
    theme_labels = [
        labels.get(theme_id, label)
        for theme_id, label in zip(
            found.themes["theme_id"], found.themes["theme_label"], strict=True
        )
    ]
    themes = found.themes.assign(theme_label=theme_labels)
    group = ["source_entity", "theme_label"]
    first = themes.groupby(group)["theme_id"].transform("first")
    merged = dict(zip(themes["theme_id"], first, strict=True))
    return Themes(
        themes=themes[themes["theme_id"] == first].reset_index(drop=True),
        members=found.members.assign(
            theme_id=found.members["theme_id"].map(merged)
        ),
    )


def _sums(
    texts: pd.DataFrame,
    found: Themes,
    members: pd.DataFrame,
    sizes: Mapping[str, int],
) -> pd.DataFrame:
    if found.themes.empty:
        return pd.DataFrame(columns=SUM_COLUMNS)
    writers = texts[["source_entity", "customer_id"]].drop_duplicates()
    known = (
        writers.merge(members, on="customer_id")
        .groupby(["source_entity", "persona_id"], as_index=False)
        .size()
        .rename(columns={"size": "count_known"})
    )
    hits = (
        found.members[["theme_id", "customer_id"]]
        .drop_duplicates()
        .merge(members, on="customer_id")
        .groupby(["theme_id", "persona_id"], as_index=False)
        .size()
        .rename(columns={"size": "sum_value"})
    )
    cells = (
        found.themes.merge(known, on="source_entity")
        .merge(hits, on=["theme_id", "persona_id"], how="left")
        .fillna({"sum_value": 0})
    )
    families = members.drop_duplicates("persona_id").set_index("persona_id")
    return cells.assign(
        parent_persona_id=cells["persona_id"].map(
            families["parent_persona_id"]
        ),
        trait="theme_" + cells["source_entity"],
        trait_value=cells["theme_label"],
        statistic="share",
        part=cells["source_entity"].map(PART_OF_SOURCE),
        unit="share",
        basis="inferred",
        sum_squared=cells["sum_value"],
        count_customers=cells["persona_id"].map(sizes),
    )[SUM_COLUMNS]
