"""The customer key is HMAC-SHA-256, and its secret stays a secret."""

from __future__ import annotations

import hashlib
import hmac
import random
import stat
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.pseudonyms import (
    PseudonymKey,
    PseudonymKeyError,
    customer_key_sql,
    load_key,
)
from orchestration.lib.settings import Settings

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", ("sample_company",))


def write_key(settings: Settings, text: str, mode: int = 0o600) -> Path:
    settings.home.mkdir(exist_ok=True)
    path = settings.home / "pseudonym.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def keys_in_duckdb(key: PseudonymKey, ids: Sequence[str | None]) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute("create table people (n int, customer_id varchar)")
        connection.executemany(
            "insert into people values (?, ?)", list(enumerate(ids))
        )
        rows = connection.execute(
            f"select {customer_key_sql()} from people order by n",
            key.parameters(),
        ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("length", [32, 63, 64, 65, 200])
def test_customer_key_equals_python_hmac(length: int) -> None:
    rng = random.Random(length)
    secret = rng.randbytes(length)
    ids = [
        "",
        " ",
        "C1",
        "c1",
        "O'Brien",
        "Zoë",
        "Zoë",
        "顧客-７",
        "🙂",
        "%s$1",
    ]
    alphabet = "abcXYZ019-_ äßñøжшجد日本語한국🙂\t'\"\\"
    ids += [
        "".join(rng.choices(alphabet, k=rng.randint(1, 90))) for _ in range(500)
    ]
    expected = [
        hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:32]
        for text in ids
    ]
    assert keys_in_duckdb(PseudonymKey(secret), ids) == expected
    assert len(set(expected)) == len(set(ids))


def test_customer_key_of_nobody_is_null_and_numbers_count_as_text() -> None:
    key = PseudonymKey(SECRET.encode())
    assert keys_in_duckdb(key, [None]) == [None]
    with duckdb.connect() as connection:
        row = connection.execute(
            f"select {customer_key_sql('n')} from (select 42 as n)",
            key.parameters(),
        ).fetchall()
    assert [row[0][0]] == keys_in_duckdb(key, ["42"])


def test_secret_is_in_no_sql_and_no_repr() -> None:
    key = PseudonymKey(SECRET.encode())
    assert SECRET not in repr(key)
    assert SECRET not in customer_key_sql()
    assert SECRET not in str(key)


def test_key_comes_from_the_environment_first(settings: Settings) -> None:
    write_key(settings, "f" * 64)
    key = load_key(settings, {"PERSONA_KEY": SECRET}, allow_create=False)
    assert key.secret == SECRET.encode()


def test_key_comes_from_a_private_file(settings: Settings) -> None:
    write_key(settings, SECRET + "\n")
    for env in ({}, {"PERSONA_KEY": ""}):
        key = load_key(settings, env, allow_create=False)
        assert key.secret == SECRET.encode()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o700, 0o660])
def test_key_file_that_others_may_use_is_refused(
    settings: Settings, mode: int
) -> None:
    path = write_key(settings, SECRET, mode)
    for allow_create in (True, False):
        with pytest.raises(PseudonymKeyError, match=f"chmod 600 {path}"):
            load_key(settings, {}, allow_create=allow_create)


@pytest.mark.parametrize("env", [{}, {"PERSONA_KEY": ""}])
def test_missing_key_is_refused_with_the_mend(
    settings: Settings, env: dict[str, str]
) -> None:
    with pytest.raises(PseudonymKeyError) as refusal:
        load_key(settings, env, allow_create=False)
    assert "secrets.token_hex(32)" in str(refusal.value)
    assert f"> {settings.home / 'pseudonym.key'})" in str(refusal.value)
    assert not settings.home.exists()


@pytest.mark.parametrize("text", ["", "short", "x" * 31])
def test_short_key_is_refused_even_in_the_demo(
    settings: Settings, text: str
) -> None:
    write_key(settings, text)
    with pytest.raises(PseudonymKeyError, match="at least 32"):
        load_key(settings, {}, allow_create=True)
    if text:
        with pytest.raises(PseudonymKeyError, match="at least 32") as refusal:
            load_key(settings, {"PERSONA_KEY": text}, allow_create=True)
        assert "x" * 31 not in str(refusal.value)
    with pytest.raises(PseudonymKeyError, match="at least 32"):
        PseudonymKey(text.encode())


def test_demo_makes_one_private_key_and_keeps_it(settings: Settings) -> None:
    first = load_key(settings, {}, allow_create=True)
    again = load_key(settings, {}, allow_create=True)
    path = settings.home / "pseudonym.key"
    assert first == again == load_key(settings, {}, allow_create=False)
    assert len(first.secret) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in settings.home.iterdir()] == [path.name]
