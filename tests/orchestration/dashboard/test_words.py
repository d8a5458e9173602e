"""All that the dashboard says, it can say in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from orchestration import dashboard
from orchestration.dashboard.words import CONTEXT, Words
from orchestration.lib.cards import wording
from orchestration.lib.languages import (
    LOCALES,
    SOURCE_LANGUAGE,
    language_codes,
    load_language,
)

DASHBOARD = Path(dashboard.__file__).parent
# Which argument of a call is the message.
PLACES = {
    **dict.fromkeys(("N_", "say", "plain"), 0),
    **dict.fromkeys(("heading", "section", "number_column"), 1),
}
OTHERS = [code for code in language_codes() if code != SOURCE_LANGUAGE]


def called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def arguments() -> Iterator[tuple[str, ast.expr]]:
    """Yield what the code has said, and where."""
    for path in sorted(DASHBOARD.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                place = PLACES.get(called(node), len(node.args))
                for argument in node.args[place : place + 1]:
                    yield f"{path.name}:{node.lineno}", argument


def unmarked(node: ast.AST) -> list[str]:
    """Return the texts in an expression that no ``N_`` marks."""
    if isinstance(node, ast.Compare):
        return []
    if isinstance(node, ast.Call) and called(node) == "N_":
        return []
    if isinstance(node, ast.Subscript):
        return unmarked(node.value)
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    return [
        text for child in ast.iter_child_nodes(node) for text in unmarked(child)
    ]


@cache
def messages() -> frozenset[str]:
    """Return every message of the code and of the templates."""
    found = {
        str(argument.value)
        for _, argument in arguments()
        if isinstance(argument, ast.Constant) and argument.value
    }
    for path in (DASHBOARD / "templates").glob("*.html"):
        with path.open("rb") as file:
            for _, _, said, _ in babel_extract(file, ["t"], [], {}):
                words = said if isinstance(said, tuple) else (said,)
                found.update(text for text in words[:1] if text)
    return frozenset(found)


def fields(text: str) -> set[str]:
    return set(re.findall(r"{\w*}", text))


def test_no_message_is_put_together_where_it_is_said() -> None:
    loose = {
        where: texts
        for where, argument in arguments()
        if not isinstance(argument, ast.Constant)
        and (texts := unmarked(argument))
    }
    assert not loose


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated(code: str) -> None:
    language = load_language(code)
    assert len(messages()) > 550
    missing = []
    for message in messages():
        own = language.has(message, CONTEXT)
        context = CONTEXT if own else wording.CONTEXT
        is_there = own or language.has(message, context)
        text = language.text(message, context)
        if not is_there or fields(text) != fields(message):
            missing.append(message)
    assert not missing


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_left_over(code: str) -> None:
    with (LOCALES / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    translated = {one.id for one in catalogue if one.context == CONTEXT}
    assert translated
    assert not translated - messages()


@pytest.mark.parametrize(
    ("code", "value", "unit", "written"),
    [
        ("en", 0.0123, "share", '<bdi dir="ltr">+1.2</bdi> points'),
        ("en", -3.2, "hours", '<bdi dir="ltr">−3.2</bdi> hours'),
        ("fa", 0.0123, "share", '<bdi dir="ltr">+۱٫۲</bdi> واحد درصد'),
        ("fa", -120, "count", '<bdi dir="ltr">−۱۲۰</bdi>'),
        ("vi", -1234.0, "money", '<bdi dir="ltr">−1.234\xa0€</bdi>'),
        ("vi", 0, "count", '<bdi dir="ltr">±0</bdi>'),
        ("fa", None, "count", "–"),
    ],
)
def test_a_sign_stands_to_the_left_of_its_number(
    code: str, value: float | None, unit: str, written: str
) -> None:
    words = Words(load_language(code))
    assert words.signed(value, unit, "EUR") == written
    if value is not None and value < 0 and unit != "hours":
        assert words.figure(value, unit, "EUR") == written


@pytest.mark.parametrize(
    ("code", "long", "short"),
    [
        ("en", "October 2026", "Oct 2026"),
        ("fa", "اکتبر ۲۰۲۶", "اکتبر ۲۰۲۶"),
        ("vi", "tháng 10 năm 2026", "thg 10 2026"),
    ],
)
def test_months_are_written_as_the_language_does(
    code: str, long: str, short: str
) -> None:
    words = Words(load_language(code))
    month = date(2026, 10, 1)
    assert words.month(month) == long
    assert words.month(month, "MMM y") == short
