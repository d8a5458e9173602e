"""The contract of the 15 input entities, as a page.

Each entity's yml says what a column means and how to map it; the SQL that
judges its rows says which are set aside; its suite says what is expected of a
delivery. A column is needed where rows without it are set aside.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from expectations.suites import entity_suites
from expectations.vocabulary import BLOCKING, Expectation, Suite
from orchestration.lib.reference.markdown import (
    MADE,
    code,
    folded,
    grain,
    table,
)
from orchestration.lib.settings import DBT_PROJECT

INPUT_LAYER = DBT_PROJECT / "models" / "input_layer"
LINEAGE = ("source", "delivery_id", "delivery_row", "delivered_at")
FAULT = re.compile(r"then\s+'(\w+): ([^']*)'|unless_word\('(\w+)'")
KEY = re.compile(r"settle\('\w+', key=\[([^]]*)\]\)")
NEEDED = ("missing_key", "missing_value")

INTRODUCTION = """
# The input contract

What the warehouse understands: 15 entities, each a table of rows with fixed
columns and types. A connector maps your tables to them, in one small SQL model
per entity ([own-data.md](own-data.md)). Only `orders` and `order_lines` are
required. What you do not have stays empty, and nothing breaks.

Per entity this page says what a row is, what each column means and how to map
it, which rows are set aside, and what is expected of a delivery as a whole. A
column that is **needed** must have a value: a row without one is set aside.
All others may be null, and null means unknown.

Four rules hold everywhere:

- Times are UTC. Amounts are in the currency that stands beside them, shares
  between 0 and 1. Ids are text and the same in every entity.
- A row is set aside, in `rejected_rows` with its reason, when its key is empty
  (`missing_key`), a value does not fit its type (`unparsable`), or a row with
  the same key that was delivered later says otherwise
  (`conflicting_duplicate`). Equal rows are counted as duplicates. The lists
  below have what comes to that.
- A date more than a day after the file that brought it is impossible
  (`future_date`).
- An expectation that **stops** ends the run before anything is built; one that
  **warns** is stored and shown. Either tolerates a share of the rows.
"""


@dataclass(frozen=True)
class Column:
    """A column of the contract."""

    name: str
    data_type: str
    meaning: str
    mapping: str


@dataclass(frozen=True)
class Entity:
    """An entity as its yml, its checks, its suite and its uses have it."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]
    suite: Suite
    is_required: bool
    unknown_without: str

    @property
    def needed(self) -> set[str]:
        """Columns without which a row is set aside."""
        return {
            column
            for fault, sentence in self.faults
            if fault in NEEDED
            for column in sentence.removesuffix(" is empty").split(" or ")
        }


def read_entities(input_layer: Path = INPUT_LAYER) -> list[Entity]:
    """Return the 15 entities in the contract's order."""
    with (DBT_PROJECT / "seeds" / "entity_uses.csv").open() as file:
        uses = {row["entity"]: row for row in csv.DictReader(file)}
    return [
        _read_entity(input_layer, suite, uses[name])
        for name, suite in entity_suites().items()
    ]


def _read_entity(
    input_layer: Path, suite: Suite, uses: dict[str, str]
) -> Entity:
    name = suite.name
    yml = input_layer / f"input_layer__{name}.yml"
    (model,) = yaml.safe_load(yml.read_text("utf-8"))["models"]
    checks = input_layer / "checks" / f"input_checks__{name}.sql"
    sql = checks.read_text("utf-8")
    (key,) = KEY.findall(sql)
    return Entity(
        name=name,
        description=" ".join(model["description"].split()),
        columns=tuple(_read_column(column) for column in model["columns"]),
        key=tuple(re.findall(r"\w+", key)),
        faults=tuple(
            ("unknown_value", f"{column} is not an accepted value")
            if column
            else (fault, sentence)
            for fault, sentence, column in FAULT.findall(sql)
        ),
        suite=suite,
        is_required=uses["is_required"] == "true",
        unknown_without=uses["unknown_without"],
    )


def _read_column(column: dict[str, str]) -> Column:
    text = " ".join(column["description"].split())
    meaning, _, mapping = text.partition(" Mapping: ")
    return Column(column["name"], column["data_type"], meaning, mapping)


def contract_page() -> str:
    """Return the page."""
    entities = read_entities()
    overview = table(
        ("entity", "one row per", "required", "without it unknown"),
        [
            (
                f"[{entity.name}](#{entity.name})",
                grain(entity.description),
                "yes" if entity.is_required else "",
                entity.unknown_without,
            )
            for entity in entities
        ],
    )
    lineage = table(
        ("column", "type", "meaning", "mapping"),
        [
            (
                code(column.name),
                column.data_type,
                column.meaning,
                column.mapping,
            )
            for column in entities[0].columns
            if column.name in LINEAGE
        ],
    )
    parts = [
        MADE.format(source="the ymls of models/input_layer"),
        INTRODUCTION.strip(),
        overview,
        "## Columns of every entity\n\nThe macro `lineage` writes them; they "
        "are not repeated below.",
        lineage,
        *(section(entity) for entity in entities),
    ]
    return "\n\n".join(parts) + "\n"


def section(entity: Entity) -> str:
    """Return what the page says of one entity."""
    word = "Required" if entity.is_required else "Optional"
    keys = ", ".join(map(code, entity.key))
    kind = (
        f"{entity.description}\n\n**{word}** · key {keys} · without it "
        f"unknown: {entity.unknown_without}"
    )
    columns = table(
        ("column", "type", "needed", "meaning", "mapping"),
        [
            (
                code(column.name),
                column.data_type,
                "yes" if column.name in entity.needed else "",
                column.meaning,
                column.mapping,
            )
            for column in entity.columns
            if column.name not in LINEAGE
        ],
    )
    parts = [f"## {entity.name}", kind, columns]
    if words := _accepted(entity.suite):
        parts.append("Accepted values:\n\n" + "\n".join(words))
    faults = "\n".join(
        f"- {code(fault)}: {sentence or 'a value does not fit its type'}"
        for fault, sentence in entity.faults
    )
    parts.append(folded("Which rows are set aside", faults))
    expectations = entity.suite.expectations
    parts.append(
        folded(
            f"What is expected of a delivery ({len(expectations)})",
            table(
                ("expectation", "a failure", "tolerates", "why, and the mend"),
                map(_expectation, expectations),
            ),
        )
    )
    return "\n\n".join(parts)


def _accepted(suite: Suite) -> list[str]:
    accepted = {
        expectation.column: expectation.arguments["value_set"]
        for expectation in suite.expectations
        if "value_set" in expectation.arguments
    }
    return [
        f"- {code(str(column))}: {', '.join(map(str, values))}"
        for column, values in accepted.items()
    ]


def _expectation(expectation: Expectation) -> tuple[str, str, str, str]:
    return (
        code(expectation.name),
        "stops" if expectation.severity == BLOCKING else "warns",
        f"{expectation.tolerated_share:.0%}".replace("%", " %"),
        expectation.reason,
    )
