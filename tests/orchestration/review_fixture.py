"""A small home for the review: a published file and a warehouse by hand.

Fifteen months of four personas, a model that waits, and names and notes that
attack the page. ``hard_month`` returns plain rows, for a test to change before
``write_home`` makes files of them.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse

Row = dict[str, Any]
Tables = dict[str, list[Row]]

AS_OF = date(2026, 7, 15)
NOW, MONTH_AGO, YEAR_AGO = (
    date(2026, 6, 30),
    date(2026, 5, 31),
    date(2025, 6, 30),
)
MONTHS = [
    date(2025, month, day)
    for month, day in zip(
        range(4, 13), (30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True
    )
] + [
    date(2026, month, day)
    for month, day in zip(range(1, 7), (31, 28, 31, 30, 31, 30), strict=True)
]
OLD, MODEL, REFIT = "run-aaaaaaaaaaaa", "run-bbbbbbbbbbbb", "run-cccccccccccc"
ATTACK = "<script>alert('1')</script>\"><img src=x onerror=alert(2)>&amp;"

PUBLISHED = {
    "personas": """persona_id varchar, parent_persona_id varchar,
        persona_name varchar, persona_title varchar, verdict varchar,
        verdict_reason varchar, model_run_id varchar, as_of_date date,
        run_id varchar""",
    "persona_sizes_monthly": """persona_id varchar, month_end date,
        count_customers bigint, customer_share double, is_hidden boolean""",
    "persona_drift": """model_run_id varchar, month_end date,
        drift_kind varchar, status varchar, measure varchar, feature varchar,
        drift double, watch_from double, act_from double, reason varchar""",
    "persona_drift_features": """model_run_id varchar, month_end date,
        feature varchar, psi double, psi_by_chance double,
        missing_share double, reference_missing_share double""",
    "persona_events": """model_run_id varchar, event_date date, event varchar,
        persona_id varchar, other_persona_id varchar, overlap double,
        share_of_old double, share_of_new double""",
    "persona_reviews": """review_number bigint, reviewed_at timestamp,
        review_date date, model_run_id varchar, decision varchar,
        in_force_model_run_id varchar, decided_by varchar, note varchar""",
}
MOVES = """from_persona_id varchar, to_persona_id varchar, month_end date,
    count_customers bigint, count_settled_moves bigint"""


def hard_month() -> Tables:
    """Return the rows of a month in which everything happens."""
    return {
        "personas": [
            persona("P01", f"Robin {ATTACK}", f"the {ATTACK} one"),
            persona("P02", "Alex & Co", 'the "quoted" one'),
            persona("P03", "Charlie Calloway", "the small one"),
            persona("P04", "Jamie Dell", "the new one"),
            persona("unassigned", "unassigned", None),
        ],
        "persona_sizes_monthly": sizes(),
        "persona_drift": drifts(),
        "persona_drift_features": [
            feature("discount_share", 0.412, 0.01, 0.31, 0.0),
            feature("avg_item_price", 0.2, 0.05, 0.0, 0.0),
            feature("order_rate", 0.19, 0.01, 0.0, 0.0),
            feature(f"x{ATTACK}", 0.05, 0.01, 0.02, 0.02),
            feature("pageviews_per_session", None, 0.9, None, 0.23),
            feature("avg_order_value", 0.02, 0.01, 0.0, 0.0),
        ],
        "persona_events": [
            event(OLD, date(2025, 4, 30), "born", "P01", "P01"),
            event(MODEL, date(2026, 6, 10), "matched", "P01", "P01"),
            event(MODEL, date(2026, 6, 10), "split", "P04", "P02", 0.41),
            event(MODEL, date(2026, 6, 10), "retired", "P09", "P09"),
        ],
        "persona_reviews": reviews(),
        "moves": [
            move("P01", "P02", 40, 11),
            move("P02", "P01", 30, 23),
            move("P02", "P04", 17, 10),
            move("P01", "P01", 500, 0),
            move("new", "P01", 77, 0),
            move("P03", "unassigned", 9, 9),
            move("P01", "P04", 99, 88, month_end=MONTH_AGO),
        ],
        "model_runs": [
            model_run(OLD, date(2025, 4, 30)),
            model_run(MODEL, date(2026, 6, 10)),
            model_run(REFIT, AS_OF),
        ],
        "model_comparisons": [comparison(REFIT, MODEL, 1_000, 0.4)],
        "model_events": [
            model_event(REFIT, "born", "P05"),
            model_event(REFIT, "merged", "P01", "P02", 0.9),
            model_event(REFIT, "retired", "P03"),
            model_event(REFIT, "matched", "P01"),
        ],
        "model_moves": [
            model_move("P02", "P01", 390),
            model_move("P01", "P05", 10),
            model_move("P01", "P01", 600),
        ],
        "model_changes": [
            change("P01", "age_band", ATTACK, "higher", "alike"),
            change("P05", "discount_share", None, None, "higher"),
        ],
    }


def nothing_yet() -> Tables:
    """Return what is published before any model is trained."""
    reason = "No model has been trained yet."
    one = persona("unassigned", "unassigned", None, verdict_reason=reason)
    one |= {"verdict": "none", "model_run_id": None}
    return {"personas": [one]}


def persona(persona_id: str, name: str, title: str | None, **more: Any) -> Row:
    return {
        "persona_id": persona_id,
        "persona_name": name,
        "persona_title": title,
        "verdict": "natural",
        "verdict_reason": f"Because {ATTACK}.",
        "model_run_id": MODEL,
        "as_of_date": AS_OF,
        "run_id": f"run {ATTACK}",
    } | more


def sizes() -> list[Row]:
    """Return sizes that add up; P03 is hidden at the end, P04 is new."""
    rows = []
    for place, month_end in enumerate(MONTHS):
        counts = {
            "P01": 500 + 3 * place,
            "P02": 400 - 5 * place,
            "P03": 40 if place < 10 else 7,
            "unassigned": 30 + place,
        }
        if month_end == NOW:
            counts["P04"] = 13
        total = sum(counts.values())
        for persona_id, count in counts.items():
            is_hidden = (count < 14 and "P04" in counts) or count < 11
            rows.append(
                {
                    "persona_id": persona_id,
                    "month_end": month_end,
                    "count_customers": None if is_hidden else count,
                    "customer_share": None if is_hidden else count / total,
                    "is_hidden": is_hidden,
                }
            )
    return rows


def drifts() -> list[Row]:
    """Return drift that grows, of two measures, with a month unknown."""
    rows = []
    for place, month_end in enumerate(MONTHS[8:]):
        psi, entropy = 0.06 * place, 0.03 * place
        rows.append(drift(month_end, "input", psi, feature="discount_share"))
        rows.append(
            drift(month_end, "assignment", entropy, watch=0.15, act=0.3)
        )
    rows[4]["drift"] = None
    rows.append(drift(MONTHS[10], "definition", 0.31))
    rows.append(drift(NOW, "input", 0.9, model_run_id=OLD))
    return rows


def drift(
    month_end: date,
    kind: str,
    value: float,
    *,
    watch: float = 0.1,
    act: float = 0.25,
    feature: str | None = None,
    model_run_id: str = MODEL,
) -> Row:
    acting = "review" if kind == "definition" else "retrain"
    status = acting if value >= act else "watch" if value >= watch else "ok"
    return {
        "model_run_id": model_run_id,
        "month_end": month_end,
        "drift_kind": kind,
        "status": status,
        "measure": "a measure",
        "feature": feature,
        "drift": value,
        "watch_from": watch,
        "act_from": act,
        "reason": f"{kind} of {feature or 'all'} is at {value:.2f} {ATTACK}.",
    }


def feature(
    name: str,
    psi: float | None,
    chance: float,
    missing: float | None,
    missing_before: float,
) -> Row:
    return {
        "model_run_id": MODEL,
        "month_end": NOW,
        "feature": name,
        "psi": psi,
        "psi_by_chance": chance,
        "missing_share": missing,
        "reference_missing_share": missing_before,
    }


def event(
    model_run_id: str,
    day: date,
    kind: str,
    persona_id: str,
    other: str,
    share: float | None = None,
) -> Row:
    return {
        "model_run_id": model_run_id,
        "event_date": day,
        "event": kind,
        "persona_id": persona_id,
        "other_persona_id": other,
        "share_of_old": share,
    }


def reviews() -> list[Row]:
    """Return a log in which the model came, left and came again."""
    decided = [
        (OLD, "approved", OLD, date(2025, 4, 30), "policy", None),
        (MODEL, "approved", MODEL, date(2026, 6, 1), "policy", "It moves 1%."),
        (MODEL, "rolled_back", OLD, date(2026, 6, 5), ATTACK, ATTACK),
        (MODEL, "approved", MODEL, date(2026, 6, 10), "Ada", "We were wrong."),
        (REFIT, "waiting", MODEL, AS_OF, "policy", f"It moves 40% {ATTACK}."),
    ]
    return [
        {
            "review_number": number,
            "reviewed_at": datetime(2026, 7, number, 12),
            "review_date": day,
            "model_run_id": model_run_id,
            "decision": decision,
            "in_force_model_run_id": in_force,
            "decided_by": by,
            "note": note,
        }
        for number, (model_run_id, decision, in_force, day, by, note) in (
            enumerate(decided, start=1)
        )
    ]


def move(
    origin: str,
    to: str,
    count: int,
    settled: int,
    *,
    month_end: date = NOW,
) -> Row:
    return {
        "from_persona_id": origin,
        "to_persona_id": to,
        "month_end": month_end,
        "count_customers": count,
        "count_settled_moves": settled,
    }


def model_run(model_run_id: str, day: date) -> Row:
    return {
        "model_run_id": model_run_id,
        "run_id": model_run_id,
        "trained_at": datetime(day.year, day.month, day.day),
        "as_of_date": day,
        "algorithm": "kmeans",
        "random_state": 0,
        "count_sampled": 1_000,
        "count_clusters": 4,
        "verdict": "natural",
        "verdict_reason": "",
    }


def comparison(model_run_id: str, before: str, count: int, moved: float) -> Row:
    return {
        "model_run_id": model_run_id,
        "compared_model_run_id": before,
        "count_customers": count,
        "moved_share": moved,
        "changed_share": 0.5,
    }


def model_event(
    model_run_id: str,
    kind: str,
    persona_id: str,
    other: str | None = None,
    share: float | None = None,
) -> Row:
    return {
        "model_run_id": model_run_id,
        "event": kind,
        "persona_id": persona_id,
        "other_persona_id": other,
        "share_of_old": share,
    }


def model_move(origin: str, to: str, count: int) -> Row:
    return {
        "model_run_id": REFIT,
        "from_persona_id": origin,
        "to_persona_id": to,
        "count_customers": count,
    }


def change(
    persona_id: str,
    trait: str,
    value: str | None,
    before: str | None,
    after: str,
) -> Row:
    return {
        "model_run_id": REFIT,
        "persona_id": persona_id,
        "trait": trait,
        "trait_value": value,
        "said_before": before,
        "said_after": after,
        "effect_before": None if before is None else 0.9,
        "effect_after": 0.1,
        "is_changed": True,
    }


def write_home(folder: Path, tables: Tables) -> Settings:
    """Write a published file and a warehouse of the rows."""
    settings = Settings(folder, ("template",), memory_limit="1GB")
    settings.published.mkdir(parents=True, exist_ok=True)
    settings.published_path.unlink(missing_ok=True)
    with duckdb.connect(str(settings.published_path)) as connection:
        connection.execute("begin transaction")
        connection.execute("create schema bi")
        for name, columns in PUBLISHED.items():
            connection.execute(f"create table bi.{name} ({columns})")
            _insert(connection, f"bi.{name}", tables.get(name, []))
        connection.execute("commit")
    settings.warehouse_path.unlink(missing_ok=True)
    with open_warehouse(settings) as connection:
        connection.execute("begin transaction")
        connection.execute("create schema marts")
        connection.execute(f"create table marts.persona_moves ({MOVES})")
        _insert(connection, "marts.persona_moves", tables.get("moves", []))
        for name, rows in tables.items():
            if name.startswith("model_"):
                _insert(connection, f"ml.{name}", rows)
        for row in tables.get("persona_reviews", []):
            kept = {k: v for k, v in row.items() if k != "review_date"}
            day = {"as_of_date": row["review_date"]}
            _insert(connection, "ml.model_reviews", [kept | day])
        connection.execute("commit")
    return settings


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[Row]
) -> None:
    for row in rows:
        places = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({places})",
            list(row.values()),
        )
