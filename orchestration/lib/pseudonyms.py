"""Customer keys: what stands for a person in everything that is published.

``customer_key`` is HMAC-SHA-256 of the customer_id under a secret key, cut to
its first 32 hexadecimal characters (128 bits). Two of 10 million customers
share a key with odds of about 1.5e-25, two of a billion with 1.5e-21, and the
publication's primary keys would show it; a plain hash could be undone by
hashing every likely id, this cannot without the key.

The keys are computed set-wise in DuckDB, as RFC 2104 defines HMAC::

    sha256(outer_pad || sha256(inner_pad || customer_id))

The two pads are derived from the secret and are bound as parameters, so that
the secret is in no SQL text, log or compiled file. The same secret gives the
same keys in every run: a new secret makes every customer a stranger.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.lib.settings import Settings

KEY_VARIABLE = "PERSONA_KEY"
KEY_FILE = "pseudonym.key"
MIN_KEY_LENGTH = 32
CUSTOMER_KEY_LENGTH = 32
BLOCK_BYTES = 64


class PseudonymKeyError(ValueError):
    """The secret is missing, short or readable by others; says the mend."""


@dataclass(frozen=True)
class PseudonymKey:
    """The secret under which customer keys are made.

    Parameters
    ----------
    secret : bytes
        At least 32 bytes. They are kept out of ``repr``, so that tracebacks
        that print local variables do not print them.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_KEY_LENGTH:
            raise PseudonymKeyError(
                f"The pseudonym key has {len(self.secret)} bytes: at least "
                f"{MIN_KEY_LENGTH} are needed."
            )

    def parameters(self) -> dict[str, bytes]:
        """Return the two pads that ``customer_key_sql`` asks for.

        They are as secret as the key: bind them, do not keep them.
        """
        block = self.secret
        if len(block) > BLOCK_BYTES:
            block = hashlib.sha256(block).digest()
        block = block.ljust(BLOCK_BYTES, b"\0")
        return {
            "inner_pad": bytes(byte ^ 0x36 for byte in block),
            "outer_pad": bytes(byte ^ 0x5C for byte in block),
        }


def customer_key_sql(column: str = "customer_id") -> str:
    """Return the DuckDB expression that turns a customer_id into its key.

    The statement that holds it is executed with ``PseudonymKey.parameters()``.
    A null id stays null. Ids are taken as UTF-8 text, exactly as written: no
    trimming and no change of case or Unicode form.

    Examples
    --------
    >>> connection.execute(
    ...     f"select {customer_key_sql()} from marts.customers",
    ...     key.parameters(),
    ... )  # doctest: +SKIP
    """
    return (
        "left(sha256($outer_pad || unhex(sha256($inner_pad || "
        f"encode(cast({column} as varchar))))), {CUSTOMER_KEY_LENGTH})"
    )


def load_key(
    settings: Settings, env: Mapping[str, str], *, allow_create: bool
) -> PseudonymKey:
    """Read the secret from ``PERSONA_KEY`` or ``PERSONA_HOME/pseudonym.key``.

    Parameters
    ----------
    settings : Settings
        Gives the folder of the key file.
    env : mapping
        The environment. ``PERSONA_KEY``, where it is not empty, goes before
        the file.
    allow_create : bool
        Whether a missing file may be made with a random secret. True in the
        demo only: a key that appears by itself on a second machine would give
        the same customers other keys.

    Raises
    ------
    PseudonymKeyError
        When there is no secret, it is short, or others may read its file.
    """
    text = env.get(KEY_VARIABLE, "").strip()
    if text:
        return _checked(text, KEY_VARIABLE)
    path = settings.home / KEY_FILE
    if allow_create and not path.exists():
        _create(path)
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise PseudonymKeyError(
            f"There is no pseudonym key: {KEY_VARIABLE} is not set and "
            f"{path} does not exist. {_how_to_make(path)}"
        ) from error
    except PermissionError as error:
        raise PseudonymKeyError(
            f"{path} may not be read by this user: publish as the user who "
            "owns it."
        ) from error
    with os.fdopen(descriptor, encoding="utf-8") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & ~0o600:
            raise PseudonymKeyError(
                f"{path} has mode {mode:04o}, so others than its owner may use "
                f"it: chmod 600 {shlex.quote(str(path))}"
            )
        return _checked(file.read().strip(), path)


def _checked(text: str, where: object) -> PseudonymKey:
    if len(text) >= MIN_KEY_LENGTH:
        return PseudonymKey(text.encode())
    mend = (
        _how_to_make(where)
        if isinstance(where, Path)
        else f"Set {KEY_VARIABLE} to the output of: {_RANDOM_KEY}"
    )
    raise PseudonymKeyError(
        f"The pseudonym key in {where} has {len(text)} characters: at least "
        f"{MIN_KEY_LENGTH} are needed, at random. {mend}"
    )


_RANDOM_KEY = 'python3 -c "import secrets; print(secrets.token_hex(32))"'


def _how_to_make(path: Path) -> str:
    file = shlex.quote(str(path))
    return (
        "Make one, once, and keep a copy in a safe place: (umask 077; "
        f"{_RANDOM_KEY} > {file})"
    )


def _create(path: Path) -> None:
    """Make the key file whole or not at all; keep one that came first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{KEY_FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
