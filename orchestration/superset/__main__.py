"""``make superset`` and ``make superset-export``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from orchestration.lib.settings import SettingsError, load_settings
from orchestration.superset.bundle import BundleError
from orchestration.superset.exporting import dashboard_uuid, keep_export
from orchestration.superset.inside import ADMIN
from orchestration.superset.server import Superset, SupersetError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
ERRORS = (BundleError, SettingsError, SupersetError)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8088,
) -> None:
    """Set Superset up, import the bundle and serve it on 127.0.0.1."""
    try:
        superset = Superset(load_settings())
        command = superset.serve_command(port)
        superset.prepare(typer.echo)
    except ERRORS as error:
        raise _refusal(error) from error
    path = superset.password_path
    known = f", password {path.read_text().strip()}" if path.exists() else ""
    typer.echo(
        f"Open http://127.0.0.1:{port}/superset/dashboard/personas/\n"
        f"User {ADMIN}{known}. Ctrl-C ends it."
    )
    os.umask(0o077)
    os.execve(command[0], command, superset.environment())


@app.command()
def export() -> None:
    """Write what was changed in Superset into the bundle's files."""
    try:
        settings = load_settings()
        archive = Superset(settings).export(dashboard_uuid())
        changed = keep_export(archive, settings.published_path)
    except ERRORS as error:
        raise _refusal(error) from error
    typer.echo("\n".join(map(str, changed)) or "Nothing has changed.")


def _refusal(error: Exception) -> typer.Exit:
    typer.secho(str(error), fg=typer.colors.RED, err=True)
    return typer.Exit(1)


if __name__ == "__main__":
    app()
