"""The map of a study: spots and ways of all its runs as one, where each is drawn, and how much came by each way.

What a run's corridors look like its manifest says (`map`); a run of an earlier version has none, and then there is no
map. Names and outlines are those of the files; none is blended with another's.
"""

import glob
import json
from dataclasses import dataclass
from functools import cached_property
from math import hypot
from typing import Any, NamedTuple

import duckdb

from analysis.files import DATA
from analysis.results.tables import RunResult, Study
from analysis.statistics import layout
from analysis.statistics.layout import Layout, Point

OUTLINES_FOLDER = DATA / "outlines"
MAX_RUNS = 6  # that are drawn
_MIN_POINT_DISTANCE = 0.6  # of the drawing: what is finer nobody sees


class Stop(NamedTuple):
    """Where one or several places are between which nobody drives; null coordinates where none is known."""

    name: str
    title: str
    other_names: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    places: tuple[str, ...]


class Leg(NamedTuple):
    """From a spot to a spot, in so many drives."""

    start: str
    end: str
    drives: int


@dataclass(frozen=True)
class StudyMap:
    """Spots by name; the ways of each run's corridors in their order, by run and corridor."""

    stops: dict[str, Stop]
    legs: dict[str, dict[str, tuple[Leg, ...]]]

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """The two ends of every way of any run, once."""
        found = [way for corridors in self.legs.values() for ways in corridors.values() for way in ways]
        return list(dict.fromkeys((way.start, way.end) for way in found))

    @cached_property
    def layout(self) -> Layout:
        """By coordinates where all spots have them, else by steps."""
        degrees = {spot.name: (spot.latitude, spot.longitude) for spot in self.stops.values()}
        known = {name: (n, e) for name, (n, e) in degrees.items() if n is not None and e is not None}
        return layout.layout_by_coordinates(known) if len(known) == len(degrees) else layout.layout_by_steps(self.links)

    @cached_property
    def outline_rings(self) -> list[list[Point]]:
        """Rings of the outlines that lie in the frame, as drawn; none where the layout is by steps."""
        project, height = self.layout.projection, self.layout.height
        if project is None:
            return []
        rings = [[project(n, e) for e, n in ring] for ring in _read_outline_rings()]
        return [
            _simplify_ring([(round(x, 1), round(y, 1)) for x, y in ring])
            for ring in rings
            if min(x for x, _ in ring) < layout.WIDTH and max(x for x, _ in ring) > 0
            and min(y for _, y in ring) < height and max(y for _, y in ring) > 0
        ]  # fmt: skip

    def links_of_run(self, run: RunResult) -> list[tuple[str, str]]:
        """The two ends of each way that a run has."""
        return list(dict.fromkeys((way.start, way.end) for ways in self.legs[run.name].values() for way in ways))

    def stops_of_run(self, run: RunResult) -> set[str]:
        return {name for pair in self.links_of_run(run) for name in pair}


def build_study_map(study: Study) -> StudyMap | None:
    """The map of the runs that are drawn; None where one of them says nothing of its spots, or nobody drives."""
    runs = study.runs[:MAX_RUNS]
    if not all(run.map_data for run in runs):
        return None
    spot_of: dict[str, str] = {}
    told: dict[str, dict[str, Any]] = {}
    for run in runs:
        for name, spot in run.map_data["spots"].items():
            known = list(dict.fromkeys(spot_of[place] for place in spot["places"] if place in spot_of))
            one = known[0] if known else name
            for place, other in spot_of.items():
                if other in known:
                    spot_of[place] = one
            spot_of |= dict.fromkeys(spot["places"], one)
            told.setdefault(one, spot)
    ways = {
        run.name: {
            corridor: tuple(_leg(way, run.map_data["spots"], spot_of) for way in ways)
            for corridor, ways in run.map_data["ways"].items()
        }
        for run in runs
    }
    used = {end for of in ways.values() for each in of.values() for way in each for end in way[:2]}
    spots = {name: _stop(name, told[name], spot_of) for name in told if name in used}
    return StudyMap(spots, ways) if spots else None


def tonnes_by_leg(atlas: StudyMap, run: RunResult, milestone: str) -> dict[tuple[str, str], float]:
    """What reached the milestone by each way, in tonnes a day of the run after its warm-up, mean over replications."""
    days = (run.days - run.warm_up) * len(run.arrays.replications)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select corridor, sum(kg)::DOUBLE / 1000 from read_parquet(?) "
            "where milestone = ? and date >= ?::DATE + ?::INT group by all order by all",
            [glob.escape((run.folder / "daily.parquet").as_posix()), milestone, run.start, run.warm_up],
        ).fetchall()
    found = dict.fromkeys(atlas.links_of_run(run), 0.0)
    for corridor, amount in rows:
        for way in dict.fromkeys(atlas.legs[run.name].get(corridor, ())):
            found[way.start, way.end] += amount / days
    return found


def _leg(way: dict[str, Any], spots: dict[str, Any], spot_of: dict[str, str]) -> Leg:
    start, end = (spot_of[spots[way[side]]["places"][0]] for side in ("from", "to"))
    return Leg(start, end, len(way["drives"]))


def _stop(name: str, told: dict[str, Any], spot_of: dict[str, str]) -> Stop:
    places = tuple(place for place, spot in spot_of.items() if spot == name)
    return Stop(name, str(told["title"]), tuple(told["also"]), told["north"], told["east"], places)


def _simplify_ring(ring: list[Point]) -> list[Point]:
    """A ring without the points that lie next to the one before."""
    kept = ring[:1]
    for x, y in ring[1:]:
        if hypot(x - kept[-1][0], y - kept[-1][1]) > _MIN_POINT_DISTANCE:
            kept.append((x, y))
    return kept


def _read_outline_rings() -> list[list[list[float]]]:
    """All rings of all outlines, as [east, north]."""
    files = sorted(OUTLINES_FOLDER.glob("*.json"))
    return [ring for path in files for ring in json.loads(path.read_text(encoding="utf-8"))["rings"]]
