"""Languages: one catalogue each, and numbers as their readers write them.

English sentences are the message ids, so English needs no catalogue; every
other language is one file ``orchestration/locales/<code>.po``. Adding a
language is adding that file. A message that is not translated stays English.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
)

LOCALES = Path(__file__).resolve().parents[1] / "locales"
SOURCE_LANGUAGE = "en"
OWN_DIGITS = "default"  # the numbering system of the language

# Babel knows the separators of a numbering system, not its digits.
ZEROS = {
    "arab": "٠",
    "arabext": "۰",
    "beng": "০",
    "deva": "०",
    "thai": "๐",
}


class LanguageError(ValueError):
    """There is no such language; the message names those there are."""


@dataclass(frozen=True)
class Language:
    """A language: its messages and its way to write numbers and dates.

    Attributes
    ----------
    code : str
        As in the name of the catalogue: ``en``, ``fa``, ``vi``.
    """

    code: str
    _catalog: Catalog = field(repr=False)
    _plural: Callable[[int], int] = field(repr=False)

    @property
    def _locale(self) -> Locale:
        return Locale.parse(self.code)

    @property
    def name(self) -> str:
        """The language's name in itself."""
        name = str(self._locale.get_display_name(self.code))
        return name[:1].upper() + name[1:]

    @property
    def is_right_to_left(self) -> bool:
        """Whether its script runs from right to left."""
        return self._locale.text_direction == "rtl"

    def text(self, message: str, context: str | None = None) -> str:
        """Translate a message; the English one where there is no other."""
        found = self._catalog.get(message, context)
        if found is None or not found.string or found.fuzzy:
            return message
        if isinstance(found.string, str):
            return found.string
        return str(found.string[0]) or message

    def plural(self, one: str, many: str, count: int) -> str:
        """Translate a message that depends on a count."""
        found = self._catalog.get((one, many))
        if found is None or not isinstance(found.string, tuple) or found.fuzzy:
            return one if count == 1 else many
        strings = found.string or ()
        place = min(self._plural(count), len(strings) - 1)
        return strings[place] or (one if count == 1 else many)

    def has(self, message: str, context: str | None = None) -> bool:
        """Whether the catalogue translates the message."""
        if self.code == SOURCE_LANGUAGE:
            return True
        found = self._catalog.get(message, context)
        return found is not None and bool(found.string) and not found.fuzzy

    def digits(self, text: str) -> str:
        """Write the digits of a text as the language does."""
        zero = ZEROS.get(self._locale.default_numbering_system)
        if zero is None:
            return text
        table = {ord("0") + n: chr(ord(zero) + n) for n in range(10)}
        if zero == ZEROS["arabext"]:
            table[ord("%")] = "٪"
        return text.translate(table)

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with so many digits behind the point."""
        places = "." + "0" * digits if digits else ""
        return self.digits(
            format_decimal(
                value,
                f"#,##0{places}",
                locale=self.code,
                numbering_system=OWN_DIGITS,
            )
        )

    def percent(self, share: float, digits: int = 0) -> str:
        """Write a share, 0.25 as 25 %."""
        # In per cent first: 0.155 is a little less than 15.5 % as a float.
        value = round(share * 100, digits) / 100
        places = "." + "0" * digits if digits else ""
        pattern = self._locale.percent_formats[None].pattern
        pattern = pattern.replace("#,##0", "#,##0" + places)
        return self.digits(
            format_percent(
                value,
                pattern,
                locale=self.code,
                numbering_system=OWN_DIGITS,
            )
        )

    def money(self, value: float, currency: str, digits: int = 0) -> str:
        """Write an amount with its currency."""
        pattern = self._locale.currency_formats["standard"].pattern
        places = "." + "0" * digits if digits else ""
        pattern = pattern.replace("0.00", "0" + places)
        return self.digits(
            format_currency(
                value,
                currency,
                pattern,
                locale=self.code,
                currency_digits=False,
                numbering_system=OWN_DIGITS,
            )
        )

    def month(self, month: date, form: str = "MMMM y") -> str:
        """Write a month with its year; ``MMM y`` writes it short."""
        text = str(format_skeleton(form, month, locale=self.code))
        return self.digits(text)

    def date(self, day: date) -> str:
        """Write a day."""
        text = str(format_date(day, format="long", locale=self.code))
        return self.digits(text)

    def month_name(self, number: int, form: str = "LLLL") -> str:
        """Write the name of a month, 1 to 12; ``LLL`` writes a short one."""
        text = str(format_date(date(2000, number, 1), form, locale=self.code))
        return self.digits(text)

    def join(self, words: Iterable[str]) -> str:
        """Write an enumeration: a, b and c."""
        return str(format_list(list(words), locale=self.code))


def language_codes() -> list[str]:
    """Return every language there is, English first."""
    others = sorted(path.stem for path in LOCALES.glob("*.po"))
    return [SOURCE_LANGUAGE, *others]


@cache
def load_language(code: str) -> Language:
    """Return a language.

    Raises
    ------
    LanguageError
        When there is no catalogue for it.
    """
    if code not in language_codes():
        raise LanguageError(
            f"There is no catalogue for the language '{code}'; there are "
            f"{', '.join(language_codes())}. A new one is a file "
            f"orchestration/locales/{code}.po."
        )
    if code == SOURCE_LANGUAGE:
        return Language(code, Catalog(locale=code), lambda count: count != 1)
    with (LOCALES / f"{code}.po").open("rb") as file:
        catalog = read_po(file, locale=code)
    return Language(code, catalog, gettext.c2py(catalog.plural_expr))
