"""Names, places and phrase banks for texts in English, Persian, Vietnamese."""

from __future__ import annotations

from itertools import product


def _listed(names: str) -> list[str]:
    """Return the words of a text."""
    return names.split()


WOMEN = _listed(
    "Anna Mary Linda Susan Karen Emily Laura Julia Grace Olivia Sophie "
    "Chloe Hannah Nora Clara Alice Ruth Helen Diana Megan Paula Irene "
    "Carmen Lucia Amara Zoe Ella Ivy Rosa Tessa"
)
MEN = _listed(
    "John Peter David Mark Paul James Robert Daniel Samuel Oliver Henry "
    "Jack Thomas Lucas Simon Victor Oscar Felix Adam Martin George Edward "
    "Carlos Diego Liam Noah Ethan Caleb Isaac Walter"
)
SURNAMES = _listed(
    "Smith Johnson Brown Taylor Miller Wilson Moore Clark Lewis Walker Hall "
    "Young King Wright Hill Green Baker Adams Nelson Carter Mitchell "
    "Roberts Turner Phillips Campbell Parker Evans Edwards Collins Stewart "
    "Morris Rogers Reed Cook Morgan Bell Murphy Bailey Cooper Richardson "
    "Cox Howard Ward Peterson Gray Ramirez James Watson Brooks Kelly "
    "Sanders Price Bennett Wood Barnes Ross Henderson Coleman Jenkins Perry"
)
PERSIAN_NAMES = [
    f"{first} {last}"
    for first, last in product(
        (
            *("زهرا", "مریم", "سارا", "نرگس", "لیلا", "نیلوفر", "آرزو"),
            *("علی", "رضا", "امیر", "حسین", "کیان", "آرش", "بهرام"),
        ),
        (
            *("احمدی", "حسینی", "کریمی", "رضایی", "موسوی", "جعفری"),
            *("نوری", "صادقی", "تهرانی", "شیرازی"),
        ),
    )
]
VIETNAMESE_NAMES = [
    f"{last} {first}"
    for last, first in product(
        ("Nguyễn", "Trần", "Phạm", "Hoàng", "Đặng", "Bùi", "Vũ", "Đỗ"),
        (
            *("Thị Mai", "Thị Hương", "Ngọc Ánh", "Thu Hà", "Bảo Trân"),
            *("Văn Hùng", "Minh Đức", "Quốc Bảo", "Tuấn Kiệt", "Gia Huy"),
        ),
    )
]
EMOJI = ("🌸", "⭐", "🐱", "💫")

CITIES = (
    # city, region, country, postal prefix, is large, language at home
    ("New York", "New York", "United States", "100", True, "en"),
    ("Chicago", "Illinois", "United States", "606", True, "en"),
    ("Seattle", "Washington", "United States", "981", True, "en"),
    ("Austin", "Texas", "United States", "787", True, "es"),
    ("Miami", "Florida", "United States", "331", True, "es"),
    ("Los Angeles", "California", "United States", "900", True, "fa"),
    ("San Jose", "California", "United States", "951", True, "vi"),
    ("Boise", "Idaho", "United States", "837", False, "en"),
    ("Dayton", "Ohio", "United States", "454", False, "en"),
    ("Portland", "Maine", "United States", "041", False, "en"),
    ("Burlington", "Vermont", "United States", "054", False, "en"),
    ("Fargo", "North Dakota", "United States", "581", False, "en"),
    ("Santa Fe", "New Mexico", "United States", "875", False, "es"),
    ("Toronto", "Ontario", "Canada", "M5V ", True, "fa"),
    ("Kingston", "Ontario", "Canada", "K7L ", False, "en"),
    ("London", "England", "United Kingdom", "SW1 ", True, "en"),
    ("York", "England", "United Kingdom", "YO1 ", False, "en"),
    ("Melbourne", "Victoria", "Australia", "30", True, "vi"),
    ("Ballarat", "Victoria", "Australia", "33", False, "en"),
    ("Ho Chi Minh City", "Ho Chi Minh", "Vietnam", "7000", True, "vi"),
)

VOICE = {
    "deal_seekers": (
        ("Before I pay more than I must:", "I always compare, so:"),
        ("worth it at the sale price", "cheaper than elsewhere"),
        (
            "Is there a code for this week?",
            "Saw it cheaper yesterday, will you match it?",
            "Waiting for the next sale again.",
        ),
        (
            "Make the coupons work together.",
            "Show shipping costs from the start.",
            "Tell me when a price drops.",
        ),
    ),
    "busy_families": (
        ("With three children I have little time.", "In short:"),
        ("saves me a trip with the kids", "survived a week of school"),
        (
            "Ordered between dinner and bedtime.",
            "The weekly basket saves my evenings.",
            "Diapers are here, hooray!",
        ),
        (
            "Deliver in the hour you promise.",
            "Let me repeat last week's basket with one tap.",
            "Fewer missing items, please.",
        ),
    ),
    "home_curators": (
        ("I had planned this purchase carefully.", "To my regret,"),
        ("fits the living room beautifully", "the finish is exquisite"),
        (
            "This lamp completes the reading corner.",
            "Lovely material, pinned it for the dining room.",
            "Which oak is this made of?",
        ),
        (
            "More detail on materials and makers, please.",
            "Offer assembly by people who take care.",
            "Samples of fabrics would help me decide.",
        ),
    ),
    "store_loyalists": (
        ("I was in your store this morning.", "As a customer of many years:"),
        ("the lady in the store advised me well", "solid as ever"),
        (
            "Nice people at the counter.",
            "Will the new store keep the old staff?",
            "I prefer to see it before I buy.",
        ),
        (
            "Keep more on the shelves.",
            "More staff at the counter on weekdays.",
            "Please do not close the store in our town.",
        ),
    ),
    "style_explorers": (
        ("Love your styles, but:", "Tried on five, kept one."),
        ("so pretty in daylight", "looks just like in the pictures"),
        (
            "Obsessed with this look!",
            "Haul video is up, four go back though.",
            "Need this in green, now.",
        ),
        (
            "Real measurements for every size.",
            "Make returns possible without printing a label.",
            "Show the clothes on more body types.",
        ),
    ),
    "live_shoppers": (
        ("Ordered during the live stream.", "Hey, quick one:"),
        ("just like in the live stream", "got it at midnight, no regrets"),
        (
            "Was so fast in the live, got the last one!",
            "When is the next live drop?",
            "Gift codes in the stream please!",
        ),
        (
            "More live shows after ten at night.",
            "Keep the stream price for an hour.",
            "Let me pay with my telephone wallet.",
        ),
    ),
    "catalogue_classics": (
        ("I called twice without getting through.", "Dear madam or sir,"),
        ("exactly as described in the catalogue", "honest quality"),
        (
            "Is the catalogue still printed?",
            "I would rather telephone.",
            "Thank you for the friendly call.",
        ),
        (
            "Answer the telephone sooner.",
            "Please go on sending the printed catalogue.",
            "Larger type on the order form.",
        ),
    ),
}
"""Per persona: ticket openings, review angles, social comments, wishes."""

TOPICS = {
    "late_delivery": (
        "the parcel was promised for yesterday and is not here.",
        "my delivery is days late.",
    ),
    "missing_item": (
        "one item of my order was missing.",
        "the box came without everything I paid for.",
    ),
    "coupon_not_working": (
        "the coupon code is refused at the checkout.",
        "my voucher was not taken off the total.",
    ),
    "price_match": (
        "another shop sells it for less, will you match the price?",
        "the price fell the day after I bought it.",
    ),
    "refund_delay": (
        "I am still waiting for my refund.",
        "the money for the return has not come back.",
    ),
    "subscription_change": (
        "I want to move my weekly delivery to another day.",
        "please pause my regular order for the holidays.",
    ),
    "product_question": (
        "what material is the top made of?",
        "does it go with the matching series?",
    ),
    "damaged_item": (
        "the surface arrived with a scratch.",
        "a corner was broken when I unpacked it.",
    ),
    "assembly_help": (
        "the assembly instructions leave out a step.",
        "two screws are missing for the assembly.",
    ),
    "store_stock": (
        "is this in stock in my store?",
        "the shelf was empty although the website said otherwise.",
    ),
    "loyalty_points": (
        "my points were not added at the till.",
        "how do I use my loyalty points?",
    ),
    "invoice_request": (
        "please send me a printed invoice.",
        "I need the invoice for my records.",
    ),
    "wrong_size": (
        "the size runs much smaller than the chart says.",
        "this is a size 40 that fits like a 36.",
    ),
    "return_request": (
        "I want to return three pieces, where is the label?",
        "can I bring the return to a store?",
    ),
    "livestream_offer": (
        "the price from the live stream is not in my cart.",
        "my gift from the live drop was not in the parcel.",
    ),
    "payment_problem": (
        "my payment was taken twice.",
        "the wallet payment failed at the last step.",
    ),
    "phone_order_help": (
        "I should like to order by telephone.",
        "please note a change to my telephone order.",
    ),
    "account_access": (
        "I cannot get into my account.",
        "the new password does not reach me.",
    ),
}
CLOSINGS = ("Please help.", "What can you do?", "Thank you.")
FOREIGN_TICKETS: dict[str, tuple[str, ...]] = {
    "fa": (
        "سفارش من هنوز نرسیده است، لطفاً پیگیری کنید.",
        "می‌خواهم کالا را پس بدهم، چه کار کنم؟",
    ),
    "vi": (
        "Đơn hàng của tôi vẫn chưa tới, xin kiểm tra giúp.",
        "Tôi muốn đổi trả hàng thì làm thế nào?",
    ),
}
VERDICTS = (
    ("Not again:", "Disappointed:", "It broke within days,"),
    ("All in all fine,", "Neither good nor bad,", "It does its job,"),
    ("Very happy:", "Would buy again,", "Excellent,"),
)
FOREIGN_REVIEWS: dict[str, tuple[str, ...]] = {
    "fa": (
        "از کیفیت این کالا راضی نبودم.",
        "معمولی بود، نه خوب نه بد.",
        "کیفیت عالی بود و خیلی زود رسید.",
    ),
    "vi": (
        "Tôi thất vọng, chất lượng kém.",
        "Bình thường, tạm được.",
        "Hàng rất đẹp, giao nhanh, rất hài lòng!",
    ),
}
FOREIGN_COMMENTS: dict[str, tuple[str, ...]] = {
    "fa": ("خیلی قشنگه! قیمتش چنده؟", "کی دوباره موجود می‌شه؟"),
    "vi": ("Đẹp quá shop ơi! 😍", "Khi nào live tiếp vậy shop?"),
}
FOREIGN_WISHES: dict[str, tuple[str, ...]] = {
    "fa": ("لطفاً ارسال را سریع‌تر کنید.", "پشتیبانی فارسی داشته باشید."),
    "vi": ("Mong shop giao hàng nhanh hơn.", "Cần hỗ trợ bằng tiếng Việt."),
}
