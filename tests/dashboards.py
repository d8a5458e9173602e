"""A dashboard that runs for a test, and a browser that watches what it asks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

from orchestration.dashboard.server import command

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
OWN = "127.0.0.1"
SECONDS_TO_START = 60
READY = "[data-testid=stApp][data-test-script-state=notRunning]"


@contextmanager
def running_dashboard(home: Path) -> Iterator[str]:
    """Serve a home's published file for a while; yield the address."""
    with socket.socket() as free:
        free.bind((OWN, 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, *command(port)],
        env={**os.environ, "PERSONA_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    address = f"http://{OWN}:{port}"
    try:
        _wait_for(f"{address}/_stcore/health", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("The dashboard's server ended at once.")
        try:
            with urlopen(address):
                return
        except URLError:
            time.sleep(0.2)
    raise RuntimeError(f"No dashboard after {SECONDS_TO_START} seconds.")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A browser's page on a dashboard, with all it asked and complained of."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.on("pageerror", lambda one: self.complaints.append(str(one)))
        self.page.on(
            "console",
            lambda one: (
                self.complaints.append(one.text)
                if one.type == "error"
                else None
            ),
        )

    @property
    def remote(self) -> list[str]:
        """What was asked of anybody but this machine."""
        own = (self.address, self.address.replace("http", "ws"))
        return [
            one
            for one in self.requests
            if not one.startswith((*own, "data:", "blob:"))
        ]

    def open(self, slug: str = "", **query: Any) -> None:
        """Open a page by its address."""
        self.page.goto(f"{self.address}/{slug}?{urlencode(query)}")
        self.settle()

    def settle(self) -> None:
        """Wait until the page is whole."""
        self.page.wait_for_selector("h1")
        self.page.wait_for_selector(READY)
        self.page.wait_for_timeout(300)
        self.page.wait_for_selector(READY)

    def cells(self, caption: str) -> dict[str, list[str]]:
        """Return a table's cells by the first words of each row."""
        table = self.page.get_by_role("region", name=caption)
        rows = table.locator("tbody tr").all()
        return {
            row.locator("th").inner_text(): [
                cell.strip() for cell in row.locator("td").all_inner_texts()
            ]
            for row in rows
        }
