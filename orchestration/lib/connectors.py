"""New connectors: the template, copied and renamed."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.lib.settings import DBT_PROJECT, SOURCE_NAME

TEMPLATE = "template"


class ConnectorError(ValueError):
    """A connector cannot be made under that name; the message says why."""


def copy_template(name: str, dbt_project: Path = DBT_PROJECT) -> Path:
    """Copy the template connector under a new name.

    Parameters
    ----------
    name : str
        Name of the source: lower case with underscores, up to 40 letters.
    dbt_project : Path
        The dbt project to copy in.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    ConnectorError
        When the name is taken or not of that form.
    """
    if not SOURCE_NAME.fullmatch(name):
        raise ConnectorError(
            f"{name!r} is no name for a source: write it in lower case with "
            "underscores, such as my_shop."
        )
    staging = dbt_project / "models" / "staging"
    target = staging / name
    if target.exists():
        raise ConnectorError(
            f"There is a connector {name!r} already: {target}. Choose another "
            "name, or remove its folder first."
        )
    building = staging / f".{name}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for path in sorted((staging / TEMPLATE).iterdir()):
        text = path.read_text(encoding="utf-8").replace(TEMPLATE, name)
        renamed = building / path.name.replace(TEMPLATE, name)
        renamed.write_text(text, encoding="utf-8")
    building.rename(target)
    return target
