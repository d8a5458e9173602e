"""Writing the cards: rendered beside the old ones, then put in their place.

A folder of cards is replaced whole, so that nobody reads a page of today
beside one of yesterday, and a persona that is gone leaves no page behind. Only
an empty folder or earlier cards are replaced, never anybody's own files.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from markupsafe import Markup

from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import CardsError, Deck, Persona, read_deck
from orchestration.lib.cards.portraits import safe_svg
from orchestration.lib.cards.rendering import card_environment, page_style
from orchestration.lib.languages import language_codes, load_language
from orchestration.lib.portrait_files import render_png

INDEX = "index.html"
PORTRAITS = "portraits"
PORTRAIT_SIZE = 480  # pixels of the PNG
GENERATOR = "persona cards"


@dataclass(frozen=True)
class Page:
    """One file to write.

    Attributes
    ----------
    path : PurePosixPath
        In the folder of the cards.
    language : str
    persona : Persona or None
        None for a gallery.
    """

    path: PurePosixPath
    language: str
    persona: Persona | None = None

    def link(self, other: PurePosixPath) -> str:
        """Return the relative address of another page."""
        up = len(self.path.parts) - 1
        return "/".join([*[".."] * up, *other.parts])


def write_cards(
    published_path: Path,
    folder: Path,
    *,
    photos: Path | None = None,
    languages: Sequence[str] | None = None,
) -> list[Path]:
    """Write the gallery and a page per persona in every language.

    ``folder/index.html`` is the gallery in the first language,
    ``folder/<language>/index.html`` the one in each,
    ``folder/<language>/<persona_slug>.html`` the pages, and
    ``folder/portraits/<persona_slug>.svg`` and ``.png`` the drawings.

    Parameters
    ----------
    published_path : Path
        The published DuckDB file; it is read and closed before writing.
    folder : Path
        Is replaced whole. It must be absent, empty, or hold earlier cards.
    photos : Path, optional
        The folder of house photos, which are embedded.
    languages : sequence of str, optional
        Codes of catalogues; all of them where not given.

    Returns
    -------
    list of Path
        The pages, the gallery first.

    Raises
    ------
    CardsError
        When the file or a table is missing, a sentence has no row, a photo
        cannot be used, the folder holds something else, or another process
        is writing beside it.
    LanguageError
        When there is no catalogue for a language.
    """
    codes = list(dict.fromkeys(languages or language_codes()))
    for code in codes:
        load_language(code)
    folder = folder.absolute()
    _check_replaceable(folder)
    deck = read_deck(published_path)
    render = _renderer(deck, codes, photos)
    pages = list(_pages(deck, codes))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _writing_alone(folder):
        _settle(folder)
        building = _beside(folder, "new")
        try:
            for page in pages:
                path = building / page.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(render(page), encoding="utf-8", newline="\n")
            _write_portraits(building, deck)
            _put_in_place(folder)
        finally:
            _settle(folder)
    return [folder / page.path for page in pages]


def _write_portraits(building: Path, deck: Deck) -> None:
    """Write the drawings as SVG and as PNG, for slides and other tools."""
    for persona in deck.personas:
        svg = safe_svg(str(persona.row.get("portrait_svg") or ""))
        if svg is None:
            continue
        folder = building / PORTRAITS
        folder.mkdir(exist_ok=True)
        (folder / f"{persona.slug}.svg").write_text(svg, encoding="utf-8")
        png = render_png(svg, PORTRAIT_SIZE)
        (folder / f"{persona.slug}.png").write_bytes(png)


def _pages(deck: Deck, codes: Sequence[str]) -> Iterator[Page]:
    yield Page(PurePosixPath(INDEX), codes[0])
    for code in codes:
        yield Page(PurePosixPath(code, INDEX), code)
        for persona in deck.personas:
            name = f"{persona.slug}.html"
            yield Page(PurePosixPath(code, name), code, persona)


def _renderer(
    deck: Deck, codes: Sequence[str], photos: Path | None
) -> Callable[[Page], str]:
    """Return what makes a page's text."""
    environment = card_environment(deck, photos)
    style = page_style()
    environment.globals.update(
        generator=GENERATOR, style=Markup(style), policy=content_policy(style)
    )

    def render(page: Page) -> str:
        words = wording.Wording(load_language(page.language))
        name = INDEX if page.persona is None else f"{page.persona.slug}.html"
        template = "gallery.html" if page.persona is None else "persona.html"
        return environment.get_template(template).render(
            page=page,
            persona=page.persona,
            w=words,
            t=words.say,
            tn=words.count,
            gallery_link=page.link(PurePosixPath(page.language, INDEX)),
            links={
                one.persona_id: page.link(
                    PurePosixPath(page.language, f"{one.slug}.html")
                )
                for one in deck.personas
            },
            switch=[
                (load_language(code), page.link(PurePosixPath(code, name)))
                for code in codes
            ],
        )

    return render


def content_policy(style: str) -> str:
    """Return the content security policy: this style, data images, no more."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest())
    return (
        f"default-src 'none'; style-src 'sha256-{digest.decode()}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _check_replaceable(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CardsError(f"{folder} is no folder: name another for the cards.")
    if not folder.exists() or not any(folder.iterdir()):
        return
    index = folder / INDEX
    mark = f'<meta name="generator" content="{GENERATOR}">'
    if not index.is_file() or mark not in index.read_text(
        encoding="utf-8", errors="replace"
    ):
        raise CardsError(
            f"{folder} holds files that are no cards, and writing cards "
            "replaces the folder whole: name another, or empty it."
        )


@contextmanager
def _writing_alone(folder: Path) -> Iterator[None]:
    """Hold a lock, which the system frees when a process dies.

    It is on the folder around the cards, so that no lock file lies about.
    """
    around = os.open(folder.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(around, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CardsError(
                f"Another process is writing cards in {folder.parent}: wait "
                "for it to end, then write again."
            ) from error
        yield
    finally:
        os.close(around)


def _beside(folder: Path, kind: str) -> Path:
    """Return where the new or the old cards lie during the swap."""
    return folder.with_name(f".{folder.name}.{kind}")


def _settle(folder: Path) -> None:
    """Clear away half-made cards; bring back whole ones where none are."""
    building, old = _beside(folder, "new"), _beside(folder, "old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    for leftover in (building, old):
        if leftover.exists():
            shutil.rmtree(leftover)


def _put_in_place(folder: Path) -> None:
    """Make the new folder readable, then swap it with the one before."""
    building = _beside(folder, "new")
    for path in (building, *building.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    if folder.exists():
        folder.rename(_beside(folder, "old"))
    building.rename(folder)
