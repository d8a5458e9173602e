"""A shop for each test, with a copy of one empty warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shop import Shop

from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(tmp_path_factory.mktemp("empty"), ())
    with open_warehouse(settings):
        return settings.warehouse_path


@pytest.fixture
def shop(tmp_path: Path, empty_warehouse: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "home", empty_warehouse)
    with shop.stack:
        yield shop
