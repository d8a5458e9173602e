"""The deck: everything the cards print, read from the published tables once.

The file is open only while its rows are fetched. Rows stay mappings of column
to value, so that a template names the columns of the published tables; what is
grouped here is only which rows belong to which persona and which language.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.lib.languages import SOURCE_LANGUAGE
from orchestration.lib.published import (
    PARENT_COLUMN,
    fetch_rows,
    in_families,
    open_published,
    table_names,
)

Row = Mapping[str, Any]

UNASSIGNED = "unassigned"
PARTS = (
    "demographics",
    "psychographics",
    "behaviour",
    "goals",
    "pain_points",
    "background",
)
ACCENTS = 12  # colours in tokens.css
DIFFERENCES = 3  # chips on a card of the gallery
RESERVED_SLUGS = {"index"}

# Tables of the cards, in the order in which their rows are printed.
ORDERS = {
    "personas": "persona_id",
    "persona_texts": "persona_id, language",
    "persona_traits": "persona_id, difference_rank, trait_id",
    "persona_sentences": "persona_id, language, position",
    "persona_playbook": "persona_id, language, advice_kind, position",
    "persona_survey_gaps": "persona_id, language, part, question_id",
    "persona_themes": "persona_id, is_claim desc, persona_value desc, theme_id",
    "persona_examples": "persona_id, language, example_rank",
}


class CardsError(ValueError):
    """Cards cannot be written; the message says what to do."""


@dataclass(frozen=True)
class Persona:
    """One persona and every row that speaks of it.

    Attributes
    ----------
    row : Row
        Of ``personas``.
    slug : str
        The name of its pages: letters, digits and hyphens, unique.
    traits : Mapping[str, Row]
        Of ``persona_traits`` by trait_id, the most different first.
    tables : Mapping[str, Sequence[Row]]
        Its rows of every table, all languages.
    """

    row: Row
    slug: str
    traits: Mapping[str, Row]
    tables: Mapping[str, Sequence[Row]]

    @property
    def persona_id(self) -> str:
        """The persona's stable id."""
        return str(self.row["persona_id"])

    @property
    def accent(self) -> int:
        """The number of its colour."""
        return accent_of(self.persona_id)

    def text(self, language: str) -> Row:
        """Return its texts, or what ``personas`` says where there are none."""
        found = self.rows("persona_texts", language)
        return found[0] if found else self._plain_text

    @property
    def _plain_text(self) -> Row:
        columns = ("persona_name", "persona_title", "summary")
        own = {column: self.row.get(column) for column in columns}
        return {**own, "language": SOURCE_LANGUAGE}

    def rows(
        self, table: str, language: str, part: str | None = None
    ) -> list[Row]:
        """Return its rows in a language, or the English ones without them."""
        rows = self.tables[table]
        mine = [row for row in rows if row["language"] == language]
        if not mine:
            mine = [row for row in rows if row["language"] == SOURCE_LANGUAGE]
        return [row for row in mine if part is None or row["part"] == part]

    def evidence(self, row: Row) -> list[Row]:
        """Return the trait rows under a sentence or an advice."""
        return [self.traits[name] for name in trait_ids(row)]

    @property
    def differences(self) -> list[Row]:
        """The traits it differs in most, each once."""
        by_trait: dict[str, Row] = {}
        for row in self.traits.values():
            if row["is_claim"]:
                by_trait.setdefault(row["trait"], row)
        return list(by_trait.values())[:DIFFERENCES]


@dataclass(frozen=True)
class Deck:
    """All personas of one publication, and the customers without one.

    Attributes
    ----------
    verdict : str
        ``natural``, ``reproducible``, ``constructed`` or ``none``.
    """

    personas: Sequence[Persona]
    unassigned: Persona | None
    verdict: str
    verdict_reason: str
    as_of_date: date | None
    run_id: str
    count_customers: int

    @property
    def wholes(self) -> list[Persona]:
        """The personas without their parts."""
        return [one for one in self.personas if not one.row.get(PARENT_COLUMN)]

    def whole_of(self, persona: Persona) -> Persona | None:
        """Return the persona of which another one is a part, if any."""
        parent = persona.row.get(PARENT_COLUMN)
        found = [one for one in self.personas if one.persona_id == parent]
        return found[0] if found else None

    @property
    def largest_share(self) -> float:
        """The largest share of customers or of value: the end of the bars."""
        shares = [
            share
            for persona in self.personas
            for share in (
                persona.row["customer_share"],
                persona.row["value_share"],
            )
            if share is not None
        ]
        return max(shares, default=0.0)


def accent_of(persona_id: str) -> int:
    """Return the number of a persona's colour, the same for an id for ever."""
    digits = re.sub(r"\D", "", persona_id)
    number = int(digits) if digits else zlib.crc32(persona_id.encode())
    return (number - 1) % ACCENTS + 1


def trait_ids(row: Row) -> list[str]:
    """Return the trait ids a sentence or an advice rests on."""
    return str(row["trait_ids"] or "").split()


def read_deck(published_path: Path) -> Deck:
    """Read what the cards need from a published file.

    Raises
    ------
    CardsError
        When there is no such file, it lacks a table of the cards, or a
        sentence rests on a row that is not there.
    """
    if not published_path.exists():
        raise CardsError(
            f"{published_path} does not exist: publish personas first, with "
            "`persona run` or `persona demo`."
        )
    with open_published(published_path) as connection:
        missing = sorted(set(ORDERS) - set(table_names(connection)))
        if missing:
            raise CardsError(
                f"{published_path} lacks {', '.join(missing)}: it was "
                "published by an earlier version. Run `persona run` again."
            )
        tables = {
            table: [
                {column: _none_for_nan(value) for column, value in row.items()}
                for row in fetch_rows(connection, table, order)
            ]
            for table, order in ORDERS.items()
        }
    return _deal(tables)


def _none_for_nan(value: Any) -> Any:
    is_number = isinstance(value, float)
    return None if is_number and not math.isfinite(value) else value


def _deal(tables: Mapping[str, Sequence[Row]]) -> Deck:
    if not tables["personas"]:
        raise CardsError(
            "bi.personas holds no row: run `persona run` again; it writes one "
            "even where there are no groups."
        )
    slugs: set[str] = set()
    personas = [
        _persona(row, tables, slugs) for row in in_families(tables["personas"])
    ]
    for persona in personas:
        _check_evidence(persona)
    first = tables["personas"][0]
    found = [one for one in personas if one.persona_id == UNASSIGNED]
    return Deck(
        personas=[one for one in personas if one.persona_id != UNASSIGNED],
        unassigned=found[0] if found else None,
        verdict=first["verdict"],
        verdict_reason=first["verdict_reason"] or "",
        as_of_date=first["as_of_date"],
        run_id=first["run_id"],
        count_customers=_count_customers(tables["personas"]),
    )


def _count_customers(rows: Sequence[Row]) -> int:
    """Count everybody once: a part of a persona is counted with the whole."""
    ids = {row["persona_id"] for row in rows}
    return sum(
        row["count_customers"]
        for row in rows
        if row.get(PARENT_COLUMN) not in ids
    )


def _persona(
    row: Row, tables: Mapping[str, Sequence[Row]], slugs: set[str]
) -> Persona:
    persona_id = row["persona_id"]
    own = {
        table: [one for one in rows if one["persona_id"] == persona_id]
        for table, rows in tables.items()
    }
    slug = _slug([row["persona_slug"], persona_id], slugs)
    slugs.add(slug)
    traits = {trait["trait_id"]: trait for trait in own["persona_traits"]}
    return Persona(row, slug, traits, own)


def _slug(wishes: Iterable[str | None], taken: set[str]) -> str:
    """Return the first wish that is a safe and free file name."""
    for wish in wishes:
        slug = (wish or "").lower()
        is_safe = re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug, re.ASCII)
        if is_safe and len(slug) <= 100 and slug not in taken | RESERVED_SLUGS:
            return slug
    return f"persona-{len(taken) + 1}"


def _check_evidence(persona: Persona) -> None:
    """Refuse a deck in which a sentence rests on nothing."""
    for table in ("persona_sentences", "persona_playbook"):
        for row in persona.tables[table]:
            missing = set(trait_ids(row)) - set(persona.traits)
            if missing:
                raise CardsError(
                    f"bi.{table} of {persona.persona_id} names "
                    f"{', '.join(sorted(missing))}, which is no trait_id of "
                    "that persona in bi.persona_traits: run `persona run` "
                    "again."
                )
