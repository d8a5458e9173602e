"""Languages: complete catalogues, own digits, nothing lost in translation."""

from __future__ import annotations

import re
from datetime import date

import pytest

from ml.narrative.catalogue import messages
from ml.portraits import MESSAGES as PORTRAIT_MESSAGES
from orchestration.lib.languages import (
    LOCALES,
    LanguageError,
    language_codes,
    load_language,
)

TRANSLATED = [code for code in language_codes() if code != "en"]
ALL = [*messages(), *((None, message) for message in PORTRAIT_MESSAGES)]
PLACEHOLDER = re.compile(r"\{[a-z_]*\}")


def test_there_are_english_persian_and_vietnamese() -> None:
    assert language_codes() == ["en", "fa", "vi"]
    assert sorted(path.name for path in LOCALES.iterdir()) == ["fa.po", "vi.po"]


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated_with_its_placeholders(code: str) -> None:
    language = load_language(code)
    for context, message in ALL:
        assert language.has(message, context), (context, message)
        found = language.text(message, context)
        assert sorted(set(PLACEHOLDER.findall(found))) == sorted(
            set(PLACEHOLDER.findall(message))
        ), found


def test_english_needs_no_catalogue() -> None:
    english = load_language("en")
    assert all(english.text(text, context) == text for context, text in ALL)


def test_what_is_not_translated_stays_english() -> None:
    assert load_language("fa").text("a message of tomorrow") == (
        "a message of tomorrow"
    )
    assert not load_language("fa").has("a message of tomorrow")


@pytest.mark.parametrize(
    ("code", "number", "share", "amount", "day"),
    [
        ("en", "1,234.5", "26%", "$1,235", "June 30, 2026"),
        ("fa", "۱٬۲۳۴٫۵", "۲۶٪", "\u200e$\xa0۱٬۲۳۵", "۳۰ ژوئن ۲۰۲۶"),
        ("vi", "1.234,5", "26%", "1.235\xa0US$", "30 tháng 6, 2026"),
    ],
)
def test_numbers_are_written_as_their_readers_do(
    code: str, number: str, share: str, amount: str, day: str
) -> None:
    language = load_language(code)
    assert language.number(1234.5, 1) == number
    assert language.percent(0.256) == share
    assert language.money(1234.6, "USD") == amount
    assert language.date(date(2026, 6, 30)) == day


def test_a_share_is_rounded_as_its_per_cent() -> None:
    english = load_language("en")
    assert english.percent(0.155) == f"{0.155:.0%}" == "16%"
    assert english.percent(0.0755, 1) == f"{0.0755:.1%}"
    assert english.percent(1 / 3, 1) == "33.3%"


def test_plurals_follow_the_language() -> None:
    one, many = "{count} customer", "{count} customers"
    assert load_language("en").plural(one, many, 1) == one
    assert load_language("en").plural(one, many, 2) == many
    for code in TRANSLATED:
        language = load_language(code)
        assert language.plural(one, many, 1) not in (one, many)
        assert language.plural(one, many, 7) not in (one, many)


def test_direction_and_own_name() -> None:
    assert load_language("fa").is_right_to_left
    assert not load_language("vi").is_right_to_left
    names = [load_language(code).name for code in language_codes()]
    assert names == ["English", "فارسی", "Tiếng Việt"]


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(LanguageError, match="there are en, fa, vi"):
        load_language("tlh")
