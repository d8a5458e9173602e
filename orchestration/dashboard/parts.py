"""What pages are put together from: headings, tiles, tables, charts, files.

Words and numbers go out as HTML of our own, because it can be read aloud, laid
out from right to left and copied; charts have a text instead of the picture,
and the table they are drawn from can be had as a file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import streamlit as st
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from orchestration.dashboard.charts import Spec
from orchestration.dashboard.page import Page
from orchestration.lib.cards.deck import Row
from orchestration.lib.cards.drawing import per_cent
from orchestration.lib.cards.rendering import scoped_style
from orchestration.lib.exporting import harmless

SCOPE = ".persona-sheet"
PACKAGE = "orchestration.dashboard"

Cell = Callable[[Row], Markup | str]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    label : str
        Translated.
    cell : callable
        From a row to what is shown.
    is_number : bool
    """

    label: str
    cell: Cell
    is_number: bool = False


def number_column(
    page: Page,
    label: str,
    name: str,
    show: Callable[[Any], Markup | str],
) -> Column:
    """Return a column of numbers: a column of the rows, shown in one way."""
    return Column(page.plain(label), lambda row: show(row[name]), True)


@dataclass(frozen=True)
class Tile:
    """A number with its name and a note."""

    label: Markup | str
    value: Markup | str
    note: Markup | str = ""


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _own_style() -> str:
    path = resources.files(PACKAGE) / "templates" / "dashboard.css"
    return path.read_text(encoding="utf-8")


def write_style(page: Page) -> None:
    """Put the style into the page."""
    sheet = scoped_style(SCOPE, is_dark=page.is_dark)
    st.html(f"<style>{sheet}{_own_style()}</style>")


def sheet(page: Page, content: Markup) -> None:
    """Show HTML in the style of the cards."""
    st.html(
        Markup(
            '<div class="persona-sheet" lang="{}" dir="{}">'
            '<div class="board">{}</div></div>'
        ).format(page.words.language.code, page.words.direction, content)
    )


def show(page: Page, template: str, **values: Any) -> None:
    """Show a template of the dashboard."""
    words = page.words
    text = (
        _templates()
        .get_template(template)
        .render(page=page, w=words, t=words.say, tn=words.count, **values)
    )
    sheet(page, Markup(text))


def heading(page: Page, title: str, lead: Markup | str = "") -> None:
    """Show the page's title and what it answers."""
    show(page, "heading.html", title=page.say(title), lead=lead)


def section(page: Page, title: str, lead: Markup | str = "") -> None:
    """Show the title of a section and how to read it."""
    show(page, "section.html", title=page.say(title), lead=lead)


def tiles(page: Page, numbers: Sequence[Tile]) -> None:
    """Show numbers side by side."""
    show(page, "tiles.html", numbers=numbers)


def sentences(page: Page, told: Sequence[Markup]) -> None:
    """Show sentences as a list."""
    show(page, "sentences.html", told=told)


def empty(page: Page, what: Markup | str, deliver: Markup | str) -> None:
    """Say that there is nothing to see, and what to do about it."""
    show(page, "empty.html", what=what, deliver=deliver)


def note(page: Page, text: Markup) -> None:
    """Show how to read what stands above, quietly."""
    sheet(page, Markup('<p class="hint">{}</p>').format(text))


def table(
    page: Page,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    file: str | None = None,
    raw: Sequence[Row] | None = None,
) -> None:
    """Show rows as a table, the first column as heads of the rows.

    Parameters
    ----------
    page : Page
    caption : str
        Translated: what the table is.
    columns : sequence of Column
    rows : sequence of mapping
    file : str, optional
        The name, without ending, under which the rows can be downloaded.
    raw : sequence of mapping, optional
        The rows of the file; those of the table where not given.
    """
    show(page, "table.html", caption=caption, columns=columns, rows=rows)
    if file:
        download(page, file, rows if raw is None else raw)


def who(page: Page, persona_id: str) -> Markup:
    """Return a persona's portrait, name and title for a cell."""
    text = page.person(persona_id)
    portrait = page.portraits.get(persona_id)
    image = Markup('<img src="{}" alt="">').format(portrait) if portrait else ""
    return Markup(
        '<div class="who-cell">{}<div><b>{}</b><span>{}</span></div></div>'
    ).format(image, page.name(persona_id), text.get("persona_title") or "")


def with_interval(
    page: Page,
    value: Markup | str | None,
    low: Markup | str | None,
    high: Markup | str | None,
) -> Markup:
    """Return a value over its interval, a dash where there is no value."""
    if value is None or low is None or high is None:
        return Markup("{}").format("–" if value is None else value)
    return Markup('{}<br><span class="quiet">{}</span>').format(
        value, page.say("{low} to {high}", low=low, high=high)
    )


def barred(
    page: Page,
    share: float | None,
    whole: float,
    kind: str = "",
    *,
    persona_id: str = "",
) -> Markup:
    """Return a share as a number over a bar, in a persona's colour."""
    persona = page.personas.get(persona_id)
    accent = f"accent-{persona.accent}" if persona else ""
    return Markup(
        '<div class="barred {}">{}<span class="track {}" aria-hidden="true">'
        '<i style="inline-size: {}"></i></span></div>'
    ).format(accent, page.share(share), kind, per_cent(share, whole))


def download(page: Page, file: str, rows: Sequence[Row]) -> None:
    """Offer rows as a file."""
    st.download_button(
        page.plain("Download as CSV"),
        data=lambda: as_csv(rows),
        file_name=f"{file}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"download:{file}",
        type="tertiary",
        on_click="ignore",
    )


def as_csv(rows: Iterable[Row]) -> bytes:
    """Return rows as CSV that a spreadsheet does not run."""
    file = io.StringIO(newline="")
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(file, list(row), lineterminator="\r\n")
            writer.writeheader()
        writer.writerow({name: harmless(value) for name, value in row.items()})
    return file.getvalue().encode("utf-8-sig")


def chart(spec: Spec, alt: str, *, key: str) -> None:
    """Show a Vega-Lite chart, with words for those who do not see it."""
    st.vega_lite_chart(
        {
            "autosize": {"type": "fit-x", "contains": "padding"},
            **spec,
            "usermeta": {"embedOptions": {"actions": False}},
        },
        theme=None,
        width="stretch",
        key=key,
        alt=alt,
    )


def flow(spec: Spec, alt: str, *, key: str, height: int) -> None:
    """Show an ECharts chart, with words for those who do not see it."""
    st.echarts_chart(spec, height=height, renderer="svg", key=key, alt=alt)
