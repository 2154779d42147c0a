"""Where the spots of a map are drawn: by their coordinates, or by the steps of corridors alone. Plain geometry.

A drawing is WIDE units wide, y runs down. It is a scheme and no survey: spots that lie close are moved apart, and those
far from the rest stand at the edge.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import cos, hypot, radians, sqrt
from statistics import median
from typing import NamedTuple

WIDTH = 100.0
MARGIN = 11.0  # kept free for labels
MIN_DISTANCE = 9.0  # the least distance of two spots
MAX_RELATIVE_DISTANCE = 2.5  # times the median distance from the middle: what lies further away stands at the edge
_MIN_HEIGHT, _MAX_HEIGHT = 46.0, 110.0

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


class Projection(NamedTuple):
    """From degrees to the drawing: the middle, what a degree to the north is, and how much less one to the east."""

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
    """Where each spot is drawn; `projection` is None where that is by steps, `beyond` what stands at the edge."""

    positions: dict[str, Point]
    height: float
    projection: Projection | None = None
    off_map: frozenset[str] = frozenset()


def layout_by_coordinates(degrees: Mapping[str, tuple[float, float]]) -> Layout:
    """Spots with (north, east). The frame holds what lies within REACH; the rest stands at its edge."""
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
    at = {name: clamp_to_box(projection(*each), frame) for name, each in degrees.items()}
    return Layout(push_apart(at, frame), height, projection, frozenset(n for n in far if far[n] > reach))


def layout_by_steps(ways: Iterable[tuple[str, str]]) -> Layout:
    """Spots in columns, each behind all from which a way leads to it; within a column beside those before them."""
    every = list(dict.fromkeys(ways))
    names = list(dict.fromkeys(name for pair in every for name in pair))  # one may lead to itself alone
    pairs = [(start, end) for start, end in every if start != end]
    column = dict.fromkeys(names, 0)
    onward: list[tuple[str, str]] = []
    for start, end in pairs:
        if not _is_reachable(onward, end, start):  # a way back moves nothing
            onward.append((start, end))
    for _ in names:  # as many rounds as the longest chain could be
        for start, end in onward:
            column[end] = max(column[end], column[start] + 1)
    last = max(column.values(), default=0)
    rows: dict[str, float] = {}
    most = 1
    for k in range(last + 1):
        own = [name for name in names if column[name] == k]
        before = {name: [rows[start] for start, end in pairs if end == name and start in rows] for name in own}
        own.sort(key=lambda name: (sum(before[name]) / len(before[name]) if before[name] else 0.5, names.index(name)))
        rows |= {name: (i + 0.5) / len(own) for i, name in enumerate(own)}
        most = max(most, len(own))
    height = min(_MAX_HEIGHT, max(_MIN_HEIGHT, 14.0 * most))
    across = (WIDTH - 4 * MARGIN) / max(last, 1)
    at = {name: (2 * MARGIN + column[name] * across, rows[name] * height) for name in names}
    return Layout(at, height)


def clamp_to_box(point: Point, box: Box) -> Point:
    """The nearest point of a box."""
    return (min(max(point[0], box[0]), box[2]), min(max(point[1], box[1]), box[3]))


def push_apart(at: Mapping[str, Point], frame: Box, rounds: int = 200) -> dict[str, Point]:
    """The same spots, those closer than APART pushed away from each other, and all within the frame."""
    found, names = dict(at), sorted(at)
    for _ in range(rounds):
        moved = False
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                (x, y), (u, v) = found[one], found[other]
                gap = hypot(u - x, v - y)
                if gap < MIN_DISTANCE - 0.01:
                    away = ((u - x) / gap, (v - y) / gap) if gap > 1e-6 else (1.0, 0.0)
                    push = (MIN_DISTANCE - gap) / 2
                    found[one] = clamp_to_box((x - push * away[0], y - push * away[1]), frame)
                    found[other] = clamp_to_box((u + push * away[0], v + push * away[1]), frame)
                    moved = True
        if not moved:
            break
    return {name: (round(x, 2), round(y, 2)) for name, (x, y) in found.items()}


def curve_control_point(start: Point, end: Point) -> Point:
    """Between the two, a little to the left of the way: the control point of its curve, so that none hides another."""
    (x, y), (u, v) = start, end
    return (round((x + u) / 2 + 0.12 * (v - y), 2), round((y + v) / 2 - 0.12 * (u - x), 2))


class Label(NamedTuple):
    """Where a spot's name begins (anchor start), ends or has its middle, and its first line."""

    x: float
    y: float
    anchor: str


def place_labels(
    layout: Layout, texts: Mapping[str, Sequence[str]], size: float, clear: float = 2.2
) -> dict[str, Label]:
    """A place beside each spot for its lines, `size` units high, where it hides least: other lines, spots, the edge."""
    names = sorted(layout.positions, key=lambda name: (_nearest_distance(layout.positions, name), name))
    taken: list[Box] = [(x - clear, y - clear, x + clear, y + clear) for x, y in layout.positions.values()]
    found = {}
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
        found[name] = Label(round(x, 2), round(box[1] + 0.9 * size, 2), anchor)
    return found


def _label_candidates(at: Point, wide: float, high: float, clear: float) -> list[tuple[str, Box]]:
    """Boxes around a spot, the most usual first."""
    x, y = at
    right, left, middle = x + clear, x - clear - wide, x - wide / 2
    half, above, below = y - high / 2, y - clear - high, y + clear
    slight = 0.7 * clear
    corners = [
        ("start", right, half), ("end", left, half), ("middle", middle, below), ("middle", middle, above),
        ("start", x + slight, above), ("end", x - slight - wide, above), ("start", x + slight, below),
        ("end", x - slight - wide, below),
    ]  # fmt: skip
    return [(anchor, (u, v, u + wide, v + high)) for anchor, u, v in corners]


def _overlap_penalty(box: Box, taken: Iterable[Box], height: float) -> float:
    """How much of what is drawn a box would hide, and ten times what of it stands over the edge."""
    hides = sum(_overlap_area(box, other) for other in taken)
    return hides + 10 * (_area(box) - _overlap_area(box, (0.5, 0.5, WIDTH - 0.5, height - 0.5)))


def _overlap_area(one: Box, other: Box) -> float:
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _nearest_distance(at: Mapping[str, Point], name: str) -> float:
    x, y = at[name]
    return min((hypot(u - x, v - y) for other, (u, v) in at.items() if other != name), default=0.0)


def _is_reachable(pairs: Sequence[tuple[str, str]], start: str, end: str) -> bool:
    """Whether ways lead from the one to the other."""
    seen, now = {start}, [start]
    while now:
        now = [b for name in now for a, b in pairs if a == name and b not in seen]
        seen.update(now)
    return end in seen


def disc_radius(amount: float, most: float, largest: float) -> float:
    """Of a disc whose area is the amount, where the most of all has the largest."""
    return largest * sqrt(amount / most) if most > 0 else 0.0
