"""The pages in the project's root join the site.

README, CONTRIBUTING, DECISIONS and CHANGELOG stand in the root, where a code
host shows them, and link to pages as seen from there. In the site they stand
beside those pages, so `docs/` falls off their links, and `../` off the links
to them. A link that says the name of a file says the title of its page. Files
that are no pages are not in the site: pages name them, without a link.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT_PAGES = ("README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md")
FROM_ROOT = re.compile(r"\]\(docs/")
TO_ROOT = re.compile(r"\]\(\.\./")
NAMED = re.compile(r"\[(?:docs/)?[\w-]+\.md\]\(([\w-]+\.md)")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def on_startup(**_: Any) -> None:
    """Say warnings alone; `--quiet` would keep `strict` from counting them."""
    logging.getLogger("mkdocs").setLevel(logging.WARNING)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages in the root."""
    root = Path(config.config_file_path).parent
    for name in ROOT_PAGES:
        files.append(File.generated(config, name, abs_src_path=root / name))
    return files


def on_page_markdown(
    markdown: str, *, page: Page, files: Files, **_: Any
) -> str:
    """Let links lead to where pages stand in the site."""

    def titled(link: re.Match[str]) -> str:
        target = files.get_file_from_path(link[1])
        title = TITLE.search(target.content_string) if target else None
        return f"[{title[1]}]({link[1]}" if title else link[0]

    is_in_root = page.file.src_uri in ROOT_PAGES
    markdown = (FROM_ROOT if is_in_root else TO_ROOT).sub("](", markdown)
    return NAMED.sub(titled, markdown)
