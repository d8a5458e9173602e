"""Markdown as both a code host and MkDocs read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MADE = (
    "<!-- Made by `make reference` from {source}; edit that, not this page. -->"
)


GRAIN = re.compile(r"One row(?: per ([^.:;]*))?")


def grain(description: str) -> str:
    """Return what there is one row of, as a description says it."""
    found = GRAIN.search(" ".join(description.split()))
    return (found[1] or "in all one") if found else ""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a line break or a bar in a cell does not break it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(map(cell, line)) + " |" for line in lines
    )


def cell(text: str) -> str:
    """Return a text that fits into one cell, angle brackets as themselves."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text.replace("<", "&lt;").replace(">", "&gt;")


def folded(summary: str, body: str) -> str:
    """Return what opens by a click."""
    return (
        f'<details markdown="1">\n<summary>{summary}</summary>\n\n{body}\n\n'
        "</details>"
    )


def code(text: str) -> str:
    """Return a name as code."""
    return f"`{text}`"
