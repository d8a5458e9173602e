"""What people type and others read: names, notes, who decided."""

from __future__ import annotations

import unicodedata

NAME_LENGTH = 80
NOTE_LENGTH = 500
FORMULA_STARTS = ("=", "+", "-", "@")
JOINERS = "\u200c\u200d"  # within words of some languages


class TypedError(ValueError):
    """A text is not fit to be shown; the message says why and the mend."""


def fit_text(text: str, what: str, length: int) -> str:
    """Return the text without spaces around it.

    Raises
    ------
    TypedError
        Where a spreadsheet took it for a formula, it holds signs that cannot
        be seen, or it has more than ``length`` characters.
    """
    text = unicodedata.normalize("NFC", text)
    hidden = [
        character
        for character in text
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and character not in JOINERS
    ]
    if hidden:
        raise TypedError(
            f"The {what} holds the control character U+{ord(hidden[0]):04X}: "
            "write it on one line, in visible characters."
        )
    text = text.strip()
    if len(text) > length:
        raise TypedError(
            f"The {what} has {len(text)} characters: up to {length} are kept."
        )
    if unicodedata.normalize("NFKC", text[:1]).startswith(FORMULA_STARTS):
        raise TypedError(
            f"The {what} begins with {text[0]}, which a spreadsheet takes for "
            "a formula: begin with a letter or a digit."
        )
    return text
