"""The evidence of a run: read from the warehouse, judged, put into words.

SQL counts and sums over customers; what comes here is small: sums per persona
and trait, a bounded sample of texts, the customers who match a description
counted. ``ml`` makes claims and words of it, which are written into schema
``ml`` all at once, in place of those of the run before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from orchestration.lib.languages import language_codes, load_language
from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse

if TYPE_CHECKING:
    from ml.narrative.planning import Claim

UNASSIGNED = "unassigned"
FLOOR = 11  # customers a published number counts at least
TEXTS_PER_SOURCE = 5_000

TABLES = (
    "persona_claims",
    "persona_profiles",
    "persona_texts",
    "persona_sentences",
    "persona_playbook",
    "persona_survey_gaps",
    "persona_themes",
    "persona_examples",
)
NAMES_TABLE = "persona_names"


@dataclass(frozen=True)
class Inputs:
    """What the evidence is made from.

    Attributes
    ----------
    sums : DataFrame
        The rows of ``int_persona_trait_sums``.
    texts : DataFrame
        text_id, customer_id, source_entity, text: a bounded sample.
    members : DataFrame
        customer_id, persona_id, parent_persona_id of the customers in
        ``texts``; also their sub-personas.
    families : list of list of str
        The ids of the personas, then of the parts of each that is split.
    """

    model_run_id: str | None
    families: list[list[str]]
    currency: str
    sums: pd.DataFrame
    questions: dict[str, str]
    value_ratios: dict[str, float]
    texts: pd.DataFrame
    members: pd.DataFrame
    customer_names: list[str]
    theme_labels: dict[str, str]
    names: dict[tuple[str, str], str]

    @property
    def persona_ids(self) -> list[str]:
        """All ids, those of parts too."""
        return [one for family in self.families for one in family]


def build_evidence(settings: Settings, *, run_id: str) -> dict[str, int]:
    """Judge and word everything that is said of the personas, and write it.

    Returns
    -------
    dict of str to int
        Rows per table.
    """
    from ml import profiles
    from ml.evidence import judge_claims
    from ml.naming import candidate_names, choose_names
    from ml.voices import listen, themes_frame

    speakers = {code: load_language(code) for code in language_codes()}
    inputs = read_inputs(settings)
    sizes = inputs.sums.groupby("persona_id")["count_customers"].max()
    voices = listen(
        inputs.texts,
        inputs.members,
        {str(one): int(count) for one, count in sizes.items()},
        names=inputs.customer_names,
        labels=inputs.theme_labels,
    )
    sums = pd.concat([inputs.sums, voices.sums], ignore_index=True)
    claims = profiles.with_words(
        judge_claims(sums, floor=FLOOR),
        speakers[profiles.SOURCE],
        inputs.currency,
    )
    plans = profiles.plan(
        claims,
        families=inputs.families,
        questions=inputs.questions,
        speakers=speakers,
        currency=inputs.currency,
    )
    names = choose_names(
        inputs.persona_ids,
        named=inputs.names,
        languages=list(speakers),
        customer_names=read_names_taken(
            settings,
            [name for code in speakers for name in candidate_names(code)],
        ),
    )
    tables = {
        "persona_claims": claims,
        "persona_profiles": profiles.profiles_frame(
            claims,
            sums,
            persona_ids=inputs.persona_ids,
            matching=count_matching(
                settings, profiles.stated_attributes(plans)
            ),
            value_ratios=inputs.value_ratios,
        ),
        "persona_texts": profiles.texts_frame(
            plans,
            claims,
            mottos=profiles.mottos_of(voices.mottos),
            speakers=speakers,
            currency=inputs.currency,
        ),
        "persona_sentences": profiles.sentences_frame(
            plans, speakers=speakers, currency=inputs.currency
        ),
        "persona_playbook": profiles.playbook_frame(
            plans, speakers=speakers, currency=inputs.currency
        ),
        "persona_survey_gaps": profiles.gaps_frame(plans, speakers=speakers),
        "persona_themes": themes_frame(voices, claims),
        "persona_examples": profiles.examples_frame(
            read_examples(settings), claims, speakers=speakers
        ),
    }
    write_evidence(
        settings,
        tables,
        profiles.names_frame(names),
        model_run_id=inputs.model_run_id or "",
        run_id=run_id,
    )
    return {name: len(frame) for name, frame in tables.items()}


def read_inputs(settings: Settings) -> Inputs:
    """Read what the evidence is made from."""
    with open_warehouse(settings, read_only=True) as connection:
        model = connection.execute(
            "select model_run_id from intermediate.int_model_in_force"
        ).fetchall()
        families = connection.execute(
            "select list(distinct persona_id order by persona_id) "
            "from intermediate.int_persona_members where persona_id <> ? "
            "group by parent_persona_id "
            "order by parent_persona_id nulls first",
            [UNASSIGNED],
        ).fetchall()
        currency = connection.execute(
            "select min(currency) from marts.orders where is_counted"
        ).fetchall()[0][0]
        questions = connection.execute(
            "select 'survey_' || coalesce(construct, question_id), "
            "min(question_text) from input_layer.input_layer__survey_questions "
            "where answer_kind = 'choice' and question_text is not null "
            "group by 1 order by 1"
        ).fetchall()
        texts = _read_texts(connection)
        return Inputs(
            model_run_id=model[0][0] if model else None,
            families=[row[0] for row in families],
            currency=currency or "",
            sums=connection.execute(
                "select * from intermediate.int_persona_trait_sums "
                "order by persona_id, trait, trait_value"
            ).df(),
            questions=dict(questions),
            value_ratios=_read_value_ratios(connection),
            texts=texts,
            members=connection.execute(
                "select customer_id, persona_id, parent_persona_id "
                "from intermediate.int_persona_members "
                "where is_scored and customer_id in "
                "(select customer_id from texts) "
                "order by customer_id, persona_id"
            ).df(),
            customer_names=_read_customer_names(connection),
            theme_labels=dict(
                connection.execute(
                    "select theme_id, theme_label from meta.theme_labels "
                    "where theme_label is not null"
                ).fetchall()
            ),
            names={
                (row[0], row[1]): row[2]
                for row in connection.execute(
                    "select persona_id, language, persona_name "
                    f"from ml.{NAMES_TABLE}"
                ).fetchall()
            },
        )


def _read_texts(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Read a sample of texts per source that depends on their ids alone."""
    return connection.execute(
        "select source_entity, text_id, customer_id, text "
        "from intermediate.int_customer_texts "
        "inner join marts.customer_personas using (customer_id) "
        "where distance is not null "
        "qualify row_number() over (partition by source_entity "
        "order by md5(text_id), text_id) <= ? "
        "order by source_entity, text_id",
        [TEXTS_PER_SOURCE],
    ).df()


def _read_customer_names(
    connection: duckdb.DuckDBPyConnection,
) -> list[str]:
    """Read the names of the customers who wrote the texts."""
    rows = connection.execute(
        "select distinct customer_name from marts.customers "
        "where customer_name is not null and customer_id in "
        "(select customer_id from intermediate.int_customer_texts) "
        "order by customer_name"
    ).fetchall()
    return [row[0] for row in rows]


def _read_value_ratios(
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, float]:
    """Read what a customer of each persona is worth against the average."""
    rows = connection.execute(
        "select persona_id, sum(lifetime_net_amount) / count(*) as own, "
        "(select sum(lifetime_net_amount) / count(*) "
        "from marts.customer_features) as each "
        "from intermediate.int_persona_members "
        "inner join marts.customer_features using (customer_id) "
        "group by persona_id"
    ).fetchall()
    return {
        persona_id: float(own) / float(each)
        for persona_id, own, each in rows
        if each and own is not None and each > 0
    }


def read_names_taken(
    settings: Settings, candidates: Sequence[str]
) -> list[str]:
    """Return those names that a customer bears."""
    with open_warehouse(settings, read_only=True) as connection:
        connection.register("candidates", pd.DataFrame({"name": candidates}))
        rows = connection.execute(
            "select name from candidates where lower(name) in "
            "(select lower(trim(customer_name)) from marts.customers "
            "where customer_name is not null) order by name"
        ).fetchall()
    return [row[0] for row in rows]


def count_matching(
    settings: Settings, stated: Mapping[str, Sequence[Claim]]
) -> pd.DataFrame:
    """Count the customers of each persona who match all that is stated.

    A customer matches a share by having the value, a mean by lying on the
    persona's side of the baseline.

    Returns
    -------
    DataFrame
        persona_id, count_matching, matching_share (of those of whom every
        attribute is known); null below 11 customers.
    """
    rows = []
    with open_warehouse(settings, read_only=True) as connection:
        columns = {
            row[0]
            for row in connection.execute(
                "select column_name from information_schema.columns where "
                "table_schema = 'intermediate' "
                "and table_name = 'int_customer_measures'"
            ).fetchall()
        }
        for persona_id, claims in stated.items():
            measures = [
                one
                for one in claims
                if one.trait_value is None and one.trait in columns
            ]
            values = [one for one in claims if one.statistic == "share"]
            matching, known = _count_matching(
                connection, persona_id, measures, values
            )
            is_shown = bool(claims) and matching >= FLOOR
            rows.append(
                {
                    "persona_id": persona_id,
                    "count_matching": matching if is_shown else None,
                    "matching_share": matching / known if is_shown else None,
                }
            )
    return pd.DataFrame(
        rows, columns=["persona_id", "count_matching", "matching_share"]
    ).astype({"count_matching": "Int64", "matching_share": "float64"})


def _count_matching(
    connection: duckdb.DuckDBPyConnection,
    persona_id: str,
    measures: Sequence[Claim],
    values: Sequence[Claim],
) -> tuple[int, int]:
    stated = pd.DataFrame(
        [(one.trait, one.trait_value) for one in values],
        columns=["trait", "trait_value"],
        dtype=object,
    )
    connection.register("stated", stated)
    # Traits that are measured are columns of ours, never words from the data.
    is_match = " and ".join(
        [
            "count_matched = ?",
            *(
                f"{one.trait} {'>' if one.effect_size > 0 else '<'} ?"
                for one in measures
            ),
        ]
    )
    is_known = " and ".join(
        ["count_known = ?", *(f"{one.trait} is not null" for one in measures)]
    )
    found = connection.execute(
        "with members as (select customer_id "
        "from intermediate.int_persona_members where persona_id = ?), "
        "attributes as (select customer_id, trait, "
        "bool_or(weight >= 0.5 and own.trait_value = stated.trait_value) "
        "as fits "
        "from intermediate.int_customer_attributes as own "
        "inner join members using (customer_id) "
        "inner join stated using (trait) group by customer_id, trait), "
        "counted as (select customer_id, count(*) as known, "
        "count(*) filter (fits) as matched from attributes "
        "group by customer_id), "
        "joined as (select measures.*, "
        "coalesce(counted.known, 0) as count_known, "
        "coalesce(counted.matched, 0) as count_matched "
        "from members "
        "inner join intermediate.int_customer_measures as measures "
        "using (customer_id) left join counted using (customer_id)) "
        f"select count(*) filter ({is_match}), count(*) filter ({is_known}) "
        "from joined",
        [
            persona_id,
            len(values),
            *(one.baseline_value for one in measures),
            len(values),
        ],
    ).fetchall()[0]
    connection.unregister("stated")
    return int(found[0]), int(found[1])


def read_examples(settings: Settings) -> pd.DataFrame:
    """Return up to nine typical customers per persona, in bands.

    From the half of each persona that is surest, the commonest combinations
    of age band, order channel and favourite category, each shared by at
    least 11 customers; fewer attributes where no combination is so common.
    """
    with open_warehouse(settings, read_only=True) as connection:
        return connection.execute(
            """
            with

            surest as (
                select customer_id, persona_id
                from intermediate.int_persona_members
                where persona_id <> 'unassigned'
                qualify percent_rank() over (
                    partition by persona_id
                    order by confidence desc, customer_id
                ) <= 0.5
            ),

            ages as (
                select customer_id, trait_value as age_band
                from intermediate.int_customer_attributes
                where trait = 'age_band' and weight > 0.5
            ),

            described as (
                select
                    surest.persona_id,
                    surest.customer_id,
                    ages.age_band,
                    case greatest(
                        web_order_share, app_order_share, store_order_share,
                        phone_order_share, marketplace_order_share
                    )
                        when web_order_share then 'web'
                        when app_order_share then 'app'
                        when store_order_share then 'store'
                        when phone_order_share then 'phone'
                        when marketplace_order_share then 'marketplace'
                    end as channel,
                    favourite_category as category
                from surest
                inner join marts.customer_features using (customer_id)
                left join ages on surest.customer_id = ages.customer_id
            ),

            counted as (
                select
                    persona_id,
                    age_band,
                    channel,
                    category,
                    count(*) as count_alike,
                    cast(age_band is not null as integer)
                    + cast(channel is not null as integer)
                    + cast(category is not null as integer) as count_attributes
                from described
                group by grouping sets (
                    (persona_id, age_band, channel, category),
                    (persona_id, channel, category),
                    (persona_id, age_band, channel),
                    (persona_id, channel)
                )
                having count(*) >= 11
            ),

            finest as (
                select *
                from counted
                where count_attributes > 0
                qualify count_attributes
                    = max(count_attributes) over (partition by persona_id)
            ),

            common as (
                select
                    persona_id, age_band, channel, category,
                    max(count_alike) as count_alike
                from finest
                group by persona_id, age_band, channel, category
            )

            select
                persona_id,
                row_number() over (
                    partition by persona_id
                    order by count_alike desc, age_band, channel, category
                ) as example_rank,
                age_band, channel, category, count_alike
            from common
            qualify example_rank <= 9
            order by persona_id, example_rank
            """
        ).df()


def write_evidence(
    settings: Settings,
    tables: Mapping[str, pd.DataFrame],
    names: pd.DataFrame,
    *,
    model_run_id: str,
    run_id: str,
) -> None:
    """Write the evidence in place of the one before; names are added."""
    with open_warehouse(settings) as connection:
        connection.execute("begin transaction")
        for table, frame in tables.items():
            connection.execute(f"delete from ml.{table}")
            _insert(connection, table, frame.assign(model_run_id=model_run_id))
        _insert(connection, NAMES_TABLE, names.assign(named_in_run_id=run_id))
        connection.execute("commit")


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame
) -> None:
    if frame.empty:
        return
    wanted = [
        row[0]
        for row in connection.execute(
            "select column_name from information_schema.columns where "
            "table_schema = 'ml' and table_name = ? order by ordinal_position",
            [table],
        ).fetchall()
    ]
    columns = ", ".join(wanted)
    connection.register("rows_to_write", frame)
    connection.execute(
        f"insert into ml.{table} ({columns}) select {columns} "
        "from rows_to_write"
    )
    connection.unregister("rows_to_write")
