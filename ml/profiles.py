"""Profiles: all that is said of the personas, as tables.

Claims, plans, texts, portraits and gaps meet here. The caller brings what was
counted and measured in the warehouse and writes the frames; nothing here reads
or writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ml.evidence import slug
from ml.narrative import (
    PersonaPlan,
    Speaker,
    plan_personas,
    render_description,
    render_playbook,
    render_summary,
    render_title,
    say,
    words_of,
)
from ml.narrative.examples import describe_example
from ml.narrative.gaps import GAP_QUESTIONS, REASON, first_questions
from ml.narrative.planning import Claim, Planned
from ml.narrative.rendering import Sentence
from ml.narrative.templates import PARTS
from ml.portraits import (
    choose_props,
    choose_value_level,
    describe_portrait,
    draw_portrait,
)

SOURCE = "en"
MOST_EXAMPLES = 3


@dataclass(frozen=True)
class Motto:
    """What a customer wrote, masked, and where."""

    text: str
    source_entity: str


def mottos_of(mottos: pd.DataFrame) -> dict[str, Motto]:
    """Return the mottos by persona.

    Parameters
    ----------
    mottos : DataFrame
        persona_id, verbatim, source_entity.
    """
    return {
        row["persona_id"]: Motto(row["verbatim"], row["source_entity"])
        for row in mottos.to_dict("records")
    }


def plan(
    claims: pd.DataFrame,
    *,
    families: Sequence[Sequence[str]],
    questions: Mapping[str, str],
    speakers: Mapping[str, Speaker],
    currency: str,
) -> dict[str, PersonaPlan]:
    """Choose what is said of every persona; as ``plan_personas``.

    Each family is planned on its own, the personas first, then the parts of
    each that is split: so parts change no word of the personas. No title is
    given twice.
    """

    def count_words(planned: Planned) -> int:
        return len(say(planned, speakers[SOURCE], currency).split())

    plans: dict[str, PersonaPlan] = {}
    for place, persona_ids in enumerate(families):
        plans |= plan_personas(
            claims,
            persona_ids=persona_ids,
            questions=questions,
            gap_questions=first_questions(),
            count_words=count_words,
            others=plans.values(),
            is_part=place > 0,
        )
    return plans


def with_words(
    claims: pd.DataFrame, speaker: Speaker, currency: str
) -> pd.DataFrame:
    """Return the claims with the column ``words``, each in a line."""
    fields = list(Claim._fields)
    words = [
        words_of(Claim(*row), speaker, currency)
        for row in claims[fields].itertuples(index=False)
    ]
    return claims.assign(words=pd.Series(words, dtype=object))


def stated_attributes(
    plans: Mapping[str, PersonaPlan],
) -> dict[str, list[Claim]]:
    """Return the claims that a customer can match, per persona.

    Those of the description that more of the persona have than of others.
    """
    return {
        persona_id: [
            claim
            for claim in dict.fromkeys(
                claim
                for sentence in plan.sentences
                if sentence.template in ("shares", "choice", "clauses", "fact")
                for claim in sentence.claims
            )
            if not claim.trait.startswith(("theme_", "ticket_category"))
        ]
        for persona_id, plan in plans.items()
    }


def profiles_frame(
    claims: pd.DataFrame,
    sums: pd.DataFrame,
    *,
    persona_ids: Sequence[str],
    matching: pd.DataFrame,
    value_ratios: Mapping[str, float],
) -> pd.DataFrame:
    """Return one row per persona: differences, coverage, match, portrait.

    Parameters
    ----------
    claims : DataFrame
        With ``words``, see ``with_words``.
    sums : DataFrame
        As for ``judge_claims``.
    persona_ids : sequence of str
    matching : DataFrame
        persona_id, count_matching, matching_share.
    value_ratios : mapping of str to float
        Share of value divided by share of customers.
    """
    coverage = _coverage(sums)
    rows = []
    for persona_id in persona_ids:
        own = claims[claims["persona_id"] == persona_id]
        props = choose_props(own)
        rows.append(
            {
                "persona_id": persona_id,
                "top_differences": "; ".join(_top_words(own)) or None,
                **{
                    f"{part}_coverage": coverage.get((persona_id, part), 0.0)
                    for part in PARTS
                },
                "portrait_svg": draw_portrait(
                    persona_id,
                    props=props,
                    value_level=choose_value_level(
                        value_ratios.get(persona_id)
                    ),
                ),
            }
        )
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    return frame.merge(matching, on="persona_id", how="left")


def texts_frame(
    plans: Mapping[str, PersonaPlan],
    claims: pd.DataFrame,
    *,
    speakers: Mapping[str, Speaker],
    currency: str,
    mottos: Mapping[str, Motto],
) -> pd.DataFrame:
    """Return one row per persona and language."""
    rows = []
    for persona_id, chosen in plans.items():
        own = claims[claims["persona_id"] == persona_id]
        alternative = describe_portrait(persona_id, props=choose_props(own))
        motto = mottos.get(persona_id)
        for code, speaker in speakers.items():
            sentences = render_description(chosen, speaker, currency)
            rows.append(
                {
                    "persona_id": persona_id,
                    "language": code,
                    "persona_title": render_title(chosen, speaker).text,
                    "summary": render_summary(chosen, speaker).text,
                    "description": "\n".join(
                        f"{speaker.text(name, 'part')}: "
                        + " ".join(
                            one.text for one in sentences if one.part == part
                        )
                        for part, name in PARTS.items()
                    ),
                    "motto": motto.text if motto else None,
                    "motto_source": motto.source_entity if motto else None,
                    "portrait_alt": " ".join(
                        phrase.text(speaker.text) for phrase in alternative
                    ),
                }
            )
    return pd.DataFrame(rows)


def sentences_frame(
    plans: Mapping[str, PersonaPlan],
    *,
    speakers: Mapping[str, Speaker],
    currency: str,
) -> pd.DataFrame:
    """Return one row per persona, language and sentence.

    Title and summary come first, where a claim stands behind them.
    """

    def render(chosen: PersonaPlan, speaker: Speaker) -> list[Sentence]:
        openings = [
            render_title(chosen, speaker),
            render_summary(chosen, speaker),
        ]
        return [
            *(one for one in openings if one.trait_ids),
            *render_description(chosen, speaker, currency),
        ]

    return _said_frame(plans, speakers, render, ("part", "sentence"))


def playbook_frame(
    plans: Mapping[str, PersonaPlan],
    *,
    speakers: Mapping[str, Speaker],
    currency: str,
) -> pd.DataFrame:
    """Return one row per persona, language and advice."""

    def render(chosen: PersonaPlan, speaker: Speaker) -> list[Sentence]:
        return render_playbook(chosen, speaker, currency)

    return _said_frame(plans, speakers, render, ("advice_kind", "advice"))


def gaps_frame(
    plans: Mapping[str, PersonaPlan], *, speakers: Mapping[str, Speaker]
) -> pd.DataFrame:
    """Return one row per persona, language and question of an unknown part."""
    return pd.DataFrame(
        [
            {
                "persona_id": persona_id,
                "language": code,
                "part": gap.part,
                "question_id": gap.question_id,
                "question_text": speaker.text(gap.question, "question"),
                "answer_kind": gap.answer_kind,
                "answer_options": " | ".join(
                    speaker.text(option, "question") for option in gap.options
                ),
                "dimension": gap.dimension,
                "construct": gap.construct,
                "reason": speaker.text(REASON, "question"),
            }
            for persona_id, chosen in plans.items()
            for code, speaker in speakers.items()
            for gap in GAP_QUESTIONS
            if gap.part in chosen.gaps
        ]
    )


def _said_frame(
    plans: Mapping[str, PersonaPlan],
    speakers: Mapping[str, Speaker],
    render: Callable[[PersonaPlan, Speaker], list[Sentence]],
    names: tuple[str, str],
) -> pd.DataFrame:
    kind, text = names
    return pd.DataFrame(
        [
            {
                "persona_id": persona_id,
                "language": code,
                kind: said.part,
                "position": position,
                text: said.text,
                "trait_ids": " ".join(said.trait_ids),
            }
            for persona_id, chosen in plans.items()
            for code, speaker in speakers.items()
            for position, said in enumerate(render(chosen, speaker), start=1)
        ]
    )


def examples_frame(
    examples: pd.DataFrame,
    claims: pd.DataFrame,
    *,
    speakers: Mapping[str, Speaker],
) -> pd.DataFrame:
    """Return one row per persona, language and typical customer; at most 3.

    Those whose favourite category the persona buys less than others come last.

    Parameters
    ----------
    examples : DataFrame
        persona_id, example_rank, count_alike and the attributes of
        ``ml.narrative.examples.PIECES``, null where unknown.
    claims : DataFrame
        As ``judge_claims`` returns it.
    speakers : mapping of str to Speaker
    """
    examples = _fitting(examples, claims)
    fixed = ["persona_id", "example_rank", "count_alike"]
    attributes = [name for name in examples.columns if name not in fixed]
    return pd.DataFrame(
        [
            {
                "persona_id": row["persona_id"],
                "language": code,
                "example_rank": row["example_rank"],
                "description": describe_example(
                    {
                        name: str(row[name])
                        for name in attributes
                        if not pd.isna(row[name])
                    },
                    speaker,
                ),
                "count_alike": row["count_alike"],
            }
            for row in examples.to_dict("records")
            for code, speaker in speakers.items()
        ]
    )


def _fitting(examples: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    is_low = (
        claims["is_claim"]
        & (claims["trait"] == "category")
        & (claims["effect_size"] < 0)
    )
    low = set(
        zip(
            claims.loc[is_low, "persona_id"],
            claims.loc[is_low, "trait_value"],
            strict=True,
        )
    )
    keys = zip(examples["persona_id"], examples["category"], strict=True)
    ordered = examples.assign(is_low=[key in low for key in keys]).sort_values(
        ["persona_id", "is_low", "example_rank"], ignore_index=True
    )
    place = ordered.groupby("persona_id").cumcount() + 1
    ranked = ordered.assign(example_rank=place).drop(columns="is_low")
    return ranked[ranked["example_rank"] <= MOST_EXAMPLES]


def names_frame(names: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Return one row per new persona and language; slugs are English."""
    return pd.DataFrame(
        [
            {
                "persona_id": persona_id,
                "language": language,
                "persona_name": name,
                "persona_slug": slug(
                    names.get((persona_id, SOURCE), persona_id)
                ).replace("_", "-"),
            }
            for (persona_id, language), name in names.items()
        ]
    )


def _coverage(sums: pd.DataFrame) -> dict[tuple[str, str], float]:
    known = sums.assign(share=sums["count_known"] / sums["count_customers"])
    best = known.groupby(["persona_id", "part"])["share"].max().reset_index()
    return {
        (row["persona_id"], row["part"]): float(row["share"])
        for row in best.to_dict("records")
    }


def _top_words(claims: pd.DataFrame) -> list[str]:
    """Return the three largest differences that have words of their own."""
    fields = list(Claim._fields)
    has_words = [
        Claim(*row).phrase is not None
        for row in claims[fields].itertuples(index=False)
    ]
    spoken = claims[claims["is_claim"] & pd.Series(has_words, claims.index)]
    return list(spoken.sort_values("difference_rank")["words"].head(3))
