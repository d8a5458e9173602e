"""The application: Streamlit's server around the script of the pages.

The pages are loaded here, so that the first visit does not wait for that.
"""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from orchestration.dashboard import menu  # noqa: F401
from orchestration.dashboard.document import OwnDocument

app = App(
    Path(__file__).with_name("script.py"), middleware=[Middleware(OwnDocument)]
)
