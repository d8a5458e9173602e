"""The published file as the dashboard reads it: briefly, and never stale.

Answers are kept per version of the file, so a page that is opened again costs
nothing, and a new publication is read as soon as it is there. One reader at a
time: a connection that is still open would go on seeing the version before.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import streamlit as st
from jinja2 import Environment

from orchestration.lib.cards.deck import Deck, Row, read_deck
from orchestration.lib.cards.rendering import card_environment
from orchestration.lib.published import open_published

if TYPE_CHECKING:
    from orchestration.lib.published_budget import PublishedBudget

KEPT_ANSWERS = 400
PACKAGE = "orchestration.dashboard"

_reading = threading.Lock()


class RepublishedError(RuntimeError):
    """Another version was published meanwhile: look again."""


class OutdatedError(RuntimeError):
    """The file lacks a table or a column; the message says what to do."""


@dataclass(frozen=True)
class Publication:
    """A version of the published file.

    Attributes
    ----------
    path : Path
    version : str
        Another one for each publication, also for one taken back.
    """

    path: Path
    version: str

    def rows(self, query: str, *parameters: Any) -> list[Row]:
        """Return the rows of a query on schema ``bi``, by column name.

        Amounts come as float; what is no number comes as None.

        Raises
        ------
        RepublishedError
            When the file is another one by now.
        OutdatedError
            When it lacks what is asked for.
        """
        return _rows(str(self.path), self.version, query, parameters)

    def row(self, query: str, *parameters: Any) -> Row | None:
        """Return the first row of a query, if there is one."""
        rows = self.rows(query, *parameters)
        return rows[0] if rows else None

    def deck(self) -> Deck:
        """Return the personas with everything their cards say."""
        return _deck(str(self.path), self.version)

    def cards(self) -> Environment:
        """Return the templates of the cards, with the deck they show."""
        return _cards(str(self.path), self.version)

    def budget(self) -> PublishedBudget | None:
        """Return what the published plan of the budget was made from.

        The first call of a version takes about a second.
        """
        return _budget(str(self.path), self.version)


def current_publication(path: Path) -> Publication | None:
    """Return what is published now; None where nothing is."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    parts = (status.st_ino, status.st_mtime_ns, status.st_size)
    return Publication(path, "-".join(map(str, parts)))


@st.cache_data(max_entries=KEPT_ANSWERS, show_spinner=False)
def _rows(
    path: str, version: str, query: str, parameters: tuple[Any, ...]
) -> list[Row]:
    with _opened(Path(path), version) as connection:
        cursor = connection.execute(query, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return [
            dict(zip(names, map(_plain, values), strict=True))
            for values in cursor.fetchall()
        ]


@st.cache_resource(max_entries=2, show_spinner=False)
def _budget(path: str, version: str) -> PublishedBudget | None:
    from orchestration.lib.published_budget import read_budget

    with _opened(Path(path), version) as connection:
        return read_budget(connection)


@st.cache_resource(max_entries=2, show_spinner=False)
def _deck(path: str, version: str) -> Deck:
    with _one_version(Path(path), version):
        return read_deck(Path(path))


@st.cache_resource(max_entries=2, show_spinner=False)
def _cards(path: str, version: str) -> Environment:
    return card_environment(_deck(path, version), instead=[PACKAGE])


@contextmanager
def _opened(path: Path, version: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with _one_version(path, version), open_published(path) as connection:
        try:
            yield connection
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise OutdatedError(
                "The published file is of an earlier version of this program: "
                f"publish anew with `persona run`. ({error})"
            ) from error


@contextmanager
def _one_version(path: Path, version: str) -> Iterator[None]:
    """Read alone; raise where the file is not the version that is meant."""
    wanted = Publication(path, version)
    with _reading:
        if current_publication(path) != wanted:
            raise RepublishedError
        yield
        if current_publication(path) != wanted:
            raise RepublishedError


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
