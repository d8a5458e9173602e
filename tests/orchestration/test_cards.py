"""Cards are whole, traceable, safe, readable everywhere, and print on a page.

What a browser does is asked of one headless Chromium per session; where there
is none, those tests say so and are skipped.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from itertools import cycle, pairwise, product
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_core_python.sync_playwright import Axe
from babel.messages.extract import extract
from cards_fixture import (
    AS_OF,
    LANGUAGES,
    PARTS,
    Tables,
    company,
    forget,
    nobody,
    write_published,
)
from jinja2.ext import babel_extract
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ml.portraits import draw_portrait
from orchestration.lib.cards import CardsError, deck, portraits, write_cards
from orchestration.lib.cards import drawing as cards_drawing
from orchestration.lib.cards import wording as cards_wording
from orchestration.lib.cards import writing as cards_writing
from orchestration.lib.languages import (
    LanguageError,
    language_codes,
    load_language,
)
from orchestration.lib.portrait_files import render_png

CARDS = Path(cards_writing.__file__).parent
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
VOID = {"meta", "link", "img", "br", "hr", "input"}
ATTACK = "window.__hit=1;alert(1);fetch('http://127.0.0.1:9/hit')"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "personas.duckdb"
    return write_published(path, company())


@pytest.fixture(scope="module")
def cards(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cards") / "cards"
    write_cards(published, folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS
        )
        yield browser
        browser.close()


def write(tmp_path: Path, tables: Tables, **options: Any) -> Path:
    path = write_published(tmp_path / "in" / "personas.duckdb", tables)
    write_cards(path, tmp_path / "cards", **options)
    return tmp_path / "cards"


def rows_of(
    tables: Tables, table: str, persona_id: str
) -> list[dict[str, Any]]:
    return [row for row in tables[table] if row["persona_id"] == persona_id]


class Outline(HTMLParser):
    """The elements of a page in order, and whether each is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


# --- What is written


def test_the_gallery_and_a_page_per_persona_and_language(
    published: Path, tmp_path: Path
) -> None:
    written = write_cards(published, tmp_path / "cards")
    slugs = {row["persona_slug"] for row in company()["personas"]}
    pages = {"index.html", *(f"{slug}.html" for slug in slugs)}
    expected = {"index.html"} | {
        f"{code}/{page}"
        for code in language_codes()
        for page in pages - {"unassigned.html"}
    }
    found = {
        str(path.relative_to(tmp_path / "cards"))
        for path in (tmp_path / "cards").rglob("*.html")
    }
    assert found == expected
    assert sorted(written) == sorted(tmp_path / "cards" / p for p in expected)
    assert [path.name for path in tmp_path.iterdir()] == ["cards"]


def test_every_link_leads_to_a_page(cards: Path) -> None:
    pages = list(cards.rglob("*.html"))
    for page in pages:
        for link in Outline(page).all("a"):
            address = str(link["href"])
            if address != "#content":
                assert (page.parent / address).resolve() in pages, address


def test_pages_are_well_formed_with_headings_in_order(cards: Path) -> None:
    for page in cards.rglob("*.html"):
        outline = Outline(page)
        assert not outline.faults
        assert not outline.open
        levels = [
            int(tag[1])
            for tag, _ in outline.elements
            if tag in ("h1", "h2", "h3")
        ]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(below - above <= 1 for above, below in pairwise(levels))
        ids = Counter(a["id"] for _, a in outline.elements if "id" in a)
        assert max(ids.values()) == 1
        assert all(image.get("alt") for image in outline.all("img"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_pages_name_their_language_and_direction(
    cards: Path, code: str
) -> None:
    for page in (cards / code).glob("*.html"):
        (html,) = Outline(page).all("html")
        assert html["lang"] == code
        assert html["dir"] == ("rtl" if code == "fa" else "ltr")


def test_numbers_are_written_as_in_the_language(cards: Path) -> None:
    facts = re.compile(r'class="facts".*?</section>', re.DOTALL)
    persian = facts.findall(
        (cards / "fa" / "robin-ashdown.html").read_text(encoding="utf-8")
    )[0]
    texts = re.sub(r"<[^>]*>", "", persian.partition(">")[2])
    assert "۹۶۸" in texts
    assert not re.search(r"[0-9]", texts)
    vietnamese = (cards / "vi" / "robin-ashdown.html").read_text("utf-8")
    assert "0,94" in vietnamese


def test_the_first_language_is_the_front_page(
    published: Path, tmp_path: Path
) -> None:
    write_cards(published, tmp_path / "cards", languages=["vi", "en"])
    (html,) = Outline(tmp_path / "cards" / "index.html").all("html")
    assert html["lang"] == "vi"
    assert not (tmp_path / "cards" / "fa").exists()
    with pytest.raises(LanguageError, match="xx"):
        write_cards(published, tmp_path / "cards", languages=["xx"])


def test_a_language_without_texts_shows_english_and_says_so(
    tmp_path: Path,
) -> None:
    tables = company()
    for table, rows in tables.items():
        tables[table] = [row for row in rows if row.get("language") != "fa"]
    folder = write(tmp_path, tables, languages=["fa"])
    page = (folder / "fa" / "robin-ashdown.html").read_text(encoding="utf-8")
    assert '<bdi lang="en" dir="auto">Robin Ashdown</bdi>' in page
    assert "برای کسانی که دست به کار می‌شوند" in page


# --- Evidence


def test_every_row_of_evidence_is_on_the_page(cards: Path) -> None:
    tables = company()
    for persona in tables["personas"][:-1]:
        expected = [
            row["trait_id"]
            for row in rows_of(tables, "persona_traits", persona["persona_id"])
        ]
        for code in LANGUAGES:
            page = cards / code / f"{persona['persona_slug']}.html"
            rows = Outline(page).all("tr")
            found = [row["data-trait"] for row in rows if "data-trait" in row]
            assert sorted(map(str, found)) == sorted(expected)


def test_every_sentence_opens_the_rows_it_rests_on(cards: Path) -> None:
    tables = company()
    claim = re.compile(r'<details class="claim">(.*?)</details>', re.DOTALL)
    for code, persona in product(LANGUAGES, tables["personas"][:-1]):
        page = cards / code / f"{persona['persona_slug']}.html"
        opened = {}
        for block in claim.findall(page.read_text(encoding="utf-8")):
            summary, _, evidence = block.partition("</summary>")
            words = unescape(re.sub(r"<[^>]*>", "", summary)).strip()
            opened[words] = re.findall(r'data-trait="([^"]*)"', evidence)
        for table, column in (
            ("persona_sentences", "sentence"),
            ("persona_playbook", "advice"),
        ):
            for row in rows_of(tables, table, persona["persona_id"]):
                if row["language"] == code and row["trait_ids"]:
                    assert opened[row[column]] == row["trait_ids"].split()


def test_a_sentence_without_its_row_is_refused(tmp_path: Path) -> None:
    tables = company()
    write(tmp_path, tables)
    before = (tmp_path / "cards" / "index.html").read_bytes()
    tables["persona_sentences"][0]["trait_ids"] = "P01.invented"
    (tmp_path / "in" / "personas.duckdb").unlink()
    with pytest.raises(CardsError, match=r"P01\.invented"):
        write(tmp_path, tables)
    assert (tmp_path / "cards" / "index.html").read_bytes() == before


def test_what_is_not_known_is_said_with_the_question_that_would_tell(
    tmp_path: Path,
) -> None:
    tables = company()
    forget(tables, "P02")
    folder = write(tmp_path, tables)
    for code in LANGUAGES:
        page = (folder / code / "avery-collins.html").read_text("utf-8")
        language = load_language(code)
        unknown = language.text("unknown", "card")
        assert page.count(f'<span class="tag">{unknown}</span>') == len(PARTS)
        gaps = rows_of(tables, "persona_survey_gaps", "P02")
        question = next(r for r in gaps if r["language"] == code)
        assert page.count(question["question_text"]) == len(PARTS)
        assert '<details class="claim">' not in page


def test_numbers_that_are_missing_are_unknown(tmp_path: Path) -> None:
    tables = company()
    keys = {
        *("persona_id", "persona_slug", "persona_name", "standing", "verdict"),
        *("count_customers", "run_id"),
    }
    for row in tables["personas"]:
        row.update(dict.fromkeys(set(row) - keys))
    kept = {"trait_id", "persona_id", "part", "trait", "count_known"}
    for row in tables["persona_traits"]:
        row.update(dict.fromkeys(set(row) - kept))
    tables["persona_traits"][0]["persona_value"] = float("nan")
    folder = write(tmp_path, tables)
    page = (folder / "en" / "robin-ashdown.html").read_text("utf-8")
    assert page.count("unknown") > 50
    assert "nan" not in page.lower().replace("finance", "")
    assert ">None<" not in page


def test_whiskers_stand_where_the_numbers_say() -> None:
    row = {
        "persona_value": 0.4,
        "baseline_value": 0.2,
        "interval_low": 0.3,
        "interval_high": 0.5,
        "unit": "share",
    }
    marks = cards_drawing.whisker(row)
    assert marks is not None
    places = [float(str(place).rstrip("%")) for place in vars(marks).values()]
    value, low, high, baseline = places
    assert high == pytest.approx(100 / 1.15, abs=0.01)
    assert value / high == pytest.approx(0.8, abs=1e-3)
    assert low / high == pytest.approx(0.6, abs=1e-3)
    assert baseline / high == pytest.approx(0.4, abs=1e-3)


def test_portraits_are_written_as_svg_and_png(tmp_path: Path) -> None:
    tables = company(personas=2)
    for row in tables["personas"]:
        row["portrait_svg"] = draw_portrait(row["persona_id"])
    tables["personas"][1]["portrait_svg"] = svg("<script>alert(1)</script>")
    folder = write(tmp_path, tables) / "portraits"
    slug = tables["personas"][0]["persona_slug"]
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{slug}.png",
        f"{slug}.svg",
    ]
    assert (folder / f"{slug}.png").read_bytes()[:4] == b"\x89PNG"


# --- Verdicts


def test_without_groups_the_gallery_says_so(tmp_path: Path) -> None:
    folder = write(tmp_path, nobody())
    for code in LANGUAGES:
        page = (folder / code / "index.html").read_text("utf-8")
        language = load_language(code)
        verdict = language.text("No personas: the data hold no groups.", "card")
        assert verdict in page
        assert language.text("Not assigned", "card") in page
        assert [path.name for path in (folder / code).iterdir()] == [
            "index.html"
        ]


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("natural", "The groups are there."),
        ("reproducible", "A stable cut, not a natural one."),
        ("constructed", "A useful cut, not a natural one."),
    ],
)
def test_verdicts_are_plain_words(
    tmp_path: Path, verdict: str, words: str
) -> None:
    tables = company()
    for row in tables["personas"]:
        row["verdict"] = verdict
    page = write(tmp_path, tables, languages=["en"]) / "index.html"
    assert words in page.read_text(encoding="utf-8")


# --- The folder


def test_older_cards_are_replaced_whole(
    published: Path, tmp_path: Path
) -> None:
    folder = write(tmp_path, company())
    tables = company()
    tables["personas"] = tables["personas"][1:]
    path = write_published(tmp_path / "next.duckdb", tables)
    write_cards(path, folder)
    assert not (folder / "en" / "robin-ashdown.html").exists()
    assert (folder / "en" / "avery-collins.html").exists()
    assert not list(tmp_path.glob(".cards*"))


def test_a_folder_of_other_files_is_left_alone(
    published: Path, tmp_path: Path
) -> None:
    own = tmp_path / "mine" / "index.html"
    own.parent.mkdir()
    own.write_text("<title>My page</title>")
    with pytest.raises(CardsError, match="no cards"):
        write_cards(published, own.parent)
    with pytest.raises(CardsError, match="no folder"):
        write_cards(published, own)
    assert own.read_text() == "<title>My page</title>"
    link = tmp_path / "link"
    link.symlink_to(own.parent)
    with pytest.raises(CardsError, match="no folder"):
        write_cards(published, link)


def test_a_failure_leaves_the_cards_before(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cards"
    write_cards(published, folder)
    before = {p: p.read_bytes() for p in folder.rglob("*.html")}
    rename = Path.rename

    def fails_for_the_new(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_the_new)
    with pytest.raises(OSError, match="disk full"):
        write_cards(published, folder)
    monkeypatch.undo()
    assert {p: p.read_bytes() for p in folder.rglob("*.html")} == before
    assert [path.name for path in tmp_path.iterdir()] == ["cards"]


def test_a_killed_writing_is_settled(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    write_cards(published, folder)
    (tmp_path / ".cards.new").mkdir()
    (tmp_path / ".cards.new" / "index.html").write_text("half")
    folder.rename(tmp_path / ".cards.old")
    write_cards(published, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["cards"]


def test_two_writers_do_not_mix(published: Path, tmp_path: Path) -> None:
    with (
        cards_writing._writing_alone(tmp_path / "cards"),
        pytest.raises(CardsError, match="Another process"),
    ):
        write_cards(published, tmp_path / "cards")
    assert not list(tmp_path.iterdir())


def test_a_part_of_a_persona_is_counted_once(tmp_path: Path) -> None:
    tables = company()
    count = sum(row["count_customers"] for row in tables["personas"])
    by_id = {row["persona_id"]: row for row in tables["personas"]}
    by_id["P02"]["parent_persona_id"] = "P01"
    folder = write(tmp_path, tables, languages=["en"])
    gallery = (folder / "index.html").read_text(encoding="utf-8")
    count -= by_id["P02"]["count_customers"]
    assert f"<li>{count:,} customers</li>" in gallery
    assert gallery.count("A part of ") == 1


def test_parts_follow_their_persona(tmp_path: Path) -> None:
    tables = company()
    rows = [r for r in tables["personas"] if r["persona_id"] != "unassigned"]
    smallest = min(rows, key=lambda row: row["count_customers"])
    largest = max(rows, key=lambda row: row["count_customers"])
    smallest["parent_persona_id"] = largest["persona_id"]
    folder = write(tmp_path, tables, languages=["en"])
    gallery = (folder / "index.html").read_text(encoding="utf-8")
    slugs = re.findall(r'<h3><a href="en/([a-z-]+)\.html"', gallery)
    assert slugs[:2] == [largest["persona_slug"], smallest["persona_slug"]]
    assert f"<li>{len(rows) - 1} personas</li>" in gallery


def test_title_and_summary_open_their_evidence(tmp_path: Path) -> None:
    tables = company()
    text = next(
        row
        for row in tables["persona_texts"]
        if (row["persona_id"], row["language"]) == ("P02", "en")
    )
    text["persona_title"] = "a title that somebody wrote"
    folder = write(tmp_path, tables, languages=["en"])
    pages = {
        row["persona_id"]: (
            folder / "en" / f"{row['persona_slug']}.html"
        ).read_text(encoding="utf-8")
        for row in tables["personas"][:2]
    }
    opened = re.compile(
        r'<div class="(title|summary)">\s*<details class="claim">'
    )
    assert opened.findall(pages["P01"]) == ["title", "summary"]
    assert opened.findall(pages["P02"]) == ["summary"]
    assert "a title that somebody wrote" in pages["P02"]


def test_the_published_file_is_free_afterwards(
    published: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(published, tmp_path / "personas.duckdb"))
    write_cards(copy, tmp_path / "cards")
    with duckdb.connect(str(copy)) as connection:
        connection.execute("drop table bi.persona_themes")
    with pytest.raises(CardsError, match="persona_themes"):
        write_cards(copy, tmp_path / "cards")
    with pytest.raises(CardsError, match="does not exist"):
        write_cards(tmp_path / "none.duckdb", tmp_path / "cards")


def test_equal_rows_give_equal_pages(published: Path, tmp_path: Path) -> None:
    pages = []
    for name in ("first", "second"):
        files = write_cards(published, tmp_path / name)
        pages.append([file.read_bytes() for file in files])
    assert pages[0] == pages[1]


def test_readers_may_enter_and_nobody_else_writes(cards: Path) -> None:
    assert cards.stat().st_mode & 0o777 == 0o755
    for path in cards.rglob("*"):
        expected = 0o755 if path.is_dir() else 0o644
        assert path.stat().st_mode & 0o777 == expected


@pytest.mark.parametrize(
    "slug",
    ["../../etc", "a/b", "..", "", None, "index", "unassigned/../x", "a\0b"],
)
def test_no_slug_leaves_the_folder(slug: str | None) -> None:
    assert deck._slug([slug, "P07"], set()) == "p07"


# --- Languages


def messages() -> set[str | tuple[str, str]]:
    """Return every message of the templates and of the code."""
    found: set[str | tuple[str, str]] = set()
    for path in sorted((CARDS / "templates").glob("*.html")):
        with path.open("rb") as file:
            for _, name, message, _ in babel_extract(file, ["t", "tn"], [], {}):
                words = [message] if isinstance(message, str) else message or []
                texts = [text for text in words if text]
                if name == "tn":
                    found.add((texts[0], texts[1]))
                else:
                    found.update(texts[:1])
    for path in sorted(CARDS.glob("*.py")):
        with path.open("rb") as file:
            for _, message, _, _ in extract(
                "python", file, keywords={"N_": None, "say": None}
            ):
                found.add(str(message))
    return found


@pytest.mark.parametrize("code", language_codes()[1:])
def test_every_message_is_translated(code: str) -> None:
    language = load_language(code)
    asked = messages()
    assert len(asked) > 120
    missing = []
    for message in asked:
        if isinstance(message, str):
            is_there = language.has(message, cards_wording.CONTEXT)
            fields = set(re.findall(r"{\w+}", message))
            texts = [language.text(message, cards_wording.CONTEXT)]
        else:
            texts = [language.plural(*message, count) for count in (1, 2, 11)]
            is_there = not set(texts) & set(message)
            fields = set(re.findall(r"{\w+}", message[1]))
        same = [set(re.findall(r"{\w+}", text)) == fields for text in texts]
        if not (is_there and all(same)):
            missing.append(message)
    assert not missing


def test_traits_are_called_what_sentences_call_them() -> None:
    words = cards_wording.Wording(load_language("fa"))
    row = {"trait": "orders_per_year", "trait_value": None}
    assert words.trait(row) == "<bdi>سفارش در سال</bdi>"
    row = {"trait": "moon_phase", "trait_value": "<full>"}
    assert words.trait(row) == "<bdi>«moon phase»: &lt;full&gt;</bdi>"


# --- Portraits


def svg(inside: str, attributes: str = "") -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" '
        f"{attributes}>{inside}</svg>"
    )


@pytest.mark.parametrize(
    "drawing",
    [
        svg("<script>alert(1)</script>"),
        svg("<circle r='1'/>", 'onload="alert(1)"'),
        svg("<a href='javascript:alert(1)'><circle r='1'/></a>"),
        svg("<image href='http://127.0.0.1/x.png'/>"),
        svg("<use href='http://127.0.0.1/x.svg#a'/>"),
        svg("<use href='data:image/svg+xml,x#a'/>"),
        svg("<foreignObject><p>x</p></foreignObject>"),
        svg("<style>@import 'http://127.0.0.1/x.css'</style>"),
        svg("<circle r='1' style='fill:url(http://127.0.0.1/x)'/>"),
        svg("<circle r='1' fill='url(http://127.0.0.1/x)'/>"),
        svg("<circle r='1' fill='URL(&#47;&#47;127.0.0.1/x)'/>"),
        svg("<animate attributeName='href' to='javascript:alert(1)'/>"),
        svg("<set attributeName='onload' to='alert(1)'/>"),
        svg("<g xmlns='http://www.w3.org/1999/xhtml'><img src='x'/></g>"),
        svg("text that nobody drew"),
        "<!DOCTYPE svg [<!ENTITY a 'b'>]>" + svg("&a;"),
        '<?xml-stylesheet href="http://127.0.0.1/x.css"?>' + svg(""),
        svg("<circle r='1'>"),
        "<svg viewBox='0 0 9 9'><circle r='1'/></svg>",
        "javascript:alert(1)",
        svg("<circle r='1'/>" * 40_000),
        "\ud800" + svg(""),
        "",
    ],
)
def test_only_shapes_and_colours_are_drawn(drawing: str) -> None:
    assert portraits.safe_svg(drawing) is None
    uri = portraits.portrait_uri("drawn", drawing, "<&Robin", None)
    assert uri == portraits.portrait_uri("drawn", None, "Robin", None)


@pytest.mark.parametrize("persona_id", ["P01", "P02", "P07", "P12"])
def test_a_drawn_portrait_is_kept(persona_id: str) -> None:
    drawing = draw_portrait(
        persona_id, title="R&D", description="<b>", title_id="p1"
    )
    safe = portraits.safe_svg(drawing)
    assert safe is not None
    assert safe.count("<path") == drawing.count("<path")
    assert portraits.safe_svg(safe) == safe


def test_house_photos_are_embedded(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    tables = company()
    drawing = tables["personas"][0]["portrait_svg"]
    (photos / "robin.png").write_bytes(render_png(drawing, 16))
    tables["personas"][0]["portrait"] = "robin.png"
    folder = write(tmp_path, tables, photos=photos)
    page = (folder / "en" / "robin-ashdown.html").read_text("utf-8")
    assert 'src="data:image/png;base64,iVBORw0KGgo' in page
    with pytest.raises(CardsError, match=r"absent\.png"):
        portraits.portrait_uri("absent.png", None, "Robin", photos)
    drawn = portraits.portrait_uri("robin.png", drawing, "Robin", None)
    assert drawn.startswith("data:image/svg+xml")


# --- Safety, in a browser


def attacks() -> list[str]:
    """Return 100 texts that would run, load or change something as markup."""
    tags = (
        f"<script>{ATTACK}</script>",
        f'<img src=x onerror="{ATTACK}">',
        f'<svg onload="{ATTACK}"><circle r=9 /></svg>',
        f'<iframe srcdoc="<script>parent.{ATTACK}</script>"></iframe>',
        f'<details open ontoggle="{ATTACK}"><summary>x</summary></details>',
        '<style>@import "http://127.0.0.1:9/x.css"</style><b onclick=alert(1)>',
        f'<input autofocus onfocus="{ATTACK}">',
        f'<video><source onerror="{ATTACK}"></video>',
        f'<a href="javascript:{ATTACK}" autofocus>x</a>',
        '<link rel=stylesheet href="http://127.0.0.1:9/x.css">',
        '<meta http-equiv=refresh content="0;url=http://127.0.0.1:9/">',
        f'<object data="javascript:{ATTACK}"></object>',
    )
    breaks = ("", '">', "'>", "</style>", "</title>", "</bdi></summary>", "-->")
    others = (
        f"javascript:{ATTACK}",
        f"JaVaScRiPt&colon;{ATTACK}",
        f"java\tscript:{ATTACK}",
        "{{7*7}}",
        "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}",
        "${7*7} #{7*7} <%= 7*7 %>",
        "{0.__class__} {count.__class__} %(x)s %s",
        f'" onmouseover="{ATTACK}" x="',
        f"' autofocus onfocus='{ATTACK}' x='",
        f"` onload={ATTACK} x=`",
        "} body { background: url(http://127.0.0.1:9/x) } {",
        "expression(alert(1)); background:url(javascript:alert(1))",
        f"＜script＞{ATTACK}＜/script＞",
        f"\u202e<script>{ATTACK}</script>\u202c",
        f"\ufeff<scr\u200bipt>{ATTACK}</scr\u200bipt>",
        f"&lt;script&gt;{ATTACK}&lt;/script&gt;",
    )
    return [*(b + t for b, t in product(breaks, tags)), *others]


# Columns that hold words of the data, of people or of a seed.
PLANTED = {
    "personas": "persona_slug verdict_reason standing verdict portrait_svg "
    "currency run_id",
    "persona_texts": "persona_name persona_title summary motto motto_source "
    "portrait_alt",
    "persona_traits": "trait trait_value source_entity basis part unit",
    "persona_sentences": "sentence",
    "persona_playbook": "advice",
    "persona_survey_gaps": "question_text answer_options answer_kind",
    "persona_themes": "theme_label top_words example_1 example_2 example_3 "
    "source_entity",
    "persona_examples": "description",
}


def planted() -> Tables:
    """Return a company with attacks in every cell that holds words.

    Twelve personas in three languages and three attacks a cell: each of the
    100 is in every column of every table that has a language, in those of
    themes and traits too, and 36 in each column of ``personas``.
    """
    tables = company(12)
    keys = ("discount_share", "avg_order_value", "region.capital_region")
    for table in ("persona_traits", "persona_sentences", "persona_playbook"):
        column = "trait_id" if table == "persona_traits" else "trait_ids"
        tables[table] = [
            row for row in tables[table] if row[column].endswith(keys)
        ]
    gaps = rows_of(tables, "persona_survey_gaps", "P01")
    tables["persona_survey_gaps"] = [
        {**gap, "persona_id": f"P{n:02d}"}
        for gap, n in product(gaps, range(1, 13))
    ]
    for table, columns in PLANTED.items():
        for column in columns.split():
            texts = map("\n".join, zip(*[cycle(attacks())] * 3, strict=True))
            for row in tables[table]:
                if row["persona_id"] != "unassigned":
                    row[column] = next(texts)
    for row in tables["persona_traits"]:
        row["is_claim"] = True
    for table, columns in PLANTED.items():
        least = 36 if table == "personas" else 100
        for column in columns.split():
            cells = "".join(str(row[column]) for row in tables[table])
            assert sum(text in cells for text in attacks()) >= least
    return tables


# Opens everything, then tells of what no page of ours holds or runs.
FOREIGN = """async () => {
    document.querySelectorAll('details').forEach(one => { one.open = true });
    await new Promise(requestAnimationFrame);
    const active = /^(SCRIPT|IFRAME|OBJECT|EMBED|FORM|INPUT|VIDEO|BASE)$/i;
    const named = /^(on.*|style|srcdoc|formaction)$/i;
    const linked = /^(href|src|action|xlink:href)$/i;
    const found = [...document.querySelectorAll('*')].flatMap(one => [
        ...(active.test(one.tagName) ? [one.tagName] : []),
        ...[...one.attributes].filter(a => named.test(a.name)
            || linked.test(a.name) && /^\\s*javascript:/i.test(a.value))
            .map(a => a.name)]);
    return window.__hit ? [...found, 'ran'] : found;
}"""


class Watch:
    """Everything a page does that a page of ours never does."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.seen: list[str] = []
        self.page.on("dialog", self._dialog)
        self.page.on("console", lambda line: self.seen.append(line.text))
        self.page.on("pageerror", lambda error: self.seen.append(str(error)))
        self.page.on("popup", lambda _: self.seen.append("popup"))
        self.page.on("request", self._request)

    def _dialog(self, dialog: Any) -> None:
        self.seen.append("dialog")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.seen.append(request.url)

    def visit(self, path: Path) -> list[str]:
        """Open a page and everything on it; return what it did."""
        self.page.goto(path.as_uri())
        self.seen += self.page.evaluate(FOREIGN)
        return self.seen


def test_100_attacks_in_every_text_do_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    assert len(set(attacks())) == 100
    folder = write(tmp_path, planted())
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == 1 + 3 * 13
    # Without the policy, so that escaping has to stand alone.
    context = browser.new_context(bypass_csp=True)
    watch = Watch(context)
    for path in pages:
        assert watch.visit(path) == [], path
    context.close()
    texts = "".join(path.read_text("utf-8") for path in pages)
    assert "{{7*7}}" in texts
    assert "49" not in re.findall(r">(49)<", texts)


def test_the_watch_sees_what_it_watches_for(
    browser: Browser, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<p>{attacks()[1]}<script>window.__hit = 1</script>")
    context = browser.new_context(bypass_csp=True)
    watch = Watch(context)
    seen = watch.visit(page)
    watch.page.wait_for_timeout(200)
    expected = {"dialog", "ran", "http://127.0.0.1:9/hit"}
    assert expected | {"onerror", "SCRIPT"} <= set(seen)
    context.close()


def test_the_policy_stops_what_would_slip_through(
    browser: Browser, cards: Path, tmp_path: Path
) -> None:
    text = (cards / "index.html").read_text(encoding="utf-8")
    page = tmp_path / "slipped.html"
    page.write_text(text.replace("</main>", "".join(attacks()[:10])))
    context = browser.new_context()
    watch = Watch(context)
    watch.visit(page)
    refused = [line for line in watch.seen if "Content Security Policy" in line]
    assert len(refused) >= 5
    assert "ran" not in watch.seen
    assert "dialog" not in watch.seen
    context.close()


def test_pages_are_styled_and_silent_under_the_policy(
    browser: Browser, cards: Path
) -> None:
    context = browser.new_context()
    watch = Watch(context)
    for path in sorted(cards.rglob("*.html")):
        assert watch.visit(path) == []
        colour = "getComputedStyle(document.body).backgroundColor"
        assert watch.page.evaluate(colour) == "rgb(250, 249, 246)"
        widths = "[...document.images].map(one => one.naturalWidth)"
        assert all(watch.page.evaluate(widths))
    context.close()


# --- For every reader


def opened(context: BrowserContext, path: Path) -> Page:
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate(
        "() => document.querySelectorAll('details')"
        ".forEach(one => { one.open = true })"
    )
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    browser: Browser, cards: Path, scheme: Any
) -> None:
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if scheme == "dark":  # differs in its colours alone
        options["runOnly"] = {"type": "rule", "values": ["color-contrast"]}
    for code, name in product(LANGUAGES, ["index", "robin-ashdown"]):
        page = opened(context, cards / code / f"{name}.html")
        found = Axe().run(page, options=options)["violations"]
        grave = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert not grave, (code, name)
        page.close()
    context.close()


def test_nothing_runs_off_the_side(browser: Browser, tmp_path: Path) -> None:
    tables = company()
    for row in tables["persona_themes"]:
        row["example_1"] = "x" * 300
    for row in tables["persona_texts"]:
        row["persona_name"] += "-" + "ß" * 60
    folder = write(tmp_path, tables)
    context = browser.new_context()
    widths = "[document.documentElement.scrollWidth, document.body.scrollWidth]"
    for code, name in product(LANGUAGES, ("index", "robin-ashdown")):
        page = opened(context, folder / code / f"{name}.html")
        for width in (320, 390, 1400):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(widths) == [width, width], (code, name)
        page.close()
    context.close()


def test_evidence_opens_by_mouse_and_by_key_without_any_script(
    browser: Browser, cards: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((cards / "en" / "robin-ashdown.html").as_uri())
    claims = page.locator(".claim")
    assert not claims.nth(0).locator(".evidence").is_visible()
    claims.nth(0).locator("summary").click()
    assert claims.nth(0).locator(".evidence").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert claims.nth(1).locator(".evidence").is_visible()
    context.close()


def heavy() -> Tables:
    """Return a company with as much to say as a card ever has.

    A summary of two sentences, three unknown parts beside 200 words, and two
    pieces of advice of most kinds.
    """
    tables = company()
    for row in tables["persona_texts"]:
        row["summary"] = f"{row['summary']} {row['summary']}"
        row["motto"] = "I have said it before and I say it again: " * 2
    said = [
        row for row in tables["persona_sentences"] if row["part"] == "behaviour"
    ]
    for row in said:
        tables["persona_sentences"].append({**row, "position": 99})
    gaps = [
        r for r in tables["persona_survey_gaps"] if r["persona_id"] == "P01"
    ]
    for row, part in product(gaps, ("goals", "pain_points")):
        tables["persona_survey_gaps"].append({**row, "part": part})
    for row in list(tables["persona_playbook"]):
        if row["advice_kind"] in ("overbuys", "underbuys", "service"):
            tables["persona_playbook"].append({**row, "position": 9})
    return tables


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_persona_prints_on_one_sheet(
    browser: Browser, cards: Path, tmp_path: Path, code: str
) -> None:
    folder = write(tmp_path, heavy(), languages=[code])
    context = browser.new_context(color_scheme="dark")
    usual = cards / code / "morgan-hale.html"
    for path in [usual, *sorted(folder.glob("*/[ar]*.html"))]:
        page = opened(context, path)
        pdf = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1, path
        assert re.search(rb"/MediaBox \[0 0 59[456][.\d]* 84[12]", pdf)
        page.close()
    context.close()


def test_the_sheet_leaves_nothing_out_but_the_evidence(
    browser: Browser, cards: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto((cards / "en" / "robin-ashdown.html").as_uri())
    text = page.inner_text("main")
    tables = company()
    for row in rows_of(tables, "persona_sentences", "P01"):
        if row["language"] == "en":
            assert row["sentence"] in text
    assert "95% interval" not in text
    assert load_language("en").date(AS_OF.replace(day=29)) in text
    context.close()
