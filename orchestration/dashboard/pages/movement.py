"""To come."""

from orchestration.dashboard.page import Page


def show(page: Page) -> None:
    """Show the page."""
