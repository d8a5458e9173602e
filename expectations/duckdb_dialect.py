"""duckdb-engine's dialect, with results that outlive their connection.

Great Expectations closes the connection before it fetches; DuckDB then drops
the result, and every expectation fails with "list index out of range". Here a
result is fetched as soon as a statement has run. What the gate asks for is one
row of counts, so there is little to fetch, with one exception: to learn the
names of a batch's columns, Great Expectations runs the batch itself. Of that
statement, known by ``BATCH_MARK``, nothing is fetched, so that no delivered
row ever enters Python.

Importing this module registers the dialect ``duckdb+buffered``.
"""

from __future__ import annotations

from duckdb_engine import Dialect
from sqlalchemy import TextClause
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import (
    PGExecutionContext_psycopg2,
)
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

BATCH_MARK = "select /* batch */"


class BufferedExecutionContext(PGExecutionContext_psycopg2):
    """Fetches when a statement has run, not when somebody asks."""

    def post_exec(self) -> None:
        """Keep the rows of the result, or of a batch only its columns."""
        if self.cursor.description is None:
            return
        statement = getattr(self.compiled, "statement", None)
        is_batch = isinstance(statement, TextClause) and (
            statement.text.startswith(BATCH_MARK)
        )
        self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
            self.cursor,
            initial_buffer=[] if is_batch else self.cursor.fetchall(),
        )


class BufferedDialect(Dialect):
    """The dialect ``duckdb+buffered``."""

    driver = "buffered"
    execution_ctx_cls = BufferedExecutionContext
    supports_statement_cache = False


registry.register("duckdb.buffered", __name__, "BufferedDialect")
