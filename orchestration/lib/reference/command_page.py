"""The commands and the verbs of make, as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from orchestration.lib.reference.markdown import MADE, code, table
from orchestration.lib.settings import PROJECT_ROOT

VERB = re.compile(r"^([a-z-]+):.*?## (.*)$", re.MULTILINE)
VARIABLES = (
    ("PERSONA_HOME", "the folder everything is read from and kept in", "var/"),
    ("PERSONA_SOURCES", "connectors that are on, comma-separated", ""),
    ("PERSONA_AS_OF_DATE", "the day to look at the company", ""),
    ("PERSONA_KEY", "the secret of the pseudonyms, 32 bytes or more", ""),
    ("PERSONA_MEMORY_LIMIT", "memory that DuckDB may take", "6GB"),
)
INTRODUCTION = """
# Commands

`persona` is in `.venv/bin` once any `make` verb has run. It executes Dagster
jobs; there is no second pipeline. dbt is in `.venv/bin` too: start it in the
repository's root, with the same `PERSONA_HOME`. `dbt build --project-dir
dbt_project` is valid before and after a training.
"""
ENVIRONMENT = """
## The environment

Sources, the day and the key have another place, which the environment
overrules: the vars `sources` and `as_of_date` of `dbt_project/dbt_project.yml`,
and the file `pseudonym.key` in `PERSONA_HOME`. Without a day it is that of the
newest order.
"""


def command_page() -> str:
    """Return the page."""
    from orchestration.cli import app

    makefile = (PROJECT_ROOT / "Makefile").read_text("utf-8")
    commands = list(_commands(typer.main.get_command(app), "persona"))
    parts = [
        MADE.format(source="orchestration/cli.py and the Makefile"),
        INTRODUCTION.strip(),
        table(
            ("command", "does"),
            [
                (f"[{code(name)}](#{anchor(name)})", _text(command))
                for name, command in commands
            ],
        ),
        "## make",
        table(
            ("verb", "does"),
            [
                (code(f"make {verb}"), text)
                for verb, text in VERB.findall(makefile)
            ],
        ),
        ENVIRONMENT.strip(),
        table(
            ("variable", "says", "default"),
            [
                (code(name), text, code(default) if default else "")
                for name, text, default in VARIABLES
            ],
        ),
        *(_section(name, command) for name, command in commands),
    ]
    return "\n\n".join(parts) + "\n"


def anchor(name: str) -> str:
    """Return the anchor of a command's heading."""
    return name.replace(" ", "-")


# Typer brings a click of its own, so commands are known by what they have.
def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, part in command.commands.items():
        yield from _commands(part, f"{path} {name}")


def _text(command: Any) -> str:
    """Return its first paragraph."""
    return " ".join((command.help or "").split("\n\n")[0].split())


def _section(name: str, command: Any) -> str:
    options = [
        (_spelled(option), option.help or "", _default(option))
        for option in command.params
        if option.name != "help"
    ]
    parts = [f"## {name}", _text(command)]
    if options:
        parts.append(table(("option", "says", "default"), options))
    return "\n\n".join(parts)


def _spelled(option: Any) -> str:
    if option.param_type_name == "argument":
        return code(option.metavar or option.name.upper())
    return code(", ".join(option.opts))


def _default(option: Any) -> str:
    if option.default in (None, False, ()):
        return ""
    return code(str(getattr(option.default, "value", option.default)))
