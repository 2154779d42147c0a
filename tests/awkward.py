"""Random small worlds in which much happens on the same second: everything that a planner can set, in odd mixtures.

Durations and arrivals are whole minutes, so that ties abound. No world can come to gridlock: no two places feed each
other.
"""

from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.worlds import trace

MINUTES = (1, 2, 3, 5, 10)
CALENDARS = {
    "shifts": {"windows": {"early": {"hours": "05:00-11:00"}, "late": {"hours": "12:00-20:00"}}},
    "nights": {"windows": {"night": {"hours": "20:00-04:00"}, "noon": {"hours": "10:00-14:00"}}},
    "closed_a_day": {
        "windows": {"day": {"hours": "04:00-22:00"}},
        "closures": {"shut": {"from": "2024-05-14", "to": "2024-05-14"}},
    },
}
CREWS = {"crews": {"windows": {"all": {"level": 1}, "day": {"hours": "06:00-18:00", "level": "100 %"}}}}
SLOW_NIGHTS = {"slow": {"windows": {"all": {"level": "40 %"}, "day": {"hours": "06:00-19:00"}}}}


def awkward_world(seed: int, folder: Path) -> str:
    """A planner's file, and its traces in `folder`."""
    luck = Random(seed)
    for name in ("a", "b", "c"):
        moments = [luck.randrange(0, 1800, luck.choice((1, 30, 60))) for _ in range(luck.randrange(5, 40))]
        trace(folder, sorted(luck.choices(moments, k=60)), f"{seed}_{name}.csv")
    lorries = luck.randrange(2, 7)
    return yaml.safe_dump({
        "calendars": CALENDARS | CREWS | SLOW_NIGHTS,
        "cargos": {
            "food": {"pallets": luck.choice((4, 17, 20)), "weight": "18 t"},
            "mixed": {"pallets": {"law": "uniform", "low": 3, "high": 22}, "weight": {"law": "uniform", "low": "1 t",
                                                                                    "high": "22 t"}},
        },
        "sites": {
            "scan": {**_served(luck), **_manual(luck), **_rejected(luck, "begin")},
            "search": {**_served(luck), **_manual(luck), **_rejected(luck, None)},
        },
        "gates": {"rim": {"border": True, "calendar": _calendar(luck)}, "post": {"calendar": _calendar(luck)}},
        "bays": {"apron": _served(luck)},
        "platforms": {
            name: {"room": luck.choice((None, 22, 40)), "collect": luck.choice(("at_once", "next_day"))}
            for name in ("pad", "zone")
        },
        "yards": {
            "near": _yard(luck, lorries),
            "far": _yard(luck, lorries),
            "own": {k: v for k, v in _yard(luck, 5).items() if k != "patience" or luck.random() < 0.7},
        },
        "fleets": {"pool": {"vehicles": lorries, "pallets": luck.choice((7, 17, 30)), "home": _time(luck)}},
        "roads": {
            "in": {"time": _time(luck), "calendar": luck.choice(("always", "slow"))},
            "out": {"time": _time(luck), "calendar": luck.choice(("always", "slow", "shifts"))},
        },
        "warehouses": {
            "dock": {**_served(luck), "overflow": "block"},
            "store": _served(luck),
        },
        "corridors": {
            "first": _corridor(
                {"travel": "in", "as": "begin"}, {"inspect": "scan"}, {"pass_gate": "rim"},
                {"transfer": {"onto": "pad", "bays": "apron"}},
                {"convoy": {"yard": "near", "fleet": "pool"}},
                {"travel": "out"}, {"pass_gate": "post"}, {"offload": "dock"},
            ),
            "second": _corridor(
                {"inspect": "search", "as": "begin"}, {"inspect": "scan"},
                {"transfer": {"onto": luck.choice(("pad", "zone")), "bays": "apron"}},
                {"convoy": {"yard": luck.choice(("near", "far")), "fleet": "pool"}},
                {"travel": "out"}, {"offload": "dock"},
            ),
            "third": _corridor(
                {"travel": "in", "as": "begin"}, {"convoy": "own"}, {"travel": "out"}, {"pass_gate": "post"},
                {"inspect": "search"}, {"offload": "store"},
            ),
        },
        "flows": {
            "a": {"sector": "un", "cargo": "food", "trace": f"{seed}_a.csv", "rank": luck.choice((0, 1)),
                  "corridors": {"first": 0.5, "second": 0.5}},
            "b": {"sector": "ngo", "cargo": "mixed", "trace": f"{seed}_b.csv",
                  "corridors": {"second": 0.5, "third": 0.5}},
            "c": {"sector": "commercial", "cargo": "mixed", "trace": f"{seed}_c.csv", "rank": luck.choice((1, 2)),
                  "corridors": {"first": 0.3, "second": 0.3, "third": 0.4}},
        },
        "opening_stock": {
            "on_pad": {"flow": "c", "corridor": "first", "at": "platforms.pad", "loads": luck.randrange(3)},
            "at_scan": {"flow": "a", "corridor": "second", "at": "sites.scan", "loads": luck.randrange(6)},
            "at_yard": {"flow": "c", "corridor": "third", "at": "yards.own", "loads": luck.randrange(6)},
        },
        "run": {"days": 3, "seed": seed},
    })  # fmt: skip


def _corridor(*steps: dict[str, Any]) -> dict[str, Any]:
    """A corridor; a convoy that names no platform collects what the step before it put down."""
    for before, step in pairwise(steps):
        if isinstance(step.get("convoy"), dict):
            step["convoy"]["from"] = before["transfer"]["onto"]
    return {"from": "away", "to": "here", "steps": list(steps)}


def _time(luck: Random) -> Any:
    if luck.random() < 0.5:
        return f"{luck.choice(MINUTES)} min"
    return {"law": "empirical", "values": [f"{minutes} min" for minutes in luck.choices(MINUTES, k=4)]}


def _calendar(luck: Random) -> str:
    return luck.choice(("always", *CALENDARS))


def _served(luck: Random) -> dict[str, Any]:
    rule = luck.choice(("finish", "freeze", "nostart"))
    return {
        "lanes": luck.randrange(1, 4),
        "time": _time(luck),
        "calendar": _calendar(luck) if rule == "freeze" or luck.random() < 0.7 else "crews",
        "rule": rule,
        "room": luck.choice((None, None, 0, 1, 3)),
        "overflow": luck.choice(("block", "block", "turn_away")),
    }


def _manual(luck: Random) -> dict[str, Any]:
    return {"manual": {"share": "30 %", "bays": 1, "time": _time(luck)}} if luck.random() < 0.5 else {}


def _rejected(luck: Random, back_to: str | None) -> dict[str, Any]:
    if luck.random() < 0.3:
        return {}
    rejected: dict[str, Any] = {"share": "30 %", "attempts": luck.randrange(1, 4)}
    if luck.random() < 0.5:
        rejected["after"] = _time(luck)
    if back_to and luck.random() < 0.7:
        rejected["back_to"] = back_to
    return {"rejected": rejected}


def _yard(luck: Random, most: int) -> dict[str, Any]:
    least = luck.randrange(1, min(4, most) + 1)
    yard: dict[str, Any] = {"min": least, "max": least + luck.randrange(4), "calendar": _calendar(luck)}
    yard["patience"] = f"{luck.choice((10, 30, 120))} min"
    if luck.random() < 0.3:
        yard["timetable"] = {"first": f"{luck.choice((0, 60, 90))} min", "every": f"{luck.choice((15, 60))} min"}
    return yard
