"""Names for personas: a handle that people remember, and that claims nothing.

The names are borne by women and men alike, so that a name says nothing that no
row supports. A persona is named once, at birth, and keeps its name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

# Given names and surnames per language; given names come first in a list of
# candidates, so that two personas share one only when all are taken.
GIVEN: dict[str, tuple[str, ...]] = {
    "en": (
        *("Robin", "Alex", "Charlie", "Jamie", "Morgan", "Casey", "Avery"),
        *("Rowan", "Quinn", "Riley", "Taylor", "Jordan", "Kim", "Sasha"),
        *("Frankie", "Jules", "Noel", "Ellis", "Emery", "Finley", "Marlow"),
        *("Parker", "Reese", "Skyler"),
    ),
    "fa": (
        *("آریا", "مهر", "دانا", "نور", "نیکان", "هستی", "پویا", "باران"),
        *("سپهر", "شمیم", "امید", "روشن", "جهان", "آرام", "نسیم", "فرخ"),
        *("آذر", "خورشید", "مهتاب", "سروش", "شیوا", "همراز", "یاس", "افق"),
    ),
    "vi": (
        *("An", "Bình", "Minh", "Khánh", "Linh", "Thanh", "Hà", "Giang"),
        *("Tâm", "Xuân", "Phương", "Vân", "Nhật", "Hải", "Ân", "Kim"),
        *("Lam", "Nguyên", "Quỳnh", "Thái", "Tú", "Vinh", "Yên", "Trúc"),
    ),
}
FAMILY: dict[str, tuple[str, ...]] = {
    "en": (
        *("Ashdown", "Brook", "Calloway", "Dell", "Everly", "Fairlight"),
        *("Greenaway", "Holloway", "Ives", "Juniper", "Kestrel", "Larkin"),
        "Meadows",
    ),
    "fa": (
        *("سپیددشت", "کوهساران", "رودبارانی", "چشمه‌ساری", "باغ‌آذین"),
        *("مهرگانی", "دریادل", "نیک‌پیشه", "روزبهان", "آسمانی", "جویبار"),
        *("دشتستان", "خوش‌نوا"),
    ),
    "vi": (
        *("Lưu", "Mạc", "Tạ", "Thạch", "Hứa", "Lạc", "Văn", "Giáp", "Đoàn"),
        *("Quách", "Tôn", "Ông", "Diệp"),
    ),
}
FAMILY_FIRST = frozenset({"vi"})


def candidate_names(language: str) -> list[str]:
    """Return every name of a language, all given names once before twice.

    A language without a list of its own takes the English names.
    """
    code = language if language in GIVEN else "en"
    given, family = GIVEN[code], FAMILY[code]
    names = []
    for place in range(len(given) * len(family)):
        lap = place // len(given)
        first = given[place % len(given)]
        last = family[(place + lap) % len(family)]
        names.append(
            f"{last} {first}" if code in FAMILY_FIRST else f"{first} {last}"
        )
    return list(dict.fromkeys(names))


def choose_name(
    persona_id: str, language: str, *, taken: Collection[str]
) -> str:
    """Return a name for a new persona.

    Parameters
    ----------
    persona_id : str
        The search begins at its number, so the same persona gets the same
        name in any home where the name is free.
    language : str
    taken : collection of str
        Names of other personas and of customers, in any case.

    Returns
    -------
    str
        The persona_id itself when every name is taken.
    """
    names = candidate_names(language)
    digits = "".join(letter for letter in persona_id if letter.isdigit())
    start = (int(digits or "1") - 1) % len(names)
    lowered = {name.casefold() for name in taken}
    for name in names[start:] + names[:start]:
        if name.casefold() not in lowered:
            return name
    return persona_id


def choose_names(
    persona_ids: Sequence[str],
    *,
    named: Mapping[tuple[str, str], str],
    languages: Sequence[str],
    customer_names: Collection[str],
) -> dict[tuple[str, str], str]:
    """Return the names that new personas still need.

    Parameters
    ----------
    persona_ids : sequence of str
    named : mapping of (persona_id, language) to name
        Names that were given before; they stay.
    languages : sequence of str
    customer_names : collection of str
        Candidates that are customers' names.

    Returns
    -------
    dict of (persona_id, language) to name
        The new names only.
    """
    taken = {*named.values(), *customer_names}
    given: dict[tuple[str, str], str] = {}
    for persona_id in sorted(persona_ids):
        for language in languages:
            if (persona_id, language) in named:
                continue
            name = choose_name(persona_id, language, taken=taken)
            given[persona_id, language] = name
            taken.add(name)
    return given
