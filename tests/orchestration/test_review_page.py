"""The review tells what the tables tell, hides what is small, and is safe."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from homes import Refreshed
from playwright.sync_api import Browser, sync_playwright
from review_fixture import (
    AS_OF,
    ATTACK,
    MODEL,
    MONTH_AGO,
    NOW,
    REFIT,
    YEAR_AGO,
    Tables,
    comparison,
    drift,
    event,
    hard_month,
    model_run,
    nothing_yet,
    write_home,
)

from orchestration.lib.evidence import FLOOR as PUBLISHED_FLOOR
from orchestration.lib.published import open_published
from orchestration.lib.review_page import (
    ReviewPageError,
    reading,
    write_review,
    writing,
)
from orchestration.lib.settings import Settings

WRITTEN = datetime(2026, 7, 15, 9, 30)
VOID = {"meta", "link", "br"}
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


class Outline(HTMLParser):
    """A page: its elements, its text, and the cells of its tables."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self.texts: list[str] = []
        self.cells: dict[tuple[str, str], str] = {}
        self.feed(self.source)
        self.close()
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop()[0] != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] in ("style", "title"):
            return
        self.texts.append(data)
        row = label = None
        for _, attributes in self.open:
            row = (
                attributes.get("data-persona")
                or attributes.get("data-feature")
                or row
            )
            label = attributes.get("data-label") or label
        if row and label:
            words = f"{self.cells.get((row, label), '')} {data}"
            self.cells[row, label] = " ".join(words.split())

    def statuses(self) -> dict[str, str | None]:
        """Return the badge of each kind of drift."""
        kinds: dict[str, str | None] = {}
        kind = None
        for _, attributes in self.elements:
            kind = attributes.get("data-kind") or kind
            if kind and attributes.get("data-status"):
                kinds[kind] = attributes["data-status"]
        return kinds


def written(folder: Path, tables: Tables) -> Outline:
    settings = write_home(folder, tables)
    return Outline(write_review(settings, now=WRITTEN))


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return write_home(tmp_path_factory.mktemp("hard"), hard_month())


@pytest.fixture(scope="module")
def hard_page(hard: Settings) -> Outline:
    return Outline(write_review(hard, now=WRITTEN))


@pytest.fixture(scope="module")
def company_page(refreshed: Refreshed, tmp_path_factory: Any) -> Outline:
    folder = tmp_path_factory.mktemp("company")
    said = refreshed.home.persona("review", "--folder", str(folder))
    assert said.exit_code == 0, said.output
    path = Path(said.output.removeprefix("Wrote ").strip())
    assert path == folder / "review-2026-06.html"
    return Outline(path)


@pytest.fixture(params=["hard", "company"])
def page(request: pytest.FixtureRequest) -> Outline:
    found = request.getfixturevalue(f"{request.param}_page")
    assert isinstance(found, Outline)
    return found


# --- Figures


def published_cells(path: Path) -> dict[tuple[str, str], str]:
    """Return what the table of sizes must hold, worked out in SQL."""
    sql = """
        with ends as (
            select max(month_end) as now from bi.persona_sizes_monthly
        ),
        told as (select distinct month_end from bi.persona_sizes_monthly),
        months as (
            select 'Share' as label, now as month_end from ends
            union all select 'A month ago', last_day(now - interval 1 month)
            from ends
            union all select 'A year ago', last_day(now - interval 1 year)
            from ends
        ),
        people as (
            select distinct persona_id from bi.persona_sizes_monthly
            inner join months using (month_end)
        ),
        cells as (
            select persona_id, label, told.month_end is not null as is_told,
                count_customers, is_hidden,
                case when is_hidden then null
                    else coalesce(customer_share, 0) end as share
            from people cross join months
            left join told using (month_end)
            left join bi.persona_sizes_monthly using (persona_id, month_end)
        )
        select persona_id, label, is_told, is_hidden, count_customers, share,
            100 * (max(share) filter (where label = 'Share')
                over (partition by persona_id) - share)
        from cells
    """
    with open_published(path) as connection:
        rows = connection.execute(sql).fetchall()
    cells = {}
    for persona_id, label, is_told, is_hidden, count, share, points in rows:
        words = "none" if count is None else f"{share:.1%}"
        if is_hidden:
            words = "hidden"
        if label == "Share":
            number = "none" if count is None else f"{count:,}"
            cells[persona_id, "Customers"] = "hidden" if is_hidden else number
        elif points is not None:
            sign = "±" if abs(points) < 0.05 else "+" if points > 0 else "−"
            words += f" {sign}{abs(points):.1f}"
        cells[persona_id, label] = words if is_told else "–"
    return cells


def size_cells(page: Outline) -> dict[tuple[str, str], str]:
    labels = ("Customers", "Share", "A month ago", "A year ago")
    return {key: text for key, text in page.cells.items() if key[1] in labels}


def test_sizes_of_a_hard_month_equal_sql(hard: Settings, hard_page: Outline):
    cells = size_cells(hard_page)
    assert cells == published_cells(hard.published_path)
    assert cells["P03", "Share"] == "hidden"
    assert cells["P03", "A year ago"] == "4.1%"
    assert cells["P04", "A month ago"] == "none"
    assert cells["P01", "A month ago"] == "58.3% −0.4"


def test_sizes_of_a_company_equal_sql(
    refreshed: Refreshed, company_page: Outline
):
    path = refreshed.home.settings.published_path
    cells = size_cells(company_page)
    assert len(cells) >= 4 * 5
    assert cells == published_cells(path)


def moved(page: Outline) -> list[int]:
    shown = re.findall(r'class="arrow".*?<b>([\d,]+)</b>', page.source)
    return [int(count.replace(",", "")) for count in shown]


def test_no_count_below_the_floor_is_shown(page: Outline):
    assert reading.FLOOR == PUBLISHED_FLOOR
    counts = [
        text for (_, label), text in page.cells.items() if label == "Customers"
    ]
    assert counts
    for count in counts:
        is_number = count not in ("hidden", "none")
        assert not is_number or int(count.replace(",", "")) >= PUBLISHED_FLOOR
    assert all(count >= PUBLISHED_FLOOR for count in moved(page))


def test_the_largest_moves_of_the_month_and_no_small_one(hard_page: Outline):
    said = hard_page.text
    moves = said[said.index("Settled customers") : said.index("Trainings")]
    assert re.findall(r"(\S+) \([^→]*→ ?to (\S+) .*? (\d+) ", moves) == [
        ("P02", "P01", "23"),
        ("P01", "P02", "11"),
    ]
    assert "Smaller moves are not shown." in moves
    assert "no persona" not in moves


def test_moves_of_a_company_equal_sql(
    refreshed: Refreshed, company_page: Outline
):
    found = refreshed.home.rows(
        "select count_settled_moves from marts.persona_moves "
        "where month_end = (select max(month_end) from marts.persona_moves) "
        "and from_persona_id <> to_persona_id and count_settled_moves > 0 "
        "order by count_settled_moves desc"
    )
    assert (
        moved(company_page)
        == [count for (count,) in found if count >= PUBLISHED_FLOOR][
            : reading.MOST_MOVES
        ]
    )
    is_hidden = any(count < PUBLISHED_FLOOR for (count,) in found)
    assert ("Smaller moves are not shown." in company_page.text) == is_hidden


def test_drift_of_a_company_equals_sql(
    refreshed: Refreshed, company_page: Outline
):
    rows = refreshed.home.published(
        "select drift_kind, status from bi.persona_drift "
        "where model_run_id = (select min(model_run_id) from bi.personas) "
        "qualify month_end = max(month_end) over ()"
    )
    known = {k: v for k, v in company_page.statuses().items() if v != "unknown"}
    assert known == dict(rows)


def test_drift_is_told_with_reason_word_and_bounds(hard_page: Outline):
    assert hard_page.statuses() == {
        "input": "retrain",
        "assignment": "watch",
        "definition": "unknown",
    }
    assert "▲ retrain" in hard_page.text
    assert "input of “discount in what is bought” is at 0.36" in hard_page.text
    assert "No refit this month. Of February 2026:" in hard_page.text
    bounds = [
        one for one in hard_page.elements if one[1].get("class") == "bound"
    ]
    assert len(bounds) == 2 * 3
    assert "is at 0.90" not in hard_page.text  # of the model before


def test_features_that_drifted_most_beyond_chance(hard_page: Outline):
    features = [key for key, label in hard_page.cells if label == "PSI"]
    assert features == [
        "discount_share",
        "order_rate",
        "avg_item_price",
        f"x{ATTACK}",
        "avg_order_value",
    ]
    assert hard_page.cells["discount_share", "PSI"] == "0.412"
    assert hard_page.cells["discount_share", "By chance"] == "0.010"
    assert hard_page.cells["discount_share", "Unknown then"] == "0%"
    assert hard_page.cells["discount_share", "Unknown now"] == "31%"


def test_a_feature_of_too_few_customers_says_so(tmp_path: Path):
    tables = hard_month()
    tables["persona_drift_features"] = tables["persona_drift_features"][-2:]
    cells = written(tmp_path, tables).cells
    assert cells["pageviews_per_session", "PSI"] == "too few"
    assert cells["pageviews_per_session", "Unknown now"] == "too few"
    assert cells["pageviews_per_session", "Unknown then"] == "23%"


def test_events_since_the_last_review_and_none_before(hard_page: Outline):
    said = hard_page.text
    told = said[said.index("Trainings since May 31, 2026") : said.index("PSI")]
    assert "P04 (Jamie Dell) splits off from P02 (Alex & Co)" in told
    assert "takes 41% of it" in told
    assert "P09 retires." in told
    assert "born" not in told
    assert "goes on" not in told


@pytest.mark.parametrize(("days", "is_told"), [(0, True), (1, False)])
def test_events_of_the_day_of_the_last_review_are_told_again(
    tmp_path: Path, days: int, is_told: bool
):
    """A model may have come into force after that review was written."""
    tables = nothing_waits()
    day = MONTH_AGO - timedelta(days=days)
    tables["persona_events"] = [event(MODEL, day, "retired", "P08", "P08")]
    said = written(tmp_path, tables).text
    assert ("P08 retires." in said) == is_told
    assert ("No persona was born, split" in said) != is_told


def test_the_head_says_since_when_the_model_is_in_force(hard_page: Outline):
    """It came, was rolled back, and came again on the 10th."""
    assert "Data up to July 15, 2026" in hard_page.text
    assert "4 personas, verdict natural" in hard_page.text
    assert "bbbbbbbbbbbb, in force since June 10, 2026" in hard_page.text
    assert "Written 15 July 2026, 09:30 UTC" in hard_page.text


def test_a_time_with_a_zone_is_told_in_utc(hard: Settings, tmp_path: Path):
    tehran = timezone(timedelta(hours=3, minutes=30))
    now = datetime(2026, 7, 16, 1, 0, tzinfo=tehran)
    path = write_review(hard, folder=tmp_path, now=now)
    assert "Written 15 July 2026, 21:30 UTC" in Outline(path).text


def test_the_log_tells_the_last_decisions_first(hard_page: Outline):
    log = hard_page.text[hard_page.text.index("The log") :]
    assert "July 4, 2026 June 10, 2026 bbbbbbbbbbbb approved Ada" in log
    decisions = re.findall(r"waiting|approved|rolled back", log)
    assert decisions == [
        "waiting",
        "approved",
        "rolled back",
        "approved",
        "approved",
    ]


# --- What to decide


def test_a_model_that_waits_is_told_with_what_to_type(hard_page: Outline):
    said = hard_page.text
    assert "A new model waits" in said
    assert "P02 (Alex & Co) merges into P01" in said
    assert "P03 (Charlie Calloway) retires." in said
    assert "P05 is born: above the others in discount" in said
    assert "Of 1,000 customers compared, 400 (40.0%) would be" in said
    assert "P01 goes on, under its name and portrait." in said
    assert "persona model approve cccccccccccc --by NAME" in said
    assert "persona model reject cccccccccccc --by NAME" in said
    assert "A newly trained model waits already: decide on it first." in said
    assert "Nothing this month" not in said


def test_a_few_who_move_are_not_counted(tmp_path: Path):
    tables = hard_month()
    tables["model_comparisons"] = [comparison(REFIT, MODEL, 1_000, 0.01)]
    said = written(tmp_path, tables).text
    assert "A few customers would be in another persona than now." in said
    assert "compared, 10" not in said


def test_a_new_persona_of_a_few_is_told_without_its_size(tmp_path: Path):
    tables = hard_month()
    assert "P05 is born:" in written(tmp_path / "10", tables).text
    tables["model_moves"][1]["count_customers"] = 11
    told = written(tmp_path / "11", tables).text
    assert "P05 is born, with 1% of the customers:" in told


def test_a_model_compared_with_another_cannot_be_approved(tmp_path: Path):
    tables = hard_month()
    tables["model_comparisons"] = [comparison(REFIT, "run-other", 1_000, 0.4)]
    said = written(tmp_path, tables).text
    assert "model approve" not in said
    assert "cannot be approved: reject it, and train anew" in said
    assert "persona model reject cccccccccccc" in said


def test_a_model_put_in_force_since_asks_for_a_run(tmp_path: Path):
    tables = hard_month()
    tables["persona_reviews"].append(
        tables["persona_reviews"][-1]
        | {"review_number": 6, "decision": "approved"}
        | {"in_force_model_run_id": REFIT}
    )
    said = written(tmp_path, tables).text
    assert "Model cccccccccccc was put in force after these figures" in said
    assert "persona run" in said
    assert "A new model waits" not in said


def nothing_waits() -> Tables:
    tables = hard_month()
    tables["persona_reviews"].pop()
    tables["model_runs"].pop()
    tables["persona_drift"] = []
    return tables


def test_a_quiet_month_says_so(tmp_path: Path):
    page = written(tmp_path, nothing_waits())
    assert "Nothing this month: the personas hold" in page.text
    assert "persona model" not in page.text
    decide = page.source[: page.source.index("What changed")]
    assert "<article" not in decide


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("input", "retrain", "Customers do other things than when the model"),
        ("assignment", "retrain", "Customers are in other personas than when"),
        ("definition", "review", "A model trained anew says something else"),
    ],
)
def test_drift_above_its_bound_asks_for_a_training(
    tmp_path: Path, kind: str, status: str, said: str
):
    tables = nothing_waits()
    tables["persona_drift"] = [drift(NOW, kind, 0.3)]
    page = written(tmp_path, tables)
    decide = page.text[: page.text.index("What changed")]
    assert said in decide
    assert f"{status} {kind} of all is at 0.30" in decide
    assert "persona train" in decide
    assert "Nothing this month" not in decide


def test_drift_below_its_bound_asks_for_nothing(tmp_path: Path):
    tables = nothing_waits()
    tables["persona_drift"] = [
        drift(NOW, "input", 0.24),
        drift(MONTH_AGO, "definition", 0.9),
    ]
    page = written(tmp_path, tables)
    assert "Nothing this month" in page.text
    assert page.statuses() == {
        "input": "watch",
        "assignment": "unknown",
        "definition": "unknown",
    }


# --- Nothing yet


def test_before_any_model_the_page_says_how_to_train(tmp_path: Path):
    page = written(tmp_path, nothing_yet())
    assert "There are no personas yet" in page.text
    assert "persona train" in page.text
    assert "No model is in force" in page.text
    assert "There are no personas whose sizes could be compared." in page.text
    assert "Drift is measured against a model with personas." in page.text
    assert "Nothing has been decided yet" in page.text
    assert "Nothing this month" not in page.text


def test_data_without_groups_are_told(tmp_path: Path):
    tables = nothing_yet()
    tables["personas"][0]["model_run_id"] = MODEL
    tables["model_runs"] = [model_run(MODEL, AS_OF)]
    tables["persona_reviews"] = hard_month()["persona_reviews"][1:2]
    said = written(tmp_path, tables).text
    assert "The data hold no groups" in said
    assert "No personas: the data hold no groups." in said
    assert "persona train" in said


def test_no_month_that_is_over(tmp_path: Path):
    tables = nothing_waits()
    for name in ("persona_sizes_monthly", "persona_drift_features"):
        tables[name] = []
    said = written(tmp_path, tables).text
    assert "No month is over yet" in said
    assert "persona run" in said
    assert "No refit since the model came into force" in said


def test_the_first_month_has_nothing_to_compare_with(tmp_path: Path):
    tables = nothing_waits()
    tables["persona_sizes_monthly"] = [
        row
        for row in tables["persona_sizes_monthly"]
        if row["month_end"] == NOW
    ]
    page = written(tmp_path, tables)
    assert "It is the first month told of" in page.text
    assert page.cells["P01", "A month ago"] == "–"
    assert page.cells["P01", "A year ago"] == "–"
    assert page.cells["P01", "Customers"] == "542"
    assert "Trainings so far" in page.text
    assert "P01" in page.text[page.text.index("Trainings so far") :]


def test_a_year_that_is_not_told_is_no_zero(tmp_path: Path):
    tables = nothing_waits()
    tables["persona_sizes_monthly"] = [
        row
        for row in tables["persona_sizes_monthly"]
        if row["month_end"] > YEAR_AGO
    ]
    page = written(tmp_path, tables)
    assert "The year before is not told of yet." in page.text
    assert page.cells["P01", "A year ago"] == "–"
    assert page.cells["P01", "A month ago"] == "58.3% −0.4"


def test_a_page_without_the_warehouse(tmp_path: Path):
    settings = write_home(tmp_path, nothing_waits())
    settings.warehouse_path.unlink()
    page = Outline(write_review(settings, now=WRITTEN))
    assert "Alex & Co" in page.text
    assert not settings.warehouse_path.exists()


def test_nothing_published_is_refused(tmp_path: Path):
    settings = Settings(tmp_path, ("template",))
    with pytest.raises(ReviewPageError, match=r"does not exist.*persona run"):
        write_review(settings, now=WRITTEN)
    assert not settings.reviews.exists()


def test_an_earlier_publication_is_refused(tmp_path: Path):
    import duckdb

    settings = write_home(tmp_path, nothing_yet())
    with duckdb.connect(str(settings.published_path)) as connection:
        connection.execute("drop table bi.persona_drift")
    with pytest.raises(ReviewPageError, match=r"lacks persona_drift: it was"):
        write_review(settings, now=WRITTEN)


def test_a_warehouse_that_is_written_to_is_told(tmp_path: Path):
    settings = write_home(tmp_path, nothing_waits())
    holding = (
        "import duckdb, sys\n"
        f"connection = duckdb.connect({str(settings.warehouse_path)!r})\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ReviewPageError, match="a run is under way"):
            write_review(settings, now=WRITTEN)
        other.communicate("")


# --- The file


def test_the_file_is_of_the_month_of_the_data(hard: Settings, tmp_path: Path):
    path = write_review(hard, folder=tmp_path / "a" / "b", now=WRITTEN)
    assert path == tmp_path / "a" / "b" / f"review-{AS_OF:%Y-%m}.html"
    written_again = write_review(
        hard, folder=path.parent, now=datetime(2027, 1, 1, tzinfo=UTC)
    )
    assert written_again == path
    assert list(path.parent.iterdir()) == [path]
    assert "Written 1 January 2027" in path.read_text()


def test_a_page_that_fails_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = write_home(tmp_path, nothing_yet())
    path = write_review(settings, now=WRITTEN)
    before = path.read_bytes()

    def torn(self: Path, *_: Any, **__: Any) -> None:
        self.write_bytes(b"half a page")
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", torn)
    with pytest.raises(OSError, match="no space left"):
        write_review(settings, now=WRITTEN)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_the_command_refuses_before_anything_is_published(tmp_path: Path):
    from homes import make_home

    said = make_home(tmp_path, "template").persona("review")
    assert said.exit_code == 1
    assert "publish personas first" in " ".join(said.output.split())


# --- Safe and for every reader


def test_pages_are_whole_html_without_script_or_request(page: Outline):
    assert page.faults == []
    assert page.open == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "form", "base"}
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert "style" not in attributes, tag
        for name in ("src", "href", "action", "xlink:href"):
            assert attributes.get(name) in (None, "#content", "data:,")
    style = page.source[
        page.source.index("<style>") + 7 : page.source.index("</style>")
    ]
    assert "url(" not in style
    assert "@import" not in style
    digest = hashlib.sha256(style.encode()).digest()
    hashed = f"'sha256-{base64.b64encode(digest).decode()}'"
    policies = [
        attributes["content"]
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert f"default-src 'none'; style-src {hashed};" in str(policies[0])


def test_whatever_comes_from_data_is_text(hard_page: Outline):
    assert "<script" not in hard_page.source
    assert "onerror=alert(2)>" not in hard_page.source
    for where in (
        f"Robin {ATTACK}",  # a name
        f"the {ATTACK} one",  # a title
        f"It moves 40% {ATTACK}.",  # a note
        f"rolled back {ATTACK} {ATTACK}",  # by whom, and why
        f"is at 0.18 {ATTACK}.",  # a reason
        f"of run run {ATTACK}",
    ):
        assert where in hard_page.text, where
    feature = hard_page.source[hard_page.source.index('class="features"') :]
    assert feature.count("&lt;script&gt;") >= 2


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_is_at_ease_with_the_page(
    browser: Browser, hard: Settings, scheme: Any
):
    """No word from it, nothing off the side of a phone, enough contrast."""
    path = write_review(hard, now=WRITTEN)
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("request", lambda request: seen.append(request.url))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.goto(path.as_uri())
    assert [one for one in seen if not one.startswith("data:")] == [
        path.as_uri()
    ]
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 390
    context.close()
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert not [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    context.close()


# --- Lines


def test_a_line_breaks_where_a_month_is_hidden_or_unknown(hard_page: Outline):
    lines = hard_page.source.split("<svg")[1:]
    small = lines[2]  # P03, hidden from the 11th month on
    points = re.findall(r'points="([^"]*)"', small)
    assert [len(one.split()) for one in points] == [10]
    assert "circle" not in small
    drifting = lines[5]  # input, whose third month is unknown
    points = re.findall(r'points="([^"]*)"', drifting)
    assert [len(one.split()) for one in points] == [2, 4]
    assert drifting.count("<circle") == 1


@pytest.mark.parametrize(
    ("value", "level"),
    [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (0.175, 1.5), (0.25, 2.0), (9, 2.5)],
)
def test_bounds_lie_at_one_and_two_for_any_measure(value: float, level: float):
    from orchestration.lib.review_page.drawing import drift_level

    assert drift_level(drift(NOW, "input", value)) == pytest.approx(level)
    wide = drift(NOW, "input", 2 * value, watch=0.2, act=0.5)
    assert drift_level(wide) == pytest.approx(level)


def test_months_are_told_in_english():
    assert writing.month_of(date(2026, 3, 1)) == "March 2026"
