from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd

from ml.columns import CRITERIA_COLUMNS
from ml.criteria_plot import MEASURES, plot_criteria

SVG = "{http://www.w3.org/2000/svg}"


def criteria() -> pd.DataFrame:
    """Two algorithms, k from 2 to 5; of the mixture k = 5 was not measured."""
    frame = pd.DataFrame(
        {
            "algorithm": ["kmeans"] * 4 + ["mixture"] * 4,
            "count_clusters": [2, 3, 4, 5] * 2,
            "is_chosen": [False, True] + [False] * 6,
        },
        columns=CRITERIA_COLUMNS,
    )
    for place, measure in enumerate(MEASURES):
        frame[measure] = np.linspace(0.9, 0.2, 8) - 0.1 * place
    frame.loc[7, list(MEASURES)] = np.nan
    return frame


def test_every_measure_is_a_line_through_what_was_measured():
    picture = ET.fromstring(plot_criteria(criteria()))
    plain, mixture = picture.findall(f"{SVG}g")
    for panel, count in ((plain, 4), (mixture, 3)):
        lines = panel.findall(f"{SVG}polyline")
        assert [line.get("class") for line in lines] == list(MEASURES)
        for line in lines:
            spots = [tuple(p.split(",")) for p in line.get("points").split()]
            assert len(spots) == count
            heights = [float(y) for _, y in spots]
            assert heights == sorted(heights), "values fall, lines go down"


def test_the_chosen_number_is_marked_once():
    drawn = plot_criteria(criteria())
    assert drawn.count('class="chosen"') == 1
    assert "chosen: 3" in drawn
    nothing = plot_criteria(criteria().assign(is_chosen=False))
    assert "chosen" not in nothing


def test_values_stay_inside_of_the_picture():
    frame = criteria()
    frame.loc[0, "silhouette"] = -0.4
    picture = ET.fromstring(plot_criteria(frame))
    height = float(picture.get("height"))
    for circle in picture.iter(f"{SVG}circle"):
        assert 0 <= float(circle.get("cy")) <= height


def test_no_criteria_are_no_crash():
    empty = pd.DataFrame(columns=CRITERIA_COLUMNS)
    assert ET.fromstring(plot_criteria(empty)).tag == f"{SVG}svg"
    unmeasured = criteria()
    unmeasured[list(MEASURES)] = np.nan
    assert "<polyline" not in plot_criteria(unmeasured)
