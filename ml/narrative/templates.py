"""Sentences as message ids: what can be said, and what each is made of."""

from __future__ import annotations

PARTS: dict[str, str] = {
    "demographics": "Who they are",
    "psychographics": "What matters to them",
    "behaviour": "How they shop",
    "goals": "What they want",
    "pain_points": "What troubles them",
    "background": "Their background",
}

TITLE = "the {modifier} {noun}"
TITLE_NOUN_ONLY = "the {noun}"
TITLE_NOTHING = "the average customer"

# Sentences of a description: name -> message id.
SENTENCES: dict[str, str] = {
    "clauses": "They {clauses}.",
    "shares": "Compared with all customers{within} (in brackets), {shares}.",
    "values_high": "What matters more to them than to others: {labels}.",
    "values_low": "What matters less to them than to others: {labels}.",
    "goals_high": "What they want more than others: {labels}.",
    "goals_low": "What they want less than others: {labels}.",
    "pains_high": "What troubles them more than others: {labels}.",
    "pains_low": "What troubles them less than others: {labels}.",
    "background_high": "Stronger in them than in others: {labels}.",
    "background_low": "Weaker in them than in others: {labels}.",
    "score": (
        "On “{label}” they score {value} of 100 points, against {baseline} "
        "among all customers{within}."
    ),
    "choice": (
        "Asked “{question}”, {value} answer “{label}”, against {baseline} of "
        "all who answer{within}."
    ),
    "theme_support_tickets": (
        "Of those who write for help, {value} write about “{label}”, against "
        "{baseline} of all who do{within}."
    ),
    "theme_survey_responses": (
        "Of those who answer in their own words, {value} write about "
        "“{label}”, against {baseline} of all who do{within}."
    ),
    "theme_reviews": (
        "Of those who write reviews, {value} write about “{label}”, against "
        "{baseline} of all who do{within}."
    ),
    "theme_social_interactions": (
        "Of those who post on social media, {value} write about “{label}”, "
        "against {baseline} of all who do{within}."
    ),
    "taste_high": "More of their spending than usual goes into {labels}.",
    "taste_low": "Less of their spending than usual goes into {labels}.",
    "same": "As far as is known, they are like other customers{within} here.",
    "unknown": "Unknown. A survey could ask: “{question}”",
}

# Follows "all customers" where they are those of a persona and not of the
# company, after a space.
WITHIN = "in the larger persona"

QUOTED = "“{label}”"
SUMMARY = "They {clauses}."
SUMMARY_WITH_VALUES = (
    "They {clauses}; what matters more to them than to others is {labels}."
)
SUMMARY_NOTHING = (
    "Nothing that is known sets them apart from other customers{within}."
)

# Advice: name -> (kind, message id).
ADVICE: dict[str, tuple[str, str]] = {
    "order_channel": (
        "channel",
        "Sell through {label}: {value} of their orders come that way, against "
        "{baseline} among all customers{within}.",
    ),
    "social_platform": (
        "channel",
        "On social media meet them on {label}: {value} of their interactions "
        "are there, against {baseline} among all customers{within}.",
    ),
    "traffic_source": (
        "channel",
        "Count on the channel “{label}”: {value} of their visits begin there, "
        "against {baseline} among all customers{within}.",
    ),
    "acquisition_channel": (
        "channel",
        "Win more of them through “{label}”: {value} of them came that way, "
        "against {baseline} of all customers{within}.",
    ),
    "messages_opened": (
        "channel",
        "Write to them: they open {value} of the campaign messages, against "
        "{baseline} among all customers{within}.",
    ),
    "messages_unopened": (
        "channel",
        "Do not rely on campaign messages: they open {value} of them, against "
        "{baseline} among all customers{within}.",
    ),
    "evening": (
        "time",
        "Reach them in the evening: {value} of their orders come after six, "
        "against {baseline} among all customers{within}.",
    ),
    "daytime": (
        "time",
        "Reach them by day: only {value} of their orders come after six, "
        "against {baseline} among all customers{within}.",
    ),
    "weekend": (
        "time",
        "Reach them at the weekend: {value} of their orders come then, "
        "against {baseline} among all customers{within}.",
    ),
    "weekdays": (
        "time",
        "Reach them on working days: only {value} of their orders come at the "
        "weekend, against {baseline} among all customers{within}.",
    ),
    "message": (
        "message",
        "Appeal to “{label}”: they score {value} of 100 points on it, against "
        "{baseline} among all customers{within}.",
    ),
    "message_theme": (
        "message",
        "Pick up the theme “{label}”: {value} of those who write mention it, "
        "against {baseline} of all who write{within}.",
    ),
    "overbuys": (
        "overbuys",
        "They spend a larger share of their money on {label} than others: "
        "{value}, against {baseline} among all customers{within}.",
    ),
    "underbuys": (
        "underbuys",
        "They spend a smaller share of their money on {label} than others: "
        "{value}, against {baseline} among all customers{within}.",
    ),
    "discounts": (
        "offer",
        "Offer a price advantage: discounts take {value} off what they buy, "
        "against {baseline} among all customers{within}.",
    ),
    "no_discounts": (
        "offer",
        "Use discounts sparingly: they take only {value} off what they buy, "
        "against {baseline} among all customers{within}.",
    ),
    "premium": (
        "offer",
        "Offer the better quality: they pay {value} for an item, against "
        "{baseline} among all customers{within}.",
    ),
    "low_price": (
        "offer",
        "Offer the inexpensive choice: they pay {value} for an item, against "
        "{baseline} among all customers{within}.",
    ),
    "bundles": (
        "offer",
        "Offer bundles: they put {value} items into an order, against "
        "{baseline} among all customers{within}.",
    ),
    "single_items": (
        "offer",
        "Do not push bundles: they put {value} items into an order, against "
        "{baseline} among all customers{within}.",
    ),
    "returns": (
        "service",
        "Help them choose before they order: {value} of what they buy comes "
        "back, against {baseline} among all customers{within}.",
    ),
    "ticket_category": (
        "service",
        "Be ready for “{label}”: {value} of those who ask for help ask about "
        "it, against {baseline} of all who ask{within}.",
    ),
    "ticket_channel": (
        "service",
        "Be ready to help on the channel “{label}”: {value} of their requests "
        "come that way, against {baseline} among all customers{within}.",
    ),
    "much_help": (
        "service",
        "Plan for questions: they ask for help {value} times a year, against "
        "{baseline} among all customers{within}.",
    ),
    "trouble": (
        "service",
        "Deal with “{label}”: they score {value} of 100 points on it, against "
        "{baseline} among all customers{within}.",
    ),
}

ORDER_CHANNELS: dict[str, str] = {
    "web_order_share": "the web shop",
    "app_order_share": "the app",
    "store_order_share": "the stores",
    "phone_order_share": "telephone orders",
    "marketplace_order_share": "the marketplaces",
}
