"""One customer: which persona, how sure, why, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse

DECIDING = 3
UNASSIGNED = "unassigned"


class CustomerLookupError(ValueError):
    """There is no such customer, or nothing to look at yet."""


@dataclass(frozen=True)
class Decision:
    """A feature that speaks for the persona, or for the nearest other one.

    Attributes
    ----------
    value, own_value, other_value : float or None
        Of the customer; means of the persona and of the nearest other one.
    share : float
        Its part of all that speaks for the persona, 0-1.
    """

    feature: str
    value: float | None
    own_value: float | None
    other_value: float | None
    share: float


@dataclass(frozen=True)
class Change:
    """A feature that counted for a move: its values, its share (0-1)."""

    feature: str
    before: float | None
    after: float | None
    share: float


@dataclass(frozen=True)
class Move:
    """A customer's last move from one persona to another.

    Attributes
    ----------
    month_end : date
        The first month-end in the new persona.
    compared_with : date or None
        The month-end at which the values before were so.
    changes : list of Change
        The features that count most; none where one of the two personas is
        unassigned.
    """

    month_end: date
    from_id: str
    from_name: str | None
    to_id: str
    to_name: str | None
    compared_with: date | None
    changes: list[Change]


@dataclass(frozen=True)
class Found:
    """What is known of a customer's place among the personas.

    Attributes
    ----------
    move : Move or None
        The last one that the model in force tells of.
    decisions : list of Decision
        The three features that decide.
    changes : list of Decision
        The three features in which the customer would have to move most, or
        already speaks for the nearest other persona.
    """

    customer_id: str
    persona_id: str
    persona_name: str
    persona_title: str
    reason: str
    confidence: float | None
    sub_persona_id: str | None
    sub_persona_name: str | None
    other_id: str | None
    other_name: str | None
    move: Move | None
    decisions: list[Decision]
    changes: list[Decision]


def look_up(settings: Settings, customer_id: str) -> Found:
    """Return a customer's persona and what decides it.

    Parameters
    ----------
    settings : Settings
    customer_id : str
        As delivered; it stays in the warehouse.

    Raises
    ------
    CustomerLookupError
        When nothing has been built or the customer is not known.
    """
    if not settings.warehouse_path.exists():
        raise CustomerLookupError(
            "Nothing has been built yet: start `persona run`."
        )
    with open_warehouse(settings, read_only=True) as connection:
        try:
            rows = connection.execute(
                "select own.persona_id, own.runner_up_persona_id, "
                "own.assignment_reason, own.confidence, own.model_run_id, "
                "personas.persona_name, personas.persona_title, "
                "others.persona_name, own.sub_persona_id, parts.persona_name "
                "from marts.customer_personas as own "
                "left join marts.personas as personas "
                "on own.persona_id = personas.persona_id "
                "left join marts.personas as others "
                "on own.runner_up_persona_id = others.persona_id "
                "left join marts.personas as parts "
                "on own.sub_persona_id = parts.persona_id "
                "where own.customer_id = ?",
                [customer_id],
            ).fetchall()
            move = _last_move(connection, customer_id)
        except duckdb.CatalogException as error:
            raise CustomerLookupError(
                "The personas have not been built yet: start `persona run`."
            ) from error
        if not rows:
            raise CustomerLookupError(
                f"There is no customer '{customer_id}' in marts.customers: "
                "write the id as it was delivered."
            )
        persona_id, other_id, reason, confidence, model, *names = rows[0]
        name, title, other, sub_persona_id, sub_persona_name = names
        table = (
            _explain(connection, customer_id, model, persona_id, other_id)
            if confidence is not None
            else []
        )
    return Found(
        customer_id=customer_id,
        persona_id=persona_id,
        persona_name=name or persona_id,
        persona_title=title or "",
        reason=reason,
        confidence=confidence,
        sub_persona_id=sub_persona_id,
        sub_persona_name=sub_persona_name,
        other_id=other_id,
        other_name=other,
        move=move,
        decisions=[one for one in table if one.share > 0][:DECIDING],
        changes=_changes(table),
    )


def _last_move(
    connection: duckdb.DuckDBPyConnection, customer_id: str
) -> Move | None:
    columns = ", ".join(
        f"feature_{n}, feature_{n}_before, feature_{n}_after, feature_{n}_share"
        for n in range(1, DECIDING + 1)
    )
    rows = connection.execute(
        "select month_end, from_persona_id, olds.persona_name, to_persona_id, "
        f"news.persona_name, compared_with, {columns} "
        "from marts.customer_moves as moves "
        "left join marts.personas as olds "
        "on moves.from_persona_id = olds.persona_id "
        "left join marts.personas as news "
        "on moves.to_persona_id = news.persona_id "
        "where customer_id = ? and known_to is null "
        "order by month_end desc limit 1",
        [customer_id],
    ).fetchall()
    if not rows:
        return None
    month_end, from_id, from_name, to_id, to_name, compared, *told = rows[0]
    return Move(
        month_end,
        *(from_id, from_name, to_id, to_name, compared),
        changes=[
            Change(*told[place : place + 4])
            for place in range(0, len(told), 4)
            if told[place] is not None
        ],
    )


def _changes(table: list[Decision]) -> list[Decision]:
    """Return what speaks for the other persona, else what decides."""
    against = [one for one in reversed(table) if one.share == 0]
    return (against + table)[:DECIDING]


def _explain(
    connection: duckdb.DuckDBPyConnection,
    customer_id: str,
    model_run_id: str,
    persona_id: str,
    other_id: str | None,
) -> list[Decision]:
    from ml.lookup import explain

    features = _model_table(connection, "features", model_run_id)
    centroids = _model_table(connection, "centroids", model_run_id)
    clusters = _model_table(connection, "clusters", model_run_id)
    names = list(
        dict.fromkeys([*features["feature"], *features["support"].dropna()])
    )
    casts = ", ".join(f"cast({name} as double) as {name}" for name in names)
    customer = connection.execute(
        f"select {casts} from marts.customer_features where customer_id = ?",
        [customer_id],
    ).df()
    own, other = _nearest_clusters(connection, customer_id)
    offsets = clusters.set_index("cluster_id")["score_offset"].fillna(0.0)
    explained = explain(
        customer,
        features,
        centroids,
        cluster_id=own,
        other_id=other,
        offsets=(float(offsets[own]), float(offsets[other])),
    )
    means = _means(connection)
    return [
        Decision(
            row["feature"],
            _known(customer[row["feature"]].iloc[0]),
            means.get((persona_id, row["feature"])),
            means.get((other_id or "", row["feature"])),
            float(row["share"]),
        )
        for row in explained.features.to_dict("records")
    ]


def _nearest_clusters(
    connection: duckdb.DuckDBPyConnection, customer_id: str
) -> tuple[int, int]:
    ids = connection.execute(
        "select cluster_id from intermediate.int_customer_distances "
        "where customer_id = ? and parent_cluster_id is null "
        "order by distance, cluster_id limit 2",
        [customer_id],
    ).fetchall()
    return int(ids[0][0]), int(ids[1][0])


def _model_table(
    connection: duckdb.DuckDBPyConnection, name: str, model_run_id: str
) -> pd.DataFrame:
    return connection.execute(
        f"select * from ml.model_{name} where model_run_id = ?",
        [model_run_id],
    ).df()


def _means(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str], float]:
    rows = connection.execute(
        "select persona_id, trait, sum_value / count_known "
        "from intermediate.int_persona_trait_sums "
        "where trait_value is null and count_known > 0"
    ).fetchall()
    return {(persona, trait): float(mean) for persona, trait, mean in rows}


def _known(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]
