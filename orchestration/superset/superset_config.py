"""Superset's settings: local, closed to other hosts, state in one folder.

Superset loads this file by its path (``SUPERSET_CONFIG_PATH``); it must not
import anything of ours.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

HOME = Path(os.environ["PERSONA_SUPERSET_HOME"])
PUBLISHED = os.environ["PERSONA_SUPERSET_PUBLISHED"]

SECRET_KEY = (HOME / "secret.key").read_text(encoding="utf-8").strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
DATA_DIR = str(HOME)

# Another Flask program on 127.0.0.1 would overwrite a cookie named session.
SESSION_COOKIE_NAME = "persona_superset"

# The page of Superset carries a counting pixel, and can ask for maps and
# fonts. The browser is told to talk to nobody but this server.
_OWN = "'self'"
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": [_OWN],
        "base-uri": [_OWN],
        "connect-src": [_OWN],
        "font-src": [_OWN],
        "form-action": [_OWN],
        "frame-ancestors": [_OWN],
        "img-src": [_OWN, "blob:", "data:"],
        "object-src": "'none'",
        "script-src": [_OWN, "'strict-dynamic'"],
        "style-src": [_OWN, "'unsafe-inline'"],
        "worker-src": [_OWN, "blob:"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []

LOG_LEVEL = "WARNING"

READER = {
    "read_only": True,
    "config": {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "enable_external_access": "false",
        "lock_configuration": "true",
    },
}


def DB_CONNECTION_MUTATOR(  # noqa: N802  Superset's name
    url: Any, parameters: dict[str, Any], *_: Any
) -> tuple[Any, dict[str, Any]]:
    """Let DuckDB open the published file alone, and without a way out.

    The bundle asks for the same; a person who may edit databases in Superset
    cannot take it back.
    """
    if url.get_backend_name() == "duckdb":
        if url.database != PUBLISHED:
            raise ValueError(f"Of DuckDB, only {PUBLISHED} is opened here.")
        parameters["connect_args"] = READER
    return url, parameters
