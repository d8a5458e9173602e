"""The monthly review: one page that says what changed and what to decide.

Figures come from the published file, so that the page and any dashboard say
the same; only what waits for a decision, and who moved, is read from the
private warehouse. No count of customers below the floor is on the page.
"""

from orchestration.lib.review_page.reading import ReviewPageError
from orchestration.lib.review_page.writing import write_review

__all__ = ["ReviewPageError", "write_review"]
