"""What may not make a persona.

Personas made from an outcome explain nothing: a group made of churned people
has a high churn, and no campaign can be judged by people who were grouped by
their response. And nobody is put into a group by who they are: age, gender,
origin, faith, health and the like describe personas, they do not make them.
So the features that segment pass a firewall. It reads the words of a
feature's name, so that a column added later is caught as well; what is meant
all the same is opened by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

OUTCOMES = {
    "churn": "churn churned lapsed retention retained alive",
    "satisfaction": "csat nps rating ratings satisfaction satisfied",
    "campaign response": "campaign campaigns open opens opened click clicks "
    "clicked",
    "lifetime value": "clv ltv",
}
SENSITIVE = {
    "age": "age ages birth birthday born",
    "gender": "gender sex sexual orientation",
    "marital status": "marital married marriage",
    "education": "education degree school",
    "occupation": "occupation profession job employer",
    "income": "income salary wage wages wealth",
    "household": "household family",
    "children": "children child kids",
    "home ownership": "owner homeowner",
    "where somebody lives": "country region city town postal postcode zip "
    "address location",
    "language": "language languages",
    "origin": "ethnic ethnicity race racial nationality citizenship",
    "religion": "religion religious faith",
    "politics": "political politics party union",
    "health": "health healthy disability disabled illness pregnant",
}


class FirewallError(ValueError):
    """A feature may not segment; the message says why, and the mend."""


def check_segmentation_features(
    names: Iterable[str],
    *,
    known: Collection[str],
    exceptions: Collection[str] = (),
) -> None:
    """Raise unless every feature may segment customers.

    Parameters
    ----------
    names : iterable of str
        The features, and the columns they rest on.
    known : collection of str
        The numeric columns of ``customer_features``.
    exceptions : collection of str
        Features that may segment although the firewall would stop them.

    Raises
    ------
    FirewallError
        For an outcome, a sensitive attribute or an unknown column.
    """
    for name in names:
        barrier = _barrier(name)
        if barrier and name not in exceptions:
            raise FirewallError(
                f"The feature '{name}' may not segment customers: {barrier}. "
                "Take it out of segmentation_features in dbt_project.yml; if "
                "it is meant all the same, name it in segmentation_exceptions "
                "there."
            )
        if name not in known:
            raise FirewallError(
                f"The feature '{name}' is no numeric column of "
                "customer_features. Mend its name in segmentation_features in "
                "dbt_project.yml, or add the column to the model."
            )


def _barrier(name: str) -> str | None:
    """Return why a feature may not segment; None where it may."""
    words = set(name.lower().split("_"))
    for outcome, signs in OUTCOMES.items():
        if words & set(signs.split()):
            return _as_outcome(outcome)
    if {"since", "last"} <= words:
        return _as_outcome("churn")
    if "lifetime" in words and words & {"amount", "value", "revenue"}:
        return _as_outcome("lifetime value")
    for attribute, signs in SENSITIVE.items():
        if words & set(signs.split()):
            return (
                f"it is a sensitive attribute ({attribute}), and people are "
                "not grouped by who they are"
            )
    return None


def _as_outcome(outcome: str) -> str:
    return (
        f"it is an outcome ({outcome}), and personas made from it could not "
        "be judged by it"
    )
