"""The document around the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit

from orchestration.dashboard.document import (
    ENGLISH,
    HEAD,
    ON_EVERY_PAGE,
    SCRIPTS,
    with_language,
)

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"


@pytest.mark.parametrize(
    ("query", "tag"),
    [
        (b"", '<html lang="en" dir="ltr">'),
        (b"lang=fa", '<html lang="fa" dir="rtl">'),
        (b"persona=P01&lang=vi", '<html lang="vi" dir="ltr">'),
        (b'lang="><script>', '<html lang="en" dir="ltr">'),
    ],
)
def test_the_document_says_its_language(query: bytes, tag: str) -> None:
    document = with_language(INDEX.read_bytes(), query).decode()
    assert tag in document
    assert document.count("<html") == 1


def test_the_document_says_where_its_server_is() -> None:
    original = INDEX.read_bytes()
    assert original.count(ENGLISH) == original.count(HEAD) == 1
    document = with_language(original, b"").decode()
    place = document.index("BACKEND_BASE_URL")
    assert place < document.index("<title>")
    assert "location.origin" in document


def test_scripts_of_every_page_are_asked_for_early_and_are_there() -> None:
    document = with_language(INDEX.read_bytes(), b"").decode()
    early = re.findall(r'crossorigin href="/static/js/([^"]+)"', document)
    for element in ON_EVERY_PAGE:
        assert any(name.startswith(f"{element}.") for name in early), element
    assert all((SCRIPTS / name).is_file() for name in early)
    assert len(early) == len(set(early))
