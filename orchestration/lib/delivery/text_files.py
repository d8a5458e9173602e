"""The lines of a text file, packed or not, as long as they can be trusted.

A line that is too long, that is no UTF-8 or that has no end refuses the file.
Memory is bounded by the longest line allowed, whatever a file unpacks to.
"""

from __future__ import annotations

import codecs
import gzip
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from orchestration.lib.delivery.outcomes import RefusedError

MAX_UNPACKED_BYTES = 50_000_000_000
EMPTY = "is empty (zero bytes): deliver it again, whole."
MAGICS = {
    b"\x1f\x8b": "gzip: end its name in .csv.gz or .jsonl.gz",
    b"PAR1": "Parquet: end its name in .parquet",
    b"PK\x03\x04": "a zip or Excel file: save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save the sheet as CSV UTF-8",
}
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading, unpacked."""
    if _is_packed(path):
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def reader_options(path: Path) -> str:
    """Return the options that DuckDB's readers of text get."""
    packed = "gzip" if _is_packed(path) else "none"
    return f"compression = '{packed}', hive_partitioning = false"


def begins_with_mark(path: Path) -> bool:
    """Tell whether a file begins with a byte order mark."""
    with opened(path) as file:
        return file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def whole_lines(path: Path, max_bytes: int) -> Iterator[bytes]:
    """Yield the lines of a file, without its byte order mark.

    Lines end with a line feed; a line end inside quotes ends a line too.
    """
    number = count_bytes = 0
    most_bytes = MAX_UNPACKED_BYTES if _is_packed(path) else sys.maxsize
    try:
        with opened(path) as file:
            while line := file.readline(max_bytes + 1):
                number += 1
                if number == 1:
                    _refuse_other_kinds(line)
                    line = line.removeprefix(codecs.BOM_UTF8)
                count_bytes += len(line)
                if count_bytes > most_bytes:
                    raise RefusedError(
                        f"unpacks to more than {most_bytes:,} bytes: split "
                        "it into files that do not."
                    )
                if line[-1:] != b"\n":
                    _refuse_unended(line, number, max_bytes)
                if b"\0" in line or not line.isascii():
                    _refuse_other_encodings(line, number)
                yield line
    except EOFError as error:
        raise RefusedError(
            "is a gzip file that is cut off: deliver it again, whole."
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise RefusedError(
            f"is no sound gzip file ({error}): pack it again, or drop .gz "
            "from its name if it is not packed."
        ) from error
    if not number:
        raise RefusedError(EMPTY)


def too_long(max_bytes: int, number: int) -> RefusedError:
    """Return the refusal of a file with a record beyond all measure."""
    return RefusedError(
        f"has a record of more than {max_bytes:,} bytes, near line {number}: "
        "probably a quote is missing; otherwise shorten the text."
    )


def _refuse_other_kinds(start: bytes) -> None:
    for magic, mend in MAGICS.items():
        if start.startswith(magic):
            raise RefusedError(f"is {mend}.")
    if start.startswith(WIDE_MARKS) or start.count(0) > len(start) // 4:
        raise RefusedError(
            "is UTF-16, not UTF-8. Convert it: iconv -f UTF-16 -t UTF-8 "
            "old > new."
        )


def _refuse_other_encodings(line: bytes, number: int) -> None:
    if b"\0" in line:
        raise RefusedError(
            f"holds a NUL byte on line {number}: it is damaged or no text. "
            "Export it again."
        )
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(
            f"is not UTF-8: line {number} holds the byte "
            f"0x{line[error.start]:02X}; it is probably Latin-1 "
            "(Windows-1252). Convert it: iconv -f WINDOWS-1252 -t UTF-8 "
            "old > new."
        ) from error


def _refuse_unended(line: bytes, number: int, max_bytes: int) -> None:
    if len(line) > max_bytes:
        raise too_long(max_bytes, number)
    if number == 1 and b"\r" in line:
        raise RefusedError(
            "has the line ends of an old Mac (CR): save it with LF or CRLF."
        )
    raise RefusedError(
        f"does not end with a line end (line {number}): it is half-written. "
        "Deliver it again, whole; if it is whole, end its last line with a "
        "line end."
    )


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"
