"""Labels beside points, placed so that they cover neither one another nor marks and lines."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from sweep.report.figures.style import INK, SOFT

#: One box a row: left, bottom, right, top.
Boxes = npt.NDArray[np.float64]

#: Where to try, best first, in degrees: below and left of a front there is nothing.
_ANGLES = (225, 270, 180, 200, 250, 315, 0, 45, 90, 135)
#: How far away to try, in points.
_DISTANCES = (6.0, 9.0, 13.0, 18.0, 25.0, 33.0, 42.0)


def place(axes: Axes, anchors: Sequence[tuple[float, float]], texts: Sequence[str], avoid: Sequence[Bbox]) -> None:
    """Write each text near its anchor, in turn, at the first free place or at the one with the least overlap.

    Args:
        axes: with final limits and position, in a figure of 72 dpi.
        anchors: where the named points are, in data coordinates.
        texts: their names.
        avoid: boxes in display coordinates, of markers and lines.
    """
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    inside = axes.get_window_extent()
    occupied = np.array([box.extents for box in avoid], dtype=float).reshape(-1, 4)
    for anchor, text in sorted(zip(anchors, texts, strict=True)):
        label = axes.annotate(text, anchor, (0, 0), textcoords="offset points", fontsize=6.6, color=INK, zorder=6)
        size = label.get_window_extent(renderer)
        at_x, at_y = axes.transData.transform(anchor)
        other_anchors = [tuple(axes.transData.transform(anchor_)) for anchor_ in anchors if anchor_ != anchor]
        best, best_badness = (0.0, 0.0, 0.0), math.inf
        for distance in _DISTANCES:
            for angle in _ANGLES:
                dx, dy = _offset(angle, distance, size.width, size.height)
                box = Bbox.from_bounds(at_x + dx, at_y + dy, size.width, size.height)
                badness = _overlap(box, occupied) + 10 * _outside(box, inside)
                # A name that is about as near to another point would be read as that one's.
                if _nearest(box, other_anchors) < 1.5 * _nearest(box, [(at_x, at_y)]):
                    badness += 0.01 * box.width * box.height
                if badness < best_badness:
                    best, best_badness = (dx, dy, distance), badness
            if best_badness == 0:
                break
        dx, dy, distance = best
        label.set_position((dx, dy))
        # 1.5 points of space around a label, and a line to its point if it is far away
        box = Bbox.from_bounds(at_x + dx, at_y + dy, size.width, size.height)
        occupied = np.vstack([occupied, box.padded(1.5).extents])
        if distance > _DISTANCES[2]:
            end_x = min(max(at_x, box.x0), box.x1) - at_x
            end_y = min(max(at_y, box.y0), box.y1) - at_y
            axes.annotate(
                "",
                anchor,
                (end_x, end_y),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": SOFT, "lw": 0.5, "shrinkA": 0, "shrinkB": 3},
                zorder=2,
            )


def _offset(angle: float, distance: float, width: float, height: float) -> tuple[float, float]:
    """The lower left corner of a box in this direction, with its nearest side at this distance."""
    x, y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return distance * x + width * (x - 1) / 2, distance * y + height * (y - 1) / 2


def _overlap(box: Bbox, boxes: Boxes) -> float:
    """Add up the areas that a box shares with each of others."""
    width = np.minimum(box.x1, boxes[:, 2]) - np.maximum(box.x0, boxes[:, 0])
    height = np.minimum(box.y1, boxes[:, 3]) - np.maximum(box.y0, boxes[:, 1])
    return float((width.clip(0) * height.clip(0)).sum())


def _nearest(box: Bbox, points: Sequence[tuple[float, float]]) -> float:
    """Find how far a box is from the nearest of some points."""
    gaps = [math.hypot(max(box.x0 - x, 0, x - box.x1), max(box.y0 - y, 0, y - box.y1)) for x, y in points]
    return min(gaps, default=math.inf)


def _outside(box: Bbox, inside: Bbox) -> float:
    return float(box.width * box.height) - _overlap(box, np.array([inside.extents]))
