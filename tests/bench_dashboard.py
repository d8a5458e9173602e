"""Times the dashboard's pages in a browser, on a company of a given size.

``make bench-dashboard`` takes a million customers and, the first time, the
minutes that it takes to build them; with ``--home`` the company is kept, and
one that is there is only looked at. With nothing kept by the browser, first
paint is what it calls its first contentful paint, title the time from asking
for the address to the title of the page; whole is until the page stands still.
A filter is timed from the click to the table or chart that follows it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dashboards import READY, Visit, running_browser, running_dashboard
from playwright.sync_api import Browser

from orchestration.lib.published import open_published
from tests.bench import GENERATE, RUN, measured

TIMES = 5
FIRST_PAINT = (
    "performance.getEntriesByName('first-contentful-paint')[0].startTime"
)
PAGES = (
    ("overview", "", {}),
    ("personas", "personas", {}),
    ("a persona", "personas", {"persona": "P01"}),
    ("its figures", "personas", {"persona": "P01", "view": "figures"}),
    ("compare", "compare", {}),
    ("movement", "movement", {}),
    ("campaigns", "campaigns", {}),
    ("budget", "budget", {}),
    ("data quality", "quality", {}),
)


def main() -> None:
    """Build the company where it is not there, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as folder:
        home = (chosen.home or Path(folder)).resolve()
        published = home / "published" / "personas.duckdb"
        if not published.exists():
            build(home, chosen.customers)
        with open_published(published) as connection:
            ((count, key),) = connection.execute(
                "select count(*), max(customer_key) from bi.customer_personas"
            ).fetchall()
        size = published.stat().st_size / 2**20
        print(f"{count:,} customers, published file {size:.0f} MiB")
        with (
            running_dashboard(home) as address,
            running_browser() as browser,
        ):
            time_pages(browser, address)
            time_filters(browser, address, str(key))


def build(home: Path, count_customers: int) -> None:
    """Make a company and publish it."""
    os.environ.update(
        PERSONA_HOME=str(home),
        PERSONA_SOURCES="sample_company",
        PERSONA_KEY="a key that is only used to time a run ....",
    )
    sample = home / "sample"
    measured(GENERATE, str(sample), str(count_customers))
    shutil.move(sample / "landing", home / "landing")
    _, seconds, peak = measured(RUN, "retrain")
    print(f"built in {seconds:.0f} s, {peak:.1f} GiB")


def time_pages(browser: Browser, address: str) -> None:
    """Print, per page, the first and the usual visit."""
    print(f"{'page':<16}{'first paint':>22}{'title':>22}{'whole':>22}")
    print(f"{'':<16}" + f"{'cold':>11}{'usual':>11}" * 3)
    for name, slug, query in PAGES:
        paints, titles, wholes = [], [], []
        for _ in range(TIMES + 1):
            context = browser.new_context()
            visit = Visit(context.new_page(), address)
            started = time.monotonic()
            parameters = "&".join(f"{k}={v}" for k, v in query.items())
            visit.page.goto(f"{address}/{slug}?{parameters}")
            visit.page.wait_for_selector("h1")
            titles.append(time.monotonic() - started)
            visit.page.wait_for_selector(READY)
            wholes.append(time.monotonic() - started)
            paints.append(visit.page.evaluate(FIRST_PAINT) / 1000)
            context.close()
        seconds = [
            one
            for times in (paints, titles, wholes)
            for one in (times[0], statistics.median(times[1:]))
        ]
        print(f"{name:<16}" + "".join(f"{one:>9.2f} s" for one in seconds))


def time_filters(browser: Browser, address: str, key: str) -> None:
    """Print how long a page takes to follow a filter."""
    visit = Visit(browser.new_context().new_page(), address)
    page = visit.page

    def listed(label: str) -> None:
        box = page.get_by_role("combobox", name=label, exact=True)
        box.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        box.click()
        page.get_by_role("option").first.wait_for()

    def country() -> None:
        page.get_by_role("option").nth(1).click()
        page.get_by_role("region", name="Personas in the chosen").wait_for()

    def figure() -> None:
        page.get_by_role("option", name="New customers", exact=True).click()
        page.wait_for_url("**figure=new_customers*")
        page.wait_for_selector(READY)

    def persona() -> None:
        page.get_by_role("button", name="Open P01").click()
        page.locator("details.claim").first.wait_for()

    def customer() -> None:
        page.get_by_role("textbox").fill(key)
        page.get_by_role("textbox").press("Enter")
        page.locator(".numbers").first.wait_for()

    steps: tuple[tuple[str, str, str | None, Callable[[], None]], ...] = (
        ("overview: a country", "", "Country", country),
        ("overview: a figure", "", "Figure", figure),
        ("gallery: a persona", "personas", None, persona),
        ("look up: a customer", "lookup", None, customer),
    )
    print(f"{'filter':<28}{'cold':>11}{'usual':>11}")
    for name, slug, label, act in steps:
        seconds = []
        for _ in range(TIMES + 1):
            visit.open(slug)
            if label:
                listed(label)
            started = time.monotonic()
            act()
            seconds.append(time.monotonic() - started)
        print(
            f"{name:<28}{seconds[0]:>9.2f} s"
            f"{statistics.median(seconds[1:]):>9.2f} s"
        )


if __name__ == "__main__":
    main()
