"""What others rely on says what it is, is held to it, and is public.

A column of a published mart has a description, and a constraint of the
contract or a data test of its own: ``not_null``, or a ``check`` of what its
values may be. Constraints are preferred: they stop the table from being made
and cost no query. A model is public where it is published, and only there;
then it has a version. Every model has a group that answers for it.
"""

from __future__ import annotations

from typing import Any

from dbt_bouncer.check_framework.decorator import check, fail


@check
def check_published_columns_are_described_and_held(
    model: Any, ctx: Any
) -> None:
    """Fail with every column of a published mart that promises nothing."""
    if not _is_published(model):
        return
    held = {
        test.column_name
        for test in ctx.tests_by_attached_node.get(model.unique_id, [])
        if getattr(test, "column_name", None)
    }
    faults = []
    for name, column in (model.columns or {}).items():
        if not (column.description or "").strip():
            faults.append(f"{name}: write its description")
        if name not in held and not getattr(column, "constraints", None):
            faults.append(f"{name}: give it a constraint or a data test")
    if faults:
        fail(f"{model.name} is published. " + "; ".join(faults) + ".")


@check
def check_public_is_what_is_published(model: Any) -> None:
    """Fail where access and publication differ, or a version is missing."""
    access = getattr(model.access, "value", model.access)
    if _is_published(model) != (access == "public"):
        fail(
            f"{model.name} has access {access}, and meta.publish is "
            f"{_is_published(model)}: set +access of its folder, or of the "
            "model, in dbt_project.yml."
        )
    if _is_published(model) and not getattr(model, "version", None):
        fail(
            f"{model.name} is published without a version: write "
            "latest_version and versions beside its config."
        )
    if not getattr(model, "group", None):
        fail(
            f"{model.name} has no group: set +group of its folder in "
            "dbt_project.yml."
        )


def _is_published(model: Any) -> bool:
    meta = getattr(model.config, "meta", None) or {}
    return bool(meta.get("publish"))
