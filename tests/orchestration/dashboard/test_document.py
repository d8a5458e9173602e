"""The document around the pages."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit

from orchestration.dashboard.document import ENGLISH, HEAD, with_language

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
