"""The words of the claims, in English: message ids for the catalogues.

Every trait that comes from a column has a label, a sentence with its figures,
and for a high and a low value a clause ("buy often"), and where it makes a good
title a noun ("frequent buyer") and a modifier ("frequent"). Clauses follow
"They". A trait that is not in these tables, such as a survey construct, is
spoken of by the templates of its part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

HIGH, LOW = "high", "low"


@dataclass(frozen=True)
class Phrase:
    """What a high or a low value of a trait is called.

    Attributes
    ----------
    clause : str
        Follows "They".
    noun, modifier : str or None
        Parts of a title: "the {modifier} {noun}".
    at_least, at_most : float
        The persona's value must lie between them for the words to be true,
        whatever it is against others.
    """

    clause: str
    noun: str | None = None
    modifier: str | None = None
    at_least: float = -math.inf
    at_most: float = math.inf


# Traits of one group never meet in one title or enumeration.
GROUPS: dict[str, str] = {
    "orders_per_year": "frequency",
    "avg_days_between_orders": "frequency",
    "avg_order_value": "basket",
    "avg_items_per_order": "basket",
    "avg_item_price": "price",
    "discount_share": "price",
    "discounted_order_share": "price",
    "return_share": "returns",
    "morning_order_share": "time",
    "afternoon_order_share": "time",
    "evening_order_share": "time",
    "weekend_order_share": "time",
    "mobile_session_share": "channel",
    "pageviews_per_session": "web",
    "avg_session_minutes": "web",
    "cart_additions_per_session": "web",
    "session_conversion_share": "web",
    "sessions_per_month": "web",
    "social_interactions_per_year": "social",
    "reviews_per_year": "social",
    "web_order_share": "channel",
    "app_order_share": "channel",
    "store_order_share": "channel",
    "phone_order_share": "channel",
    "marketplace_order_share": "channel",
    "count_categories": "taste",
    "category": "taste",
    "favourite_category_share": "taste",
    "campaign_open_share": "campaign",
    "campaign_click_share": "campaign",
    "tickets_per_year": "service",
}

PHRASES: dict[tuple[str, str], Phrase] = {
    ("orders_per_year", HIGH): Phrase(
        "buy often", "frequent buyer", "frequent"
    ),
    ("orders_per_year", LOW): Phrase(
        "buy seldom", "occasional buyer", "occasional"
    ),
    ("avg_order_value", HIGH): Phrase(
        "place orders of high value", "big spender", "big-spending"
    ),
    ("avg_order_value", LOW): Phrase(
        "place orders of low value", "small-order buyer", "small-order"
    ),
    ("avg_items_per_order", HIGH): Phrase(
        "fill large baskets", "basket filler", "full-basket"
    ),
    ("avg_items_per_order", LOW): Phrase(
        "buy fewer items at a time than others",
        "small-basket buyer",
        "small-basket",
    ),
    ("avg_item_price", HIGH): Phrase(
        "choose expensive products", "premium buyer", "premium"
    ),
    ("avg_item_price", LOW): Phrase(
        "choose inexpensive products", "low-price buyer", "low-price"
    ),
    ("avg_days_between_orders", HIGH): Phrase(
        "let a long time pass between orders"
    ),
    ("avg_days_between_orders", LOW): Phrase("soon come back for more"),
    ("discount_share", HIGH): Phrase(
        "look for discounts", "bargain hunter", "bargain-minded"
    ),
    ("discount_share", LOW): Phrase("get small discounts"),
    ("discounted_order_share", HIGH): Phrase(
        "order at a discount more often than others"
    ),
    ("discounted_order_share", LOW): Phrase(
        "buy at full price more often than others"
    ),
    ("return_share", HIGH): Phrase(
        "send a lot back",
        "try-and-return shopper",
        "try-and-return",
        at_least=0.15,
    ),
    ("return_share", LOW): Phrase("keep what they buy", None, "return-free"),
    ("morning_order_share", HIGH): Phrase("shop in the morning"),
    ("morning_order_share", LOW): Phrase(
        "shop in the morning less often than others"
    ),
    ("afternoon_order_share", HIGH): Phrase("shop in the afternoon"),
    ("afternoon_order_share", LOW): Phrase(
        "shop in the afternoon less often than others"
    ),
    ("evening_order_share", HIGH): Phrase(
        "shop in the evening", "evening shopper", "evening", at_least=0.4
    ),
    ("evening_order_share", LOW): Phrase(
        "shop by day", "daytime shopper", "daytime", at_most=0.4
    ),
    ("weekend_order_share", HIGH): Phrase(
        "shop at the weekend", "weekend shopper", "weekend", at_least=0.4
    ),
    ("weekend_order_share", LOW): Phrase(
        "shop on working days", "weekday shopper", "weekday", at_most=0.4
    ),
    ("sessions_per_month", HIGH): Phrase(
        "often visit the website", "frequent visitor", None
    ),
    ("sessions_per_month", LOW): Phrase(
        "visit the website less often than others"
    ),
    ("mobile_session_share", HIGH): Phrase(
        "visit on their mobile phones", "mobile shopper", "mobile", at_least=0.5
    ),
    ("mobile_session_share", LOW): Phrase(
        "visit from a computer", "desktop shopper", "desktop", at_most=0.4
    ),
    ("pageviews_per_session", HIGH): Phrase(
        "look at many pages in a visit", "thorough browser", "thorough"
    ),
    ("pageviews_per_session", LOW): Phrase(
        "look at few pages in a visit", "quick visitor", None
    ),
    ("avg_session_minutes", HIGH): Phrase("stay long on the website"),
    ("avg_session_minutes", LOW): Phrase("soon leave the website"),
    ("cart_additions_per_session", HIGH): Phrase("put much into the cart"),
    ("cart_additions_per_session", LOW): Phrase("put little into the cart"),
    ("session_conversion_share", HIGH): Phrase(
        "often buy when they visit", "purposeful buyer", "purposeful"
    ),
    ("session_conversion_share", LOW): Phrase(
        "look around without buying", "window-shopper", "window-shopping"
    ),
    ("social_interactions_per_year", HIGH): Phrase(
        "are active on social media", "social media fan", "social-media"
    ),
    ("social_interactions_per_year", LOW): Phrase("are quiet on social media"),
    ("reviews_per_year", HIGH): Phrase(
        "write reviews", "reviewer", "review-writing"
    ),
    ("reviews_per_year", LOW): Phrase("write few reviews"),
    ("web_order_share", HIGH): Phrase(
        "order on the website", "web shopper", "web", at_least=0.3
    ),
    ("web_order_share", LOW): Phrase(
        "order on the website less often than others"
    ),
    ("app_order_share", HIGH): Phrase(
        "order in the app", "app shopper", "app", at_least=0.3
    ),
    ("app_order_share", LOW): Phrase("order in the app less often than others"),
    ("store_order_share", HIGH): Phrase(
        "buy in the store", "store regular", "in-store", at_least=0.3
    ),
    ("store_order_share", LOW): Phrase(
        "buy in the store less often than others"
    ),
    ("phone_order_share", HIGH): Phrase(
        "order by telephone", "telephone buyer", "telephone", at_least=0.3
    ),
    ("phone_order_share", LOW): Phrase(
        "order by telephone less often than others"
    ),
    ("marketplace_order_share", HIGH): Phrase(
        "buy on marketplaces",
        "marketplace shopper",
        "marketplace",
        at_least=0.3,
    ),
    ("marketplace_order_share", LOW): Phrase(
        "buy on marketplaces less often than others"
    ),
    ("count_categories", HIGH): Phrase(
        "buy across many categories", "all-round buyer", "all-round"
    ),
    ("count_categories", LOW): Phrase(
        "stay with few categories", "specialist buyer", "specialised"
    ),
    ("favourite_category_share", HIGH): Phrase(
        "spend more in one category than others"
    ),
    ("favourite_category_share", LOW): Phrase(
        "spread their spending over categories"
    ),
    ("category", HIGH): Phrase(
        "spend a large share of their money on {label}", None, "{label}"
    ),
    ("category", LOW): Phrase("spend a small share of their money on {label}"),
    ("campaign_open_share", HIGH): Phrase(
        "open campaign messages more often than others"
    ),
    ("campaign_open_share", LOW): Phrase(
        "open campaign messages less often than others"
    ),
    ("campaign_click_share", HIGH): Phrase(
        "click on campaign messages more often than others"
    ),
    ("campaign_click_share", LOW): Phrase(
        "click on campaign messages less often than others"
    ),
    ("tickets_per_year", HIGH): Phrase("ask for help more often than others"),
    ("tickets_per_year", LOW): Phrase("ask for help less often than others"),
    ("urgent_ticket_share", HIGH): Phrase(
        "have urgent requests more often than others"
    ),
    ("urgent_ticket_share", LOW): Phrase(
        "have urgent requests less often than others"
    ),
    ("avg_resolution_hours", HIGH): Phrase("wait long for a solution"),
    ("avg_resolution_hours", LOW): Phrase("soon get a solution"),
    ("avg_csat", HIGH): Phrase("are content with the service"),
    ("avg_csat", LOW): Phrase("are less content with the service"),
    ("avg_rating", HIGH): Phrase("rate products well"),
    ("avg_rating", LOW): Phrase("rate products critically"),
    ("avg_sentiment", HIGH): Phrase("speak warmly on social media"),
    ("avg_sentiment", LOW): Phrase("speak coolly on social media"),
}

# The figures of a trait: {value} of the persona, {baseline} of everybody.
FACTS: dict[str, str] = {
    "age": (
        "On average they are {value} years old; the average customer{within} "
        "is {baseline}."
    ),
    "income": (
        "Their income averages {value}, against {baseline} among all "
        "customers{within}."
    ),
    "household_size": (
        "{value} people live in their households on average, against "
        "{baseline} among all customers{within}."
    ),
    "children_count": (
        "They have {value} children on average, against {baseline} among all "
        "customers{within}."
    ),
    "tenure_years": (
        "They have been customers for {value} years, against {baseline} among "
        "all customers{within}."
    ),
    "orders_per_year": (
        "They place {value} orders a year, against {baseline} among all "
        "customers{within}."
    ),
    "avg_order_value": (
        "One of their orders is worth {value}, against {baseline} among all "
        "customers{within}."
    ),
    "avg_items_per_order": (
        "They put {value} items into an order, against {baseline} among all "
        "customers{within}."
    ),
    "avg_item_price": (
        "They pay {value} for an item, against {baseline} among all "
        "customers{within}."
    ),
    "avg_days_between_orders": (
        "{value} days pass between their orders, against {baseline} among all "
        "customers{within}."
    ),
    "discount_share": (
        "Discounts take {value} off what they buy, against {baseline} among "
        "all customers{within}."
    ),
    "discounted_order_share": (
        "They get a discount on {value} of their orders, against {baseline} "
        "among all customers{within}."
    ),
    "return_share": (
        "{value} of what they buy comes back, against {baseline} among all "
        "customers{within}."
    ),
    "morning_order_share": (
        "{value} of their orders come in the morning, against {baseline} "
        "among all customers{within}."
    ),
    "afternoon_order_share": (
        "{value} of their orders come in the afternoon, against {baseline} "
        "among all customers{within}."
    ),
    "evening_order_share": (
        "{value} of their orders come after six in the evening, against "
        "{baseline} among all customers{within}."
    ),
    "weekend_order_share": (
        "{value} of their orders come at the weekend, against {baseline} "
        "among all customers{within}."
    ),
    "sessions_per_month": (
        "They visit the website {value} times a month, against {baseline} "
        "among all customers{within}."
    ),
    "mobile_session_share": (
        "{value} of their visits come from a mobile phone, against {baseline} "
        "among all customers{within}."
    ),
    "pageviews_per_session": (
        "They look at {value} pages in a visit, against {baseline} among all "
        "customers{within}."
    ),
    "avg_session_minutes": (
        "A visit of theirs lasts {value} minutes, against {baseline} among "
        "all customers{within}."
    ),
    "cart_additions_per_session": (
        "They put {value} products into the cart in a visit, against "
        "{baseline} among all customers{within}."
    ),
    "session_conversion_share": (
        "{value} of their visits end in an order, against {baseline} among "
        "all customers{within}."
    ),
    "social_interactions_per_year": (
        "They interact {value} times a year on social media, against "
        "{baseline} among all customers{within}."
    ),
    "reviews_per_year": (
        "They write {value} reviews a year, against {baseline} among all "
        "customers{within}."
    ),
    "web_order_share": (
        "{value} of their orders come through the website, against {baseline} "
        "among all customers{within}."
    ),
    "app_order_share": (
        "{value} of their orders come through the app, against {baseline} "
        "among all customers{within}."
    ),
    "store_order_share": (
        "{value} of their purchases happen in a store, against {baseline} "
        "among all customers{within}."
    ),
    "phone_order_share": (
        "{value} of their orders come by telephone, against {baseline} among "
        "all customers{within}."
    ),
    "marketplace_order_share": (
        "{value} of their orders come through marketplaces, against "
        "{baseline} among all customers{within}."
    ),
    "count_categories": (
        "They have bought in {value} categories, against {baseline} among all "
        "customers{within}."
    ),
    "favourite_category_share": (
        "{value} of their spending goes into their favourite category, "
        "against {baseline} among all customers{within}."
    ),
    "campaign_open_share": (
        "They open {value} of the campaign messages sent to them, against "
        "{baseline} among all customers{within}."
    ),
    "campaign_click_share": (
        "They click in {value} of the campaign messages sent to them, against "
        "{baseline} among all customers{within}."
    ),
    "tickets_per_year": (
        "They ask for help {value} times a year, against {baseline} among all "
        "customers{within}."
    ),
    "urgent_ticket_share": (
        "{value} of their requests are urgent, against {baseline} among all "
        "customers{within}."
    ),
    "avg_resolution_hours": (
        "Their requests take {value} hours to solve, against {baseline} among "
        "all customers{within}."
    ),
    "avg_csat": (
        "They rate the service with {value} of 5, against {baseline} among "
        "all customers{within}."
    ),
    "avg_rating": (
        "They rate products with {value} of 5, against {baseline} among all "
        "customers{within}."
    ),
    "avg_sentiment": (
        "The tone of their posts is {value} between -1 and 1, against "
        "{baseline} among all customers{within}."
    ),
    "category": (
        "{value} of their spending goes into {label}, against {baseline} "
        "among all customers{within}."
    ),
    "traffic_source": (
        "{value} of their visits come through {label}, against {baseline} "
        "among all customers{within}."
    ),
    "social_platform": (
        "{value} of their social interactions are on {label}, against "
        "{baseline} among all customers{within}."
    ),
    "ticket_channel": (
        "{value} of their requests come by {label}, against {baseline} among "
        "all customers{within}."
    ),
    "ticket_category": (
        "Of those who ask for help, {value} do so about “{label}”, against "
        "{baseline} of all who ask{within}."
    ),
    "acquisition_channel": (
        "{value} of them came through {label}, against {baseline} of all "
        "customers{within}."
    ),
}

# A share of people, as part of an enumeration; all customers in brackets:
# "72% (58%) are women".
SHARES: dict[str, str] = {
    "age_band": "{value} ({baseline}) are {label} years old",
    "income_band": "{value} ({baseline}) have an income in the {label}",
    "gender": "{value} ({baseline}) are {label}",
    "marital_status": "{value} ({baseline}) are {label}",
    "education": "{value} ({baseline}) name “{label}” as their education",
    "occupation": "{value} ({baseline}) name “{label}” as their occupation",
    "country": "{value} ({baseline}) live in {label}",
    "region": "{value} ({baseline}) live in {label}",
    "city": "{value} ({baseline}) live in {label}",
    "language": "{value} ({baseline}) speak {label}",
    "has_children": "{value} ({baseline}) have children",
    "has_children.no": "{value} ({baseline}) have no children",
    "is_home_owner": "{value} ({baseline}) own their home",
    "is_home_owner.no": "{value} ({baseline}) do not own their home",
    "has_email_consent": "{value} ({baseline}) agree to e-mails",
    "has_email_consent.no": "{value} ({baseline}) do not agree to e-mails",
}

# What a trait is called in a table.
LABELS: dict[str, str] = {
    "age": "age",
    "income": "income",
    "age_band": "age",
    "income_band": "income",
    "gender": "gender",
    "marital_status": "marital status",
    "education": "education",
    "occupation": "occupation",
    "country": "country",
    "region": "region",
    "city": "city",
    "language": "language",
    "household_size": "people in the household",
    "children_count": "number of children",
    "has_children": "has children",
    "is_home_owner": "owns a home",
    "has_email_consent": "agrees to e-mails",
    "tenure_years": "years as a customer",
    "orders_per_year": "orders a year",
    "avg_order_value": "value of an order",
    "avg_items_per_order": "items in an order",
    "avg_item_price": "price of an item",
    "avg_days_between_orders": "days between orders",
    "discount_share": "discount in what is bought",
    "discounted_order_share": "orders with a discount",
    "return_share": "returned value",
    "morning_order_share": "orders in the morning",
    "afternoon_order_share": "orders in the afternoon",
    "evening_order_share": "orders after six",
    "weekend_order_share": "orders at the weekend",
    "sessions_per_month": "visits a month",
    "mobile_session_share": "visits from a mobile phone",
    "pageviews_per_session": "pages in a visit",
    "avg_session_minutes": "minutes of a visit",
    "cart_additions_per_session": "products put into the cart in a visit",
    "session_conversion_share": "visits that end in an order",
    "social_interactions_per_year": "social interactions a year",
    "reviews_per_year": "reviews a year",
    "web_order_share": "orders on the website",
    "app_order_share": "orders in the app",
    "store_order_share": "purchases in a store",
    "phone_order_share": "orders by telephone",
    "marketplace_order_share": "orders on marketplaces",
    "acquisition_channel": "came through",
    "traffic_source": "visits through",
    "social_platform": "social interactions on",
    "ticket_channel": "requests by",
    "count_categories": "categories bought",
    "favourite_category_share": "spending in the favourite category",
    "category": "spending in",
    "campaign_open_share": "campaign messages opened",
    "campaign_click_share": "campaign messages clicked",
    "tickets_per_year": "requests for help a year",
    "urgent_ticket_share": "urgent requests",
    "avg_resolution_hours": "hours until a request is solved",
    "avg_csat": "rating of the service, 1-5",
    "avg_rating": "rating of products, 1-5",
    "avg_sentiment": "tone of posts, -1 to 1",
    "ticket_category": "asked for help about",
    "theme_support_tickets": "writes for help about",
    "theme_survey_responses": "answers in own words about",
    "theme_reviews": "writes reviews about",
    "theme_social_interactions": "posts about",
}

# Values with a wording of their own; others are shown as they were delivered.
VALUES: dict[str, str] = {
    "age_band.under_18": "under 18",
    "age_band.18_24": "18 to 24",
    "age_band.25_34": "25 to 34",
    "age_band.35_44": "35 to 44",
    "age_band.45_54": "45 to 54",
    "age_band.55_64": "55 to 64",
    "age_band.65_74": "65 to 74",
    "age_band.75_plus": "75 or more",
    "income_band.lower_third": "lower range",
    "income_band.middle_third": "middle range",
    "income_band.upper_third": "upper range",
    "gender.female": "women",
    "gender.male": "men",
    "gender.other": "of another gender",
    "has_children.yes": "yes",
    "has_children.no": "no",
    "is_home_owner.yes": "yes",
    "is_home_owner.no": "no",
    "has_email_consent.yes": "yes",
    "has_email_consent.no": "no",
    "social_platform.instagram": "Instagram",
    "social_platform.facebook": "Facebook",
    "social_platform.tiktok": "TikTok",
    "social_platform.youtube": "YouTube",
    "social_platform.pinterest": "Pinterest",
    "social_platform.telegram": "Telegram",
    "social_platform.zalo": "Zalo",
    "social_platform.x": "X",
    "category.kids": "children's products",
    "category.pets": "pet supplies",
    "category.home": "home goods",
    "category.garden": "garden goods",
    "language.en": "English",
    "language.fa": "Persian",
    "language.vi": "Vietnamese",
    "language.es": "Spanish",
    "language.de": "German",
    "language.fr": "French",
    "language.ar": "Arabic",
    "language.zh": "Chinese",
}

# Words that well-known values use, for the catalogues; any other value is
# shown as it was delivered, with its underscores as spaces.
COMMON_VALUES: tuple[str, ...] = (
    # marital status, education, occupation
    *("married", "single", "partnered", "divorced", "widowed"),
    *("bachelor's degree", "master's degree", "vocational training"),
    *("secondary school", "doctorate"),
    *("office worker", "retired", "health and care", "skilled trade"),
    *("student", "homemaker", "manager", "creative and media"),
    *("self-employed", "teacher", "unemployed"),
    # channels, sources and platforms
    *("paid social", "referral", "organic", "paid search", "direct"),
    *("affiliate", "direct mail", "local events", "email", "chat", "phone"),
    *("store", "social", "form", "web", "app", "marketplace"),
    # categories
    *("fashion", "home", "beauty", "food", "electronics", "books", "pets"),
    *("garden", "sports", "kids"),
    # requests
    *("phone order help", "late delivery", "invoice request"),
    *("missing item", "subscription change", "account access", "wrong size"),
    *("refund delay", "price match", "coupon not working"),
    *("return request", "product question", "store stock"),
    *("livestream offer", "damaged item", "loyalty points"),
    *("assembly help", "payment problem"),
    # survey constructs
    *("sustainability", "family first", "tradition", "home design"),
    *("fashion trends", "technology", "price consciousness"),
    *("brand loyalty", "convenience", "fun of shopping"),
    *("advice from people", "digital life", "time pressure", "save money"),
    *("beautiful home", "simpler everyday life", "delivery worries"),
    *("sizing problems", "hidden costs", "online is difficult"),
    *("nps", "csat"),
    # survey choices
    *("full time", "part time", "in education", "at home"),
    *("large city", "small town", "countryside", "abroad"),
    *("social media", "search", "friends", "newspaper", "television"),
)


def phrase_of(trait: str, side: str, value: float) -> Phrase | None:
    """Return what a value of a trait is called, where the words are true."""
    phrase = PHRASES.get((trait, side))
    if phrase and phrase.at_least <= value <= phrase.at_most:
        return phrase
    return None
