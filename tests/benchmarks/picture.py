# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of how time grows with the number of groups: both axes logarithmic, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Point:
    """A point of a line; measured as a whole, or scaled."""

    x: float
    y: float
    whole: bool


def draw(path: Path, title: str, across: str, up: str, lines: Mapping[str, Sequence[Point]]) -> None:
    """Write the picture of some lines, each with its name at its end: above it where the others go on."""
    last = max(point.x for points in lines.values() for point in points)
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot(title=title, xlabel=across, ylabel=up, xscale="log", yscale="log")
    for name, points in lines.items():
        (line,) = axes.plot([point.x for point in points], [point.y for point in points])
        for point in points:
            filling = line.get_color() if point.whole else "white"
            axes.plot(point.x, point.y, marker="o", color=line.get_color(), markerfacecolor=filling)
        place: dict[str, Any] = (
            {"xytext": (8, 0), "va": "center"} if points[-1].x == last else {"xytext": (0, 8), "ha": "center"}
        )
        end = (points[-1].x, points[-1].y)
        axes.annotate(name, end, textcoords="offset points", color=line.get_color(), **place)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
    axes.grid(which="major", alpha=0.4)
    axes.spines[["top", "right"]].set_visible(False)
    # The names stand right of the axes, which the layout makes room for.
    with rc_context({"svg.hashsalt": title, "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None}, bbox_inches="tight")
