"""What becomes of a file: its outcome, and the errors on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["loaded", "unchanged", "duplicate", "refused"]


class DeliveryError(RuntimeError):
    """The run cannot go on with what was delivered; the message says why."""


class RefusedError(Exception):
    """A file cannot be trusted; the message says why and what to mend.

    Messages go to logs and screens: they name lines and columns, not values.
    """


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file in a landing folder.

    ``unchanged`` files were loaded by an earlier run; ``duplicate`` ones have
    the content of a file that was loaded under another name.
    """

    source: str
    table: str | None
    file_name: str
    outcome: Outcome
    message: str | None = None
    count_rows: int | None = None
    content_hash: str = ""
    size_bytes: int = 0
    delivery_id: int | None = None
