"""What the surveys ask, and what each persona tends to answer.

A construct is measured by several Likert items from 1 to 5; an item whose text
begins with ``~`` is reverse-coded. The seven numbers are the personas' means,
in the order of `plans.PERSONAS`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Construct:
    """One trait, the items that measure it and the personas' means."""

    dimension: str
    name: str
    means: tuple[float, ...]
    items: tuple[str, ...]


CONSTRUCTS: tuple[Construct, ...] = (
    Construct(
        "value",
        "sustainability",
        (2.6, 3.2, 3.9, 3.1, 2.9, 2.5, 3.0),
        (
            "I choose products that do less harm to nature.",
            "I would pay more for something that lasts.",
            "~How a product was made does not matter to me.",
        ),
    ),
    Construct(
        "value",
        "family_first",
        (3.0, 4.6, 3.4, 3.8, 2.3, 2.2, 4.0),
        (
            "My family's needs come before my own.",
            "~I mostly shop for myself.",
        ),
    ),
    Construct(
        "value",
        "tradition",
        (2.6, 3.0, 3.2, 4.0, 1.9, 1.7, 4.5),
        (
            "I like things to stay the way they are.",
            "I trust what I have known for a long time.",
        ),
    ),
    Construct(
        "interest",
        "home_design",
        (2.5, 2.9, 4.7, 3.1, 3.2, 2.2, 3.2),
        (
            "I read about interiors and design.",
            "~How my rooms look is of little interest to me.",
        ),
    ),
    Construct(
        "interest",
        "fashion_trends",
        (2.8, 2.3, 2.9, 2.2, 4.7, 3.8, 1.9),
        ("I follow what is in fashion.", "~I do not care about new styles."),
    ),
    Construct(
        "interest",
        "technology",
        (3.4, 2.8, 3.2, 2.1, 3.2, 4.4, 1.5),
        (
            "I like to try new devices first.",
            "~New technology is a burden to me.",
        ),
    ),
    Construct(
        "attitude",
        "price_consciousness",
        (4.7, 3.7, 1.9, 3.1, 3.2, 3.8, 2.9),
        (
            "I compare prices before I buy.",
            "I wait for a sale when I can.",
            "~I rarely look at the price.",
        ),
    ),
    Construct(
        "attitude",
        "brand_loyalty",
        (1.9, 3.3, 3.8, 4.4, 2.7, 2.2, 4.6),
        (
            "I stay with shops I know.",
            "~I change the shop as soon as another is cheaper.",
        ),
    ),
    Construct(
        "motivation",
        "convenience",
        (2.8, 4.8, 3.2, 2.7, 3.4, 3.6, 3.3),
        (
            "Shopping should take as little time as possible.",
            "I reorder what I bought before.",
            "~I enjoy taking my time when I shop.",
        ),
    ),
    Construct(
        "motivation",
        "fun_of_shopping",
        (3.3, 2.0, 3.3, 2.9, 4.7, 4.6, 2.4),
        (
            "Shopping is a pleasure for me.",
            "~I shop only when I have to.",
        ),
    ),
    Construct(
        "motivation",
        "advice_from_people",
        (2.0, 2.4, 3.0, 4.4, 2.7, 3.1, 4.6),
        (
            "I want to speak to a person before I decide.",
            "~I would rather find the answer myself.",
        ),
    ),
    Construct(
        "lifestyle",
        "digital_life",
        (3.8, 3.7, 3.2, 1.9, 4.6, 4.9, 1.3),
        (
            "My telephone is always within reach.",
            "~I could do without the internet for a week.",
        ),
    ),
    Construct(
        "lifestyle",
        "time_pressure",
        (3.0, 4.7, 3.2, 2.2, 3.2, 2.8, 1.6),
        (
            "My days are too short for what I have to do.",
            "~I usually have time to spare.",
        ),
    ),
    Construct(
        "goal",
        "save_money",
        (4.6, 3.7, 2.0, 3.2, 2.9, 3.6, 3.2),
        (
            "This year I want to spend less.",
            "I keep a budget for my purchases.",
        ),
    ),
    Construct(
        "goal",
        "beautiful_home",
        (2.4, 3.0, 4.8, 3.3, 2.9, 1.9, 3.4),
        (
            "I want to make my home more beautiful.",
            "I am planning to furnish a room anew.",
        ),
    ),
    Construct(
        "goal",
        "simpler_everyday_life",
        (2.8, 4.7, 3.0, 3.0, 2.6, 2.5, 3.4),
        (
            "I want my household to run more smoothly.",
            "~I have no wish to organise my days better.",
        ),
    ),
    Construct(
        "pain_point",
        "delivery_worries",
        (2.9, 4.5, 3.2, 2.1, 3.0, 3.6, 2.9),
        (
            "Late deliveries spoil my plans.",
            "~Delivery works well for me.",
        ),
    ),
    Construct(
        "pain_point",
        "sizing_problems",
        (2.7, 2.8, 1.9, 2.0, 4.6, 3.0, 2.4),
        (
            "I often do not know which size to order.",
            "~What I order fits.",
        ),
    ),
    Construct(
        "pain_point",
        "hidden_costs",
        (4.5, 3.2, 2.1, 2.6, 3.0, 3.3, 3.1),
        (
            "Extra costs at the end annoy me.",
            "Vouchers fail when I need them.",
        ),
    ),
    Construct(
        "pain_point",
        "online_is_difficult",
        (1.8, 1.9, 2.1, 3.7, 1.5, 1.4, 4.6),
        (
            "Ordering online is difficult for me.",
            "~I find my way in the shop's website.",
        ),
    ),
)

CHOICES: dict[str, tuple[str, tuple[str, ...], tuple[tuple[float, ...], ...]]]
CHOICES = {
    "work_situation": (
        "What describes your work best?",
        ("full time", "part time", "in education", "at home", "retired"),
        (
            (5, 2, 2, 2, 0.4),
            (5, 4, 0, 3, 0),
            (7, 2, 0, 1, 1),
            (4, 2, 0, 1, 4),
            (6, 2, 4, 0.5, 0),
            (4, 2, 6, 0.5, 0),
            (0.4, 0.5, 0, 1, 9),
        ),
    ),
    "place_of_upbringing": (
        "Where did you grow up?",
        ("large city", "small town", "countryside", "abroad"),
        (
            (4, 4, 2, 1.5),
            (3, 5, 3, 1.5),
            (5, 4, 2, 1.5),
            (2, 5, 5, 1),
            (6, 3, 1, 2),
            (6, 2, 1, 4),
            (1, 4, 7, 0.4),
        ),
    ),
    "main_news_medium": (
        "Where do you mostly hear about new products?",
        ("social media", "search", "friends", "newspaper", "television"),
        (
            (3, 6, 2, 0.5, 1),
            (3, 3, 5, 0.5, 1),
            (2, 4, 3, 3, 0.5),
            (0.7, 1, 4, 5, 4),
            (9, 1, 2, 0.2, 0.3),
            (10, 0.6, 2, 0, 0.2),
            (0.1, 0.3, 2, 7, 6),
        ),
    ),
}

OPEN_QUESTION = "What should we do better? Please tell us in your own words."
NPS_QUESTION = "How likely are you to recommend us to a friend?"
CSAT_QUESTION = "How satisfied were you with your last order?"
