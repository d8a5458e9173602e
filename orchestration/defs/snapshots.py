"""Snapshots: what people keep by command, outside of any run."""

from dagster import AssetKey, AssetSpec

TABLES = {
    "persona_snapshots": "Named snapshots, one row each.",
    "persona_snapshot_members": "Who was in which persona in each snapshot.",
}


def snapshot_specs() -> list[AssetSpec]:
    """Return the tables that `persona snapshot` writes, as given from outside.

    No job makes them; that they are in the graph says what rests on them.
    """
    return [
        AssetSpec(
            AssetKey(["meta", table]),
            group_name="snapshots",
            description=description,
        )
        for table, description in TABLES.items()
    ]
