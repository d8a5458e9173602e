"""Which files are delivered, and to which table each belongs."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from pathlib import Path

from orchestration.lib.delivery.outcomes import RefusedError
from orchestration.lib.source_specs import SourceSpec, TableSpec

FORMATS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
}
UNFINISHED = (".tmp", ".part")


def delivered_files(folder: Path) -> list[Path]:
    """Return the finished files below a folder, sorted by their names.

    Links to folders are among them, to be refused: what they lead to may
    change unseen.
    """
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] not in "._"]
        links = [name for name in folders if Path(root, name).is_symlink()]
        found += [
            Path(root, name)
            for name in links + names
            if name[0] not in "._" and not name.lower().endswith(UNFINISHED)
        ]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def match_table(file_name: str, spec: SourceSpec) -> TableSpec | None:
    """Return the table whose file this is, or None.

    A file belongs to the table it is named after, also with something behind
    the name (``orders_2026-07.csv``); the longest table name wins. Files in a
    sub-folder belong to the table that the folder is named after.
    """
    if file_format(file_name) is None:
        return None
    first, *rest = file_name.lower().split("/")
    behind = "$" if rest else "[-_. (]"
    for table in sorted(spec.tables, key=lambda one: -len(one.name)):
        if re.match(table.name + behind, first):
            return table
    return None


def file_format(file_name: str) -> str | None:
    """Return how a file of that name is read: csv, jsonl, parquet or None."""
    for extension, kind in FORMATS.items():
        if file_name.lower().endswith(extension):
            return kind
    return None


def why_no_table(file_name: str, spec: SourceSpec) -> str:
    """Say why a file belongs to no table."""
    tables = ", ".join(spec.table_names)
    if file_format(file_name) is None:
        return (
            "has an extension that is not read. Deliver one of "
            f"{', '.join(FORMATS)}; a table of {spec.name} is one of {tables}."
        )
    stem = re.split(r"[-. (/]", file_name.lower())[0]
    near = difflib.get_close_matches(stem, spec.table_names, 1, 0.7)
    hint = f" Did you mean {near[0]}?" if near else ""
    return (
        f"belongs to no table of {spec.name}. Begin its name, or name its "
        f"folder, with one of {tables}.{hint}"
    )


def readable_name(path: Path, folder: Path) -> str:
    """Return a file's name as text, also when its bytes are not UTF-8."""
    name = path.relative_to(folder).as_posix()
    return os.fsencode(name).decode("utf-8", "replace")


def refuse_odd_names(path: Path) -> None:
    """Refuse a file whose path DuckDB cannot be told."""
    as_text = os.fsencode(path).decode("utf-8", "replace")
    if "\\" in as_text or as_text != str(path):
        raise RefusedError(
            "the name of the file or of its folder holds a backslash or is "
            "not UTF-8: rename it."
        )


def fingerprint(path: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file's bytes."""
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is no ordinary file")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), digest
    except OSError as error:
        raise RefusedError(vanished(error)) from error


def vanished(error: OSError) -> str:
    """Say that a file cannot be read."""
    return (
        f"vanished or cannot be read ({error.strerror or error}). Put it "
        "back, and see that this user may read it."
    )
