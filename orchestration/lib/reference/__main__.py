"""Write the reference pages, or say with ``--check`` which are out of date."""

from __future__ import annotations

import json
import sys

from orchestration.lib.reference import reference_pages
from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT


def main(arguments: list[str]) -> int:
    """Compare or write; 1 if a page is out of date."""
    manifest = json.loads(
        (DBT_PROJECT / "target" / "manifest.json").read_text("utf-8")
    )
    is_stale = False
    for name, text in reference_pages(manifest).items():
        path = PROJECT_ROOT / "docs" / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if arguments == ["--check"]:
            print(f"docs/{name} is out of date: start `make reference`.")
            is_stale = True
        else:
            path.write_text(text, "utf-8")
            print(f"Wrote docs/{name}")
    return int(is_stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
