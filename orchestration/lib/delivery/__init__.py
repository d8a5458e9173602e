"""Delivery: a file lands in the warehouse whole and once, or not at all.

A source puts its files into ``landing/<source>/``. Each is hashed, looked
through once (:mod:`.text_files`, :mod:`.parquet_files`), then loaded by one
SQL statement in one transaction together with its row in ``meta.deliveries``
(:mod:`.loading`). What cannot be trusted is refused with a message that says
what to mend, and the run goes on; it stops where a table that a source must
have is missing (:mod:`.required`).
"""

from orchestration.lib.delivery.files import match_table
from orchestration.lib.delivery.loading import deliver
from orchestration.lib.delivery.outcomes import (
    DeliveryError,
    FileOutcome,
    Outcome,
)
from orchestration.lib.delivery.raw_tables import (
    ensure_raw_tables,
    tables_with_rows,
)
from orchestration.lib.delivery.required import (
    check_deliveries,
    required_problems,
)

__all__ = [
    "DeliveryError",
    "FileOutcome",
    "Outcome",
    "check_deliveries",
    "deliver",
    "ensure_raw_tables",
    "match_table",
    "required_problems",
    "tables_with_rows",
]
