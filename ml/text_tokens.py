"""Words in any script.

People write the same word in several ways: Persian with Arabic or Persian yeh
and kaf, with or without a zero-width non-joiner; Vietnamese with composed or
decomposed accents; everybody with or without capitals. Words are compared by
a *key* that is blind to all of that, and shown in the form most people used.
Words come in *segments*, the parts between punctuation, so that no phrase runs
across the end of a sentence. Stop words (English, Persian, Vietnamese) carry
no theme; negations carry none either, but a phrase without its "not" lies.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans(
    {
        **dict.fromkeys("يىئ", "ی"),
        **{"ك": "ک", "ة": "ه", "ۀ": "ه", "ؤ": "و", "’": "'"},
        **dict.fromkeys("أإٱ", "ا"),
    }
)
_MARKS = re.compile(
    "[\u0610-\u061a\u064b-\u065f\u0670\u0640\u200b\u200d-\u200f\u202a-\u202e"
    "\u2066-\u2069\ufeff\ufe0f\u00ad]"
)
"""Vowel signs, tatweel and invisible signs, the non-joiner excepted."""

_NON_JOINER = "\u200c"
_WORD = re.compile(r"[^\W\d_]+(?:[\u200c'’-][^\W\d_]+)*")
_NOT_WORDS = re.compile(
    r"\[(?:name|email|number|link|address|date)\]"
    r"|https?://\S+|www\.\S+|\S+@\S+|@[\w.]+",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[.!?؟;؛:,،…\n\r()\[\]\"“”«»|/]+|\s[-–—]+\s|(?=#)")
_VIETNAMESE = re.compile("[ăâđêôơưạ-ỹ]", re.IGNORECASE)
_ARABIC = re.compile("[\u0600-\u06ff]")


def _keys(words: str) -> frozenset[str]:
    return frozenset(key_of(word) for word in words.split())


@lru_cache(maxsize=200_000)
def key_of(word: str) -> str:
    """Return what all spellings of a word have in common.

    Parameters
    ----------
    word : str

    Returns
    -------
    str

    Examples
    --------
    >>> key_of("Refund") == key_of("REFUND")
    True
    >>> key_of("مي‌شود") == key_of("میشود")
    True
    """
    if word.isascii():
        return word.casefold()
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", word))
    return plain.translate(_LETTERS).replace(_NON_JOINER, "").casefold()


def composed(text: str) -> str:
    """Return a text with each accent in its letter (Unicode NFC).

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def segments_of(text: str) -> list[list[str]]:
    """Return the words of a text as written, by segment.

    Numbers, emoji, links, addresses of e-mail, handles and masks such as
    ``[name]`` are no words.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of list of str
        Segments without words are left out.
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", text))
    parts = _BREAK.split(_NOT_WORDS.sub(" ", plain))
    return [words for part in parts if (words := _WORD.findall(part))]


def language_of(text: str) -> str:
    """Return 'fa', 'vi' or 'en', by the letters of a text.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        'fa' stands for all Arabic script, 'en' for whatever is left.
    """
    if _ARABIC.search(text):
        return "fa"
    return "vi" if _VIETNAMESE.search(composed(text)) else "en"


NEGATIONS = _keys(
    "not no never without cannot can't don't doesn't didn't won't isn't "
    "aren't wasn't weren't haven't hasn't hadn't couldn't wouldn't nothing "
    "cant dont doesnt didnt wont isnt wasnt "
    "نه نیست نبود بدون هیچ ندارد نشد نمی "
    "không chưa chẳng đừng"
)
LIGHT_WORDS = _keys(
    "a an the my your our his her its their i we you he she it they me us is "
    "are was were be been being am has have had having do does did i'm i've "
    "it's you're we're they're that's so and but "
    "من تو او ما شما را این آن است هست هستم بود و که ام ای لطفا "
    "tôi mình em anh chị bạn của là thì mà à ạ ơi nhé nha vậy xin"
)
"""Stop words that a phrase can do without."""

STOP_WORDS = LIGHT_WORDS | _keys(
    # English
    "a about above after again all almost already also although always am an "
    "and another any anything are around as at away be because been before "
    "being below between both but by came can come comes could did do does "
    "doing done down during each either else even ever every everything few "
    "for from further get gets getting give go goes going got had has have "
    "having he hello her here hers hey hi him his how however i i'd i'll i'm "
    "i've if in into is it it's its itself just know let like lot made make "
    "many may maybe me might mine more most much must my myself need next of "
    "off often on once one only onto or other our ours out over own please "
    "put quite rather really said same say says see seems she should since "
    "so some something soon still such take taken tell than thank thanks "
    "that that's the their theirs them then there there's these they they're "
    "this those though three through to together too two under until up upon "
    "us use used very via want was way we we're we've well were what when "
    "where whether which while who whom whose why will with within would yet "
    "yes you you're your yours yourself "
    # Persian
    "از به با در بر برای تا را که این آن و یا هم اما ولی اگر پس چون چه چرا "
    "چطور چگونه چند کی کجا من تو او ما شما آنها ایشان خود خودم یک دو هر همه "
    "همین همان است هست هستم هستیم هستند هستید بود بودم بودند بوده باشد باشم "
    "باشند باشید شد شده شود شدم شدند می‌شود میشه شه شوم دارد دارم دارند دارید "
    "داریم داشت داشتم داشته داشتند داشته‌باشید کرد کردم کردند کرده کنم کند "
    "کنید کنند کنیم می‌کنم می‌کند می‌کنید می‌کنند می کن کردن شدن لطفا لطفاً سلام "
    "ممنون متشکرم مرسی تشکر خیلی بسیار بیشتر کمی دیگر دیگه باید شاید فقط روی "
    "زیر بعد قبل وقتی الان هنوز نیز نمی ها های ای ام اش مان تان شان کار کنین "
    "می‌خواهم میخوام خواهم خواهد است، می‌توانم می‌توانید پیش بین طور مثل حتی رو "
    "تون مون یه اون چیزی چیز کسی بی "
    # Vietnamese
    "tôi mình em anh chị bạn shop ạ à ơi nhé nha vậy thì là và của cho với "
    "các những một này kia đó đây ấy khi nào nếu vì nên mà như cũng đã đang "
    "sẽ được bị có ở trong ngoài trên dưới từ đến để ra vào lại còn rất quá "
    "lắm hơn nhất thế sao gì ai đâu xin vui lòng giúp cảm ơn muốn phải cần "
    "vẫn rồi mới chỉ theo về bởi hay hoặc nhưng do tại lúc sau trước chào "
    "làm đi xem thôi cứ luôn "
    "tại nơi bao"
)
