"""The script that Streamlit runs, once per visit and per click.

It finds what is published, reads language and filters from the address, and
shows one page. While the page is open, it looks every few seconds whether
something new was published, and shows that.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from orchestration.dashboard import parts
from orchestration.dashboard.address import carried, choose
from orchestration.dashboard.document import DOCUMENTATION
from orchestration.dashboard.menu import ENTRIES, Entry
from orchestration.dashboard.page import Page
from orchestration.dashboard.publication import (
    OutdatedError,
    Publication,
    RepublishedError,
    current_publication,
)
from orchestration.dashboard.words import Words
from orchestration.lib.cards.deck import CardsError
from orchestration.lib.dbt_docs import docs_path
from orchestration.lib.languages import language_codes, load_language
from orchestration.lib.settings import load_settings

ICON = Path(__file__).with_name("icon.svg")
SECONDS_BETWEEN_LOOKS = 4
TRIES = 3  # when something is published while a page is put together
SEEN = "publication"


def main() -> None:
    """Show the page that the address names."""
    codes = language_codes()
    asked = st.query_params.get("lang", codes[0])
    words = Words(load_language(asked if asked in codes else codes[0]))
    st.set_page_config(
        page_title=words.plain("Customer personas"),
        page_icon=str(ICON),
        layout="wide",
    )
    path = load_settings().published_path
    publication = current_publication(path)
    watch(publication)
    menu = {
        entry.slug: st.Page(
            partial(_show, entry, words, publication),
            title=words.plain(entry.title),
            icon=f":material/{entry.icon}:",
            url_path="" if entry is ENTRIES[0] else entry.slug,
            default=entry is ENTRIES[0],
        )
        for entry in ENTRIES
    }
    here = st.navigation(list(menu.values()), position="hidden")
    st.session_state["menu"] = menu
    with st.sidebar:
        for page in menu.values():
            st.page_link(page, query_params=carried(), width="stretch")
        choose(
            words.plain("Language"),
            codes,
            "lang",
            show=lambda code: load_language(code).name,
        )
    here.run()


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def watch(seen: Publication | None) -> None:
    """Show the page anew when something else is published."""
    if current_publication(load_settings().published_path) != seen:
        st.rerun()


def _show(entry: Entry, words: Words, publication: Publication | None) -> None:
    is_dark = st.context.theme.type == "dark"
    if publication is None:
        st.title(words.plain("Nothing is published yet"))
        st.write(
            words.plain(
                "Start `persona run` for your company, or `persona demo` for a "
                "made-up one; this page shows it as soon as it is published."
            )
        )
        return
    page = Page(publication, words, is_dark)
    try:
        parts.write_style(page)
        _footer(page)
        entry.show(page)
    except RepublishedError:
        st.rerun()
    except (OutdatedError, CardsError) as error:
        st.error(str(error))


def _footer(page: Page) -> None:
    """Say of which day and which run the numbers are."""
    told = page.rows("select * from bi.publication")[0]
    with st.sidebar:
        parts.show(
            page,
            "footer.html",
            told=told,
            documentation=DOCUMENTATION
            if docs_path(load_settings()).exists()
            else None,
        )


main()
