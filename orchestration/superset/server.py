"""Superset on 127.0.0.1: set up once, brought up to date, served.

Everything Superset writes lies in ``PERSONA_HOME/superset``: its database, the
key of its sessions and the password of its first user, readable by nobody else.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestration.lib.settings import PROJECT_ROOT, Settings
from orchestration.superset.bundle import complete_bundle, pack
from orchestration.superset.inside import PASSWORD_VARIABLE

HERE = Path(__file__).parent
CONFIG = HERE / "superset_config.py"
INSIDE = HERE / "inside.py"
LOCK = HERE / "requirements.lock"
THREADS = 8


class SupersetError(RuntimeError):
    """Superset cannot be set up or started; says why and the mend."""


@dataclass(frozen=True)
class Superset:
    """Superset's environment and the folder of its state.

    Parameters
    ----------
    settings : Settings
        Whose published file is shown.
    venv : Path
        The environment that ``make superset`` makes.
    """

    settings: Settings
    venv: Path = PROJECT_ROOT / ".venv-superset"

    @property
    def home(self) -> Path:
        """Folder of all that Superset writes."""
        return self.settings.home / "superset"

    @property
    def archive(self) -> Path:
        """The bundle as it was imported last."""
        return self.home / "bundle.zip"

    @property
    def prepared_path(self) -> Path:
        """File with the mark of what was set up last."""
        return self.home / "prepared"

    @property
    def password_path(self) -> Path:
        """File with the password that was made up for the first user."""
        return self.home / "admin.password"

    def program(self, name: str) -> str:
        """Return the path of a program of Superset's environment.

        Raises
        ------
        SupersetError
            When the environment is not there.
        """
        path = self.venv / "bin" / name
        if not path.exists():
            raise SupersetError(
                f"There is no {path}: `make superset` installs Superset."
            )
        return str(path)

    def environment(self) -> dict[str, str]:
        """Return the variables under which Superset finds its settings."""
        dropped = ("SUPERSET_", "FLASK_", "PYTHON", "PERSONA_")
        return {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(dropped)
        } | {
            "FLASK_APP": "superset",
            "PERSONA_SUPERSET_HOME": str(self.home),
            "PERSONA_SUPERSET_PUBLISHED": str(self.settings.published_path),
            "SUPERSET_CONFIG_PATH": str(CONFIG),
            "SUPERSET_HOME": str(self.home),
        }

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Set Superset up and import the bundle, where either has changed.

        What people changed in Superset stays until the bundle itself, or what
        it says of the published file, is another.

        Raises
        ------
        SupersetError
            When nothing is published, or Superset refuses.
        BundleError
            When the bundle does not fit what is published.
        """
        published = self.settings.published_path
        if not published.exists():
            raise SupersetError(
                f"Nothing is published yet in {self.settings.published}: start "
                "`persona demo` or `persona run` first."
            )
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(self.home / "secret.key", secrets.token_urlsafe(48))
        content = pack(complete_bundle(published))
        mark = _mark(content, CONFIG, INSIDE, LOCK)
        chosen = os.environ.get(PASSWORD_VARIABLE)
        if not chosen and self._prepared_mark() == mark:
            return
        tell("Preparing Superset: half a minute, more on a busy machine.")
        self.archive.write_bytes(content)
        if chosen:
            self.password_path.unlink(missing_ok=True)
        elif self._prepared_mark() is None:
            chosen = _write_once(self.password_path, secrets.token_urlsafe(12))
        self._run_inside("prepare", str(self.archive), password=chosen)
        self.prepared_path.write_text(mark, encoding="utf-8")

    def export(self, dashboard_uuid: str) -> Path:
        """Return the archive of the dashboard as it is in Superset now."""
        archive = self.home / "export.zip"
        self._run_inside("export", dashboard_uuid, str(archive))
        return archive

    def serve_command(self, port: int) -> list[str]:
        """Return the command that serves Superset.

        Raises
        ------
        SupersetError
            When the port is taken.
        """
        with socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind(("127.0.0.1", port))
            except OSError as error:
                raise SupersetError(
                    f"Port {port} is taken: choose another with "
                    "`make superset PORT=8089`."
                ) from error
        return [
            self.program("gunicorn"),
            f"--bind=127.0.0.1:{port}",
            "--workers=1",
            "--worker-class=gthread",
            f"--threads={THREADS}",
            "--timeout=120",
            "--graceful-timeout=2",
            "--no-control-socket",
            "--log-level=warning",
            "superset.app:create_app()",
        ]

    def _prepared_mark(self) -> str | None:
        path = self.prepared_path
        return path.read_text(encoding="utf-8") if path.exists() else None

    def _run_inside(self, *arguments: str, password: str | None = None) -> None:
        log = self.home / "setup.log"
        secret = {PASSWORD_VARIABLE: password} if password else {}
        with log.open("w", encoding="utf-8") as file:
            done = subprocess.run(
                [self.program("python"), "-P", str(INSIDE), *arguments],
                env=self.environment() | secret,
                umask=0o077,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            last = log.read_text(encoding="utf-8").strip().splitlines()[-1:]
            raise SupersetError(
                f"Superset refused: {' '.join(last)}\nThe log: {log}"
            )


def _mark(content: bytes, *paths: Path) -> str:
    digest = hashlib.sha256(content)
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write_once(path: Path, text: str) -> str:
    """Write a secret that only this user may read; keep one that is there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return text
