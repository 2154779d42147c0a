"""The map of a study: the stops and legs of all its runs merged, where each stop is drawn, and the tonnes on each leg.

The manifest of a run describes its corridors (`map`). Runs of an earlier version have no such entry, and then there is
no map. Names and outlines are those of the files; no two sources are mixed.
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
MAX_RUNS = 6  # runs that the map shows
_MIN_POINT_DISTANCE = 0.6  # in units of the drawing; finer detail is not visible


class Stop(NamedTuple):
    """A stop of the map: one or several places without a drive between them. Coordinates are None where unknown."""

    name: str
    title: str
    other_names: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    places: tuple[str, ...]


class Leg(NamedTuple):
    """A leg of the map, from one stop to another, and the number of drives that it consists of."""

    start: str
    end: str
    drives: int


@dataclass(frozen=True)
class StudyMap:
    """The stops by name, and the legs of each run's corridors in order, by run and corridor."""

    stops: dict[str, Stop]
    legs: dict[str, dict[str, tuple[Leg, ...]]]

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """Returns each pair of stops that a leg of any run connects, without duplicates."""
        legs = [leg for corridors in self.legs.values() for part in corridors.values() for leg in part]
        return list(dict.fromkeys((leg.start, leg.end) for leg in legs))

    @cached_property
    def layout(self) -> Layout:
        """Returns the layout: by coordinates if all stops have them, else by steps."""
        degrees = {stop.name: (stop.latitude, stop.longitude) for stop in self.stops.values()}
        located = {name: (n, e) for name, (n, e) in degrees.items() if n is not None and e is not None}
        return (
            layout.layout_by_coordinates(located)
            if len(located) == len(degrees)
            else layout.layout_by_steps(self.links)
        )

    @cached_property
    def outline_rings(self) -> list[list[Point]]:
        """Returns the rings of the outlines that lie in the frame, in units of the drawing.

        Empty for a layout by steps.
        """
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
        """Returns each pair of stops that a leg of this run connects, without duplicates."""
        return list(dict.fromkeys((leg.start, leg.end) for legs in self.legs[run.name].values() for leg in legs))

    def stops_of_run(self, run: RunResult) -> set[str]:
        """Returns the names of the stops on the legs of this run."""
        return {name for pair in self.links_of_run(run) for name in pair}


def build_study_map(study: Study) -> StudyMap | None:
    """Returns the map of the first MAX_RUNS runs; None if one of them has no map data or no run has a leg."""
    runs = study.runs[:MAX_RUNS]
    if not all(run.map_data for run in runs):
        return None
    stop_of_place: dict[str, str] = {}
    records: dict[str, dict[str, Any]] = {}
    for run in runs:
        for name, record in run.map_data["spots"].items():
            merged = list(dict.fromkeys(stop_of_place[place] for place in record["places"] if place in stop_of_place))
            stop = merged[0] if merged else name
            for place, other_stop in stop_of_place.items():
                if other_stop in merged:
                    stop_of_place[place] = stop
            stop_of_place |= dict.fromkeys(record["places"], stop)
            records.setdefault(stop, record)
    legs = {
        run.name: {
            corridor: tuple(_leg(leg, run.map_data["spots"], stop_of_place) for leg in legs)
            for corridor, legs in run.map_data["ways"].items()
        }
        for run in runs
    }
    used = {
        end
        for legs_by_corridor in legs.values()
        for legs_of_run in legs_by_corridor.values()
        for leg in legs_of_run
        for end in leg[:2]
    }
    stops = {name: _stop(name, records[name], stop_of_place) for name in records if name in used}
    return StudyMap(stops, legs) if stops else None


def tonnes_by_leg(study_map: StudyMap, run: RunResult, milestone: str) -> dict[tuple[str, str], float]:
    """Returns the tonnes per day that reached `milestone` over each leg: after the warm-up, mean over replications."""
    days = (run.days - run.warm_up) * len(run.arrays.replications)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select corridor, sum(kg)::DOUBLE / 1000 from read_parquet(?) "
            "where milestone = ? and date >= ?::DATE + ?::INT group by all order by all",
            [glob.escape((run.folder / "daily.parquet").as_posix()), milestone, run.start, run.warm_up],
        ).fetchall()
    tonnes = dict.fromkeys(study_map.links_of_run(run), 0.0)
    for corridor, amount in rows:
        for leg in dict.fromkeys(study_map.legs[run.name].get(corridor, ())):
            tonnes[leg.start, leg.end] += amount / days
    return tonnes


def _leg(record: dict[str, Any], stop_records: dict[str, Any], stop_of_place: dict[str, str]) -> Leg:
    start, end = (stop_of_place[stop_records[record[side]]["places"][0]] for side in ("from", "to"))
    return Leg(start, end, len(record["drives"]))


def _stop(name: str, record: dict[str, Any], stop_of_place: dict[str, str]) -> Stop:
    places = tuple(place for place, stop in stop_of_place.items() if stop == name)
    return Stop(name, str(record["title"]), tuple(record["also"]), record["north"], record["east"], places)


def _simplify_ring(ring: list[Point]) -> list[Point]:
    """Returns a ring without the points that lie close to the point before."""
    kept = ring[:1]
    for x, y in ring[1:]:
        if hypot(x - kept[-1][0], y - kept[-1][1]) > _MIN_POINT_DISTANCE:
            kept.append((x, y))
    return kept


def _read_outline_rings() -> list[list[list[float]]]:
    """Returns all rings of all outlines as lists of [east, north] in degrees."""
    files = sorted(OUTLINES_FOLDER.glob("*.json"))
    return [ring for path in files for ring in json.loads(path.read_text(encoding="utf-8"))["rings"]]
