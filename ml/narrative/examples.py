"""Typical customers, in words so coarse that they fit many."""

from __future__ import annotations

from ml.narrative.phrases import VALUES
from ml.narrative.rendering import Speaker, value_label

# The pieces of an example, in the order they are said.
PIECES: dict[str, str] = {
    "age_band": "{label} years old",
    "channel": "mostly buys on the channel “{label}”",
    "channel.web": "mostly buys in the web shop",
    "channel.app": "mostly buys in the app",
    "channel.store": "mostly buys in the stores",
    "channel.phone": "mostly buys by telephone",
    "channel.marketplace": "mostly buys on marketplaces",
    "category": "spends most on {label}",
    "has_children": "has children",
    "has_children.no": "has no children",
}
EXAMPLE = "A customer: {pieces}."
MESSAGES: tuple[str, ...] = (EXAMPLE, *PIECES.values())


def describe_example(values: dict[str, str], speaker: Speaker) -> str:
    """Return a typical customer in words.

    Parameters
    ----------
    values : dict of str to str
        Attribute, a key of ``PIECES``, to its value; unknown ones left out.
    speaker : Speaker

    Returns
    -------
    str
    """
    pieces = []
    for trait, message in PIECES.items():
        if trait not in values:
            continue
        value = values[trait]
        text = PIECES.get(f"{trait}.{value}", message)
        if f"{trait}.{value}" in VALUES:
            label = speaker.text(VALUES[f"{trait}.{value}"], "value")
        else:
            label = value_label(trait, value, speaker)
        pieces.append(speaker.text(text, "example").format(label=label))
    joined = speaker.join(pieces)
    return speaker.text(EXAMPLE, "example").format(pieces=joined)
