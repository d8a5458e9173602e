"""How many threads linear algebra takes: one, where that is faster.

Small products are faster alone, and where other processes want the same cores
threads wait for each other: a fit took six times as long.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from threadpoolctl import (  # type: ignore[import-untyped]
    ThreadpoolController,
)


@cache
def thread_pools() -> Any:
    """Return the loaded libraries' thread pools, to limit them to one.

    Looking for the libraries takes longer than a small fit, so that is done
    once.
    """
    return ThreadpoolController()
