"""Invented study folders in the format that a run writes, to test the analysis with. No model stands behind them.

The numbers look like an operation: a week with low Fridays and Saturdays that hardly move, a queue at each crossing
that carries over, and the same luck for all runs with one seed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

INBOUND = ("requested", "dispatched", "at_crossing", "entered", "offloaded")
MILESTONES = (*INBOUND, "collected", "arrived")
WEEK = np.array([1.0, 1.05, 1.0, 0.95, 0.35, 0.03, 0.9])  # Monday to Sunday
LANES = {"kerem_shalom": 90, "zikim": 35, "egypt_rafah": 60}  # trucks a day that a crossing passes


@dataclass(frozen=True)
class World:
    """One run. `lanes` are the crossings that are open and what each passes in a day [trucks]."""

    name: str
    title: str
    lanes: tuple[tuple[str, float], ...] = (("kerem_shalom", 90.0), ("zikim", 35.0))
    seed: int = 7
    start: date = date(2024, 5, 13)
    days: int = 21
    warm_up: int = 0
    replications: int = 6
    model: int = 1
    regime: str = "Summer 2024"
    calibrated: bool = False
    lacks: tuple[str, ...] = ()  # milestones that no corridor of it has
    status: str = "done"
    watched: bool = False  # it tells of its spots, and kept replication 0 to be watched


CLOSED = World("rafah_closed", "Rafah closed")
OPEN = World("rafah_open", "Rafah open", (*CLOSED.lanes, ("egypt_rafah", 60.0)))
EXTRA = World("extra_corridors", "Extra corridors", (*OPEN.lanes, ("jordan", 25.0)))


def write_study(folder: Path, worlds: Sequence[World], *, listed: Sequence[str] = ()) -> Path:
    """The folder of a study with these runs; `listed` are further runs that study.json names and that never ran."""
    folder.mkdir(parents=True, exist_ok=True)
    runs = [*(world.name for world in worlds), *listed]
    (folder / "study.json").write_text(
        json.dumps({"study": folder.name, "runs": runs, "command": [f"experiment={folder.name}"]})
    )
    for world in worlds:
        _write_run(folder / world.name, world)
    return folder


def many(n: int, **changes: Any) -> list[World]:
    """`n` runs, each with a little more capacity than the one before."""
    grown = [tuple((key, lanes * (1 + 0.04 * k)) for key, lanes in OPEN.lanes) for k in range(n)]
    return [
        replace(OPEN, name=f"run_{k:02d}", title=f"Lanes open {k} h longer", lanes=grown[k], **changes)
        for k in range(n)
    ]


def _write_run(folder: Path, world: World) -> None:
    folder.mkdir()
    daily: list[tuple[Any, ...]] = []
    places: list[tuple[Any, ...]] = []
    transit: list[tuple[Any, ...]] = []
    measures: list[tuple[Any, ...]] = []
    for replication in range(world.replications):
        rows = [_crossing(world, replication, *lane) for lane in world.lanes]
        daily += [row for crossing in rows for row in crossing[0]]
        places += [row for crossing in rows for row in crossing[1]]
        transit += [row for crossing in rows for row in crossing[2]]
        measures += _measures(world, replication, *([row for c in rows for row in c[k]] for k in range(2)))
    _parquet(folder / "daily.parquet", daily, "replication INT, date DATE, corridor VARCHAR, sector VARCHAR, "
             "cargo VARCHAR, milestone VARCHAR, trucks INT, pallets INT, kg BIGINT")  # fmt: skip
    places_and_amounts = [(*row, 0, 0) for row in places]
    _parquet(folder / "places.parquet", places_and_amounts, "replication INT, date DATE, place VARCHAR, joined INT, "
             "finished INT, backlog_end INT, backlog_mean DOUBLE, busy_s BIGINT, blocked_s BIGINT, open_s BIGINT, "
             "used BIGINT, capacity BIGINT")  # fmt: skip
    _parquet(folder / "transit.parquet", transit, "replication INT, corridor VARCHAR, sector VARCHAR, "
             "outcome VARCHAR, hours INT, loads INT")  # fmt: skip
    _parquet(folder / "replications.parquet", measures, "replication INT, measure VARCHAR, unit VARCHAR, value DOUBLE")
    if world.watched:
        _watched(folder, world)
    (folder / "manifest.json").write_text(json.dumps(_manifest(world), indent=1))


def _crossing(world: World, replication: int, key: str, lanes: float) -> tuple[list[Any], list[Any], list[Any]]:
    """Rows of daily, places and transit of one crossing: a queue in front of it and a platform behind it."""
    luck = np.random.default_rng([world.seed, replication, *key.encode()])
    came = luck.poisson(LANES.get(key, 30) * 1.15 * WEEK[[(world.start.weekday() + d) % 7 for d in range(world.days)]])
    weather = luck.uniform(0.8, 1.1, world.days)
    daily: list[Any] = []
    places: list[Any] = []
    transit: list[Any] = []
    queue = platform = 0
    for day in range(world.days):
        on = world.start + timedelta(days=day)
        room = int(lanes * WEEK[on.weekday()] * weather[day])
        queue += int(came[day])
        entered = min(queue, room)
        queue -= entered
        platform += entered
        collected = int(platform * luck.uniform(0.55, 0.9)) if WEEK[on.weekday()] > 0.1 else 0
        platform -= collected
        arrived = int(collected * luck.uniform(0.9, 1.0))
        count = dict(
            zip(MILESTONES, (came[day], came[day], came[day], entered, entered, collected, arrived), strict=True)
        )
        for milestone, loads in count.items():
            if loads and milestone not in world.lacks:
                vehicles = loads if milestone in INBOUND else -(-int(loads) * 22 // 17)
                daily.append(
                    (replication, on, key, "un", "food", milestone, int(vehicles), int(loads) * 22, int(loads) * 18_700)
                )
        second = 15 * 3600 * 4
        busy = int(second * entered / max(room, 1)) if room else 0
        places += [
            (
                replication,
                on,
                f"sites.{key}",
                int(came[day]),
                entered,
                queue,
                queue * 0.9,
                busy,
                0,
                second if room else 0,
            ),
            (
                replication,
                on,
                f"platforms.{key}",
                entered * 22,
                collected * 22,
                platform * 22,
                platform * 20.0,
                0,
                0,
                0,
            ),
            (replication, on, f"fleets.{key}", collected, collected, 0, 0.0, second // 3, 0, second),
            (replication, on, f"roads.{key}", collected, collected, 3, 3.0, 0, 0, 0),
        ]
    hours, loads = np.unique(
        (luck.lognormal(3.9, 0.7, came.sum() - queue) * 120 / lanes).astype(int), return_counts=True
    )
    transit += [(replication, key, "un", "arrived", int(h), int(n)) for h, n in zip(hours, loads, strict=True)]
    transit.append((replication, key, "un", "inside", 40, queue))
    return daily, places, transit


def _measures(world: World, replication: int, daily: list[Any], places: list[Any]) -> list[Any]:
    first, days = world.start + timedelta(days=world.warm_up), world.days - world.warm_up
    rows: list[Any] = []
    for milestone in MILESTONES:
        kept = [row for row in daily if row[5] == milestone and row[1] >= first]
        for unit, column, scale in (("trucks", 6, 1), ("pallets", 7, 1), ("tonnes", 8, 1000)):
            value = None if milestone in world.lacks else sum(row[column] for row in kept) / scale / days
            rows.append((replication, f"{milestone}_{unit}_per_day", f"{unit}/day", value))
    rows.append((replication, "transit_h_p50", "h", 60.0 * 120 / world.lanes[0][1] + replication % 5))
    for place in sorted({row[2] for row in places}):
        busy, opened = (sum(row[k] for row in places if row[2] == place) for k in (7, 9))
        rows.append((replication, f"utilisation:{place}", "share", busy / opened if opened else None))
    return rows


def _watched(folder: Path, world: World) -> None:
    """Four loads a crossing that drive in and on, three days apart, and what stands at its site and platform."""
    drives: list[tuple[Any, ...]] = []
    standing: list[tuple[Any, ...]] = []
    for k, (key, _) in enumerate(world.lanes):
        for load in range(4):
            at = (load * 3 * 24 + 10 + k) * 3600
            told = (0, 100 * k + load, f"flow_{key}", key, ("un", "commercial")[load % 2])
            drives += [
                (*told, 0, f"roads.to_{key}", at, at + 3600, 3),
                (*told, 1, f"roads.{key}", at + 86_400, at + 93_600, 3),
            ]
        standing += [(0, f"sites.{key}", 2, 30, 0), (0, f"sites.{key}", 5, 12, 0), (0, f"platforms.{key}", 6, 400, 0)]
    standing.append((0, "warehouses.south", 36, 1, 800))
    _parquet(folder / "drives.parquet", drives, "replication INT, load INT, flow VARCHAR, corridor VARCHAR, sector "
             "VARCHAR, drive INT, road VARCHAR, from_s INT, to_s INT, one_in INT")  # fmt: skip
    _parquet(folder / "standing.parquet", standing, "replication INT, place VARCHAR, hour INT, there INT, arrived INT")


def _map(world: World) -> dict[str, Any]:
    """From one origin by each crossing to one warehouse."""

    def spot(title: str, *places: str) -> dict[str, Any]:
        return {"title": title, "also": [], "north": None, "east": None, "places": [*places]}

    keys = [key for key, _ in world.lanes]
    at = {key: spot(key.replace("_", " ").title(), f"sites.{key}", f"platforms.{key}") for key in keys}
    ends = {"origins.al_arish": spot("Al-Arish", "origins.al_arish"),
            "warehouses.south": spot(f"South {world.title}", "warehouses.south")}  # fmt: skip
    return {
        "spots": ends | {f"sites.{key}": told for key, told in at.items()},
        "ways": {
            key: [
                {"from": "origins.al_arish", "to": f"sites.{key}", "drives": [[f"roads.to_{key}"]]},
                {"from": f"sites.{key}", "to": "warehouses.south", "drives": [[f"roads.{key}"]]},
            ]
            for key in keys
        },
    }


def _parquet(path: Path, rows: list[Any], columns: str) -> None:
    names = [column.split()[0] for column in columns.split(", ")]
    arrays = {name: np.array([row[k] for row in rows]) for k, name in enumerate(names)}
    arrays = {n: a.astype(float) if a.dtype == object and n == "value" else a for n, a in arrays.items()}
    arrays = {n: a.astype("datetime64[us]") if n == "date" else a for n, a in arrays.items()}
    wanted = [column.split() for column in columns.split(", ")]
    casts = ", ".join(f"{f'if(isnan({n}), null, {n})' if n == 'value' else n}::{t} as {n}" for n, t in wanted)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("rows_", arrays)
        connection.execute(
            f"copy (select {casts} from rows_) to '{path.as_posix()}' (format parquet, compression zstd)"
        )


def _manifest(world: World) -> dict[str, Any]:
    keys = [key for key, _ in world.lanes]
    name = {key: key.replace("_", " ").title() for key in keys}
    config = {
        "scenario": {
            "title": world.title,
            "description": f"What {world.name} stands for.",
            "calibrated": world.calibrated,
        },
        "regime": {"title": world.regime, "description": "", "calibrated": True},
        "run": {"days": world.days, "seed": world.seed, "replications": world.replications, "workers": 0},
        "sites": {
            key: {"title": name[key], "lanes": round(lanes), "time": {"mean": "12 min"}, "sources": {"lanes": key}}
            for key, lanes in world.lanes
        },
        "corridors": {key: {"from": "al_arish", "steps": [{"inspect": key}, {"offload": "south"}]} for key in keys},
    }
    milestones = [milestone for milestone in MILESTONES if milestone not in world.lacks]
    source = {"source": "COGAT, daily report, May 2024", "assumed": None, "why": ""}
    guess = {"source": None, "assumed": [8, 20], "why": "no source found"}
    return {
        "status": world.status, "run": world.name,
        "scenario": config["scenario"], "regime": config["regime"],
        "hash": "0" * 64, "seed": world.seed, "start": world.start.isoformat(), "days": world.days,
        "warm_up": world.warm_up, "replications": world.replications, "model": world.model,
        "study_type": "terminating", "overrides": f"scenario={world.name}".split(","), "config": config,
        "versions": {"aid-corridors": "0.1.0", "python": "3.11.7", "numpy": "2.0.0"}, "digests": {},
        "corridors": {key: {"words": f"Through {name[key]}", "milestones": milestones} for key in keys},
        "places": {f"{kind}.{key}": {"title": f"{name[key]}{suffix}", "unit": unit, "rho": 0.9}
                   for key in keys
                   for kind, suffix, unit in (("sites", "", "trucks"), ("platforms", " platform", "pallets"),
                                              ("fleets", " fleet", "vehicles"), ("roads", " road", "vehicles"))},
        "provenance": [
            {"setting": "sites.kerem_shalom.lanes", "value": 4, **source},
            *({"setting": f"sites.{key}.time", "value": "12 min", **guess} for key in keys),
        ],
        "summary": {},
        **({"map": _map(world)} if world.watched else {}),
    }  # fmt: skip
