"""Models and their differences on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from orchestration.lib import review_words as words
from orchestration.lib.reviews import Difference, Model

MOST_MOVES = 12


def print_models(console: Console, models: Sequence[Model]) -> None:
    """Print every trained model, the newest first.

    Beside each the share of customers that moved and of claims that changed
    against the model before.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Model", "trained on", "personas", "verdict"):
        table.add_column(name)
    table.add_column("move", justify="right")
    table.add_column("claims", justify="right")
    table.add_column("standing")
    for one in models:
        table.add_row(
            f"…{one.model_run_id[-12:]}",
            str(one.trained_on),
            str(one.count_personas),
            one.verdict,
            _share(one.moved_share),
            _share(one.changed_share),
            one.standing,
        )
    console.print(table)


def print_difference(console: Console, difference: Difference) -> None:
    """Print what a model changes, and how to decide."""
    model, before = difference.model, difference.before
    _line(
        console, f"Model {model.model_run_id}: {words.model_in_a_line(model)}"
    )
    if before is not None:
        _line(
            console,
            f"against {before.model_run_id}: {words.model_in_a_line(before)}",
        )
    _line(console, words.standing_in_words(model))
    _heading(console, "Personas")
    for sentence in words.events_in_words(difference):
        _line(console, f"  {sentence}")
    _heading(console, "Customers")
    _line(console, f"  {words.moves_in_words(difference)}")
    if difference.moves:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("  from", "to"):
            table.add_column(name)
        for name in ("customers", "of the persona"):
            table.add_column(name, justify="right")
        for one in difference.moves[:MOST_MOVES]:
            table.add_row(
                f"  {one.from_persona_id}",
                one.to_persona_id,
                f"{one.count_customers:,}",
                f"{one.from_share:.1%}",
            )
        console.print(table)
    if before is not None:
        _heading(console, "Claims")
        _line(console, f"  {words.claims_in_words(difference)}")
        for sentence in words.changes_in_words(difference):
            _line(console, f"  {sentence}")
    if model.standing == "waiting":
        _heading(console, "Decide")
        _line(console, "  `persona model approve` or `persona model reject`")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _heading(console: Console, words: str) -> None:
    console.print(f"\n[bold]{words}[/]", highlight=False)


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
