"""Persona cards: what was published, as pages that people like to read.

A gallery and one page per persona, in every language, written from the
published file alone: no server, no script, no request to anywhere. The card
comes first; every sentence opens the rows it rests on.
"""

from orchestration.lib.cards.deck import CardsError
from orchestration.lib.cards.writing import write_cards

__all__ = ["CardsError", "write_cards"]
