"""Writing the review: one file a month, put in its place when it is whole."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from pathlib import Path

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from ml.narrative.rendering import trait_label
from orchestration.lib import review_words
from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import accent_of
from orchestration.lib.cards.rendering import page_style
from orchestration.lib.cards.writing import content_policy
from orchestration.lib.languages import SOURCE_LANGUAGE, load_language
from orchestration.lib.review_page import drawing
from orchestration.lib.review_page.reading import (
    FLOOR,
    UNASSIGNED,
    Review,
    Row,
    read_review,
)
from orchestration.lib.settings import Settings

PACKAGE = "orchestration.lib.review_page"
STYLE = "review.css"
ID_END = 12  # characters by which people name a model

# Sign, word and colour (of the cards) of each status.
BADGES = {
    "ok": ("✓", "ok", 6),
    "watch": ("◐", "watch", 4),
    "retrain": ("▲", "retrain", 2),
    "review": ("◆", "review", 9),
    "unknown": ("–", "not known", 0),
}
# Name and meaning of each kind of drift, and what it says when it is large.
KINDS = {
    "input": (
        "What customers do",
        "this month, against the year before the model",
        "Customers do other things than when the model was trained",
    ),
    "assignment": (
        "Who is which persona",
        "sizes, and settled customers who move",
        "Customers are in other personas than when the model was new",
    ),
    "definition": (
        "What a refit would say",
        "customers it moves, claims it changes",
        "A model trained anew says something else",
    ),
}


def write_review(
    settings: Settings, *, folder: Path | None = None, now: datetime
) -> Path:
    """Write the review of the month that the published data are of.

    Parameters
    ----------
    settings : Settings
    folder : Path, optional
        Where to; ``reviews/`` in ``PERSONA_HOME`` where not given.
    now : datetime
        When it is written, in UTC or with a zone; the page says so.

    Returns
    -------
    Path
        ``review-YYYY-MM.html``; one of the same month is replaced.

    Raises
    ------
    ReviewPageError
        When nothing is published, a table is missing, or another process is
        writing to the warehouse.
    """
    review = read_review(settings)
    page = render_review(review, now)
    folder = folder or settings.reviews
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"review-{review.as_of_date:%Y-%m}.html"
    building = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        building.write_text(page, encoding="utf-8", newline="\n")
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)
    return path


def render_review(review: Review, now: datetime) -> str:
    """Return the page."""
    template, style = _template()
    english = load_language(SOURCE_LANGUAGE)
    return template.render(
        review=review,
        say=Say(review),
        w=wording.Wording(english),
        wording=wording,
        words=review_words,
        drawing=drawing,
        span=drawing.size_span(review.sizes),
        accent_of=accent_of,
        badges=BADGES,
        kinds=KINDS,
        floor=FLOOR,
        unassigned=UNASSIGNED,
        written=_in_utc(now),
        style=Markup(style),
        policy=content_policy(style),
    )


@cache
def _template() -> tuple[Template, str]:
    """Return the page's template and its style, that of the cards first."""
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    own = resources.files(PACKAGE) / "templates" / STYLE
    style = page_style() + own.read_text("utf-8")
    return environment.get_template("review.html"), style


def _in_utc(moment: datetime) -> str:
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return f"{month_of(moment.date(), 'd MMMM y')}, {moment:%H:%M} UTC"


def month_of(day: date, form: str = "MMMM y") -> str:
    """Return the month of a day, in English."""
    return str(format_date(day, form, locale=SOURCE_LANGUAGE))


class Say:
    """Words and figures of the page; what comes from data is escaped later."""

    def __init__(self, review: Review) -> None:
        self.review = review

    def month(self, day: date) -> str:
        """Return June 2026."""
        return month_of(day)

    def short_month(self, day: date) -> str:
        """Return Jun 2026."""
        return month_of(day, "MMM y")

    def model(self, model_run_id: str) -> str:
        """Return the end of a model's id, which names it in commands."""
        return model_run_id[-ID_END:]

    def persona(self, persona_id: str) -> str:
        """Return P03 (Robin Ashdown)."""
        if persona_id == UNASSIGNED:
            return "no persona"
        name = self.review.names.get(persona_id)
        return f"{persona_id} ({name})" if name else persona_id

    def count(self, row: Row | None) -> str:
        """Return the customers of a month; hidden ones stay hidden."""
        if row is None:
            return "none"
        count = row["count_customers"]
        return "hidden" if count is None else f"{count:,}"

    def share(self, row: Row | None) -> str:
        """Return the share of the customers of a month."""
        share = _share(row)
        if row is None:
            return "none"
        return "hidden" if share is None else f"{share:.1%}"

    def change(self, now: Row | None, before: Row | None) -> str:
        """Return by how many points a share changed; empty where hidden."""
        after, earlier = _share(now), _share(before)
        if after is None or earlier is None:
            return ""
        points = round(100 * (after - earlier), 1)
        sign = "+" if points > 0 else "−" if points < 0 else "±"
        return f"{sign}{abs(points):.1f}"

    def ratio(self, share: float | None, unknown: str = "too few") -> str:
        """Return a share in whole per cent, as it is published."""
        return unknown if share is None else f"{share:.0%}"

    def feature(self, name: str) -> str:
        """Return what the sentences about personas call a feature."""
        return trait_label(name, None, load_language(SOURCE_LANGUAGE))

    def reason(self, row: Row) -> str:
        """Return why a drift is judged so, its feature called by its name."""
        reason, feature = str(row["reason"]), row["feature"]
        if not feature:
            return reason
        label = self.feature(feature).strip("“”")
        return reason.replace(feature, f"“{label}”", 1)


def _share(row: Row | None) -> float | None:
    """Return a share of customers: 0 where nobody is, None where hidden."""
    if row is None:
        return 0.0
    share = row["customer_share"]
    return None if share is None else float(share)
