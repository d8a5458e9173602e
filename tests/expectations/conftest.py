"""Fixtures: the contract, and a small company to spoil."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_company import Company, build_company, contract_columns


@pytest.fixture(scope="session")
def contract() -> dict[str, dict[str, str]]:
    return contract_columns()


@pytest.fixture(scope="session")
def built_company(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("company") / "warehouse.duckdb"
    build_company(path)
    return path.read_bytes()


@pytest.fixture
def company(built_company: bytes, tmp_path: Path) -> Company:
    path = tmp_path / "ware house $HOME 100%.duckdb"
    path.write_bytes(built_company)
    return Company(path)
