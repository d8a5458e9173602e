"""How the number of groups was chosen, as a picture.

One panel per algorithm, one line per measure over the number of groups, the
chosen number marked. Drawn as SVG text by hand: four lines and two axes need
no library, and the same criteria give the same bytes.
"""

from __future__ import annotations

import html

import pandas as pd

WIDTH, HEIGHT = 460, 300  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 40  # around its plot
LEGEND = 64

MEASURES = {
    "mean_jaccard": ("mean Jaccard", "#1b6ca8", ""),
    "min_jaccard": ("lowest Jaccard", "#6fb1de", ""),
    "prediction_strength": ("prediction strength", "#2f8f5b", ""),
    "silhouette": ("silhouette", "#b3541e", ""),
    "reference_silhouette": ("silhouette without groups", "#b3541e", "5 4"),
}
NAMES = {"kmeans": "k-means", "mixture": "Gaussian mixture"}


def plot_criteria(criteria: pd.DataFrame) -> str:
    """Draw the criteria over the number of groups.

    Parameters
    ----------
    criteria : DataFrame
        The columns ``CRITERIA_COLUMNS``; what was not measured is null.

    Returns
    -------
    str
        An SVG picture, one panel per algorithm.
    """
    panels = list(criteria.groupby("algorithm", sort=False))
    width = WIDTH * max(len(panels), 1)
    height = HEIGHT + LEGEND
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img" '
        'font-family="sans-serif" font-size="12">',
        "<title>Stability and separation by number of groups</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for place, (name, rows) in enumerate(panels):
        parts.append(f'<g transform="translate({WIDTH * place},0)">')
        parts += _panel(NAMES.get(str(name), str(name)), rows)
        parts.append("</g>")
    return "\n".join([*parts, *_legend(), "</svg>"])


def _panel(name: str, rows: pd.DataFrame) -> list[str]:
    counts = rows["count_clusters"].tolist()
    low, high = min(counts), max(counts)
    bottom: float = min(0.0, rows[list(MEASURES)].min().min())

    def x(count: float) -> float:
        share = (count - low) / max(high - low, 1)
        return float(round(LEFT + share * (WIDTH - LEFT - RIGHT), 1))

    def y(value: float) -> float:
        share = (1.0 - value) / (1.0 - bottom)
        return float(round(TOP + share * (HEIGHT - TOP - BOTTOM), 1))

    parts = [
        f'<text x="{LEFT}" y="20" font-weight="bold">{html.escape(name)}</text>'
    ]
    for tenth in range(0, 11, 2):
        value = tenth / 10
        parts += [
            f'<line x1="{LEFT}" y1="{y(value)}" x2="{WIDTH - RIGHT}" '
            f'y2="{y(value)}" stroke="#e3e3e3"/>',
            f'<text x="{LEFT - 8}" y="{y(value) + 4}" fill="#444444" '
            f'text-anchor="end">{value:.1f}</text>',
        ]
    parts += [
        f'<text x="{x(count)}" y="{HEIGHT - BOTTOM + 18}" fill="#444444" '
        f'text-anchor="middle">{count}</text>'
        for count in counts
    ]
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" '
        'fill="#444444" text-anchor="middle">number of groups</text>'
    )
    for count in rows.loc[rows["is_chosen"], "count_clusters"]:
        parts += [
            f'<line class="chosen" x1="{x(count)}" y1="{TOP}" x2="{x(count)}" '
            f'y2="{HEIGHT - BOTTOM}" stroke="#222222" stroke-dasharray="2 3"/>',
            f'<text x="{x(count)}" y="{TOP - 4}" '
            f'text-anchor="middle">chosen: {count}</text>',
        ]
    for measure, (_, colour, dashes) in MEASURES.items():
        known = rows[rows[measure].notna()]
        spots = [
            (x(count), y(value))
            for count, value in zip(
                known["count_clusters"], known[measure], strict=True
            )
        ]
        parts += _line(measure, spots, colour, dashes)
    return parts


def _line(
    measure: str, spots: list[tuple[float, float]], colour: str, dashes: str
) -> list[str]:
    if not spots:
        return []
    path = " ".join(f"{x},{y}" for x, y in spots)
    return [
        f'<polyline class="{measure}" points="{path}" fill="none" '
        f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>',
        *(
            f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>'
            for x, y in spots
        ),
    ]


def _legend() -> list[str]:
    parts = []
    for place, (words, colour, dashes) in enumerate(MEASURES.values()):
        x, y = LEFT + 200 * (place % 2), HEIGHT + 14 + 20 * (place // 2)
        parts += [
            f'<line x1="{x}" y1="{y - 4}" x2="{x + 26}" y2="{y - 4}" '
            f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>',
            f'<text x="{x + 34}" y="{y}">{words}</text>',
        ]
    return parts
