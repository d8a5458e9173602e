"""From claims to things: what a persona's customers do stands beside it.

Only claims that were significant and large enough to be said are shown, and
only what is more than usual: a persona without discounts gets no price tag.
"""

from __future__ import annotations

import math

import pandas as pd

MOST_PROPS = 2
CLAIM_COLUMNS = ("trait", "trait_value", "effect_size", "is_claim")

PROP_OF_TRAIT = {
    "app_order_share": "smartphone",
    "mobile_session_share": "smartphone",
    "web_order_share": "laptop",
    "sessions_per_month": "laptop",
    "pageviews_per_session": "laptop",
    "store_order_share": "shop_bag",
    "phone_order_share": "telephone",
    "marketplace_order_share": "play_screen",
    "evening_order_share": "lamp",
    "discount_share": "price_tag",
    "discounted_order_share": "price_tag",
    "avg_items_per_order": "basket",
    "return_share": "parcel",
    "return_order_share": "parcel",
    "social_interactions_per_year": "speech_bubble",
    "tickets_per_year": "speech_bubble",
    "reviews_per_year": "speech_bubble",
}
# Of traits whose value is a channel or a product category.
PROP_OF_VALUE = {
    "app": "smartphone",
    "web": "laptop",
    "store": "shop_bag",
    "phone": "telephone",
    "marketplace": "play_screen",
    "home": "plant",
    "garden": "plant",
}
VALUED_TRAITS = ("channel", "category")

# Value per customer against the average: where the next palette begins.
LEVEL_BOUNDS = (0.5, 0.8, 1.25, 2.0)
MIDDLE_LEVEL = 3


def choose_props(traits: pd.DataFrame) -> tuple[str, ...]:
    """Return what stands beside a persona, at most two things.

    Parameters
    ----------
    traits : DataFrame
        Rows of ``persona_traits`` of one persona: ``trait``, ``trait_value``
        (null where the trait is a number), ``effect_size``, ``is_claim``.

    Returns
    -------
    tuple of str
        The things of the strongest positive claims, strongest first. Equal
        claims go by name, so that the order of the rows does not matter.

    Raises
    ------
    ValueError
        When a column is missing.
    """
    missing = [name for name in CLAIM_COLUMNS if name not in traits]
    if missing:
        raise ValueError(
            f"traits: column '{missing[0]}' is missing; pass the rows of "
            "persona_traits."
        )
    is_shown = traits["is_claim"].fillna(False).astype(bool)
    shown = traits[is_shown & (traits["effect_size"] > 0)]
    claims = sorted(
        (-float(effect), str(trait), "" if pd.isna(value) else str(value))
        for trait, value, effect in zip(
            shown["trait"],
            shown["trait_value"],
            shown["effect_size"],
            strict=True,
        )
    )
    props = (_prop(trait, value) for _, trait, value in claims)
    return tuple(dict.fromkeys(prop for prop in props if prop))[:MOST_PROPS]


def _prop(trait: str, value: str) -> str | None:
    if any(word in trait for word in VALUED_TRAITS):
        return PROP_OF_VALUE.get(value)
    return PROP_OF_TRAIT.get(trait)


def choose_value_level(value_ratio: float | None) -> int:
    """Return the palette of a persona, 1 (calm) to 5 (rich).

    Parameters
    ----------
    value_ratio : float or None
        Value per customer of the persona over that of all customers:
        ``value_share / customer_share``. Unknown gives the middle palette.
    """
    if value_ratio is None or math.isnan(value_ratio):
        return MIDDLE_LEVEL
    return 1 + sum(value_ratio >= bound for bound in LEVEL_BOUNDS)
