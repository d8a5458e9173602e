"""The portrait in words: every sentence is made of claims and of nothing else.

``plan`` chooses what is said of each persona, once for all languages;
``render`` says it in one of them. A plan names the rows it rests on, so a
sentence can be traced to its evidence, and said again from it to be checked.
"""

from ml.narrative.planning import PersonaPlan, plan_personas
from ml.narrative.rendering import (
    Sentence,
    Speaker,
    render_description,
    render_playbook,
    render_summary,
    render_title,
    say,
    words_of,
)

__all__ = [
    "PersonaPlan",
    "Sentence",
    "Speaker",
    "plan_personas",
    "render_description",
    "render_playbook",
    "render_summary",
    "render_title",
    "say",
    "words_of",
]
