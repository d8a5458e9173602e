"""A sources yml says what is delivered, or what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.lib.source_specs import (
    ColumnSpec,
    SourceSpecError,
    load_source_spec,
    sources_yml,
)

YML = """
version: 2
sources:
  - name: raw_shop
    schema: raw
    tables:
      - name: shop__orders
        config: {meta: {entity: orders, is_required: true}}
        columns:
          - name: order_id
            data_type: varchar
            config: {meta: {is_required: true}}
          - {name: amount, data_type: "decimal(18, 2)"}
          - {name: delivery_id, data_type: bigint}
"""


def put_yml(root: Path, text: str) -> Path:
    folder = root / "models" / "staging" / "shop"
    folder.mkdir(parents=True)
    (folder / "_shop__sources.yml").write_text(text, encoding="utf-8")
    return root


def test_sources_yml_becomes_a_spec(tmp_path: Path):
    spec = load_source_spec("shop", put_yml(tmp_path, YML))
    orders = spec.table("orders")
    assert spec.table_names == ("orders",)
    assert (orders.entity, orders.is_required) == ("orders", True)
    assert orders.relation == 'raw."shop__orders"'
    assert orders.columns == (
        ColumnSpec("order_id", "varchar", True),
        ColumnSpec("amount", "decimal(18, 2)", False),
    )
    assert orders.required_columns == ("order_id",)
    with pytest.raises(KeyError, match="declares no table"):
        spec.table("nothing")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sources:", "quellen:", "no list named sources"),
        ("raw_shop", "shop", "no source is named raw_shop"),
        ("    schema: raw\n", "", "write schema: raw"),
        ("shop__orders", "orders", "must be named shop__<table>"),
        ("entity: orders", "entity: order", "must be one of customers"),
        (
            "is_required: true}}\n        c",
            "is_required: 1}}\n        c",
            "true or",
        ),
        ("name: order_id", "name: 'Order \"ID\"'", "double quote"),
        ("name: order_id", 'name: "Order\\nID"', "control character"),
        ("name: order_id", f"name: {'x' * 121}", "1 to 120 letters"),
        ("name: order_id", "name:", "1 to 120 letters"),
        ("name: amount", "name: order_id", "is declared twice"),
        ("config: {meta: {ent", "meta: {x: {ent", "move it under config"),
        ("version: 2", "version: [", "no readable yml"),
    ],
)
def test_wrong_sources_yml_names_the_file_and_the_mend(
    tmp_path: Path, old: str, new: str, words: str
):
    assert old in YML
    root = put_yml(tmp_path, YML.replace(old, new, 1))
    with pytest.raises(SourceSpecError) as raised:
        load_source_spec("shop", root)
    assert "_shop__sources.yml" in str(raised.value)
    assert words in str(raised.value)


def test_columns_are_named_as_in_the_files(tmp_path: Path):
    names = ("Product Name", "it's", "Größe (cm)", "1", "x" * 120)
    columns = "".join(f'          - name: "{name}"\n' for name in names)
    spec = load_source_spec("shop", put_yml(tmp_path, YML + columns))
    assert spec.table("orders").column_names[2:] == names


def test_tables_of_another_schema_are_not_delivered(tmp_path: Path):
    own = "  - {name: shop, schema: erp, tables: [{name: Orders}]}\n"
    root = put_yml(tmp_path, YML + own)
    assert load_source_spec("shop", root).table_names == ("orders",)
    path = sources_yml("shop", root)
    path.write_text("sources:\n" + own)
    assert load_source_spec("shop", root).tables == ()
    path.write_text(YML.replace("schema: raw", "schema: erp"))
    assert load_source_spec("shop", root).tables == ()


def test_missing_sources_yml_is_named(tmp_path: Path):
    with pytest.raises(SourceSpecError, match="is missing: it declares"):
        load_source_spec("shop", tmp_path)
    with pytest.raises(SourceSpecError, match="no name of a source"):
        load_source_spec("../shop", tmp_path)


@pytest.mark.parametrize("source", ["template", "sample_company"])
def test_the_projects_own_sources_can_be_read(source: str):
    assert load_source_spec(source).table("orders").required_columns
