"""The layout of a map: positions of its stops, by coordinates or by the steps of the corridors. Geometry only.

A drawing is WIDTH units wide; y points down. It is schematic: stops that lie close together are moved apart, and stops
far from the others are moved to the edge.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import cos, hypot, radians, sqrt
from statistics import median
from typing import NamedTuple

WIDTH = 100.0
MARGIN = 11.0  # kept free for labels
MIN_DISTANCE = 9.0  # between two stops
MAX_RELATIVE_DISTANCE = 2.5  # in median distances from the middle; stops further away are moved to the edge
_MIN_HEIGHT, _MAX_HEIGHT = 46.0, 110.0

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


class Projection(NamedTuple):
    """A projection from degrees to units of the drawing.

    scale : units per degree of latitude.  longitude_factor : length of a degree of longitude, in degrees of latitude.
    middle : position of (latitude, longitude) in the drawing.
    """

    latitude: float
    longitude: float
    scale: float
    longitude_factor: float
    middle: Point

    def __call__(self, north: float, east: float) -> Point:
        return (
            self.middle[0] + (east - self.longitude) * self.longitude_factor * self.scale,
            self.middle[1] - (north - self.latitude) * self.scale,
        )


class Layout(NamedTuple):
    """The position of each stop.

    projection : None for a layout by steps.  off_map : the stops moved to the edge.
    """

    positions: dict[str, Point]
    height: float
    projection: Projection | None = None
    off_map: frozenset[str] = frozenset()


def layout_by_coordinates(degrees: Mapping[str, tuple[float, float]]) -> Layout:
    """Returns the layout of stops with (north, east) in degrees.

    The frame holds the stops within MAX_RELATIVE_DISTANCE; the others are moved to its edge.
    """
    middle = tuple(median(each[axis] for each in degrees.values()) for axis in (0, 1))
    narrow = cos(radians(middle[0]))
    far = {
        name: hypot(north - middle[0], (east - middle[1]) * narrow) for name, (north, east) in degrees.items()
    }  # fmt: skip
    reach = MAX_RELATIVE_DISTANCE * median(far.values())
    near = [degrees[name] for name, distance in far.items() if distance <= reach] or list(degrees.values())
    (south, north), (west, east) = ((min(axis), max(axis)) for axis in zip(*near, strict=True))
    inner = WIDTH - 2 * MARGIN
    scale = min(inner / max((east - west) * narrow, 0.05), (_MAX_HEIGHT - 2 * MARGIN) / max(north - south, 0.05))
    height = max(_MIN_HEIGHT, (north - south) * scale + 2 * MARGIN)
    projection = Projection((south + north) / 2, (west + east) / 2, scale, narrow, (WIDTH / 2, height / 2))
    frame = (MARGIN / 2, MARGIN / 2, WIDTH - MARGIN / 2, height - MARGIN / 2)
    positions = {name: clamp_to_box(projection(*each), frame) for name, each in degrees.items()}
    return Layout(push_apart(positions, frame), height, projection, frozenset(n for n in far if far[n] > reach))


def layout_by_steps(legs: Iterable[tuple[str, str]]) -> Layout:
    """Returns a layout in columns: each stop right of the stops from which a leg leads to it.

    Within a column, stops are ordered by the mean row of their predecessors.
    """
    distinct_legs = list(dict.fromkeys(legs))
    names = list(
        dict.fromkeys(name for pair in distinct_legs for name in pair)
    )  # some legs start and end at the same stop
    pairs = [(start, end) for start, end in distinct_legs if start != end]
    column = dict.fromkeys(names, 0)
    forward: list[tuple[str, str]] = []
    for start, end in pairs:
        if not _is_reachable(forward, end, start):  # legs that would close a cycle are ignored
            forward.append((start, end))
    for _ in names:  # the longest chain has at most this many stops
        for start, end in forward:
            column[end] = max(column[end], column[start] + 1)
    last = max(column.values(), default=0)
    rows: dict[str, float] = {}
    most_rows = 1
    for k in range(last + 1):
        stops = [name for name in names if column[name] == k]
        before = {name: [rows[start] for start, end in pairs if end == name and start in rows] for name in stops}
        stops.sort(key=lambda name: (sum(before[name]) / len(before[name]) if before[name] else 0.5, names.index(name)))
        rows |= {name: (i + 0.5) / len(stops) for i, name in enumerate(stops)}
        most_rows = max(most_rows, len(stops))
    height = min(_MAX_HEIGHT, max(_MIN_HEIGHT, 14.0 * most_rows))
    across = (WIDTH - 4 * MARGIN) / max(last, 1)
    positions = {name: (2 * MARGIN + column[name] * across, rows[name] * height) for name in names}
    return Layout(positions, height)


def clamp_to_box(point: Point, box: Box) -> Point:
    """Returns the point of the box that is nearest to `point`."""
    return (min(max(point[0], box[0]), box[2]), min(max(point[1], box[1]), box[3]))


def push_apart(positions: Mapping[str, Point], frame: Box, rounds: int = 200) -> dict[str, Point]:
    """Returns the positions with stops closer than MIN_DISTANCE moved apart, all within the frame."""
    moved_positions, names = dict(positions), sorted(positions)
    for _ in range(rounds):
        moved = False
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                (x, y), (u, v) = moved_positions[one], moved_positions[other]
                gap = hypot(u - x, v - y)
                if gap < MIN_DISTANCE - 0.01:
                    direction = ((u - x) / gap, (v - y) / gap) if gap > 1e-6 else (1.0, 0.0)
                    push = (MIN_DISTANCE - gap) / 2
                    moved_positions[one] = clamp_to_box((x - push * direction[0], y - push * direction[1]), frame)
                    moved_positions[other] = clamp_to_box((u + push * direction[0], v + push * direction[1]), frame)
                    moved = True
        if not moved:
            break
    return {name: (round(x, 2), round(y, 2)) for name, (x, y) in moved_positions.items()}


def curve_control_point(start: Point, end: Point) -> Point:
    """Returns the control point of a curve that bends left of its middle, so that opposite legs do not coincide."""
    (x, y), (u, v) = start, end
    return (round((x + u) / 2 + 0.12 * (v - y), 2), round((y + v) / 2 - 0.12 * (u - x), 2))


class Label(NamedTuple):
    """A label: `anchor` says whether x is the start, the end or the middle of its text; y is its first line."""

    x: float
    y: float
    anchor: str


def place_labels(
    layout: Layout, texts: Mapping[str, Sequence[str]], size: float, clear: float = 2.2
) -> dict[str, Label]:
    """Returns a position for the text lines of each stop, with the least overlap with labels, stops and the edge.

    size : height of a letter; clear : distance from the stop; both in units of the drawing.
    """
    names = sorted(layout.positions, key=lambda name: (_nearest_distance(layout.positions, name), name))
    taken: list[Box] = [(x - clear, y - clear, x + clear, y + clear) for x, y in layout.positions.values()]
    labels = {}
    for name in names:
        lines = texts[name]
        wide, high = 0.56 * size * max(map(len, lines)), 1.2 * size * len(lines)
        best = min(
            _label_candidates(layout.positions[name], wide, high, clear),
            key=lambda each: _overlap_penalty(each[1], taken, layout.height),
        )
        anchor, box = best
        taken.append(box)
        x = {"start": box[0], "end": box[2], "middle": (box[0] + box[2]) / 2}[anchor]
        labels[name] = Label(round(x, 2), round(box[1] + 0.9 * size, 2), anchor)
    return labels


def _label_candidates(position: Point, wide: float, high: float, clear: float) -> list[tuple[str, Box]]:
    """Returns (anchor, box) of the possible positions around a stop, the preferred one first."""
    x, y = position
    right, left, middle = x + clear, x - clear - wide, x - wide / 2
    half, above, below = y - high / 2, y - clear - high, y + clear
    offset = 0.7 * clear
    corners = [
        ("start", right, half), ("end", left, half), ("middle", middle, below), ("middle", middle, above),
        ("start", x + offset, above), ("end", x - offset - wide, above), ("start", x + offset, below),
        ("end", x - offset - wide, below),
    ]  # fmt: skip
    return [(anchor, (u, v, u + wide, v + high)) for anchor, u, v in corners]


def _overlap_penalty(box: Box, taken: Iterable[Box], height: float) -> float:
    """Returns the area that a box would hide, plus ten times its area beyond the edge."""
    hides = sum(_overlap_area(box, other) for other in taken)
    return hides + 10 * (_area(box) - _overlap_area(box, (0.5, 0.5, WIDTH - 0.5, height - 0.5)))


def _overlap_area(one: Box, other: Box) -> float:
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _nearest_distance(positions: Mapping[str, Point], name: str) -> float:
    x, y = positions[name]
    return min((hypot(u - x, v - y) for other, (u, v) in positions.items() if other != name), default=0.0)


def _is_reachable(pairs: Sequence[tuple[str, str]], start: str, end: str) -> bool:
    """Whether legs lead from `start` to `end`."""
    seen, frontier = {start}, [start]
    while frontier:
        frontier = [b for name in frontier for a, b in pairs if a == name and b not in seen]
        seen.update(frontier)
    return end in seen


def disc_radius(amount: float, most: float, largest: float) -> float:
    """Returns the radius of a disc whose area is proportional to `amount`.

    The disc of `most` has the radius `largest`.
    """
    return largest * sqrt(amount / most) if most > 0 else 0.0
