"""Texts without the people in them.

What identifies a person is replaced by what it is: ``[name]``, ``[email]``,
``[number]``, ``[link]``, ``[address]`` or ``[date]``. Patterns find what has a
shape (addresses, numbers, dates) and names where people introduce themselves,
are greeted or sign; a list of known names finds the rest. Masking errs on the
side of too much, and `is_clean` on the side of doubt: a capitalised word in the
midst of a sentence may be somebody, so such a text is not shown to anybody.
English, Persian and Vietnamese are covered, with digits of any script. No
pattern finds every name: whoever shows texts uses all three.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pandas as pd

from ml.identifiers import IDENTIFIERS
from ml.text_tokens import STOP_WORDS, composed, key_of, language_of

COMMON_TEXTS = 20  # texts that hold a word before a name is taken for a word
COMMON_SHARE = 0.001  # share of such texts
LONGEST_NAME = 5  # words of a full name that is looked up
SHORT = 2  # letters of a name that may be any word
_WORD = re.compile(r"[^\W\d_]+(?:[\u200c'’-](?![sS]\b)[^\W\d_]+)*")
_MASK = re.compile(r"\[(?:name|email|number|link|address|date)\]")
_MASKS = re.compile(
    r"(\[(?:name|email|number|link|address|date)\])(?:[\s,،]+\1)+"
)
_SENTENCE_END = re.compile(r"[.!?؟…:\n\r(\"“«]\W*$")
_SUSPICIOUS = re.compile(r"@|://|www\.|\d{5,}|(?:\d\W{0,2}){7,}")


def _keys(words: str) -> frozenset[str]:
    return frozenset(key_of(word) for word in words.split())


COMMON_WORDS = STOP_WORDS | _keys(
    # English words that are also names
    "amber angel april art ash aspen august autumn baker bank barn bay bean "
    "bear beck bell berry best bill bird black blue bond booker bowl branch "
    "brand bridge brook brown buck bush butcher butler candy car carpenter "
    "carter case cash cat chance chase church clay close coffee cook cross "
    "daisy dawn day dean dear diamond dot duke early earnest east ebony eve "
    "faith farmer field fish flower ford forest fox frank free french friend "
    "frost gardener gay gene gift ginger gold good grace grant gray green "
    "grey guy hall hand happy harmony hazel heather heaven herb hill holly "
    "hood hope hunt ivory ivy jewel jolly joy judge june king knight lake "
    "lamb lane lark laurel law lemon lily lion little long love low lucky "
    "major man march mark master max may mercy miles mill mint miss money "
    "moon moore more mountain needle noble north nova oak olive page park "
    "parsley patience peace pearl penny pepper petal pierce poppy pound price "
    "prince queen rain rainbow ray read red reed rice rich rivers rock rocky "
    "rose rusty sage sailor salt sandy scout sharp shepherd silver sky skip "
    "smart snow star steel stone storm stream street strong summer sunny "
    "sweet temple tiger trip van violet wall ward water waters west white "
    "wild will willow winter wise wolf wood woods young yours new old big "
    "small der von la le de el da dos shop store company "
    # Persian words that are also names
    "آرزو امید شادی پیمان نور مهر بهار ستاره گل سحر آسمان باران دریا رویا ماه "
    "پیام ایمان احسان حق صادق کریم عزیز محترم جان خوب راستی آزاد آزاده بیژن "
    "هنر نیکو شیرین زیبا پاک روشن سپید نرگس نیلوفر لاله یاس ترانه هدیه مژده "
    "نسیم شیما مهربان فرد زاده پور نژاد تهرانی خانم آقا"
)
"""Words that are names only where they look like names."""

CAPITALISED = _keys(
    "i i'm i've i'd i'll monday tuesday wednesday thursday friday saturday "
    "sunday january february march april may june july august september "
    "october november december christmas easter ramadan nowruz tết ok tv usb "
    "pc vat dhl ups fedex paypal visa mastercard google apple iphone ipad "
    "android samsung facebook instagram tiktok whatsapp telegram youtube "
    "amazon english german french persian vietnamese spanish italian chinese "
    "black zalo momo việt faq app id pin sms xl xxl xs ps uk usa us eu diy"
)
"""Words whose capital says nothing about a person."""


@dataclass(frozen=True)
class _Names:
    """Known names by key: whole names, their words, words that need a look."""

    full: frozenset[str]
    words: frozenset[str]
    doubtful: frozenset[str]


def mask(text: str) -> str:
    """Replace what identifies somebody by its shape or its place.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        In composed Unicode (NFC). A masked text stays as it is when it is
        masked again.

    Examples
    --------
    >>> mask("My name is Anna Lee, call +49 170 1234567.")
    'My name is [name], call [number].'
    """
    masked = composed(text)
    for identifier in IDENTIFIERS:
        masked = identifier.pattern.sub(rf"\g<lead>[{identifier.kind}]", masked)
    return _MASKS.sub(r"\1", masked)


def mask_names(texts: pd.Series, names: Collection[str]) -> pd.Series:
    """Replace known names, whole words in any spelling.

    A full name goes in any case. A single word of a name goes too, unless it
    is short, a Vietnamese syllable or a word that people also use otherwise
    (a list, and whatever 20 texts and 0.1 % of them hold in lower case, or at
    all in scripts without capitals): that one goes only when capitalised in
    the midst of a sentence, or beside another name.

    Parameters
    ----------
    texts : Series of str
        Nulls stay null.
    names : collection of str
        Full names or parts of names. A million take some seconds.

    Returns
    -------
    Series of str
        Same index.
    """
    known = _known(names, texts)
    return texts.map(
        lambda text: _without_names(composed(str(text)), known),
        na_action="ignore",
    )


def is_clean(text: str) -> bool:
    """Return whether nothing in a masked text looks as if it identified.

    Parameters
    ----------
    text : str
        A masked text.

    Returns
    -------
    bool
        False where a pattern still finds something, where long numbers,
        links or handles are left, and where a word that is no known
        exception is capitalised in the midst of a sentence.
    """
    plain = composed(text)
    if mask(plain) != plain or _SUSPICIOUS.search(plain):
        return False
    return not any(
        key_of(word.group()) not in CAPITALISED
        for word in _WORD.finditer(plain)
        if word.group()[0].isupper()
        and not _MASK.match(plain, word.start() - 1)
        and not _begins_sentence(plain, word.start())
    )


def _begins_sentence(text: str, place: int) -> bool:
    before = text[max(place - 12, 0) : place]
    return not before.strip() or bool(_SENTENCE_END.search(before))


def _known(names: Iterable[str], texts: pd.Series) -> _Names:
    """Sort the words of names into clear and doubtful ones."""
    full: set[str] = set()
    words: set[str] = set()
    syllables: set[str] = set()
    for name in set(names):
        parts = [key_of(word) for word in _WORD.findall(composed(str(name)))]
        full.add(" ".join(parts))
        words.update(part for part in parts if len(part) > 1)
        if language_of(str(name)) == "vi":
            syllables.update(parts)
    short = {word for word in words if len(word) <= SHORT}
    doubtful = (words & COMMON_WORDS) | short | syllables
    return _Names(
        frozenset(full),
        frozenset(words),
        frozenset(doubtful | _used_as_words(texts, words)),
    )


def _used_as_words(texts: pd.Series, words: set[str]) -> set[str]:
    """Return words of names that many texts hold in lower case."""
    held: Counter[str] = Counter()
    for text, times in texts.dropna().value_counts().items():
        found = {
            key_of(word)
            for word in _WORD.findall(composed(str(text)))
            if not word[0].isupper()
        }
        held.update(dict.fromkeys(found & words, int(times)))
    floor = max(COMMON_TEXTS, COMMON_SHARE * len(texts))
    return {word for word, times in held.items() if times >= floor}


def _without_names(text: str, known: _Names) -> str:
    found = [
        word
        for word in _WORD.finditer(text)
        if not _MASK.match(text, word.start() - 1)
    ]
    keys = [key_of(word.group()) for word in found]
    is_name = [False] * len(found)
    for place, key in enumerate(keys):
        if key in known.words:
            for end in _ends_of_name(text, found, keys, place, known):
                is_name[place:end] = [True] * (end - place)
    pieces, last = [], 0
    for word, hit in zip(found, is_name, strict=True):
        if hit:
            pieces += [text[last : word.start()], "[name]"]
            last = word.end()
    return _MASKS.sub(r"\1", "".join([*pieces, text[last:]]))


def _ends_of_name(
    text: str,
    found: list[re.Match[str]],
    keys: list[str],
    place: int,
    known: _Names,
) -> Iterable[int]:
    """Yield where names that begin at a word end."""
    for length in range(2, LONGEST_NAME + 1):
        if " ".join(keys[place : place + length]) in known.full:
            yield place + length
    if keys[place] not in known.doubtful:
        yield place + 1
        return
    word = found[place]
    stands_out = word.group()[0].isupper() and not _begins_sentence(
        text, word.start()
    )
    if stands_out or _beside_a_name(text, found, keys, place, known):
        yield place + 1


def _beside_a_name(
    text: str,
    found: list[re.Match[str]],
    keys: list[str],
    place: int,
    known: _Names,
) -> bool:
    """Return whether a doubtful word stands next to a likelier one."""
    upper = found[place].group()[0].isupper()
    for other in (place - 1, place + 1):
        if not 0 <= other < len(found) or keys[other] not in known.words:
            continue
        first, second = sorted((place, other))
        between = text[found[first].end() : found[second].start()]
        likely = keys[other] not in known.doubtful or (
            upper and found[other].group()[0].isupper()
        )
        if likely and between.isspace() and (upper or not _has_case(text)):
            return True
    return False


def _has_case(text: str) -> bool:
    return text.lower() != text.upper()
