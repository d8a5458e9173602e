"""The dashboard in a browser: pages, languages, numbers as in SQL."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from dashboards import CHROMIUM, Visit, running_browser, running_dashboard
from homes import SAMPLE, Home, make_home
from playwright.sync_api import Browser

from ml.synthetic import generate
from orchestration.dashboard.words import BY_COLUMN
from orchestration.lib.languages import language_codes, load_language

pytestmark = pytest.mark.bi
PAGES = (
    "",
    "personas",
    "compare",
    "movement",
    "campaigns",
    "budget",
    "quality",
    "lookup",
)
VIEWS = ("card", "figures", "loyalty", "channels", "products")
COUNT_CUSTOMERS = 3_000
SECONDS_TO_SHOW = 10
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    from homes import deliver_company

    home = make_home(tmp_path_factory.mktemp("dashboard"), SAMPLE)
    deliver_company(home, generate(COUNT_CUSTOMERS, seed=3), "parquet")
    result = home.run("retrain")
    assert result.is_success, result.message
    return home


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(home: Home, browser: Browser) -> Iterator[str]:
    with running_dashboard(home.settings.home) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 1000}, accept_downloads=True
    )
    visit = Visit(context.new_page(), address)
    yield visit
    assert visit.remote == []
    assert visit.complaints == []
    context.close()


def one(home: Home, query: str) -> Any:
    ((value,),) = home.published(query)
    return value


def percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{share:.1%}" if 0 < abs(share) < 0.0995 else f"{share:.0%}"


def test_every_page_in_every_language_by_its_menu(
    visit: Visit, home: Home
) -> None:
    visit.open()
    for code in language_codes():
        if code != "en":
            box = visit.page.locator("section[data-testid=stSidebar]")
            box.get_by_role("combobox").click()
            name = load_language(code).name
            visit.page.get_by_role("option", name=name).click()
            visit.page.wait_for_url(f"**lang={code}*")
            visit.settle()
        for number, slug in enumerate(PAGES):
            links = visit.page.locator("[data-testid=stPageLink] a")
            assert links.count() >= len(PAGES)
            links.nth(number).click()
            visit.page.wait_for_url(
                lambda url, slug=slug: url.split("?")[0].endswith(f"/{slug}")
            )
            visit.settle()
            assert visit.page.locator("h1").count() == 1, (code, slug)
            assert visit.page.locator("[data-testid=stException]").count() == 0
            assert visit.page.locator("[data-testid=stAlert]").count() == 0
            if code != "en":
                assert f"lang={code}" in visit.page.url


@pytest.mark.parametrize("code", language_codes())
def test_axe_finds_nothing_serious(visit: Visit, code: str) -> None:
    for slug in PAGES:
        visit.open(slug, lang=code)
        _no_grave_violation(visit, (code, slug))
    for view in VIEWS:
        visit.open("personas", lang=code, persona="P01", view=view)
        _no_grave_violation(visit, (code, view))


def test_colours_are_readable_in_the_dark(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(color_scheme="dark")
    visit = Visit(context.new_page(), address)
    for slug in PAGES:
        visit.open(slug)
        _no_grave_violation(
            visit,
            slug,
            {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
        )
    context.close()


def _no_grave_violation(
    visit: Visit, where: object, options: dict[str, Any] | None = None
) -> None:
    found = Axe().run(
        visit.page, options={"resultTypes": ["violations"], **(options or {})}
    )
    grave = [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]])
        for violation in found["violations"]
        if violation["impact"] in GRAVE
    ]
    assert grave == [], where


def test_the_document_says_its_language(visit: Visit) -> None:
    for code, direction in (("en", "ltr"), ("fa", "rtl"), ("vi", "ltr")):
        visit.open(lang=code)
        html = visit.page.locator("html")
        assert html.get_attribute("lang") == code
        assert html.get_attribute("dir") == direction


def test_the_overview_shows_what_sql_says(visit: Visit, home: Home) -> None:
    visit.open()
    cells = visit.cells("Size, value and loyalty of each persona")
    rows = home.published(
        "select persona_id, count_customers, customer_share, value_share, "
        "monthly_churn_share from bi.personas_overview"
    )
    checked = 0
    for persona_id, customers, share, value, churn in rows:
        is_assigned = persona_id != "unassigned"
        start = persona_id if is_assigned else "Not assigned"
        (shown,) = [row for key, row in cells.items() if key.startswith(start)]
        assert shown[0] == f"{customers:,}"
        assert shown[2] == percent(share)
        assert shown[3] == percent(value)
        assert shown[5] == percent(churn)
        checked += 4
    assert checked >= 20
    months = home.published(
        "select sum(count_customers), sum(net_amount) from bi.persona_kpis "
        "where is_complete group by month order by month desc limit 1"
    )
    ((customers, net_amount),) = months
    tiles = visit.page.locator(".numbers dd b").all_inner_texts()
    assert tiles[0] == f"{customers:,}"
    assert tiles[3] == f"${net_amount:,.0f}"


def test_filters_are_in_the_address_and_the_numbers_follow(
    visit: Visit, home: Home
) -> None:
    country, channel = home.published(
        "select country, acquisition_channel from bi.persona_segments "
        "where country not in ('Other', 'Unknown') and acquisition_channel "
        "not in ('Other', 'Unknown') and not is_hidden "
        "order by count_customers desc limit 1"
    )[0]
    visit.open()
    visit.page.get_by_role("combobox", name="Country").click()
    visit.page.get_by_role("option", name=country, exact=True).click()
    visit.page.wait_for_url("**country=*")
    visit.settle()
    caption = "Personas in the chosen country and channel"
    expected = dict(
        home.published(
            "select persona_id, sum(count_customers) from bi.persona_segments "
            f"where country = '{country}' group by all"
        )
    )
    _shows(visit, caption, expected)
    # The same view again, from its address alone, with a channel.
    visit.open(country=country, channel=channel)
    expected = dict(
        home.published(
            "select persona_id, sum(count_customers) from bi.persona_segments "
            f"where country = '{country}' and acquisition_channel = "
            f"'{channel}' group by all"
        )
    )
    _shows(visit, caption, expected)


def _shows(visit: Visit, caption: str, expected: dict[str, int]) -> None:
    cells = visit.cells(caption)
    shown = {
        key.split(" ·")[0].replace("Not assigned", "unassigned"): row[0]
        for key, row in cells.items()
    }
    assert shown
    for persona_id, count in shown.items():
        known = expected[persona_id]
        assert count == ("–" if known is None else f"{known:,}")


def test_a_persona_is_one_click_away_and_its_figures_are_those_of_sql(
    visit: Visit, home: Home
) -> None:
    visit.open("personas")
    visit.page.get_by_role("button", name="Open P01").click()
    visit.page.wait_for_url("**persona=P01*")
    visit.settle()
    name = one(
        home,
        "select persona_name from bi.persona_texts "
        "where persona_id = 'P01' and language = 'en'",
    )
    assert visit.page.locator("h1").inner_text() == name
    # A sentence opens the rows it rests on.
    sentence = visit.page.locator("details.claim").first
    sentence.locator("summary").click()
    trait = sentence.locator("[data-trait]").first
    assert trait.is_visible()
    trait_id = trait.get_attribute("data-trait")
    assert one(
        home,
        "select count(*) from bi.persona_traits "
        f"where persona_id = 'P01' and trait_id = '{trait_id}'",
    )
    visit.page.get_by_role("radio", name="Figures").or_(
        visit.page.get_by_role("button", name="Figures")
    ).first.click()
    visit.page.wait_for_url("**view=figures*")
    visit.settle()
    cells = visit.cells("Figures of the last year")
    rows = home.published(
        "select metric, persona_value, company_value from bi.persona_scorecard "
        "where persona_id = 'P01'"
    )
    shares = 0
    for metric, value, company in rows:
        figure = BY_COLUMN.get(metric)
        if figure is None or figure.unit != "share":
            continue
        assert cells[figure.label][0] == percent(value), metric
        assert cells[figure.label][2] == percent(company), metric
        shares += 1
    assert shares >= 8


def test_what_is_downloaded_is_the_table(visit: Visit, home: Home) -> None:
    visit.open("personas", persona="P02", view="products")
    with visit.page.expect_download() as awaited:
        visit.page.get_by_role("button", name="Download as CSV").first.click()
    path = awaited.value.path()
    text = path.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == one(
        home,
        "select count(*) from bi.persona_products "
        "where persona_id = 'P02' and level = 'category'",
    )
    assert sum(float(row["net_amount"] or 0) for row in rows) == pytest.approx(
        float(
            one(
                home,
                "select sum(net_amount) from bi.persona_products "
                "where persona_id = 'P02' and level = 'category'",
            )
        )
    )


def test_a_period_is_moved_with_the_keyboard(visit: Visit, home: Home) -> None:
    visit.open()
    handle = visit.page.get_by_role("slider").first
    handle.focus()
    handle.press("ArrowRight")
    visit.page.wait_for_url("**period=*")
    visit.settle()
    months = home.published(
        "select distinct month from bi.persona_kpis where is_complete "
        "order by month"
    )
    second = months[-23][0]
    assert f"period={second:%Y-%m}" in visit.page.url


def test_a_customer_is_found_by_the_key(visit: Visit, home: Home) -> None:
    key, persona_id = home.published(
        "select customer_key, persona_id from bi.customer_personas "
        "where persona_id <> 'unassigned' order by customer_key limit 1"
    )[0]
    visit.open("lookup", key=key)
    assert persona_id in visit.page.locator("main").inner_text()
    visit.page.get_by_role("link", name="Read about this persona").click()
    visit.page.wait_for_url(f"**/personas?persona={persona_id}")
    visit.settle()
    visit.open("lookup", key="nobody")
    assert persona_id not in visit.page.locator(".nothing").inner_text()


def test_a_publication_is_shown_while_the_page_is_open(
    visit: Visit, home: Home
) -> None:
    visit.open("campaigns")
    before = one(home, "select run_id from bi.publication")
    assert before in visit.page.locator(".run-id").inner_text()
    # In a process of its own: the browser's loop runs in this one.
    subprocess.run(
        [str(Path(sys.executable).with_name("persona")), "run"],
        env=home.environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = one(home, "select run_id from bi.publication")
    assert after != before
    started = time.monotonic()
    visit.page.get_by_text(after).wait_for(timeout=SECONDS_TO_SHOW * 1000)
    assert time.monotonic() - started < SECONDS_TO_SHOW
    assert visit.page.locator("[data-testid=stException]").count() == 0


def test_any_page_may_be_the_first_that_is_visited(
    home: Home, browser: Browser
) -> None:
    with running_dashboard(home.settings.home) as address:
        visit = Visit(browser.new_context().new_page(), address)
        visit.open("movement", lang="vi")
        assert visit.page.locator("html").get_attribute("lang") == "vi"
        assert visit.complaints == []


def test_nothing_published_says_what_to_do(
    browser: Browser, tmp_path: Any
) -> None:
    with running_dashboard(tmp_path) as address:
        visit = Visit(browser.new_context().new_page(), address)
        visit.open()
        assert "persona demo" in visit.page.locator("main").inner_text()
        assert visit.complaints == []
