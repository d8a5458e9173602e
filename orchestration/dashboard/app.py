"""The application: Streamlit's server around the script of the pages.

The pages are loaded here, so that the first visit does not wait for that.
Beside them it serves dbt's documentation, where `persona docs` has written it.
"""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.starlette import App

from orchestration.dashboard import menu  # noqa: F401
from orchestration.dashboard.document import DOCUMENTATION, OwnDocument
from orchestration.lib.dbt_docs import docs_path
from orchestration.lib.settings import load_settings


def documentation(_: Request) -> Response:
    """Return dbt's documentation of all models, as one page."""
    path = docs_path(load_settings())
    if not path.exists():
        return PlainTextResponse("Write it first: persona docs", 404)
    return FileResponse(path, media_type="text/html")


app = App(
    Path(__file__).with_name("script.py"),
    routes=[Route(DOCUMENTATION, documentation)],
    middleware=[Middleware(OwnDocument)],
)
