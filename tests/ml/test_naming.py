"""Names: unique, nobody's, and kept."""

from __future__ import annotations

import pytest

from ml.naming import FAMILY, GIVEN, candidate_names, choose_names

LANGUAGES = ["en", "fa", "vi"]
PERSONAS = [f"P{number:02d}" for number in range(1, 25)]


def names(**kwargs: object) -> dict[tuple[str, str], str]:
    arguments = {"named": {}, "languages": LANGUAGES, "customer_names": []}
    return choose_names(PERSONAS, **(arguments | kwargs))  # type: ignore[arg-type]


def test_every_persona_has_a_name_of_its_own_in_every_language() -> None:
    given = names()
    assert set(given) == {(one, code) for one in PERSONAS for code in LANGUAGES}
    assert len(set(given.values())) == len(given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_given_names_repeat_only_when_all_are_taken(language: str) -> None:
    assert len(set(GIVEN[language])) == len(GIVEN[language]) == 24
    assert len(set(FAMILY[language])) == len(FAMILY[language])
    first = candidate_names(language)[:24]
    assert all(
        sum(word in name.split() for name in first) >= 1
        for word in GIVEN[language]
    )
    assert len(set(candidate_names(language))) == len(candidate_names(language))


def test_no_persona_bears_the_name_of_a_customer() -> None:
    customers = [name.upper() for name in candidate_names("en")[:10]]
    given = names(customer_names=customers)
    lowered = {name.casefold() for name in customers}
    assert not lowered & {name.casefold() for name in given.values()}
    assert len(set(given.values())) == len(given)


def test_names_that_were_given_stay() -> None:
    before = names()
    kept = {key: name for key, name in before.items() if key[0] != "P03"}
    after = names(named=kept, customer_names=[before["P01", "en"]])
    assert {key[0] for key in after} == {"P03"}
    assert after["P03", "en"] == before["P03", "en"]


def test_the_name_belongs_to_the_persona_not_to_its_place() -> None:
    alone = choose_names(["P07"], named={}, languages=["en"], customer_names=[])
    assert alone["P07", "en"] == names()["P07", "en"]


def test_a_language_without_names_takes_the_english_ones() -> None:
    assert candidate_names("de") == candidate_names("en")


def test_when_all_names_are_taken_the_id_is_the_name() -> None:
    given = choose_names(
        ["P01"],
        named={},
        languages=["en"],
        customer_names=candidate_names("en"),
    )
    assert given == {("P01", "en"): "P01"}
