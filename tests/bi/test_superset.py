"""A real Superset, our bundle in it, and a browser that looks at it.

Superset's environment is the one of `make superset`; where it is not there,
the first test makes it, which takes minutes and needs a package index.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from homes import Home, make_home
from playwright.sync_api import (
    APIResponse,
    Page,
    Request,
    Response,
    sync_playwright,
)

from orchestration.lib.published import open_published
from orchestration.lib.settings import PROJECT_ROOT
from orchestration.superset.bundle import (
    BUNDLE,
    complete_bundle,
    read_bundle,
    read_meanings,
)
from orchestration.superset.exporting import dashboard_uuid, keep_export
from orchestration.superset.inside import ADMIN, PASSWORD_VARIABLE
from orchestration.superset.server import Superset

pytestmark = pytest.mark.bi
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
READY = ".venv-superset/.ready"
START_SECONDS = 600
WAIT_SECONDS = 180
LOCAL = "127.0.0.1"
# The counting pixel in Superset's menu; no setting takes it out.
PIXEL = "apachesuperset.gateway.scarf.sh"


@dataclass
class Running:
    """A Superset that is served, with a page that has logged in."""

    superset: Superset
    address: str
    page: Page
    asked: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda asked: self.asked.append(asked))
        self.page.on("response", lambda answer: self.answers.append(answer))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def published(self) -> Path:
        return self.superset.settings.published_path

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with open_published(self.published) as connection:
            return connection.execute(query).fetchall()

    def number(self, query: str) -> Any:
        return self.sql(query)[0][0]

    def get(self, path: str) -> Any:
        answer = self.page.request.get(self.address + path)
        assert answer.ok, answer.text()
        return answer.json()

    def send(self, method: str, path: str, data: Any) -> APIResponse:
        token = self.get("/api/v1/security/csrf_token/")["result"]
        return self.page.request.fetch(
            self.address + path,
            method=method,
            data=data,
            headers={"X-CSRFToken": token, "Referer": self.address},
        )

    def ask(self, sql: str) -> APIResponse:
        """Run a statement in SQL Lab."""
        (database,) = self.get("/api/v1/database/")["result"]
        return self.send(
            "POST",
            "/api/v1/sqllab/execute/",
            {"database_id": database["id"], "sql": sql, "schema": "bi"},
        )

    def open_dashboard(self) -> None:
        """Open the dashboard and wait until every chart is drawn."""
        count = sum(name.startswith("charts/") for name in read_bundle())
        self.answers.clear()
        self.page.goto(f"{self.address}/superset/dashboard/personas/")
        self.page.wait_for_function(
            "count => document.querySelectorAll('[data-test-chart-name]')"
            ".length >= count && document.querySelectorAll("
            "'[data-test-chart-name] .slice_container').length >= count && "
            "!document.querySelector('[data-test-chart-name] .loading')",
            arg=count,
        )

    def chart(self, key: str) -> Any:
        """Return a chart's place on the page, by the name of its file."""
        title = read_bundle()[f"charts/{key}.yaml"]["slice_name"]
        return self.page.locator(f'[data-test-chart-name="{title}"]')

    def table(self, key: str) -> list[list[str]]:
        return self.chart(key).evaluate(
            "chart => [...chart.querySelectorAll('tbody tr')].map(row => "
            "[...row.querySelectorAll('td')].map(cell => cell.innerText))"
        )

    def data(self, key: str) -> list[dict[str, Any]]:
        """Return what the server answered to a chart that is a drawing."""
        place = self.chart(key).get_attribute("data-test-chart-id")
        (answer,) = (
            answer
            for answer in self.answers
            if "/api/v1/chart/data" in answer.url
            and str(form_of(answer.request).get("slice_id")) == place
        )
        (result,) = answer.json()["result"]
        return result["data"]


def form_of(request: Request) -> dict[str, Any]:
    return (request.post_data_json or {})["form_data"]


@pytest.fixture(scope="module")
def home(demo: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with nothing but a published file of its own.

    Its customers are too few for campaigns to show effects: some are put in.
    """
    home = make_home(tmp_path_factory.mktemp("superset"), "template")
    home.settings.published.mkdir(parents=True)
    shutil.copy(demo.settings.published_path, home.settings.published_path)
    with duckdb.connect(str(home.settings.published_path)) as connection:
        connection.execute(
            "update bi.campaign_lift set lift = -0.0425 + 0.01 * "
            "cast(substr(campaign_id, 2) as integer) where persona_id = 'P01'"
        )
    return home


@pytest.fixture(scope="module")
def installed() -> None:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    if (PROJECT_ROOT / READY).exists():
        return
    made = subprocess.run(
        # The project's own environment is that of this test: leave it.
        ["make", "--assume-old=.venv/.ready", READY],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        last = (made.stderr.strip().splitlines() or ["no message"])[-1]
        pytest.skip(f"Superset cannot be installed here: {last}")


@pytest.fixture(scope="module")
def running(installed: None, home: Home) -> Iterator[Running]:
    with socket.socket() as free:
        free.bind((LOCAL, 0))
        port = free.getsockname()[1]
    address = f"http://{LOCAL}:{port}"
    superset = Superset(home.settings)
    log = home.settings.home / "serve.log"
    with log.open("w") as file:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "orchestration.superset"),
                *("serve", "--port", str(port)),
            ],
            cwd=PROJECT_ROOT,
            env=home.environment | {"PYTHONPATH": str(PROJECT_ROOT)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(address, server, log)
        password = superset.password_path.read_text().strip()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=FLAGS
            )
            page = browser.new_page(viewport={"width": 1600, "height": 3800})
            page.set_default_timeout(WAIT_SECONDS * 1000)
            running = Running(superset, address, page)
            page.goto(f"{address}/login/")
            page.fill("#username", ADMIN)
            page.fill("#password", password)
            page.click("[data-test=login-button]")
            page.wait_for_url("**/welcome/**")
            yield running
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(START_SECONDS):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/health"):
                return
        except urllib.error.URLError:
            time.sleep(1)
    raise AssertionError(f"Superset did not start: {log.read_text()}")


@pytest.fixture(scope="module")
def shown(running: Running) -> Running:
    running.open_dashboard()
    return running


def rounded(number: Any, digits: int = 0) -> Decimal:
    """Round as browsers do: halves away from zero."""
    return Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def money(amount: Any) -> str:
    return "N/A" if amount is None else f"$ {rounded(amount):,}"


def percent(share: float | None, sign: str = "") -> str:
    return "N/A" if share is None else f"{rounded(share * 100, 1):{sign}}%"


def decimals(number: float | None, digits: int, sign: str = "") -> str:
    return "N/A" if number is None else f"{rounded(number, digits):{sign}}"


def test_every_chart_is_shown_once_and_without_error(shown: Running):
    titles = [
        document["slice_name"]
        for name, document in read_bundle().items()
        if name.startswith("charts/")
    ]
    on_page = shown.page.locator("[data-test-chart-name]").evaluate_all(
        "charts => charts.map(chart => chart.dataset.testChartName)"
    )
    assert sorted(on_page) == sorted(titles)
    assert shown.page.locator("[data-test=error-message]").count() == 0
    assert shown.page.locator(".ant-alert-error").count() == 0
    assert shown.errors == []


def test_the_big_numbers_are_those_of_sql(shown: Running):
    (customers, personas, net, value, day) = shown.sql(
        "select sum(count_customers), "
        "count(*) filter (where persona_id <> 'unassigned'), "
        "sum(net_amount), sum(clv_12m), max(as_of_date) "
        "from bi.personas_overview"
    )[0]
    for key, number in {
        "count_of_customers": f"{customers:,}",
        "count_of_personas": str(personas),
        "revenue_of_all_time": money(net),
        "value_to_come": money(value),
        "day_of_the_data": f"{day:%d %b %Y}",
    }.items():
        assert number in shown.chart(key).inner_text().splitlines(), key


def test_the_table_of_personas_is_that_of_sql(shown: Running):
    wanted = [
        [
            row[0],
            row[1],
            f"{row[2]:,}",
            percent(row[3]),
            money(row[4]),
            percent(row[5]),
            money(row[6]),
            decimals(row[7], 1),
            money(row[8]),
            percent(row[9]),
            percent(row[10]),
            decimals(row[11], 0, "+"),
        ]
        for row in shown.sql(
            "select persona_label, persona_title, count_customers, "
            "customer_share, net_amount, value_share, "
            "clv_12m / count_customers, orders_per_customer_year, "
            "average_order_value, repeat_share, monthly_churn_share, "
            "net_promoter_score "
            "from bi.personas_overview order by count_customers desc"
        )
    ]
    assert len(wanted) > 3
    found = shown.table("personas_at_a_glance")
    assert found == wanted


def test_drawings_are_of_the_numbers_of_sql(shown: Running):
    revenue = {
        label: amount
        for row in shown.data("revenue_by_month")[-1:]
        for label, amount in row.items()
        if label != "month" and amount is not None
    }
    assert revenue == {
        label: pytest.approx(float(amount))
        for label, amount in shown.sql(
            "select persona_label, net_amount from bi.persona_kpis_monthly "
            "inner join bi.dim_persona using (persona_id) "
            "where net_amount is not null and month = "
            "(select max(month) from bi.persona_kpis_monthly)"
        )
    }
    retention = {
        (row["persona_label"], row["months_since"]): row["retention"]
        for row in shown.data("retention_by_age")
    }
    assert retention == {
        (label, age): pytest.approx(share)
        for label, age, share in shown.sql(
            "select persona_label, months_since, "
            "sum(active_customers) / sum(count_customers) "
            "from bi.persona_cohorts "
            "inner join bi.dim_persona using (persona_id) "
            "where months_since > 0 and persona_id <> 'unassigned' "
            "group by all"
        )
    }
    budget = {
        row["channel_label"]: (row["current_amount"], row["planned_amount"])
        for row in shown.data("budget_by_channel")
    }
    assert budget == {
        channel.replace("_", " "): (
            pytest.approx(float(today)),
            pytest.approx(float(plan)),
        )
        for channel, today, plan in shown.sql(
            "select channel, sum(current_amount), sum(planned_amount) "
            "from bi.budget_plan group by channel"
        )
    }
    assert min(len(revenue), len(retention), len(budget)) > 3


def test_campaigns_and_the_plan_are_told_as_in_sql(shown: Running):
    campaigns = [row[:5] for row in shown.table("campaign_effects")]
    wanted = [
        [name, channel.replace("_", " "), label, verdict, percent(lift, "+")]
        for name, channel, label, verdict, lift in shown.sql(
            "select campaign_name, l.channel, persona_label, l.verdict, lift "
            "from bi.campaign_lift as l "
            "inner join bi.dim_campaign using (campaign_id) "
            "inner join bi.dim_persona using (persona_id) "
            "where lift is not null order by lift desc"
        )
    ]
    assert wanted
    assert sorted(campaigns) == sorted(wanted)
    ((verdict, reason),) = shown.sql(
        "select verdict, reason from bi.budget_summary"
    )
    ((shown_verdict, shown_reason, *_),) = shown.table("budget_verdict")
    assert (shown_verdict, shown_reason) == (verdict, reason)


def test_a_filter_shows_one_persona(shown: Running):
    label, customers = shown.sql(
        "select persona_label, count_customers from bi.personas_overview "
        "where persona_id <> 'unassigned' order by count_customers limit 1"
    )[0]
    page = shown.page
    page.get_by_role("combobox").first.click()
    page.get_by_title(label, exact=True).click()
    page.keyboard.press("Escape")
    page.locator("[data-test=filter-bar__apply-button]").click()
    page.wait_for_function(
        "text => document.querySelector("
        "'[data-test-chart-name=\"How many customers?\"]')"
        ".innerText.split('\\n').includes(text)",
        arg=f"{customers:,}",
    )
    for _ in range(WAIT_SECONDS):
        rows = [row[0] for row in shown.table("personas_at_a_glance")]
        if rows == [label]:
            break
        page.wait_for_timeout(1000)
    assert rows == [label]
    shown.open_dashboard()


def test_nothing_leaves_the_machine(shown: Running):
    """The browser is told not to send what the page would like to."""
    addressed = [
        (urlsplit(request.url).hostname, request)
        for request in shown.asked
        if urlsplit(request.url).scheme not in ("blob", "data")
    ]
    assert {host for host, _ in addressed} <= {LOCAL, PIXEL}
    assert len(addressed) > 100
    for host, request in addressed:
        if host != LOCAL:
            assert request.failure == "csp"
            assert request.response() is None


def test_descriptions_arrive(running: Running):
    with open_published(running.published) as connection:
        meanings = read_meanings(connection)
    wanted = {
        document["table_name"]: document
        for name, document in complete_bundle(running.published).items()
        if name.startswith("datasets/")
    }
    found = running.get("/api/v1/dataset/?q=(page_size:100)")["result"]
    assert {row["table_name"] for row in found} == wanted.keys()
    for row in found:
        dataset = running.get(f"/api/v1/dataset/{row['id']}")["result"]
        table = dataset["table_name"]
        if table in meanings.tables:
            assert dataset["description"] == meanings.tables[table]
        for part, key in (
            ("columns", "column_name"),
            ("metrics", "metric_name"),
        ):
            assert {
                column[key]: column["description"] for column in dataset[part]
            } == {
                column[key]: column["description"]
                for column in wanted[table][part]
            }
            assert all(column["description"] for column in dataset[part])


REFUSED_BY_BOTH = [
    "create table bi.mine (one int)",
    "create schema mine",
    "drop table bi.publication",
    "alter table bi.publication add column mine int",
    "delete from bi.publication",
    "update bi.publication set run_id = 'mine'",
    "insert into bi.publication select * from bi.publication",
    "select 1; drop table bi.publication",
]
REFUSED_BY_DUCKDB = [
    "copy bi.personas to '{folder}/out.csv'",
    "export database '{folder}/out'",
    "attach '{folder}/other.duckdb' as other",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "reset lock_configuration",
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('{folder}/superset/secret.key')",
    "select * from '{folder}/other.csv'",
    "select * from glob('/etc/*')",
]


def test_sql_lab_reads_and_does_nothing_else(running: Running):
    folder = running.superset.settings.home
    (folder / "other.csv").write_text("one\n1\n")
    before = hashlib.sha256(running.published.read_bytes()).hexdigest()
    (answer,) = running.ask("select run_id from bi.publication").json()["data"]
    assert answer["run_id"] == running.number(
        "select run_id from bi.publication"
    )
    (row,) = running.get("/api/v1/database/")["result"]
    path = f"/api/v1/database/{row['id']}"
    try:
        # What Superset stops, DuckDB stops too where an admin lets it through.
        for is_allowed in (False, True):
            changed = running.send("PUT", path, {"allow_dml": is_allowed})
            assert changed.ok, changed.text()
            for statement in [*REFUSED_BY_BOTH, *REFUSED_BY_DUCKDB]:
                sql = statement.format(folder=folder)
                answer = running.ask(sql)
                assert not answer.ok, sql
                text = answer.text()
                assert "errors" in answer.json(), text
                assert "root:" not in text
                if is_allowed and statement in REFUSED_BY_BOTH[:-1]:
                    assert "read-only" in text, text
    finally:
        running.send("PUT", path, {"allow_dml": False})
    after = hashlib.sha256(running.published.read_bytes()).hexdigest()
    assert after == before
    assert not (folder / "out.csv").exists()
    assert not (folder / "out").exists()


def test_an_admin_cannot_open_other_files(running: Running):
    other = running.superset.settings.home / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table private as select 1 as one")
    path = "/api/v1/database/test_connection/"
    for url, words in (
        (f"duckdb:///{other}", "Of DuckDB, only"),
        ("duckdb:///:memory:", "Of DuckDB, only"),
        (f"sqlite:///{running.superset.home}/superset.db", "security reasons"),
    ):
        answer = running.send("POST", path, {"sqlalchemy_uri": url})
        assert not answer.ok, url
        assert words in answer.text()
    own = running.send(
        "POST", path, {"sqlalchemy_uri": f"duckdb:///{running.published}"}
    )
    assert own.ok, own.text()


def test_without_the_hardening_of_the_bundle_the_server_still_hardens(
    running: Running,
):
    (row,) = running.get("/api/v1/database/")["result"]
    path = f"/api/v1/database/{row['id']}"
    extra = running.get(f"{path}/connection")["result"]["extra"]
    try:
        changed = running.send("PUT", path, {"extra": "{}"})
        assert changed.ok, changed.text()
        assert running.ask("select 1 as one").ok
        answer = running.ask("select * from read_text('/etc/hostname')")
        assert not answer.ok
        assert "disabled by configuration" in answer.text()
    finally:
        running.send("PUT", path, {"extra": extra})


def test_a_new_publication_is_seen_on_the_next_query(running: Running):
    draft = running.published.with_name("draft.duckdb")
    shutil.copy(running.published, draft)
    with duckdb.connect(str(draft)) as connection:
        connection.execute(
            "update bi.personas_overview "
            "set count_customers = count_customers + 1000"
        )
    before = running.number(
        "select sum(count_customers) from bi.personas_overview"
    )
    kept = running.published.with_name("kept.duckdb")
    os.link(running.published, kept)
    try:
        draft.replace(running.published)
        running.open_dashboard()
        after = running.number(
            "select sum(count_customers) from bi.personas_overview"
        )
        assert after >= before + 4000
        text = running.chart("count_of_customers").inner_text()
        assert f"{after:,}" in text.splitlines()
    finally:
        kept.replace(running.published)


def test_an_export_brings_back_what_was_changed_and_no_more(
    running: Running, tmp_path: Path
):
    folder = tmp_path / "bundle"
    shutil.copytree(BUNDLE, folder)
    superset = running.superset

    def export() -> list[Path]:
        archive = superset.export(dashboard_uuid())
        return keep_export(archive, running.published, folder)

    assert export() == []
    chart = next(
        row
        for row in running.get("/api/v1/chart/?q=(page_size:100)")["result"]
        if row["slice_name"] == "How content are they?"
    )
    path = f"/api/v1/chart/{chart['id']}"
    try:
        renamed = {"slice_name": "Are they content?"}
        assert running.send("PUT", path, renamed).ok
        assert export() == [folder / "charts" / "satisfaction.yaml"]
        assert (
            read_bundle(folder)["charts/satisfaction.yaml"]["slice_name"]
            == "Are they content?"
        )
    finally:
        running.send("PUT", path, {"slice_name": chart["slice_name"]})


def test_preparing_again_changes_nothing_and_doubles_nothing(
    running: Running, monkeypatch: pytest.MonkeyPatch
):
    def counts() -> list[int]:
        return [
            running.get(f"/api/v1/{kind}/?q=(page_size:100)")["count"]
            for kind in ("database", "dataset", "chart", "dashboard")
        ]

    superset = running.superset
    before = counts()
    told: list[str] = []
    superset.prepare(told.append)
    assert told == []
    superset.prepared_path.write_text("of another version")
    superset.prepare(told.append)
    assert len(told) == 1
    assert counts() == before


def test_secrets_are_of_this_home_and_for_its_owner_alone(
    running: Running, monkeypatch: pytest.MonkeyPatch
):
    superset = running.superset
    assert stat.S_IMODE(superset.home.stat().st_mode) == 0o700
    for name in ("secret.key", "admin.password", "superset.db"):
        mode = stat.S_IMODE((superset.home / name).stat().st_mode)
        assert mode == 0o600, name
    key = (superset.home / "secret.key").read_text().strip()
    assert len(key) >= 42
    password = superset.password_path.read_text().strip()
    assert len(password) >= 16

    def may_log_in(secret: str) -> bool:
        answer = running.page.request.post(
            f"{running.address}/api/v1/security/login",
            data={"username": ADMIN, "password": secret, "provider": "db"},
        )
        return answer.ok

    assert may_log_in(password)
    assert not may_log_in("admin")
    monkeypatch.setenv(PASSWORD_VARIABLE, "chosen by hand")
    superset.prepare(lambda said: None)
    assert may_log_in("chosen by hand")
    assert not may_log_in(password)
    assert not superset.password_path.exists()
