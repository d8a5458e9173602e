"""Charts as Vega-Lite (and one ECharts) specifications: rows in, dict out.

Numbers, months and signs are written as the reader's language does, by the
locale in the specification, and the x axis runs from right to left where the
script does. Colours are those of the personas' cards.
"""

from orchestration.dashboard.charts.amounts import bars_to_limits, side_by_side
from orchestration.dashboard.charts.changes import events_on_a_line, sankey
from orchestration.dashboard.charts.intervals import dumbbell, forest
from orchestration.dashboard.charts.look import Look, Spec
from orchestration.dashboard.charts.over_time import (
    cohort_heatmap,
    month_lines,
)

__all__ = [
    "Look",
    "Spec",
    "bars_to_limits",
    "cohort_heatmap",
    "dumbbell",
    "events_on_a_line",
    "forest",
    "month_lines",
    "sankey",
    "side_by_side",
]
