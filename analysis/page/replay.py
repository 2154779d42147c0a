"""Packs replication 0 for the page's replay: the drives of a sample of loads, and what stands at each stop.

Days count from the run's start and belong to no calendar. Packed are whole numbers: minutes, parts of legs, changes
of counts at stops. This module draws nothing, and reports what it leaves out.
"""

import base64
import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import duckdb

from analysis.results.tables import RunResult, Study
from analysis.statistics import layout
from analysis.statistics.study_map import StudyMap

SECTORS = {"un": "UN", "bilateral": "bilateral", "ngo": "NGOs", "commercial": "commercial"}
MAX_RADIUS = 6.5  # of a disc or ring
REPLAY_TABLES = ("drives", "standing")
_MINUTE_S, _HOUR_MIN = 60, 60


class Drive(NamedTuple):
    """A drive along part `part` of the `parts` of a leg, by the leg's number; minutes since the run's start."""

    from_min: int
    to_min: int
    leg: int
    part: int
    parts: int
    sector: int


class StepSeries(NamedTuple):
    """A step function that is 0 at first, and takes each value from its hour on."""

    hours: list[int]
    values: list[int]


@dataclass(frozen=True)
class RunReplay:
    """The replay of one run.

    loads_per_drive : loads of a flow for which a drive stands. loads : loads of the sample that drove.
    standing : for each stop of the map: trucks and vehicles, pallets on platforms, pallets arrived.
    """

    run: RunResult
    loads_per_drive: int
    loads: int
    drives: list[Drive]
    standing: list[tuple[StepSeries, StepSeries, StepSeries]]


def read_replay(run: RunResult, atlas: StudyMap, thinned: int = 1) -> RunReplay | None:
    """Returns what a run kept of replication 0; None where it kept nothing.

    thinned : keep one in so many loads of each flow, and the counts of every so many hours.
    """
    if not has_replay(run):
        return None
    pairs = {pair: number for number, pair in enumerate(atlas.links)}
    sectors, parts_by_corridor = list(SECTORS), _leg_parts(atlas, run)
    rows = _read_rows(
        run, "select flow, load, corridor, drive, sector, from_s, to_s, one_in from {} order by all", "drives"
    )
    kept = _thin_loads(((row[0], row[1]) for row in rows), thinned)
    drives = [
        Drive(from_s // _MINUTE_S, -(-to_s // _MINUTE_S), pairs[leg.start, leg.end], part, leg.drives, sector_number)
        for flow, load, corridor, drive, sector, from_s, to_s, _ in rows
        if (flow, load) in kept
        for leg, part in [parts_by_corridor[corridor][drive]]
        for sector_number in [sectors.index(sector)]
    ]
    one_in = thinned * rows[0][-1] if rows else thinned
    return RunReplay(run, one_in, len(kept), sorted(drives), list(_standing_series(run, atlas, thinned)))


def has_replay(run: RunResult) -> bool:
    """Whether the run kept what the replay needs; runs of earlier versions did not."""
    return all((run.folder / f"{table}.parquet").is_file() for table in REPLAY_TABLES)


def pack_replay(study: Study, atlas: StudyMap, room: int) -> dict[str, Any] | None:
    """Returns the input of the page's script; None where a run kept nothing.

    It has at most `room` characters: if need be all runs are thinned alike; None where that is not enough.
    """
    runs = [run for run in study.runs if run.name in atlas.legs]
    for thinned in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32):
        replays = [read_replay(run, atlas, thinned) for run in runs]
        if None in replays:
            return None
        packed = _packed_runs(atlas, [each for each in replays if each])
        if sum(len(run["drives"]) + len(run["standing"]) for run in packed["runs"]) <= room:
            return packed | {"thinned": thinned > 1}
    return None


def _packed_runs(atlas: StudyMap, replays: list[RunReplay]) -> dict[str, Any]:
    map_layout = atlas.layout
    curves = [
        (
            map_layout.positions[a],
            layout.curve_control_point(map_layout.positions[a], map_layout.positions[b]),
            map_layout.positions[b],
        )
        for a, b in atlas.links
    ]
    parts = max((drive.parts for each in replays for drive in each.drives), default=1)
    maxima = [
        max((value for each in replays for stop in each.standing for value in stop[kind].values), default=0)
        for kind in (0, 1)
    ]
    return {
        "ways": [[each for point in curve for each in point] for curve in curves],
        "parts": parts,
        "sectors": len(SECTORS),
        "largest": MAX_RADIUS,
        "most": maxima,
        "runs": [
            {
                "days": each.run.days,
                "oneIn": each.loads_per_drive,
                "loads": each.loads,
                "ways": [atlas.links.index(pair) for pair in atlas.links_of_run(each.run)],
                "spots": [k for k, name in enumerate(atlas.stops) if name in atlas.stops_of_run(each.run)],
                "drives": encode_numbers(_drive_numbers(each.drives, parts)),
                "standing": encode_numbers(_standing_numbers(each.standing)),
            }
            for each in replays
        ],
    }


def encode_numbers(numbers: Iterable[int]) -> str:
    """Returns non-negative whole numbers as base 64, seven bits a byte with the lowest first (LEB128)."""
    encoded = bytearray()
    for number in numbers:
        while number > 127:
            encoded.append(number & 127 | 128)
            number >>= 7
        encoded.append(number)
    return base64.b64encode(bytes(encoded)).decode()


def _drive_numbers(drives: Sequence[Drive], parts: int) -> Iterator[int]:
    """Yields for each drive its leg, parts and sector as one number, minutes since the last start, and duration."""
    before = 0
    for drive in drives:
        yield ((drive.leg * parts + drive.part) * parts + drive.parts - 1) * len(SECTORS) + drive.sector
        yield drive.from_min - before
        yield drive.to_min - drive.from_min
        before = drive.from_min


def _standing_numbers(standing: Sequence[tuple[StepSeries, ...]]) -> Iterator[int]:
    """Yields for each series its number of changes; for each change the hours since the last and 2n or -2n - 1."""
    for series in (each for stop in standing for each in stop):
        yield len(series.hours)
        hour = value = 0
        for new_hour, new_value in zip(*series, strict=True):
            yield new_hour - hour
            yield 2 * (new_value - value) if new_value >= value else 2 * (value - new_value) - 1
            hour, value = new_hour, new_value


def _thin_loads(loads: Iterable[tuple[str, int]], step: int) -> set[tuple[str, int]]:
    """Returns every `step`-th load of each flow, from the first on."""
    by_flow: dict[str, list[int]] = {}
    for flow, load in dict.fromkeys(loads):
        by_flow.setdefault(flow, []).append(load)
    return {(flow, load) for flow, flow_loads in by_flow.items() for load in flow_loads[::step]}


def _leg_parts(atlas: StudyMap, run: RunResult) -> dict[str, list[Any]]:
    """Returns for each corridor its drives in order: the leg of each, and which part of it."""
    legs = atlas.legs[run.name]
    return {
        corridor: [(leg, part) for leg in corridor_legs for part in range(leg.drives)]
        for corridor, corridor_legs in legs.items()
    }


def _standing_series(
    run: RunResult, atlas: StudyMap, hours: int
) -> Iterator[tuple[StepSeries, StepSeries, StepSeries]]:
    """Yields for each stop the sums over its places every `hours` hours; a site's bays stand at its stop."""
    by_place: dict[str, list[tuple[str, int, int, int]]] = {}
    for place, hour, count, arrived in _read_rows(
        run, "select place, hour, there, arrived from {} order by all", "standing"
    ):
        by_place.setdefault(".".join(place.split(".")[:2]), []).append((place, hour, count, arrived))
    for stop in atlas.stops.values():
        rows = [row for place in stop.places for row in by_place.get(place, ())]
        pallets = [row for row in rows if row[0].startswith("platforms.")]
        others = [row for row in rows if not row[0].startswith("platforms.")]
        yield (
            _sum_series(((place, hour, count) for place, hour, count, _ in others), hours),
            _sum_series(((place, hour, count) for place, hour, count, _ in pallets), hours),
            _sum_series(((place, hour, arrived) for place, hour, _, arrived in others), hours),
        )


def _sum_series(rows: Iterable[tuple[str, int, int]], hours: int) -> StepSeries:
    """Returns the sum of several step functions every `hours` hours; rows (name, hour, value) are sorted."""
    latest: dict[str, int] = {}
    series = StepSeries([], [])
    by_hour: dict[int, dict[str, int]] = {}
    for name, hour, value in rows:
        by_hour.setdefault(-(-hour // hours) * hours, {})[name] = value
    for hour in sorted(by_hour):
        latest |= by_hour[hour]
        if (total := sum(latest.values())) != (series.values[-1] if series.values else 0):
            series.hours.append(hour)
            series.values.append(total)
    return series


def _read_rows(run: RunResult, select: str, table: str) -> list[Any]:
    path = glob.escape((run.folder / f"{table}.parquet").as_posix())
    with duckdb.connect() as connection:
        return connection.execute(select.replace("{}", "read_parquet(?)"), [path]).fetchall()
