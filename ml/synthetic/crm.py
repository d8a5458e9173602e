"""What the CRM knows of the people: master data and identifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.synthetic import phrases
from ml.synthetic.draws import DAY, Calendar, nullable, pick, words
from ml.synthetic.people import People
from ml.synthetic.plans import COUNT, PERSONAS, Array, as_odds, odds, values
from ml.synthetic.vocabulary import (
    ACQUISITION,
    EDUCATION,
    LANGUAGES,
    MARITAL,
    OCCUPATIONS,
)

BANDED_SHARE = 0.15
AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
AGE_CUTS = (25, 35, 45, 55, 65)
INCOME_BAND = 20_000
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example")


def customers_frame(
    rng: np.random.Generator, calendar: Calendar, people: People
) -> pd.DataFrame:
    """Return the CRM's customers, one row per person, without faults."""
    persona, count = people.persona, people.count
    is_female = rng.random(count) < values("female")[persona]
    gender = np.where(is_female, 0, 1)
    gender[rng.random(count) < 0.012] = 2
    gender[rng.random(count) < 0.05] = -1

    known = rng.random(count)
    born = (
        calendar.start
        + calendar.days
        - (people.age * 365.25).astype(np.int64)
        - 1
    ).astype("datetime64[D]")
    day_number = born.astype(np.int64)
    first_day = int(day_number.min())
    all_days = first_day + np.arange(int(day_number.max()) - first_day + 1)
    born_texts = all_days.astype("datetime64[D]").astype(str).tolist()
    has_birth = known >= BANDED_SHARE + 0.03
    has_band = known < BANDED_SHARE
    band = np.searchsorted(AGE_CUTS, people.age, side="right")

    income = values("income")[persona] * rng.lognormal(-0.04, 0.28, count)
    income_text, income_words = _income_words(rng, income)
    children = rng.poisson(values("children")[persona])
    married = pick(rng, odds("marital"), persona)
    adults = 1 + np.isin(married, (1, 2))
    at_home = np.where(people.age > 58, 0, children)
    city = _cities(rng, people)
    name, name_words = _names(rng, people.language, is_female)
    postal = city * 100 + rng.integers(0, 100, count)
    postal_words = [
        f"{place[3]}{number:02d}"
        for place in phrases.CITIES
        for number in range(100)
    ]
    places = phrases.CITIES
    regions = list(dict.fromkeys(place[1] for place in places))
    countries = list(dict.fromkeys(place[2] for place in places))
    region_of = np.array([regions.index(place[1]) for place in places])
    country_of = np.array([countries.index(place[2]) for place in places])

    def gaps(codes: Array, share: float) -> Array:
        return np.where(rng.random(count) < share, -1, codes)

    return pd.DataFrame(
        {
            "customer_id": nullable(np.arange(1, count + 1)),
            "full_name": words(name, name_words),
            "birth_date": words(
                np.where(has_birth, day_number - first_day, -1), born_texts
            ),
            "age_band": words(np.where(has_band, band, -1), AGE_BANDS),
            "gender": words(gender, ("female", "male", "other")),
            "marital_status": words(gaps(married, 0.08), MARITAL),
            "education": words(
                gaps(pick(rng, odds("education"), persona), 0.12), EDUCATION
            ),
            "occupation": words(
                gaps(pick(rng, odds("occupation"), persona), 0.12), OCCUPATIONS
            ),
            "income": words(income_text, income_words),
            "income_currency": words(
                np.where(income_text < 0, -1, 0), ("USD",)
            ),
            "household_size": nullable(gaps(adults + at_home, 0.1)),
            "children_count": nullable(gaps(children, 0.1)),
            "is_home_owner": pd.Series(
                pd.arrays.BooleanArray(
                    rng.random(count) < values("owner")[persona],
                    rng.random(count) < 0.1,
                )
            ),
            "country": words(country_of[city], countries),
            "region": words(region_of[city], regions),
            "city": words(city, [place[0] for place in places]),
            "postal_code": words(postal, postal_words),
            "language": words(people.language, LANGUAGES),
            "acquisition_channel": words(
                pick(rng, odds("acquisition"), persona), ACQUISITION
            ),
            "registered_at": calendar.times(people.registered),
            "has_email_consent": pd.Series(
                pd.arrays.BooleanArray(
                    rng.random(count) < values("consent")[persona],
                    rng.random(count) < 0.03,
                )
            ),
        }
    )


def _income_words(
    rng: np.random.Generator, income: Array
) -> tuple[Array, list[str]]:
    """Write incomes as a number, a band or not at all."""
    thousands = np.clip(income / 1000, 8, 399).astype(np.int64)
    bands = [
        f"{low}-{low + INCOME_BAND}" for low in range(0, 400_000, INCOME_BAND)
    ]
    codes = thousands.copy()
    chance = rng.random(len(income))
    banded = chance < BANDED_SHARE
    codes[banded] = 400 + thousands[banded] * 1000 // INCOME_BAND
    codes[chance > 0.80] = -1
    return codes, [str(number * 1000) for number in range(400)] + bands


def _cities(rng: np.random.Generator, people: People) -> Array:
    """Draw a city, by how urban the persona is and by language."""
    is_large = np.array([place[4] for place in phrases.CITIES])
    spoken = [place[5] for place in phrases.CITIES]
    rows = []
    for plan in PERSONAS:
        for language in LANGUAGES:
            weight = np.where(is_large, plan.urban, 1 - plan.urban)
            home = [1.0 if word == "en" else 0.5 for word in spoken]
            if language != "en":
                home = [6.0 if word == language else 0.6 for word in spoken]
            elsewhere = [
                0.3 if place[2] != "United States" else 1.0
                for place in phrases.CITIES
            ]
            rows.append(weight * np.array(home) * np.array(elsewhere))
    group = people.persona * len(LANGUAGES) + people.language
    return pick(rng, as_odds(rows), group).astype(np.int64)


def _names(
    rng: np.random.Generator, language: Array, is_female: Array
) -> tuple[Array, list[str]]:
    """Draw names; Persian, Vietnamese and decorated ones are not ASCII."""
    surnames = phrases.SURNAMES
    latin = [f"{a} {b}" for a in phrases.WOMEN + phrases.MEN for b in surnames]
    persian, viet = phrases.PERSIAN_NAMES, phrases.VIETNAMESE_NAMES
    decorated = [
        f"{first} {mark} {last}"
        for first in phrases.WOMEN[:10]
        for mark in phrases.EMOJI
        for last in surnames[:5]
    ]
    size = len(language)
    half = len(phrases.WOMEN) * len(surnames)
    codes = rng.integers(0, half, size) + np.where(is_female, 0, half)
    chance = rng.random(size)
    start = len(latin)
    for code, bank in ((1, persian), (2, viet)):
        rows = np.flatnonzero((language == code) & (chance < 0.85))
        codes[rows] = start + rng.integers(0, len(bank), len(rows))
        start += len(bank)
    rows = np.flatnonzero((language == 0) & (chance < 0.004))
    codes[rows] = start + rng.integers(0, len(decorated), len(rows))
    return codes, latin + persian + viet + decorated


def identifiers_frame(
    rng: np.random.Generator, calendar: Calendar, people: People
) -> pd.DataFrame:
    """Return e-mail addresses, devices, loyalty cards and phones."""
    plans = PERSONAS
    app = np.array([plan.channels[1] for plan in plans])
    store = np.array([plan.channels[2] for plan in plans])
    phone = np.array([plan.channels[3] for plan in plans])
    chances = {
        "email": np.full(COUNT, 0.96),
        "device": np.clip(app + 0.05, 0, 0.9),
        "loyalty_card": np.clip(store + 0.1, 0, 0.9),
        "phone": np.clip(phone + 0.1, 0, 0.95),
    }
    nicknames = [n.lower() for n in phrases.WOMEN + phrases.MEN]
    kinds, customers, texts = [], [], []
    for code, (kind, chance) in enumerate(chances.items()):
        rows = np.flatnonzero(rng.random(people.count) < chance[people.persona])
        ids = rows + 1
        if kind == "email":
            nick = rng.integers(0, len(nicknames), len(rows)).tolist()
            mail = rng.integers(0, len(MAIL_DOMAINS), len(rows)).tolist()
            texts += [
                f"{nicknames[n]}{i}@{MAIL_DOMAINS[m]}"
                for n, i, m in zip(nick, ids.tolist(), mail, strict=True)
            ]
        elif kind == "device":
            texts += [
                f"dev-{(i * 2654435761) % 2**32:08x}" for i in ids.tolist()
            ]
        elif kind == "loyalty_card":
            texts += [f"LC{i:010d}" for i in ids.tolist()]
        else:
            texts += [f"+1555{i:08d}" for i in ids.tolist()]
        kinds.append(np.full(len(rows), code))
        customers.append(rows)
    row = np.concatenate(customers)
    linked = people.registered[row] + rng.integers(0, 600, len(row))
    linked = np.minimum(linked, calendar.days * DAY - 1)
    return pd.DataFrame(
        {
            "identifier_type": words(np.concatenate(kinds), list(chances)),
            "identifier_value": pd.Series(texts, dtype="str"),
            "customer_id": row + 1,
            "linked_at": calendar.times(linked),
        }
    )
