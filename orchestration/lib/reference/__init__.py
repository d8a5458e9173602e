"""The reference pages of the docs, made from what the program itself reads.

The contract of the inputs, the published tables and the commands are written
down once: in the ymls, in the suites, in the command line. These pages say
them again for people, are committed so that they can be read everywhere, and
`make check` refuses one that says something else than its source. `make
reference` writes them anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.lib.reference.command_page import command_page
from orchestration.lib.reference.contract_page import contract_page
from orchestration.lib.reference.tables_page import tables_page


def reference_pages(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each page by its file name in ``docs/``.

    Parameters
    ----------
    manifest : mapping
        What ``dbt parse`` says of the project, with the default vars.
    """
    return {
        "input-contract.md": contract_page(),
        "tables.md": tables_page(manifest),
        "commands.md": command_page(),
    }
