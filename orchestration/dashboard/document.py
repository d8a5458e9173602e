"""The document around the pages: its language, its direction, its server.

Streamlit's document says it is English and lets the browser guess where the
server is, which costs two failing requests on every page below the root. Both
are set here, before the first byte is shown. It also fetches the code of each
kind of element when the first one comes, and shows nothing meanwhile: what
every page needs is asked for at once.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.lib.languages import (
    SOURCE_LANGUAGE,
    language_codes,
    load_language,
)

DOCUMENTATION = "/dbt_docs"  # a page of its own

ENGLISH = b'<html lang="en">'
HEAD = b"<head>"
END_OF_HEAD = b"</head>"
SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"
ON_EVERY_PAGE = (
    *("PageLink", "Selectbox", "Html"),
    *("DownloadButton", "ArrowVegaLiteChart"),
)
IMPORTED = re.compile(r'(?:from|import)\s*"\./([^"]+\.js)"')
WHERE = (
    b"<head><script>window.__streamlit = "
    b'{BACKEND_BASE_URL: location.origin + "/"};</script>'
)


class OwnDocument:
    """ASGI middleware that writes language, direction and server into pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a request; only documents are changed."""
        if (
            scope["type"] != "http"
            or scope["path"] == DOCUMENTATION
            or "text/html" not in Headers(scope=scope).get("accept", "")
        ):
            await self.app(scope, receive, send)
            return
        plain = [
            (name, value)
            for name, value in scope["headers"]
            if name != b"accept-encoding"
        ]
        held: list[Message] = []
        body = b""

        async def hold(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                held.append(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            start = held[0]
            headers = MutableHeaders(raw=start["headers"])
            if headers.get("content-type", "").startswith("text/html"):
                body = with_language(body, scope["query_string"])
                headers["content-length"] = str(len(body))
                if "etag" in headers:
                    del headers["etag"]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app({**scope, "headers": plain}, receive, hold)


def with_language(document: bytes, query: bytes) -> bytes:
    """Return a document that says its language and where its server is.

    Parameters
    ----------
    document : bytes
        As Streamlit serves it.
    query : bytes
        The query of its address; ``lang`` names the language.
    """
    asked = parse_qs(query.decode("latin-1")).get("lang", [SOURCE_LANGUAGE])[0]
    code = asked if asked in language_codes() else SOURCE_LANGUAGE
    is_mirrored = load_language(code).is_right_to_left
    direction = "rtl" if is_mirrored else "ltr"
    own = f'<html lang="{code}" dir="{direction}">'.encode()
    return (
        document.replace(ENGLISH, own, 1)
        .replace(HEAD, WHERE, 1)
        .replace(END_OF_HEAD, _early() + END_OF_HEAD, 1)
    )


@cache
def _early() -> bytes:
    """Return links to the scripts of the elements that are on every page."""
    wanted = [
        path.name
        for name in ON_EVERY_PAGE
        for path in SCRIPTS.glob(f"{name}.*.js")
    ]
    links: dict[str, str] = {}
    while wanted:
        name = wanted.pop()
        if name not in links:
            links[name] = (
                '<link rel="modulepreload" crossorigin '
                f'href="/static/js/{name}">'
            )
            wanted += IMPORTED.findall(
                (SCRIPTS / name).read_text(encoding="utf-8")
            )
    return "".join(links.values()).encode()
