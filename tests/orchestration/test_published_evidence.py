"""What is published of the personas: evidenced, complete, in every language."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from homes import SAMPLE, Home, make_home
from planted import planted_effects
from tracing import claim_of, is_traced, is_traced_advice, numbers_of

from ml.evidence import FLOOR, SUM_COLUMNS, judge_claims
from ml.naming import candidate_names
from ml.narrative.rendering import figures
from ml.narrative.templates import PARTS
from ml.synthetic import SampleCompany, planted_personas_today
from orchestration.lib.cards import write_cards
from orchestration.lib.languages import language_codes, load_language
from orchestration.lib.published import open_published

LANGUAGES = language_codes()
OUTCOMES = (
    *("avg_csat", "avg_rating", "avg_sentiment", "campaign_open_share"),
    *("campaign_click_share", "urgent_ticket_share", "avg_resolution_hours"),
)


def published_rows(home: Home, sql: str) -> list[dict[str, Any]]:
    with open_published(home.settings.published_path) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def claims(demo: Home) -> dict[str, dict[str, Any]]:
    rows = published_rows(demo, "from bi.persona_traits")
    return {row["trait_id"]: row for row in rows}


@pytest.fixture(scope="module")
def currency(demo: Home) -> str:
    return str(demo.published("select min(currency) from bi.personas")[0][0])


@pytest.fixture(scope="module")
def questions(demo: Home) -> list[str]:
    return [
        row[0]
        for row in demo.rows(
            "select question_text "
            "from input_layer.input_layer__survey_questions"
        )
    ]


def test_every_sentence_says_what_its_rows_say(
    demo: Home, claims: dict[str, Any], currency: str, questions: list[str]
) -> None:
    rows = published_rows(demo, "from bi.persona_sentences")
    assert {row["language"] for row in rows} == set(LANGUAGES)
    for row in rows:
        evidence = [claim_of(claims[one]) for one in row["trait_ids"].split()]
        assert is_traced(
            row["sentence"],
            evidence,
            load_language(row["language"]),
            currency,
            questions,
        ), row
        assert {one.persona_id for one in evidence} == {row["persona_id"]}


def test_every_advice_says_what_its_rows_say(
    demo: Home, claims: dict[str, Any], currency: str
) -> None:
    rows = published_rows(demo, "from bi.persona_playbook")
    kinds = {row["advice_kind"] for row in rows}
    assert kinds == {
        *("channel", "time", "message", "overbuys", "underbuys", "offer"),
        "service",
    }
    for row in rows:
        evidence = [claim_of(claims[one]) for one in row["trait_ids"].split()]
        assert is_traced_advice(
            row["advice"], evidence, load_language(row["language"]), currency
        ), row


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_false_sentence_is_found(
    demo: Home,
    claims: dict[str, Any],
    currency: str,
    questions: list[str],
    language: str,
) -> None:
    """Another number, another persona's rows, the opposite: none is traced."""
    speaker = load_language(language)
    rows = published_rows(
        demo,
        f"from bi.persona_sentences where language = '{language}' "
        "order by persona_id, position",
    )
    digits = re.compile(r"\d")
    count = 0
    for row in rows:
        evidence = [claim_of(claims[one]) for one in row["trait_ids"].split()]
        other = [
            claim_of(claims[found])
            for one in row["trait_ids"].split()
            for found in [one.replace(row["persona_id"], "P01", 1)]
            if found in claims and row["persona_id"] != "P01"
        ]
        turned = [
            one._replace(effect_size=-one.effect_size) for one in evidence
        ]
        unsaid = [one._replace(is_claim=False) for one in evidence]
        lies = [(row["sentence"] + " ", evidence)]
        if digits.search(row["sentence"]):
            changed = digits.sub(
                lambda found: str((int(found.group()) + 1) % 10),
                row["sentence"],
                count=1,
            )
            lies.append((changed, evidence))
        if any(one.is_claim for one in evidence):
            lies.append((row["sentence"], unsaid))
        if not digits.search(row["sentence"]) and evidence[0].is_claim:
            lies.append((row["sentence"], turned))
        said, others = (
            [figures(one, speaker, currency) for one in rests_on]
            for rests_on in (evidence, other)
        )
        is_other = len(said) == len(others) and said != others
        if is_other and digits.search(row["sentence"]):
            lies.append((row["sentence"], other))
        for sentence, rests_on in lies:
            count += 1
            assert not is_traced(
                sentence, rests_on, speaker, currency, questions
            ), sentence
    assert count > 100


class _Text(HTMLParser):
    """The words of a page, its styles and drawings aside."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("style", "svg")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "svg")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.texts.append(data)


def test_every_sentence_of_a_card_is_a_published_one(
    demo: Home, tmp_path: Path
) -> None:
    pages = write_cards(demo.settings.published_path, tmp_path / "cards")
    sentences = {
        (row["language"], row["persona_slug"]): set()
        for row in published_rows(
            demo,
            "select language, persona_slug from bi.persona_texts "
            "inner join bi.personas using (persona_id)",
        )
    }
    for row in published_rows(
        demo,
        "select language, persona_slug, sentence from bi.persona_sentences "
        "inner join bi.personas using (persona_id)",
    ):
        sentences[row["language"], row["persona_slug"]].add(row["sentence"])
    seen = 0
    for page in pages:
        key = (page.parent.name, page.stem)
        if key not in sentences:
            continue
        seen += 1
        parser = _Text()
        parser.feed(page.read_text(encoding="utf-8"))
        words = " ".join(" ".join(parser.texts).split())
        for sentence in sentences[key]:
            assert " ".join(sentence.split()) in words
    assert seen == len(sentences) > 0


def test_every_persona_is_described_whole(demo: Home) -> None:
    rows = published_rows(
        demo, "from bi.persona_sentences order by language, position"
    )
    frame = pd.DataFrame(rows)
    for (_, language), own in frame.groupby(["persona_id", "language"]):
        assert list(own["part"].head(2)) == ["title", "summary"]
        assert set(own["part"].iloc[2:]) == set(PARTS)
        count = sum(len(text.split()) for text in own["sentence"].iloc[2:])
        if language == "en":
            assert 120 <= count <= 200


def test_titles_and_summaries_are_sentences_with_evidence(demo: Home) -> None:
    said = demo.published(
        "select persona_id, language, "
        "max(sentence) filter (part = 'title'), "
        "max(sentence) filter (part = 'summary') "
        "from bi.persona_sentences where trait_ids <> '' group by all "
        "order by all"
    )
    assert said == demo.published(
        "select persona_id, language, persona_title, summary "
        "from bi.persona_texts order by all"
    )


def test_no_two_personas_sound_the_same(demo: Home) -> None:
    for column in ("persona_name", "persona_title", "summary", "description"):
        rows = demo.published(
            f"select language, {column}, count(*) from bi.persona_texts "
            f"group by language, {column}"
        )
        assert all(count == 1 for *_, count in rows), column


def test_texts_are_in_their_language(demo: Home) -> None:
    rows = published_rows(demo, "from bi.persona_texts")
    persian = re.compile(r"[\u0600-\u06ff]")
    for row in rows:
        text = row["persona_title"] + row["summary"] + row["portrait_alt"]
        if row["language"] == "fa":
            assert len(persian.findall(text)) > 0.6 * len(text.replace(" ", ""))
            assert not re.search("[0-9]", text)
        else:
            assert not persian.search(text)


def test_no_persona_bears_a_customers_name(demo: Home) -> None:
    names = {
        row[0].casefold()
        for row in demo.rows(
            "select distinct customer_name from marts.customers "
            "where customer_name is not null"
        )
    }
    given = demo.published(
        "select language, persona_name from bi.persona_texts"
    )
    for language, name in given:
        assert name in candidate_names(language)
        assert name.casefold() not in names


def test_published_cells_count_eleven_customers(
    claims: dict[str, dict[str, Any]],
) -> None:
    for row in claims.values():
        assert row["count_known"] >= FLOOR
        if row["statistic"] == "share":
            hits = row["persona_value"] * row["count_known"]
            assert round(hits) >= FLOOR


def test_examples_fit_eleven_customers_and_name_nobody(demo: Home) -> None:
    rows = published_rows(demo, "from bi.persona_examples")
    assert rows
    assert all(row["count_alike"] >= FLOOR for row in rows)
    names = [
        name
        for (name,) in demo.rows(
            "select distinct customer_name from marts.customers "
            "where length(customer_name) > 6"
        )
    ]
    said = " ".join(
        str(text)
        for row in demo.published(
            "select example_1, example_2, example_3 from bi.persona_themes"
        )
        + demo.published("select motto from bi.persona_texts")
        for text in row
    ).casefold()
    assert not [name for name in names if name.casefold() in said]
    assert "@" not in said


def test_matching_customers_are_counted_from_the_customers(
    demo: Home,
) -> None:
    rows = demo.published(
        "select count_matching, matching_share, count_customers "
        "from bi.personas where persona_id <> 'unassigned'"
    )
    assert any(count is not None for count, *_ in rows)
    for count, share, size in rows:
        if count is not None:
            assert FLOOR <= count <= size
            assert 0 < share <= 1


@pytest.mark.slow
def test_labels_of_people_win(demo: Home, tmp_path: Path) -> None:
    """In a copy of the warehouse, where somebody filled in the seed."""
    copy = make_home(tmp_path, SAMPLE)
    shutil.copy(demo.settings.warehouse_path, copy.settings.warehouse_path)
    with duckdb.connect(str(copy.settings.warehouse_path)) as connection:
        connection.execute(
            "insert into meta.persona_labels values "
            "('P01', 'en', 'Our Founder', 'the one who pays', 'photo.jpg')"
        )
    copy.dbt_build("--select", "persona_texts", "personas")
    wanted = ("Our Founder", "the one who pays")
    columns = "select persona_name, persona_title"
    where = "where persona_id = 'P01'"
    personas = copy.rows(f"{columns}, portrait from marts.personas {where}")
    assert personas == [(*wanted, "photo.jpg")]
    texts = f"{columns} from marts.persona_texts {where}"
    assert copy.rows(f"{texts} and language = 'en'") == [wanted]
    assert copy.rows(f"{texts} and language = 'fa'") == demo.rows(
        f"{texts} and language = 'fa'"
    )


def planted_names(home: Home, company: SampleCompany) -> pd.Series:
    """Return the planted persona most customers of each persona live."""
    found = home.frame(
        "select customer_id, persona_id from marts.customer_personas "
        "where persona_id <> 'unassigned'"
    )
    today = planted_personas_today(company).astype(str)
    both = found.merge(today, on="customer_id")
    return both.groupby("persona_id")["persona"].agg(
        lambda names: names.value_counts().idxmax()
    )


def judged_against_plan(home: Home, company: SampleCompany) -> pd.DataFrame:
    """Return planted effects beside what was published of them."""
    today = planted_personas_today(company)["persona"].astype(str)
    planted = planted_effects(today.value_counts(normalize=True))
    claims = home.frame("select * from marts.persona_traits")
    names = planted_names(home, company)
    claims["persona"] = claims["persona_id"].map(names)
    keys = ["persona", "part", "trait", "trait_value"]
    fill = {"trait_value": ""}
    return planted.fillna(fill).merge(claims.fillna(fill), on=keys)


def test_planted_differences_are_found(
    demo: Home, company: SampleCompany
) -> None:
    both = judged_against_plan(demo, company)
    agrees = both["planted_effect"] * both["effect_size"] > 0
    assert set(both["part"]) >= {"demographics", "psychographics", "goals"}
    for part, rows in both.groupby("part"):
        said = rows[rows["is_claim"]]
        right = agrees[said.index] & (said["planted_effect"].abs() >= 0.1)
        large = rows[rows["planted_effect"].abs() >= 0.5]
        assert right.mean() >= 0.9, part
        assert (large["is_claim"] & agrees[large.index]).mean() >= 0.9, part


def test_outcomes_shuffled_across_customers_make_no_claim(
    demo: Home,
) -> None:
    """The negative control: at most one of twenty shuffles claims anything."""
    columns = ", ".join(f"cast({one} as double) as {one}" for one in OUTCOMES)
    measures = demo.frame(
        f"select persona_id, {columns} from marts.customer_personas "
        "inner join intermediate.int_customer_measures using (customer_id) "
        "where distance is not null order by customer_id"
    )
    sums = demo.frame("select * from intermediate.int_persona_trait_sums")
    sizes = sums.groupby("persona_id")["count_customers"].max()
    real = sums[~sums["trait"].isin(OUTCOMES)]
    claiming = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        shuffled = [real]
        for trait in OUTCOMES:
            like = sums[sums["trait"] == trait].iloc[0]
            values = rng.permutation(measures[trait].to_numpy())
            frame = pd.DataFrame(
                {"persona_id": measures["persona_id"], "value": values}
            ).dropna()
            frame["squared"] = frame["value"] ** 2
            grouped = frame.groupby("persona_id").agg(
                count_known=("value", "size"),
                sum_value=("value", "sum"),
                sum_squared=("squared", "sum"),
            )
            shuffled.append(
                grouped.reset_index().assign(
                    **{
                        name: like[name]
                        for name in SUM_COLUMNS
                        if name
                        not in (
                            *grouped.columns,
                            "persona_id",
                            "count_customers",
                        )
                    },
                    count_customers=grouped.index.map(sizes),
                )
            )
        claims = judge_claims(pd.concat(shuffled, ignore_index=True))
        own = claims[claims["trait"].isin(OUTCOMES)]
        assert len(own) > 20
        claiming += bool(own["is_claim"].any())
    assert claiming <= 1


def test_numbers_are_found_in_every_script() -> None:
    assert numbers_of("۳٫۵ از ۱۰۰") == ["3٫5", "100"]
    assert numbers_of("1.234,5 and 7%") == ["1.234,5", "7"]
