# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of how time grows with the number of groups: both axes logarithmic, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 260, 50, 60
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
_STYLE: Final = "font: 13px sans-serif; background: white"


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis over whole decades, drawn from one pixel to another."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> Axis:
        """Return the shortest axis for some values."""
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(low, max(high, low + 1), start, end)

    def place(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.start + (self.end - self.start) * (math.log10(value) - self.low) / (self.high - self.low)

    def decades(self) -> list[float]:
        return [10.0**exponent for exponent in range(self.low, self.high + 1)]


def draw(title: str, across: str, up: str, lines: Mapping[str, Points]) -> str:
    """Return the SVG of some lines, each with its name at its end."""
    points = [point for line in lines.values() for point in line]
    x = Axis.over([x for x, _y in points], _LEFT, _WIDTH - _RIGHT)
    y = Axis.over([y for _x, y in points], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" style="{_STYLE}" role="img">',
        f"<title>{escape(title)}</title>",
        _text(_LEFT, 25, title, "font-weight='bold'"),
        *_grid(x, y),
        _text((x.start + x.end) / 2, _HEIGHT - 15, across, "text-anchor='middle'"),
        _text(_LEFT, _TOP - 8, up),
    ]
    for colour, (name, line) in zip(_COLOURS, lines.items(), strict=False):
        parts += _line([(x.place(across), y.place(up)) for across, up in line], colour, name)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    for value in x.decades():
        yield _rule(x.place(value), y.start, x.place(value), y.end)
        yield _text(x.place(value), y.start + 20, f"{value:g}", "text-anchor='middle'")
    for value in y.decades():
        yield _rule(x.start, y.place(value), x.end, y.place(value))
        yield _text(x.start - 8, y.place(value) + 4, f"{value:g}", "text-anchor='end'")


def _line(pixels: Points, colour: str, name: str) -> Iterator[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in pixels)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in pixels)
    yield _text(pixels[-1][0] + 12, pixels[-1][1] + 4, name, f"fill='{colour}'")


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'
