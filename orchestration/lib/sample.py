"""Writes a sample company to files, as a real company would deliver it.

Each file is written under another name and then renamed, so that whoever
watches the landing folder never meets half a file. The truth goes into a
folder of its own: it is for tests, and must not be delivered.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import duckdb
import pandas as pd

from ml.synthetic import SampleCompany

FileFormat = Literal["csv", "parquet"]

DATE_COLUMNS = frozenset({"spend_date", "starts_on", "ends_on"})
"""Columns that hold days; pandas keeps them as timestamps."""

COPY_OPTIONS: dict[str, str] = {
    "csv": "format csv, header true, delimiter ',', quote '\"'",
    "parquet": "format parquet, compression zstd",
}


def write_sample(
    company: SampleCompany,
    landing: Path,
    truth: Path,
    *,
    file_format: FileFormat = "parquet",
    drop_written: bool = False,
) -> list[Path]:
    """Write every entity and every truth table to a file of its own.

    Parameters
    ----------
    company : SampleCompany
        As ``ml.synthetic.generate`` returns it.
    landing : Path
        Folder for ``<entity>.csv`` or ``<entity>.parquet``; made if missing.
    truth : Path
        Another folder, for ``<table>.parquet``; made if missing.
    file_format : {'csv', 'parquet'}
        Form of the entities. CSV is UTF-8 with a header and a final newline;
        an empty field is null.
    drop_written : bool
        Whether to take each entity out of ``company.entities`` once it is
        written, which frees its memory.

    Returns
    -------
    list of Path
        The files written, the entities first.

    Raises
    ------
    ValueError
        When the format is unknown, or both folders are the same.
    """
    if file_format not in get_args(FileFormat):
        raise ValueError(
            f"file_format is {file_format!r}: choose one of "
            f"{', '.join(get_args(FileFormat))}."
        )
    if landing.resolve() == truth.resolve():
        raise ValueError(
            f"landing and truth are the same folder, {landing}: the truth "
            "must not be delivered; give it another folder."
        )
    written = []
    with duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    ) as connection:
        for entity in list(company.entities):
            path = landing / f"{entity}.{file_format}"
            written.append(
                _write(connection, company.entities[entity], path, file_format)
            )
            if drop_written:
                del company.entities[entity]
        for table, frame in company.truth.items():
            path = truth / f"{table}.parquet"
            written.append(_write(connection, frame, path, "parquet"))
    return written


def _write(
    connection: duckdb.DuckDBPyConnection,
    frame: pd.DataFrame,
    path: Path,
    file_format: FileFormat,
) -> Path:
    """Write one frame to `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    columns = ", ".join(
        f'cast("{column}" as date) as "{column}"'
        if column in DATE_COLUMNS
        else f'"{column}"'
        for column in frame.columns
    )
    target = str(partial).replace("'", "''")
    connection.register("frame", frame)
    try:
        connection.execute(
            f"copy (select {columns} from frame) to '{target}' "
            f"({COPY_OPTIONS[file_format]})"
        )
        partial.replace(path)
    finally:
        connection.unregister("frame")
        partial.unlink(missing_ok=True)
    return path
