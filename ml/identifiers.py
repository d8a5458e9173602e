"""What identifies a person in a text, as patterns.

A pattern has the kind of what it finds (the word of the placeholder), a lead
that stays (``my name is``) and a body that goes (``Anna Lee``). A name is a
run of capitalised words where a script has capitals; elsewhere it is what
stands where names stand. ``(?i:...)`` ignores case for the words around a
name, not for the name. Order matters: what is longer and surer comes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Identifier:
    """A pattern for something that identifies.

    Attributes
    ----------
    kind : str
        'name', 'email', 'number', 'link', 'address' or 'date'.
    pattern : Pattern
        With the group ``lead``, which is kept.
    """

    kind: str
    pattern: re.Pattern[str]


_UPPER = "A-ZÀ-ÖØ-ÞĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_CAPITAL = rf"[{_UPPER}][^\W\d_]*(?:['’-][^\W\d_]+)*"
_INITIALS = rf"(?:[{_UPPER}]\.\s?)"
_NOBODY = (
    r"(?!(?i:sir|madam|madame|team|teams|customer|support|service|services|all|"
    r"everyone|everybody|folks|guys|shop|store|friend|friends|seller|there|"
    r"again|please|the|this|that|we|you|your|my|is|are|i|it|why|what|when|"
    r"where|how|can|could|would|will|do|does|did|not|no|and|but|so|very|just|"
    r"là|anh|chị|quý|khách|người|một|thành|fan)(?![\w']))"
)
_OF = r"(?:(?i:van|von|der|den|de|la|le|da|dos|del|di|bin|al|el|ter)\s+)*"
_NAME = (
    rf"{_NOBODY}{_INITIALS}*{_OF}{_CAPITAL}"
    rf"(?:\s+{_INITIALS}*{_OF}{_NOBODY}{_CAPITAL}){{0,3}}"
)
_ANY = r"[^\W\d_]+(?:['’\u200c-][^\W\d_]+)*"
_ANY_NAME = rf"{_INITIALS}*{_NOBODY}{_ANY}(?:\s+{_NOBODY}{_ANY}){{0,3}}"
_FA = r"[\u0621-\u064a\u067e-\u06d3\u200c]+"
_FA_STOP = (
    r"(?!(?:از|به|با|در|که|را|و|یا|هم|گفت|گفتند|گفته|بود|بودند|است|هست|هستم|"
    r"هستند|تماس|لطفا|لطفاً|این|آن|برای|تا|چرا|پاسخ|جواب|کرد|کردند|داد|دادند|"
    r"شد|شما|من|ما|خانم|آقای|جناب|سرکار|دکتر|مهندس|"
    r"خیلی|بسیار|محترم|عزیز|جان|هنوز|دیروز|امروز|فردا|سلام)"
    r"(?![\w\u200c]))"
)
_FA_NAME = rf"{_FA_STOP}{_FA}(?:\s+{_FA_STOP}{_FA}){{0,2}}"
_FA_STATES = (
    r"(?!(?:خیلی|بسیار|کمی|واقعا|واقعاً|اصلا|اصلاً|هم|هنوز|از|به|با|در|که|"
    r"راضی|ناراضی|ناراحت|عصبانی|خوشحال|خوشبین|مطمئن|منتظر|مشتری|خسته|متاسف|"
    r"متأسف|موافق|مخالف|نگران|اینجا|عاشق|دنبال|ممنون|شاکی|مایل|علاقه\u200cمند|همیشه)"
    r"(?![\w\u200c]))"
)
_END = r"(?=\s*(?:[.!?…\n\r]|$|[^\w\s]*$))"
_FA_MONTHS = (
    "فروردین|اردیبهشت|خرداد|تیر|مرداد|شهریور|مهر|آبان|آذر|دی|بهمن|اسفند|ژانویه|"
    "فوریه|مارس|آوریل|مه|ژوئن|ژوئیه|اوت|سپتامبر|اکتبر|نوامبر|دسامبر"
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"
    "aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_VI_SURNAMES = (
    "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|"
    "Đinh|Đoàn|Trịnh|Trương|Lâm|Mai|Cao|Hà|Lưu|Tạ|Tô|Thái|Châu|Đào|Phùng|Quách|"
    "Nguyen|Tran|Pham|Hoang|Huynh|Phan|Vo|Dang|Bui"
)
_STREETS = (
    "street|avenue|road|lane|boulevard|highway|crescent|parkway|terrace|alley"
)
_STREETS_CAPITAL = (
    "St|Ave|Rd|Ln|Dr|Blvd|Hwy|Ct|Sq|Pl|Way|Drive|Court|Square|Place|Close|"
    "Grove|Gardens|Row|Hill|Walk|Mews|Pkwy|Ter"
)
_NO_COUNT = (
    r"(?!(?i:days?|weeks?|months?|years?|hours?|minutes?|times?|items?|pieces?|"
    r"of|on|in|at|the|to|from|people|percent|stars?|more|other|and|or|for)\b)"
)


def _found(kind: str, body: str, *, lead: str = "") -> Identifier:
    return Identifier(kind, re.compile(f"(?P<lead>{lead})(?:{body})"))


def _in(words: str) -> str:
    """Return a pattern of whole words and the blanks behind them."""
    spaced = words.replace(" ", r"\s+")
    return rf"(?<![\w\u200c])(?i:{spaced})\s+"


_TLD = (
    "com|net|org|ir|vn|info|io|me|co|uk|de|app|shop|store|dev|ly|us|ca|au|fr|"
    "eu|biz|online|site|edu|gov"
)
_FLAT = r"(?:flat|apt\.?|unit|suite|apartment|#)\s*#?\w{1,5}"
_NEXT = r"(?![\w\u200c])"

_LOCAL = r"(?<![\w.+%'-])[\w.+%'-]+"
"""What stands before the @; the look behind keeps long texts quick."""

_EMAILS = (
    _found("email", rf"{_LOCAL}@[\w-]+(?:\.[\w-]+)+"),
    _found(
        "email",
        rf"(?i:{_LOCAL}\s*(?:[(\[{{]\s*at\s*[)\]}}]|\s@\s|\sat\s)\s*[\w-]+"
        rf"\s*(?:\.|[(\[{{]\s*dot\s*[)\]}}]|\sdot\s)\s*(?:{_TLD})\b)",
    ),
    _found("email", rf"(?i:{_LOCAL}\s?@\s?[\w-]+(?:\s?\.\s?[a-z]{{2,}})+)"),
)
_LINKS = (
    _found("link", r"(?i:\b(?:https?|ftp)://\S+|\bwww\.\S+)"),
    _found("link", rf"(?i:(?<![\w.-])(?:[a-z0-9-]+\.)+(?:{_TLD})\b(?:/\S*)?)"),
    _found("name", r"(?<![\w.])[^\W_][\w.]*?_[\w.]*\w"),
    _found(
        "name",
        r"[\w.]{3,}",
        lead=r"(?i:\b(?:insta|instagram|ig|snap|snapchat|twitter|telegram|zalo|"
        r"tiktok|skype|username|user|login|nick)\s*(?:id)?\s*:\s*)",
    ),
    _found("name", r"(?<![\w@])@\s?[\w.\u200c-]{2,}"),
)
_DATES = (
    _found("date", r"(?<!\d)\d{4}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{1,2}(?!\d)"),
    _found(
        "date",
        r"(?<!\d)\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?:\d{4}|\d{2})(?!\d)",
    ),
    _found(
        "date",
        rf"(?i:\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTHS})\.?,?"
        r"\s+\d{4}\b)",
    ),
    _found(
        "date",
        rf"(?i:\b(?:{_MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b)",
    ),
    _found(
        "date",
        rf"(?i:(?:the\s+)?\d{{1,2}}\w*\s+(?:of\s+)?(?:{_MONTHS})\b"
        rf"|(?:{_MONTHS})\s+\d{{1,2}}\w*|\d{{1,4}}(?:[-/.]\d{{1,2}})*)",
        lead=r"(?i:\b(?:born(?:\s+(?:on|in))?|birthday(?:\s+is)?(?:\s+on)?|"
        r"date\s+of\s+birth(?:\s+is)?|dob)\s*:?\s+)",
    ),
    _found(
        "date", rf"\d{{1,2}}\s?(?:{_FA_MONTHS})(?:\s?(?:ماه|سال))*\s?\d{{2,4}}"
    ),
    _found(
        "date",
        rf"(?:\d{{1,2}}\s?(?:{_FA_MONTHS})|\d{{2,4}})",
        lead=r"(?:متولد|تاریخ\s+تولد(?:م)?)\s*:?\s*(?:سال\s+)?",
    ),
    _found(
        "date",
        r"(?i:(?:ngày\s+)?\d{1,2}\s+tháng\s+\d{1,2},?\s+năm\s+\d{2,4})",
    ),
    _found(
        "date",
        r"(?i:\d{1,2}\s*[-/.]\s*\d{1,2}|\d{1,2}\s+tháng\s+\d{1,2}|\d{2,4})",
        lead=r"(?i:\bsinh\s*(?:ngày|năm|nhật)?\s*:?\s+)",
    ),
)
_ADDRESSES = (
    _found("address", r"(?i:\b(?:p\.?\s?o\.?\s?box|post\s?box)\s*#?\s*\d+)"),
    _found(
        "address",
        rf"(?i:\b(?:{_FLAT},?\s+)?\d{{1,5}}[a-z]?,?\s+"
        rf"(?:{_NO_COUNT}[^\W\d_][\w'.-]*\s+){{1,3}}"
        rf"(?:{_STREETS})\b(?:,?\s*{_FLAT})?)",
    ),
    _found(
        "address",
        rf"\b(?:(?i:{_FLAT}),?\s+)?\d{{1,5}}[A-Za-z]?,?\s+"
        rf"(?:{_NO_COUNT}[A-Z0-9][\w'.-]*\s+){{1,3}}"
        rf"(?:{_STREETS_CAPITAL})\b\.?(?:,?\s*(?i:{_FLAT}))?",
    ),
    _found("address", r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"),
    _found("address", r"\b[A-Z]\d[A-Z]\s?\d[A-Z]\d\b"),
    _found(
        "address",
        r"\b[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,\s?[A-Z]{2}\s\d{5}(?:-\d{4})?",
    ),
    _found(
        "address",
        r"(?:(?:خیابان|خیابون|کوچه|بلوار|میدان|بزرگراه|اتوبان|شهرک|محله)\s+"
        rf"{_FA_STOP}{_FA}(?:\s+(?!پلاک|واحد|طبقه|کوچه|خیابان){_FA_STOP}{_FA})?"
        r"[\s،,]*)+(?:(?:پلاک|واحد|طبقه|شماره|زنگ)\s*[\d]+[\s،,]*)*",
    ),
    _found(
        "address", r"(?:(?:پلاک|واحد|طبقه|کد\s?پستی)\s*:?\s*\d[\d-]*[\s،,]*)+"
    ),
    _found(
        "address",
        r"(?i:(?:số\s+nhà|nhà\s+số|số)\s*)?(?:\d[\w/-]*,?\s+)?"
        r"(?i:đường|phố|ngõ|hẻm|ngách|kiệt)\s+"
        rf"[{_UPPER}0-9]\w*(?:\s+[{_UPPER}0-9]\w*){{0,4}}",
    ),
    _found("address", r"(?i:(?:số\s+nhà|nhà\s+số)\s*\d[\w/-]*)"),
    _found(
        "address",
        r"\b(?i:phường|quận|huyện|xã|thị\s+trấn|thành\s+phố|tp\.?|tỉnh|"
        rf"khu\s+phố|thôn|ấp)\s*(?:\d+|[{_UPPER}]\w*(?:\s+[{_UPPER}]\w*)"
        r"{0,3})",
    ),
    _found(
        "address",
        rf"\b\d+(?:/\d+)+[A-Z]?\s+[{_UPPER}]\w+(?:\s+[{_UPPER}]\w+){{0,3}}",
    ),
    _found(
        "address",
        rf"\b\d{{1,4}}[A-Z]?\s+(?:{_VI_SURNAMES}|Hai|Điện|Cách|Tôn|Quang)"
        rf"\s+[{_UPPER}]\w+(?:\s+[{_UPPER}]\w+){{0,3}}",
    ),
)
_NUMBERS = (
    _found("number", r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{2,4}){3,8}\b"),
    _found("number", r"\b[A-Za-z]{1,5}[-_/#]?\d{3,}(?:[-_/]?\w+)*"),
    _found("number", r"(?<!\w)\+?\(?\d(?:[\s().,/\u200c-]{0,3}\d){4,}\w*"),
    _found("number", r"(?<![\w\[])#\s?\w*\d\w*"),
    _found(
        "number", r"\b(?=[A-Za-z0-9]*[A-Za-z])(?=(?:[A-Za-z]*\d){3})\w{6,}\b"
    ),
    _found(
        "number",
        r"\d{3,4}(?!\w)",
        lead=r"(?i:\b(?:ending(?:\s+(?:in|with))?|last\s+(?:four|4)(?:\s+digits)?"
        r"|đuôi|cuối)\s*:?\s+)",
    ),
    _found(
        "number",
        r"\d{3,4}(?!\w)",
        lead=r"(?i:(?:\b(?:order|no\.?|number|invoice|ticket|customer|card|nr\.?"
        r"|số|mã|đơn(?:\s+hàng)?)|شماره|سفارش|فاکتور)\s*:?\s+)",
    ),
)
_ENGLISH = (
    _found(
        "name",
        _ANY_NAME,
        lead=_in("(?:my name is:?|my name's|name:|i am called)"),
    ),
    _found(
        "name",
        rf"(?:{_NAME}|{_NOBODY}{_ANY})",
        lead=r"(?i:\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|messrs)\b\.?\s+)",
    ),
    _found(
        "name",
        _NAME,
        lead=_in(
            "(?:dear|hi|hello|hey|hiya|good (?:morning|day|evening)|"
            "i am|i['’]m|call me|named|signed|"
            "(?:this|it|here) is|it's|thanks(?: to)?|thank you|"
            "(?:much|again|lot),|sir|madam|lady|"
            "(?:spoke|speak|talked|talk|spoken) (?:to|with)|ask(?:ed)? for|"
            "(?:my|your|our|his|her) (?:husband|wife|son|daughter|mother|"
            "father|"
            "brother|sister|friend|partner|colleague|agent|neighbour|neighbor|"
            "boss|boy|girl|aunt|uncle|grandmother|grandfather|employee))"
        )[:-1]
        + r"*,?\s+",
    ),
    _found("name", rf"{_ANY_NAME}(?=\s*(?:[,.!:\n]|$))", lead=_in("dear")),
    _found(
        "name",
        rf"{_NAME}{_END}",
        lead=r"(?i:\b(?:regards|sincerely|cheers|yours|faithfully|respectfully|"
        r"greetings|wishes|love|best|thanks|thank\s+you|truly|xoxo)"
        r"\s*[,.!\n\r–—-]+\s*)",
    ),
    _found(
        "name",
        rf"{_ANY_NAME}{_END}",
        lead=r"(?i:\b(?:regards|sincerely|faithfully|respectfully|greetings|"
        r"wishes|truly|cheers)\s*[,\n\r–—-]*\s*)",
    ),
    _found("name", rf"{_NAME}\s*$", lead=r"(?:[.!?\n]\s*[–—-]+|\n)\s*"),
)
_PERSIAN = (
    _found(
        "name",
        rf"{_FA_STATES}{_FA_NAME}(?=\s+(?:هستم|می\u200c?باشم){_NEXT})",
        lead=_in("(?:من|سلام،?|سلام من)"),
    ),
    _found(
        "name",
        rf"{_FA_STATES}{_FA_NAME}(?=\s+هستم{_NEXT})",
        lead=r"(?:^|[.!?؟،؛\n])\s*",
    ),
    _found("name", _FA_NAME, lead=_in("اینجانب")),
    _found(
        "name",
        _FA_NAME,
        lead=_in("(?:(?:اسم|نام) (?:من|بنده)|اسمم|نامم|به نام|بنام|نام:|اسم:)"),
    ),
    _found(
        "name",
        _FA_NAME,
        lead=_in("(?:آقای|آقا|خانم|خانوم|جناب|سرکار|دکتر|مهندس|حاج|استاد)")
        + r"(?:(?:آقای|خانم|دکتر|مهندس)\s+)?"
        r"(?!فروشنده|پشتیبان|مسئول|مدیر|محترم)",
    ),
    _found("name", rf"{_FA_STOP}{_FA}(?=\s+(?:جان|جون){_NEXT})"),
    _found(
        "name",
        rf"{_FA_NAME}{_END}",
        lead=r"(?<![\w\u200c])(?:با\s(?:احترام|تشکر|سپاس|درود)(?:\sفراوان)?|ارادتمند(?:\sشما)?|"
        r"دوستدار\sشما|با\sآرزوی\sموفقیت|مخلص\sشما|امضا|سپاسگزارم|ممنون|مرسی)"
        r"\s*[،,:.\n–—-]*\s*(?<![\u0621-\u06d3])",
    ),
)
_VIETNAMESE = (
    _found(
        "name",
        _NAME,
        lead=_in(
            "(?:(?:tôi|em|mình|anh|chị|cháu|con) (?:tên(?: là)?|là)|"
            "(?:ký |họ )?tên(?: (?:của )?(?:tôi|em|mình))?(?: là)?:?)"
        ),
    ),
    _found(
        "name",
        _ANY_NAME,
        lead=_in(
            "(?:tên(?: (?:của )?(?:tôi|em|mình))? là|"
            "(?:tôi|em|mình) tên(?: là)?)"
        ),
    ),
    _found(
        "name",
        rf"{_ANY_NAME}(?=\s*(?:[,.!\n]|$))",
        lead=_in("(?:tôi|em|mình) là"),
    ),
    _found(
        "name",
        _NAME,
        lead=_in(
            "(?:anh|chị|cô|chú|bác|ông|bà|em|bạn|thầy|dì|cậu|cháu|gửi|chào)"
            "(?: (?:anh|chị|cô|chú|bác|ông|bà|em|bạn))?"
        ),
    ),
    _found("name", rf"\b(?:{_VI_SURNAMES})(?:\s+[{_UPPER}]\w*){{1,3}}"),
    _found(
        "name",
        rf"{_NAME}{_END}",
        lead=r"(?i:\b(?:trân\s+trọng|thân\s+mến|thân|kính\s+thư|cảm\s+ơn)"
        r"\s*[,.!\n–—-]+\s*)",
    ),
)
IDENTIFIERS = (
    *(_EMAILS + _LINKS + _DATES + _ADDRESSES + _NUMBERS),
    *(_ENGLISH + _PERSIAN + _VIETNAMESE),
)
