"""Random small worlds in which much happens on the same second, or one second off: all that a planner can set, mixed.

`awkward_world` never comes to gridlock: who keeps its lane until the next place has room goes from one site only to a
later one of SITES. `knotted_world` may: its sites have little room and feed each other. No world is likely; each knob
is turned where engines go wrong: ties, edges of calendars, shortage, what is cut by the run's end.
"""

from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import yaml

from sim.network.building import build_network
from sim.network.checks import check_scenario
from sim.network.network import Network
from sim.scenario.parsing import read_scenario
from sim.units import DAY_S, time_of_day_s
from tests.worlds.awkward_distribution import Onward
from tests.worlds.awkward_people import Crossings
from tests.worlds.running import config_of

Settings = dict[str, Any]

PACES = (  # what a world's durations are made of [s]
    (1, 2, 3, 5),
    (60, 120, 180, 300, 600),
    (59, 60, 61, 119, 120, 121, 599, 600, 601),
    (1, 60, 600, 3599, 3600, 3601, 7200),
    (600, 3600, 14_400, 36_000, 86_399, 90_000),
)
HAVE_TASKS = 0.25  # of worlds
LAWS = (  # few, since each has a table
    {"law": "exponential", "mean": "90 s"},
    {"law": "exponential", "mean": "20 min"},
    {"law": "erlang", "mean": "10 min", "k": 3},
    {"law": "gamma", "mean": "15 min", "cv": 0.7},
    {"law": "weibull", "mean": "30 min", "shape": 0.8},
    {"law": "hyperexponential", "means": ["1 min", "2 h"], "shares": ["80 %", "20 %"]},
    {"law": "lognormal", "mean": "40 min", "cv": 0.5},
    {"law": "uniform", "low": "1 s", "high": "4 s"},
    {"law": "uniform", "low": "1 min", "high": "3 h"},
    {"law": "triangular", "low": "5 s", "mode": "1 min", "high": "10 min"},
)
EDGES = ("00:00", "00:01", "00:02", "00:05", "04:00", "06:00", "06:01", "11:00", "12:00", "20:00", "23:59")
CALENDARS: Settings = {
    "shifts": {"windows": {"early": {"hours": "05:00-11:00"}, "late": {"hours": "12:00-20:00"}}},
    "nights": {"windows": {"night": {"hours": "20:00-04:00"}, "noon": {"hours": "10:00-14:00"}}},
    "blinks": {"windows": {hours: {"hours": hours} for hours in ("00:01-00:02", "00:03-00:05", "06:00-06:01")}},
    "midnight": {"windows": {"late": {"hours": "23:59-00:01"}}},
    "some_days": {"windows": {"early": {"days": "mon, wed", "hours": "06:00-12:00"}, "late": {"from": "2024-05-15"}}},
    "closed_a_day": {
        "windows": {"day": {"hours": "04:00-22:00"}},
        "closures": {"shut": {"from": "2024-05-14", "to": "2024-05-14"}},
    },
    "closes_for_ever": {"closures": {"end": {"from": "2024-05-14"}}},
}
CREWS: Settings = {
    "crews": {"windows": {"all": {"level": 1}, "day": {"hours": "06:00-18:00", "level": "100 %"}}},
    "stairs": {
        "windows": {
            "early": {"hours": "00:00-06:01", "level": 1},
            "noon": {"hours": "06:00-12:00", "level": 3},
            "late": {"hours": "11:00-23:59", "level": 2},
        }
    },
    "half": {"windows": {"night": {"hours": "20:00-06:00", "level": "50 %"}, "noon": {"hours": "11:00-12:00"}}},
}
SPEEDS: Settings = {
    "slow": {"windows": {"all": {"level": "40 %"}, "day": {"hours": "06:00-19:00"}}},
    "by_day": {"windows": {"day": {"hours": "05:00-21:00", "level": "93 %"}}},
    "crawl": {"windows": {"all": {"level": "7 %"}, "some": {"hours": "00:01-12:00", "level": "33 %"}}},
}
LARGEST = 22
SECTORS = ("un", "ngo", "bilateral", "commercial")
CARGOS: Settings = {
    "single": {"pallets": 1, "weight": "1 kg"},
    "food": {"pallets": 4, "weight": "18 t", "height": {"law": "uniform", "low": "1.2 m", "high": "1.8 m"}},
    "flour": {"pallets": 20, "weight": {"law": "gamma", "mean": "20 t", "cv": 0.2}},
    "mixed": {
        "pallets": {"law": "uniform", "low": 1, "high": LARGEST},
        "weight": {"law": "uniform", "low": "1 t", "high": "22 t"},
    },
    "either": {
        "pallets": {"law": "empirical", "values": [1, 7, 17, LARGEST]},
        "weight": {"law": "lognormal", "mean": "9 t", "cv": 0.4},
    },
}
SITES, BAYS, PLATFORMS, ROADS = ("scan", "search", "weigh"), ("apron", "ramp"), ("pad", "zone"), ("in", "out", "loop")
BORDER, INNER_GATES = "rim", ("post", "barrier")
YARDS, OWN_YARD, FLEETS = ("near", "far"), "own", ("pool", "spare")
BLOCKING_DOCK, ANY_DOCK = "dock", "store"
SIDE_SITE, SIDE_DOCK = "gauge", "depot"
RELAYS = ("relay", "shuttle")  # bays; their trucks are called after them


def awkward_world(seed: int, folder: Path) -> str:
    """A planner's file, and its traces in `folder`."""
    return yaml.safe_dump(awkward_settings(seed, folder))


def knotted_world(seed: int, folder: Path) -> str:
    """The same of a world that may come to gridlock."""
    return yaml.safe_dump(awkward_settings(seed, folder, knotted=True))


def awkward_settings(seed: int, folder: Path, knotted: bool = False) -> Settings:
    """What a planner's file would hold."""
    return _Maker(seed, folder, knotted).world()


def network_of_settings(settings: Settings, folder: Path) -> Network:
    """Read, checked and built as a planner's file is, without its text."""
    base = _base()
    scenario = read_scenario({**base, **settings, "run": {**base["run"], **settings["run"]}})
    check_scenario(scenario, (folder,))
    return build_network(scenario, (folder,))


@cache
def _base() -> Settings:
    return config_of("")


class _Maker:
    """Turns the knobs of one world, each by luck of its seed."""

    def __init__(self, seed: int, folder: Path, knotted: bool):
        self.seed, self.folder, self.knotted = seed, folder, knotted
        self.luck = luck = Random(seed)
        self.pace = luck.choice(PACES)
        self.tiny = luck.random() < 0.2
        self.days = luck.choice((1, 2, 3, 4))
        self.fewest = luck.choice((1, 2, 3, 6))  # vehicles of a fleet
        self.calendars = {**CALENDARS, "mine": self._calendar_of_its_own(), "yours": self._calendar_of_its_own()}
        self.changed: set[str] = set()
        self.never = luck.choice((*SITES, *INNER_GATES, *BAYS, *YARDS, *ROADS)) if luck.random() < 0.05 else ""

    def world(self) -> Settings:
        luck = self.luck
        yards = {name: self._yard(self.fewest) for name in YARDS}
        fleets = {name: self._fleet() for name in FLEETS}
        least_room = LARGEST
        if any("patience" not in yard for yard in yards.values()):
            least_room += max(y["min"] for y in yards.values()) * max(f["pallets"] for f in fleets.values())
        settings: Settings = {
            "calendars": self.calendars | CREWS | SPEEDS,
            "cargos": CARGOS,
            "sites": {name: self._site(name) for name in SITES},
            "gates": {
                BORDER: {"border": True, "calendar": self._calendar()},
                **{name: {"calendar": self._calendar(name)} for name in INNER_GATES},
            },
            "bays": {name: self._served(name) for name in BAYS},
            "platforms": {name: self._platform(least_room) for name in PLATFORMS},
            "yards": {**yards, OWN_YARD: self._yard(5)},
            "fleets": fleets,
            "roads": {name: self._road(name) for name in ROADS},
            "warehouses": {
                BLOCKING_DOCK: {**self._served(BLOCKING_DOCK), "overflow": "block"},
                ANY_DOCK: self._served(ANY_DOCK),
            },
            "run": {"days": self.days, "seed": self.seed},
        }
        if luck.random() < 0.5:
            self._shuffle_numbers(settings)
        ways: list[list[Settings]] = []
        for _ in range(1 if self.tiny else 4):
            ways.append(self._steps(ways))
        settings["corridors"] = {f"way_{i}": self._corridor(steps, settings) for i, steps in enumerate(ways)}
        if self.knotted:
            settings["corridors"] |= self._knot(settings)
        self._crews(settings)
        names = list(settings["corridors"])
        self._relay(settings)
        settings["flows"] = {f"flow_{i}": self._flow(i, names) for i in range(1 if self.tiny else 4)}
        settings["ceilings"] = self._ceilings(settings)
        self._wall(settings)
        few = (0, 0, 0, 0, 1, 2)  # they hold many loads back: not in every world
        settings["shocks"] = {f"shock_{i}": self._shock(settings) for i in range(luck.choice(few))}
        settings["operating_levels"] = {f"level_{i}": self._level(settings) for i in range(luck.choice(few))}
        settings["start"] = {f"stock_{i}": self._stock(settings) for i in range(luck.randrange(4))}
        if luck.random() < 0.2:  # it holds many loads back: not in every world
            self._break(settings)
        if luck.random() < 0.2:
            for site in settings["sites"].values():
                self._reject_for_reasons(site)
        if luck.random() < 0.2:
            self._repack(luck.choice(list(settings["sites"].values())))
        if luck.random() < 0.4:
            self._side_way(settings)
        phases = [self._phase(settings) for _ in range(luck.choice((0, 0, 0, 1, 1, 2, 3)))]
        settings["phases"] = {f"phase_{i}": phase for i, phase in enumerate(phases) if phase["changes"]}
        Permits(self).add(settings)
        self._desks(settings)
        self._change_missions(settings)
        self._start(settings)
        self._lose(settings)
        self._crowd(settings)
        self._choose(settings)
        self._open(settings)
        self._need(settings)
        Crossings(self.seed, self.pace, [*self.calendars]).add(settings)
        self._fuel(settings)
        Onward(self.seed, self.pace, [*self.calendars], LARGEST).add(settings)
        return settings

    def _relay(self, settings: Settings) -> None:
        """In some worlds loads change trucks on their way, twice at the most; by luck of its own.

        Vehicles hold loads back: not in every world. Who would keep a lane until these bays have room drives there
        first, and they lie in one order: else vehicles could wait for each other, as they may where it is knotted.
        """
        luck = Random(f"relay {self.seed}")
        if luck.random() < 0.8:
            return
        for name in (relays := RELAYS[: luck.randrange(1, 3)]):
            settings["bays"][name] = {**self._relay_bays(luck), "key": f"{luck.randrange(1000):03}.{name}"}
            few = luck.choice((1, 3, 8, 30, 30))
            home = f"{luck.choice(self.pace)} s" if luck.random() < 0.6 else luck.choice(LAWS)
            settings["fleets"][f"{name}_trucks"] = {"vehicles": few, "pallets": LARGEST, "home": home}
        for way in luck.sample(list(settings["corridors"]), luck.randrange(1, len(settings["corridors"]) + 1)):
            steps, first = settings["corridors"][way]["steps"], 0
            for name in luck.choices(relays, k=2) if self.knotted else relays:
                places = [i for i in range(first, _last_on_trucks(steps) + 1) if not _between(settings, steps, i)]
                if places and luck.random() < 0.8:
                    at = luck.choice(places)
                    onto = {"transfer": {"onto": f"{name}_trucks", "bays": name}}
                    drives = not self.knotted and at > 0 and not {"travel", "pass_gate"} & steps[at - 1].keys()
                    steps[at:at] = [{"travel": luck.choice(ROADS)}, onto] if drives else [onto]
                    first = at + 1 + drives

    def _relay_bays(self, luck: Random) -> Settings:
        """Bays by luck of their own."""
        return {
            "lanes": luck.choice((1, 1, 2, 5)),
            "time": f"{luck.choice(self.pace)} s" if luck.random() < 0.6 else luck.choice(LAWS),
            "calendar": luck.choice(("always", "always", "shifts", "mine", *CREWS)),
            "rule": luck.choice(("finish", "freeze", "nostart")),
            "room": luck.choice((None, None, 0, 2)),
            "overflow": luck.choice(("block", "block", "turn_away")),
        }

    def _side_way(self, settings: Settings) -> None:
        """A corridor more, with a site and a dock of its own at which lanes break, or closing hour breaks off."""
        luck = self.luck
        site, dock = ({**self._served(name), "rule": "finish"} for name in (SIDE_SITE, SIDE_DOCK))
        if luck.random() < 0.4:
            self._repack(site)
        settings["sites"][SIDE_SITE], settings["warehouses"][SIDE_DOCK] = site, dock
        if luck.random() < 0.5:
            self._break({"sites": {SIDE_SITE: site}, "bays": {}, "warehouses": {SIDE_DOCK: dock}})
        self._reject_for_reasons(site)
        steps = [{"inspect": SIDE_SITE}, {"travel": luck.choice(ROADS)}, {"offload": SIDE_DOCK}]
        settings["corridors"]["side"] = self._corridor(steps, settings)
        settings["flows"]["side"] = self._flow(len(settings["flows"]), ["side"])

    def _wall(self, settings: Settings) -> None:
        """In a few worlds warehouses have little room behind their docks, one floor for both or one each."""
        luck, largest = Random(f"wall {self.seed}"), max(LARGEST, *(f["pallets"] for f in settings["fleets"].values()))
        settings["stores"] = {}
        if luck.random() < 0.8:
            return
        for name, warehouse in settings["warehouses"].items():
            floor = luck.choice(("floor", name))
            warehouse["store"] = floor
            settings["stores"][floor] = {
                "room": largest + luck.choice((0, 1, 40)),
                "outflow": luck.choice(("1/day", "100/day", "1440/day", "86400/day")),
                "calendar": luck.choice(("always", "always", *self.calendars, "half")),
                "stock": luck.choice((0, 0, 1, largest)),
            }

    def _break(self, settings: Settings) -> None:
        """Equipment breaks where work in hand ends: seldom, or before much of it is done."""
        luck = self.luck
        for kind in ("sites", "bays", "warehouses"):
            for place in settings[kind].values():
                if place["rule"] == "finish" and luck.random() < 0.4:
                    place["breaks"] = {
                        "after": luck.choice((self._time(), {"law": "exponential", "mean": "6 h"})),
                        "lasts": self._time(),
                        "clock": luck.choice(("work", "always")),
                        "then": luck.choice(("resume", "resume", "restart")),
                    }

    def _reject_for_reasons(self, site: Settings) -> None:
        """Reasons beside the share that is rejected without one, or instead of it."""
        luck = self.luck
        reasons: Settings = {}
        if luck.random() < 0.3:
            reasons["form"] = {"share": luck.choice((0.2, 0.6)), "repaired": luck.choice((0, 0.5, 1))}
        if luck.random() < 0.3:
            reasons["item"] = {"share": luck.choice((0.1, 0.4)), "removed": luck.choice((0, 0.5, 1))}
        if site["rule"] == "finish" and "breaks" not in site and luck.random() < 0.9:
            reasons["time"] = True
            if site["calendar"] == "always":
                site["calendar"] = luck.choice(("shifts", "nights", "blinks", "mine", "crews", "stairs"))
        if reasons:
            rejected = site.setdefault("rejected", {"attempts": luck.randrange(1, 4)})
            rejected["reasons"] = reasons
            if luck.random() < 0.3:
                rejected.pop("share", None)

    def _repack(self, site: Settings) -> None:
        """Loads with too many pallets are repacked first."""
        site["most_pallets"] = self.luck.choice((1, 4, 12, 20))
        if Random(f"height {self.seed}").random() < 0.5:
            site["most_height"] = "1.6 m"
        site["repacking"] = {"bays": self.luck.choice((1, 2)), "time": self._time()}

    # Time

    def _time(self) -> Any:
        """A duration, or a law of one."""
        kind = self.luck.random()
        if kind < 0.45:
            return f"{self.luck.choice(self.pace)} s"
        if kind < 0.8:
            return {"law": "empirical", "values": [f"{seconds} s" for seconds in self.luck.choices(self.pace, k=4)]}
        return self.luck.choice(LAWS)

    def _moments(self, loads: int) -> list[int]:
        """When loads come [s]: some at once or one second off, about the edges of calendars."""
        luck = self.luck
        days = range(self.days + 1) if luck.random() < 0.2 else range(1)  # what comes after the run's end never does
        rushes = [luck.choice(days) * DAY_S + time_of_day_s(luck.choice(EDGES)) for _ in range(luck.choice((1, 1, 2)))]
        spread = luck.choice((0, 1, 3, 10))
        moments = [
            luck.choice(rushes) + luck.randrange(-spread, spread + 1) * luck.choice(self.pace) for _ in range(loads)
        ]
        return sorted(max(0, moment) for moment in moments)

    def _calendar_of_its_own(self) -> Settings:
        windows = {}
        for i in range(self.luck.randrange(1, 3)):
            opens, closes = self.luck.sample(EDGES, 2)
            windows[f"window_{i}"] = {"hours": f"{opens}-{closes}"}
        return {"windows": windows}

    def _calendar(self, of: str = "") -> str:
        if of and of == self.never:
            return "never"
        return self.luck.choice(("always", "always", *self.calendars))

    # Places

    def _served(self, name: str) -> Settings:
        luck = self.luck
        calendar = self._calendar(name)
        return {
            "lanes": luck.choice((1, 1, 2, 3)),
            "time": self._time(),
            "calendar": luck.choice(tuple(CREWS)) if luck.random() < 0.3 and calendar != "never" else calendar,
            "rule": luck.choice(("finish", "freeze", "nostart")),
            "room": luck.choice((None, None, 0, 1, 3)),
            "overflow": luck.choice(("block", "block", "block", "turn_away")),
        }

    def _site(self, name: str) -> Settings:
        luck, site = self.luck, self._served(name)
        if self.knotted:
            site |= {"lanes": luck.choice((1, 2)), "room": luck.choice((0, 0, 1)), "overflow": "block"}
        if luck.random() < 0.4:
            site["manual"] = {"share": luck.choice((0.3, 1)), "bays": luck.choice((1, 2)), "time": self._time()}
        if luck.random() < 0.6:
            rejected: Settings = {"share": luck.choice((0.1, 0.2, 0.5, 1)), "attempts": luck.randrange(1, 5)}
            if luck.random() < 0.5:
                rejected["after"] = self._time()
            if luck.random() < 0.7:
                rejected["back_to"] = f"before_{name}"
            site["rejected"] = rejected
        return site

    def _platform(self, least_room: int) -> Settings:
        room = self.luck.choice((None, least_room, least_room + 5, least_room + 40))
        return {"room": room, "collect": self.luck.choice(("at_once", "at_once", "next_day"))}

    def _yard(self, most: int) -> Settings:
        luck = self.luck
        least = luck.randrange(1, min(4, most) + 1)
        yard: Settings = {"min": least, "max": least + luck.randrange(4), "calendar": self._calendar()}
        if luck.random() < 0.8:
            yard["patience"] = f"{luck.choice((1, *self.pace, 600, 2 * DAY_S))} s"
        if luck.random() < 0.3:
            yard["timetable"] = {"first": f"{luck.choice((0, 1, 61, 3600, 5401, DAY_S))} s",
                                 "every": f"{luck.choice((301, 900, 3599, 3600))} s"}  # fmt: skip
        return yard

    def _fleet(self) -> Settings:
        vehicles = self.fewest + self.luck.randrange(3)
        return {"vehicles": vehicles, "pallets": self.luck.choice((3, 7, 17, 20, 30, 60)), "home": self._time()}

    def _crews(self, settings: Settings) -> None:
        """Drivers and escorts of crews that fleets and yards share, and permissions, in some worlds; own luck."""
        luck, crews = Random(f"missions {self.seed}"), Settings()
        pace = [second for second in self.pace if second > 1] or [60]
        if luck.random() < 0.35:
            least = max(yard["min"] for yard in settings["yards"].values())
            for name in ("drivers", "guards")[: luck.randrange(1, 3)]:
                crews[name] = {"people": least + luck.randrange(3)}
                if luck.random() < 0.5:
                    crews[name]["rest"] = f"{luck.choice(pace)} s"
            for fleet in settings["fleets"].values():
                if luck.random() < 0.7:
                    fleet["drivers"] = "drivers"
            for yard in settings["yards"].values():
                if "guards" in crews and luck.random() < 0.7:
                    yard["escorts"] = {"crew": "guards", "vehicles": luck.choice((1, 2, 3, 10))}
        for yard in settings["yards"].values():
            if luck.random() < 0.5:
                yard["permission"] = {
                    "outcomes": self._outcomes(luck), "delay": self._delay(luck), "needed": luck.choice(
                        ("always", "always", "shifts", "nights", "blinks", "mine")
                    ), "again": luck.choice(("1 h", "3601 s", "86399 s", "1 day")),
                }  # fmt: skip
        settings["crews"] = crews
        if crews and luck.random() < 0.5:
            for name, crew in crews.items():
                crew["key"] = f"{luck.randrange(1000):03}.crews.{name}"

    def _desks(self, settings: Settings) -> None:
        """Missions of some yards ask an office, which holds many back: in few worlds; by luck of its own."""
        luck = Random(f"desk {self.seed}")
        for yard in settings["yards"].values():
            if luck.random() < (0.5 if settings["offices"] else 0.2):
                name = luck.choice([*settings["offices"], "bureau"])
                if name not in settings["offices"]:
                    office = {"time": "1 h", "calendar": luck.choice(("always", *CALENDARS, *SPEEDS))}
                    settings["offices"][name] = office | ({"requests": "60/day"} if luck.random() < 0.3 else {})
                wanted = {"needed": luck.choice(("always", "shifts", "nights", "blinks")), "delay": self._delay(luck)}
                lead_s = luck.choice((0, 0, 1, *self.pace))
                yard["permission"] = {**wanted, **yard.get("permission", {}), "office": name, "lead": f"{lead_s} s"}

    def _change_missions(self, settings: Settings) -> None:
        """A phase changes crews and permissions, which few worlds have; by luck of its own."""
        luck, changes = Random(f"missions in phases {self.seed}"), dict[str, Any]()
        for name, yard in settings["yards"].items():
            if "permission" in yard:
                changes[f"yards.{name}.permission.outcomes"] = self._outcomes(luck)
                changes[f"yards.{name}.permission.needed"] = luck.choice(("always", "never", "shifts"))
        for name in settings["crews"]:
            changes[f"crews.{name}.people"] = luck.choice((0, 1, 2, "- 1", "+ 1", "+ 3", "x 0.5"))
        for name, value in changes.items():
            if settings["phases"] and luck.random() < 0.7:
                luck.choice(list(settings["phases"].values()))["changes"][name] = value

    @staticmethod
    def _outcomes(luck: Random) -> Settings:
        some = luck.sample(("aborted", "denied", "withdrawn", "partial", "partial", "impeded", "impeded"), 3)
        return {**dict.fromkeys(some, luck.choice((0.1, 0.3))), "facilitated": "rest"}

    def _delay(self, luck: Random) -> Any:
        return luck.choice((f"{luck.choice(self.pace)} s", *LAWS))

    def _road(self, name: str) -> Settings:
        calendar = self.luck.choice(("always", "always", "shifts", "closes_for_ever", *SPEEDS))
        if name == self.never:
            calendar = "never"
        if self.luck.random() < 0.2:
            return {"length": "7 km", "speed": "40 km/h", "variation": self.luck.choice((0, 0.3)), "calendar": calendar}
        return {"time": self._time(), "calendar": calendar}

    # Ceilings

    def _ceilings(self, settings: Settings) -> Settings:
        """Over one gate or several, some of which they have in common; turns are shared out by one at most."""
        luck = self.luck
        ceilings: Settings = {}
        most = max(yard["max"] for yard in settings["yards"].values())
        for i in range(luck.choice((0, 0, 0, 1, 2, 3))):
            gates = (BORDER, *INNER_GATES)
            ceiling: Settings = {"gates": luck.sample(gates, luck.randrange(1, 3)), "calendar": self._calendar()}
            if luck.random() < 0.4:
                ceiling["sectors"] = luck.sample(SECTORS, luck.randrange(1, 4))
            platforms = _behind(BORDER, settings["corridors"].values())
            match luck.choice(("trucks", "trucks", "trucks", "mass", "pallets")):
                case "mass":
                    ceiling |= {"gates": [BORDER], "mass": luck.choice(("40 t/day", "200 t/day"))}
                case "pallets" if len(platforms) == 1 and not any("behind" in other for other in ceilings.values()):
                    ceiling |= {"gates": [BORDER], "pallets": luck.choice((LARGEST, 100)), "behind": platforms[0]}
                case _:
                    ceiling["trucks"] = f"{most + luck.choice((0, 1, 3, 20))}/day"
            if i == 0 and luck.random() < 0.4:
                ceiling["share"] = {sector: luck.choice((1, 1, 2, 5)) for sector in SECTORS}
            ceilings[f"ceiling_{i}"] = ceiling
        return ceilings

    # Days

    def _shock(self, settings: Settings) -> Settings:
        """Of some places, more than one of which may be a gate or a yard: they close, others may go on a little."""
        luck, places = self.luck, self._befallen(settings)
        level = 0 if any(name.startswith(("gates.", "yards.")) for name in places) else luck.choice((0, 0.3, 0.5))
        rate = luck.choice(("1/day", "5/day", "1/week"))
        return {"places": places, "rate": rate, "lasts": self._time(), "level": level}

    def _level(self, settings: Settings) -> Settings:
        luck, places = self.luck, self._befallen(settings)
        lanes = not any(name.startswith(("gates.", "yards.")) for name in places)
        if not lanes:
            places = [name for name in places if not name.startswith("ceilings.")]
        mean, cv = luck.choice(((0.5, 0.3), (0.8, 0.4), (0.9, 0), (0.2, 1.2)))
        of = luck.choice(("hours", "lanes")) if lanes else "hours"
        if any(name.startswith("ceilings.") for name in places):
            of = "lanes"
        return {"places": places, "mean": mean, "cv": cv, "persistence": luck.choice((0, 0.6)), "of": of}

    def _phase(self, settings: Settings) -> Settings:
        """Begins and ends on the edges of calendars, one second off, or when luck wills; changes a few settings."""
        luck = self.luck
        phase: Settings = {"from": f"2024-05-{luck.randrange(12, 13 + self.days)}"}
        if luck.random() < 0.7:
            edge = time_of_day_s(luck.choice(EDGES)) + luck.choice((-1, 0, 0, 1))
            phase["starts"] = f"{max(1, edge)} s" if luck.random() < 0.6 else luck.choice(LAWS)
        match luck.choice(("date", "length", "length", "never")):
            case "date":
                phase["to"] = f"2024-05-{luck.randrange(int(phase['from'][-2:]), 18)}"
            case "length":
                phase["lasts"] = self._time()
        changes = dict(luck.sample(self._changes(settings), luck.randrange(1, 7)))
        if all(isinstance(phase.get(law, ""), str) for law in ("starts", "lasts")):
            # two phases of known dates never change the same setting at once
            changes = {name: value for name, value in changes.items() if name not in self.changed}
            self.changed |= changes.keys()
        return {**phase, "changes": changes}

    def _changes(self, settings: Settings) -> list[tuple[str, Any]]:
        """(setting, value) of one change of each that can be changed."""
        luck, changes = self.luck, list[tuple[str, Any]]()
        for kind in ("gates", "sites", "bays", "yards", "roads", "warehouses"):
            for name in settings[kind]:
                calendars = tuple(SPEEDS) if kind == "roads" else ("always", "always", "never", *self.calendars)
                level = luck.choice((0, 0.3, "50 %", 0.9, 1)) if kind != "roads" else luck.choice(("7 %", 0.5))
                changes += [(f"{kind}.{name}.calendar", luck.choice(calendars)), (f"{kind}.{name}.level", level)]
                if "lanes" in settings[kind][name]:
                    lanes = luck.choice((1, 2, 3, 5, "+ 1", "+ 2", "x 2", "x 0.5"))
                    changes.append((f"{kind}.{name}.lanes", lanes))
        for name, ceiling in settings["ceilings"].items():
            limit = next(limit for limit in ("trucks", "mass", "pallets") if limit in ceiling)
            more = {"trucks": ("+ 2/day", "x 2", "x 0.5"), "mass": ("x 3", "+ 20 t/day"), "pallets": ("+ 30", "x 2")}
            changes.append((f"ceilings.{name}.{limit}", luck.choice(more[limit])))
            calendar = luck.choice(("always", *self.calendars))
            changes += [(f"ceilings.{name}.level", luck.choice(("50 %", 0.8))), (f"ceilings.{name}.calendar", calendar)]
        for name in settings["stores"]:
            outflow = luck.choice(("x 2", "x 0.5", "+ 1440/day", "0/day"))
            calendar = luck.choice(("always", *self.calendars))
            changes += [(f"stores.{name}.level", luck.choice(("50 %", 0.8))), (f"stores.{name}.calendar", calendar)]
            changes.append((f"stores.{name}.outflow", outflow))
        for name, yard in settings["yards"].items():
            patience = luck.choice(("x 0.5", "+ 61 s", "1 s")) if "patience" in yard else f"{luck.choice(self.pace)} s"
            changes += [(f"yards.{name}.min", 1), (f"yards.{name}.max", "+ 2"), (f"yards.{name}.patience", patience)]
        for name, platform in settings["platforms"].items():
            room = ("x 0.5", "- 7", "+ 7", 9, LARGEST, 60) if platform["room"] else (0, LARGEST, 60)
            changes.append((f"platforms.{name}.room", luck.choice(room)))
        for name in settings["fleets"]:
            changes.append((f"fleets.{name}.vehicles", luck.choice((0, 1, 2, 4, "- 1", "+ 1", "+ 3", "x 0.5"))))
        ways = list(settings["corridors"])
        for name, flow in settings["flows"].items():
            taken = luck.sample(ways, luck.randrange(1, len(ways) + 1))
            parts = {way: "rest" if i == 0 else 0.8 / len(taken) for i, way in enumerate(taken)}
            changes.append((f"flows.{name}.corridors", parts))
            if "rate" in flow:
                changes.append((f"flows.{name}.rate", luck.choice(("x 2", "x 0.3", "+ 9/day", "300/day"))))
        return changes

    def _befallen(self, settings: Settings) -> list[str]:
        kinds = ("gates", "ceilings", "sites", "bays", "yards", "roads", "warehouses", "stores")
        names = [f"{kind}.{name}" for kind in kinds for name in settings[kind]]
        return self.luck.sample(names, self.luck.randrange(1, 4))

    def _shuffle_numbers(self, settings: Settings) -> None:
        """Places start things in the order of their keys: not always along the corridors."""
        for kind in ("sites", "gates", "bays", "platforms", "yards", "fleets", "roads", "warehouses"):
            for name, place in settings[kind].items():
                place["key"] = f"{self.luck.randrange(1000):03}.{kind}.{name}"

    # Corridors

    def _steps(self, others: list[list[Settings]]) -> list[Settings]:
        """Steps of a corridor, which may join another on its way: then their loads may share convoys."""
        steps = [self._step() for _ in range(self.luck.randrange(5))]
        if steps and self.luck.random() < 0.15:
            steps.append(dict(steps[-1]))  # the same place twice, at a yard or a gate within one second
        if others and self.luck.random() < 0.35:
            other = self.luck.choice(others)
            joins = self.luck.choice([i for i, step in enumerate(other) if not isinstance(step.get("convoy"), dict)])
            steps += other[joins:]
        elif self.luck.random() < 0.7:
            onto = self.luck.choice(PLATFORMS)
            steps += [
                {"transfer": {"onto": onto, "bays": self.luck.choice(BAYS)}},
                {"convoy": {"yard": self.luck.choice(YARDS), "from": onto, "fleet": self.luck.choice(FLEETS)}},
                *(self._step_of_a_convoy() for _ in range(self.luck.randrange(4))),
                {"offload": BLOCKING_DOCK},
            ]
        else:
            steps.append({"offload": self.luck.choice((BLOCKING_DOCK, ANY_DOCK))})
        return steps if self.knotted else self._in_order(steps)

    def _step(self) -> Settings:
        """What a truck does on its way."""
        luck = self.luck
        verb = luck.choice(("travel", "pass_gate", "inspect", "inspect", "convoy"))
        places = {"pass_gate": (BORDER, *INNER_GATES), "inspect": SITES, "convoy": (*YARDS, OWN_YARD), "travel": ROADS}
        return {verb: luck.choice(places[verb])}

    def _step_of_a_convoy(self) -> Settings:
        """What vehicles do on theirs: the same roads, but not the border."""
        if self.luck.random() < 0.6:
            return {"travel": self.luck.choice(ROADS)}
        return {"pass_gate": self.luck.choice(INNER_GATES)}

    def _in_order(self, steps: list[Settings]) -> list[Settings]:
        """A drive between two inspections that are not in the order of SITES: no lane is held meanwhile."""
        ordered = steps[:1]
        for before, step in pairwise(steps):
            if "inspect" in before and "inspect" in step and before["inspect"] >= step["inspect"]:
                ordered.append({"travel": self.luck.choice(ROADS)})
            ordered.append(step)
        return ordered

    def _knot(self, settings: Settings) -> Settings:
        """Two corridors that go through two sites, or thrice through one, in turn."""
        one, other = self.luck.choice(SITES), self.luck.choice(SITES)
        first = [{"inspect": one}, {"inspect": other}, {"inspect": one}, {"offload": ANY_DOCK}]
        second = [{"inspect": other}, {"inspect": one}, {"offload": BLOCKING_DOCK}]
        return {"there": self._corridor(first, settings), "back": self._corridor(second, settings)}

    def _corridor(self, way: list[Settings], settings: Settings) -> Settings:
        """A corridor of these steps; each site that sends loads back to a step finds one: itself, or any before it."""
        steps = [dict(step) for step in way]
        for i, step in enumerate(steps):
            back_to = settings["sites"].get(step.get("inspect"), {}).get("rejected", {}).get("back_to")
            if back_to and not any(earlier.get("as") == back_to for earlier in steps[: i + 1]):
                self.luck.choice([earlier for earlier in steps[: i + 1] if "as" not in earlier])["as"] = back_to
        return {"from": "away", "to": "here", "steps": steps}

    # Loads

    def _flow(self, number: int, ways: list[str]) -> Settings:
        luck = self.luck
        taken = luck.sample(ways, luck.randrange(1, len(ways) + 1))
        flow: Settings = {
            "sector": luck.choice(SECTORS),
            "cargo": luck.choice(tuple(CARGOS)),
            "corridors": {name: "rest" if i == 0 else 0.9 / len(taken) for i, name in enumerate(taken)},
            "rank": luck.choice((0, 1, 1, 2, 7)),
        }
        match luck.choice(("trace", "trace", "trace", "low", "high", "interval")):
            case "trace":
                flow["trace"] = self._trace(number)
            case "low":
                flow["rate"] = f"{luck.choice((1, 5, 10))}/day"
            case "high":
                flow |= {"rate": "720/day", "pattern": {"hours": {"06:00-06:30": 1}, "weekdays": {"mon-tue": 1}}}
            case "interval":
                flow["interval"] = luck.choice(("3 h", "7201 s", {"law": "exponential", "mean": "4 h"}))
        return flow

    def _trace(self, number: int) -> str:
        """The name of a CSV of arrivals, some of which know their pallets, and how long they take somewhere."""
        luck = self.luck
        place = luck.choice((f"sites.{SITES[0]}", f"bays.{BAYS[0]}", f"roads.{ROADS[0]}", f"warehouses.{ANY_DOCK}"))
        rows = ["time,pallets," + place]
        for moment in self._moments(luck.randrange(1, 7) if self.tiny else luck.randrange(5, 55)):
            pallets = luck.choice(("", "", 1, 13, LARGEST))
            rows.append(f"{moment} s,{pallets},{luck.choice(('', f'{luck.choice(self.pace)} s'))}")
        name = f"{self.seed}_{number}{'_knotted' * self.knotted}.csv"
        (self.folder / name).write_text("\n".join(rows) + "\n")
        return name

    def _stock(self, settings: Settings) -> Settings:
        """Loads at any place of a corridor, or before its first step."""
        luck = self.luck
        way = luck.choice(list(settings["corridors"]))
        at = luck.choice([None, *_places_of(settings["corridors"][way])])
        stock = {"flow": luck.choice(list(settings["flows"])), "corridor": way, "loads": luck.randrange(8)}
        return stock if at is None else {**stock, "at": at}

    def _start(self, settings: Settings) -> None:
        """Ages of the stocks, senders and cargos in place of flows, and in some worlds a CSV; by luck of its own.

        A platform has room for all that stands on it.
        """
        luck, room = Random(f"start {self.seed}"), {name: p["room"] for name, p in settings["platforms"].items()}
        for stock in settings["start"].values():
            flow, platform = settings["flows"][stock["flow"]], _platform_of(settings, stock)
            if platform and room[platform] is not None:
                stock["loads"] = min(stock["loads"], room[platform] // LARGEST)
                room[platform] -= stock["loads"] * LARGEST
            if (known := luck.random()) < 0.7:
                stock["age"] = luck.choice(LAWS) if known < 0.3 else f"{luck.choice((1, 59, 3600, DAY_S, 9 * DAY_S))} s"
            kind = {word: flow[word] for word in ("sector", "cargo")}
            ranks = {flow["rank"] for flow in settings["flows"].values() if kind.items() <= flow.items()}
            if luck.random() < 0.3 and len(ranks) == 1:
                del stock["flow"]
                stock |= kind
            if luck.random() < 0.1 and "at" not in stock:
                stock["at"] = "origins.away"
        if luck.random() < 0.2:
            columns = ("at", "corridor", "flow", "sector", "cargo", "loads", "age")
            rows = [",".join(("place", *columns[1:]))]
            for stock in settings["start"].values():
                rows.append(",".join("" if isinstance(cell := stock.get(c, ""), dict) else str(cell) for c in columns))
            settings["start"] = f"start_{self.seed}{'_knotted' * self.knotted}.csv"
            (self.folder / settings["start"]).write_text("\n".join(rows) + "\n")

    def _lose(self, settings: Settings) -> None:
        """On some roads convoys are intercepted, by phases more or less, and some cargos do not keep; by its own luck.

        Both hold much back: not in every world.
        """
        luck = Random(f"way {self.seed}")
        if luck.random() < 0.3:
            for name, road in settings["roads"].items():
                if luck.random() < 0.6:
                    road["interception"] = {
                        "missions": luck.choice((0, 0.2, 0.5, 1)),
                        "within": luck.choice((0.1, "30 %", 0.6, 1)),
                        "cargos": {cargo: luck.choice((0, 0.5, 1.2, 3)) for cargo in luck.sample(tuple(CARGOS), 2)},
                    }
                    for part in ("missions", "within"):
                        for phase in luck.sample(list(settings["phases"].values()), min(1, len(settings["phases"]))):
                            share = luck.choice((0, 1, "x 0.5", 0.4))
                            phase["changes"][f"roads.{name}.interception.{part}"] = share
        if luck.random() < 0.2:
            keeps = luck.choice((61, 600, 3600, 7200, DAY_S // 2, DAY_S + 3600))
            settings["cargos"] = {
                name: {**cargo, "shelf_life": f"{keeps + luck.randrange(-1, 2)} s"} if luck.random() < 0.6 else cargo
                for name, cargo in CARGOS.items()
            }

    def _crowd(self, settings: Settings) -> None:
        """In some worlds roads are in bad condition, or crowded, or one of several is taken; by luck of its own.

        What stood alone in a step stays in it, since stocks and traces name it.
        """
        luck = Random(f"roads {self.seed}")
        if luck.random() < 0.6:
            return
        for name, road in settings["roads"].items():
            if luck.random() < 0.6:
                road["congestion"] = {
                    "vehicles": luck.choice((0, 0, 1, 2, 5)),
                    "each": luck.choice(("1 %", "0.3 %", "7 %", 0.33, 1)),
                    "least": luck.choice(("1 %", "10 %", 0.5, 1)),
                }
            if luck.random() < 0.3:
                road["condition"] = luck.choice(("70 %", 0.5, "99 %"))
            for phase in luck.sample(list(settings["phases"].values()), min(1, len(settings["phases"]))):
                if luck.random() < 0.2:
                    phase["changes"][f"roads.{name}.condition"] = luck.choice(("x 0.5", 0.8, 1))
        for corridor in settings["corridors"].values():
            for step in corridor["steps"]:
                if "travel" in step and luck.random() < 0.5:
                    others = luck.sample([road for road in ROADS if road != step["travel"]], luck.choice((1, 1, 2)))
                    roads = luck.sample([step["travel"], *others], 1 + len(others))
                    step["travel"] = {"roads": roads, "choose": luck.choice(("first_open", "fastest", "fastest"))}
        for shock in settings["shocks"].values():
            if luck.random() < 0.4:
                shock |= {"from": f"2024-05-{luck.randrange(12, 15)}", "to": f"2024-05-{luck.randrange(14, 17)}"}

    def _open(self, settings: Settings) -> None:
        """In some worlds tasks shut or slow roads and offices until they are done; by luck of its own."""
        luck = Random(f"tasks {self.seed}")
        if luck.random() > HAVE_TASKS:
            return
        names = ("eod", "menders", "force")[: luck.randrange(1, 4)]
        settings["teams"] = {
            name: {
                "teams": luck.choice((1, 1, 2, 3)),
                "calendar": luck.choice(("always", "shifts", "nights", "blinks")),
            }
            for name in names
        }
        if luck.random() < 0.5:
            for name, teams in settings["teams"].items():
                teams["key"] = f"{luck.randrange(1000):03}.teams.{name}"
        settings["tasks"] = {f"task_{i}": self._task(luck, settings) for i in range(luck.choice((1, 2, 3, 6)))}
        for name in names:
            for phase in luck.sample(list(settings["phases"].values()), min(1, len(settings["phases"]))):
                teams = (("teams", luck.choice((0, 1, 3, "+ 1", "- 1"))), ("level", 0.5), ("calendar", "shifts"))
                setting, value = luck.choice((teams[0], teams[0], *teams))
                phase["changes"][f"teams.{name}.{setting}"] = value

    def _task(self, luck: Random, settings: Settings) -> Settings:
        pace = [f"{second} s" for second in self.pace if second > 0]
        own, *others = luck.sample(list(settings["teams"]), len(settings["teams"]))
        task: Settings = {
            "what": luck.choice(("clearance", "repair", "assessment", "other")), "rank": luck.choice((0, 1, 1, 2)),
            "teams": own, "time": luck.choice((*pace, "3 h", "43201 s", *LAWS)),
        }  # fmt: skip
        if others and luck.random() < 0.5:
            most = settings["teams"][others[0]]["teams"]
            task["escorts"] = {"teams": others[0], "number": luck.randrange(1, most + 1)}
        if settings["offices"] and luck.random() < 0.6:
            task["permit"] = {
                "office": luck.choice(list(settings["offices"])), "refused": luck.choice((0, 0.5, 1)),
                "again": luck.choice((*pace, "1 h")), "attempts": luck.choice((1, 2, 5)),
            }  # fmt: skip
        if luck.random() < 0.4:
            task["requested"] = f"2024-05-{luck.randrange(12, 12 + self.days)}"
        if luck.random() < 0.3:
            return {**task, "every": luck.choice(("1 h", "3601 s", "43200 s"))}
        places = [f"roads.{name}" for name in settings["roads"]] + [f"offices.{name}" for name in settings["offices"]]
        left = (0, 0, "1 %", 0.5, "99 %", 1)
        return task | {
            "until_done": {
                place: luck.choice(left if place.startswith("roads.") else left[2:])
                for place in luck.sample(places, luck.randrange(1, min(3, len(places)) + 1))
            }
        }

    def _need(self, settings: Settings) -> None:
        """People in two areas, of which one gets what the other passes on, and what they need; by luck of its own."""
        luck, stocks, cargos = Random(f"needs {self.seed}"), [0, 1, 777, 50_000], list(settings["cargos"])
        luck.shuffle(cargos)
        settings["needs"] = {
            f"need_{i}": {
                "of": cargos[i : i + 1 + i],
                "per_person": f"{luck.choice((0.001, 0.3, 1, 17))} kg/day",
                "energy": f"{luck.choice((0, 2000))} kcal/kg",
                "unmet": luck.choice(("lost", "carried")),
                "access": {"least": luck.choice((0, 0.3)), "most": luck.choice((0.3, "70 %", 1))},
                **luck.choice(({}, {"keeps": "1 h"}, {"keeps": "1 day"})),
            }
            for i in range(luck.choice((1, 2)))
        }
        channel = {"need": "need_0", "sector": luck.choice(("un", "ngo", "commercial")), "amount": "3 t/day"}
        settings["areas"] = {
            "here": {
                "population": luck.choice((1, 1000, 54_321)),
                "stock": {name: f"{luck.choice(stocks) + 1} kg" for name in settings["needs"]},
                "passes_on": {"there": luck.choice((0, 0.37, "50 %", 1))},
            },
            "there": {"population": luck.choice((3, 20_000)), "deliveries": {"air": channel}},
        }
        if luck.random() < 0.3:
            settings["needs"]["need_0"]["deprivation"] = {"constant": 1.5, "per_hour": 0.1, "cap": "72 h"}
        for phase in luck.sample(list(settings["phases"].values()), min(1, len(settings["phases"]))):
            phase["changes"]["needs.need_0.per_person"] = luck.choice(("x 0.5", "x 3", "2 kg/day"))

    def _choose(self, settings: Settings) -> None:
        """In some worlds loads of some flows choose their corridor, or are diverted from it; by luck of its own."""
        luck, ways = Random(f"choice {self.seed}"), settings["corridors"]
        if luck.random() < 0.75:
            return
        for name, flow in settings["flows"].items():
            taken = list(flow["corridors"])
            if luck.random() < 0.5:
                taken = luck.sample(list(ways), luck.randrange(1, len(ways) + 1))
                flow["choice"] = {"rule": luck.choice(("first_open", "least_wait", "least_wait")), "among": taken}
                if flow["choice"]["rule"] == "least_wait":
                    waits = {way: luck.choice(_places_with_waits(ways[way])) for way in taken}
                    at = {way: at for way, at in waits.items() if _borders(ways[way]) != 1 or luck.random() < 0.6}
                    flow["choice"]["at"] = at
                for phase in settings["phases"].values():
                    phase["changes"].pop(f"flows.{name}.corridors", None)
            to = luck.choice(list(ways))
            if luck.random() < 0.5 and any(_borders(ways[way]) for way in taken if way != to):
                after = luck.choice(("1 s", "1 h", "3601 s", "8 h", "1 day", f"{luck.choice(self.pace)} s"))
                flow["divert"] = {"after": after, "to": to}
        settings["phases"] = {name: phase for name, phase in settings["phases"].items() if phase["changes"]}

    def _fuel(self, settings: Settings, often: float = 0.2) -> None:
        """In some worlds a depot, what fills it, users, and fleets whose trips take of it; by luck of its own.

        Little comes, and much of it just when something else happens: fleets stand, users share, tankers find no room.
        """
        luck, settings["depots"] = Random(f"fuel {self.seed}"), {}
        if luck.random() >= often:
            return
        litres, trip = luck.choice((1, 3, 100)), luck.choice((1, 20, 60, 700))
        largest = max(LARGEST, *(fleet["pallets"] for fleet in settings["fleets"].values()))
        settings["cargos"] = {**settings["cargos"], "diesel": {
            "pallets": luck.choice((20, {"law": "uniform", "low": 1, "high": LARGEST})), "weight": "30 t",
            "litres": f"{litres} l",
        }}  # fmt: skip
        convoys = [
            step["convoy"] for way in settings["corridors"].values() for step in way["steps"] if "convoy" in step
        ]
        leaves = luck.choice((0, 0, 1, 50))
        for name, fleet in settings["fleets"].items():
            if any(isinstance(c, dict) and c["fleet"] == name for c in convoys) and luck.random() < 0.7:
                fleet["fuel"] = {"depot": "fuel", "litres": f"{trip} l", "leaves": f"{leaves} l"}
        room = max(largest * litres, leaves + trip * max(yard["min"] for yard in settings["yards"].values()))
        settings["depots"]["fuel"] = {
            "cargo": "diesel", "room": luck.choice((None, f"{room + luck.choice((0, 1, 500))} l")),
            "stock": f"{luck.choice((0, 0, trip, min(room, 2 * trip + leaves)))} l" if trip <= room else "0 l",
            "at": luck.choice(EDGES), "users": {
                f"user_{i}": {"litres": f"{luck.choice((1, 7, 500))} l", "rank": luck.choice((0, 1, 1)),
                              "leaves": f"{luck.choice((0, 0, 1, 100))} l"}
                for i in range(luck.choice((0, 1, 3)))
            },
        }  # fmt: skip
        settings["warehouses"]["tanks"] = {**self._relay_bays(luck), "overflow": "block", "depot": "fuel"}
        kept = any("behind" in ceiling for ceiling in settings["ceilings"].values())
        gate = luck.choice(INNER_GATES) if kept else BORDER
        steps: list[Settings] = [{"travel": luck.choice(ROADS)}, {"pass_gate": gate}]
        if luck.random() < 0.5:
            steps.insert(luck.randrange(3), {"convoy": OWN_YARD})
        if collected := [c for c in convoys if isinstance(c, dict)] if luck.random() < 0.5 else []:
            convoy = luck.choice(collected)
            steps += [{"transfer": {"onto": convoy["from"], "bays": luck.choice(BAYS)}}, {"convoy": convoy}]
        settings["corridors"]["pipe"] = {"from": "away", "to": "here", "steps": [*steps, {"offload": "tanks"}]}
        settings["flows"]["fuel"] = {
            "sector": luck.choice(SECTORS), "cargo": "diesel", "corridors": {"pipe": 1}, "rank": luck.choice((0, 1)),
            "interval": luck.choice(("30 min", "2 h", "7201 s", {"law": "exponential", "mean": "3 h"})),
        }  # fmt: skip
        if luck.random() < 0.5:
            most = max(yard["max"] for yard in settings["yards"].values()) * LARGEST * litres
            limit = {"litres": f"{most + luck.choice((0, 1, most))} l", "every": luck.choice((1, 2, 3))}
            settings["ceilings"]["litres"] = {"gates": [BORDER], **limit}
            for phase in luck.sample(list(settings["phases"].values()), min(1, len(settings["phases"]))):
                phase["changes"]["ceilings.litres.litres"] = luck.choice(("x 0.5", "+ 7 l"))


class Permits:
    """Offices and slots before the platforms of some corridors; by luck of their own, which moves nobody else's."""

    def __init__(self, maker: _Maker):
        self.maker, self.seed, self.luck = maker, maker.seed, Random(f"permits {maker.seed}")

    def add(self, settings: Settings) -> None:
        luck = self.luck
        settings["offices"], settings["slots"] = {}, {}
        if luck.random() < 0.7:  # it holds many loads back: not in every world
            return
        settings["shocks"]["outage"] = {"places": [], "rate": "1/day", "lasts": self._time()}
        ways = list(settings["corridors"])
        for way in luck.sample(ways, luck.randrange(1, min(3, len(ways)) + 1)):
            for _ in range(luck.choice((1, 1, 2))):
                steps = settings["corridors"][way]["steps"]
                on_its_own = next(i for i, step in enumerate(steps) if "transfer" in step or "offload" in step)
                verb = luck.choice(("permit", "permit", "slot"))
                name = luck.choice(("desk", "bureau") if verb == "permit" else ("turns", "evening"))
                kind, make = ("offices", self._office) if verb == "permit" else ("slots", self._slots)
                if name not in settings[kind]:
                    settings[kind][name] = make(settings)
                steps.insert(luck.randrange(on_its_own + 1), {verb: name})
        self._befall(settings)

    def _befall(self, settings: Settings) -> None:
        """Shocks, phases and stocks at these places."""
        luck = self.luck
        names = [f"{kind}.{name}" for kind in ("offices", "slots") for name in settings[kind]]
        settings["shocks"]["outage"] |= {"places": names, "level": luck.choice((0, 0.5, 0.5))}
        changes = [(f"{name}.level", luck.choice(("50 %", 0.8))) for name in names]
        changes += [(f"{name}.calendar", luck.choice(("always", *self.maker.calendars))) for name in names]
        changes += [(f"offices.{name}.requests", luck.choice(("3/day", "40/day"))) for name in settings["offices"]]
        changes += [(f"slots.{name}.trucks", luck.choice(("x 2", "+ 5/day"))) for name in settings["slots"]]
        if luck.random() < 0.7:
            starts = time_of_day_s(luck.choice(EDGES)) + luck.choice((1, 0, 0, 86_400))
            phase = {
                "from": "2024-05-13",
                "lasts": self._time(),
                "changes": dict(luck.sample(changes, len(changes) // 2 + 1)),
            }
            settings["phases"]["permits"] = {**phase, "starts": f"{max(1, starts)} s"}
        for stock in settings["start"].values():
            steps = settings["corridors"][stock["corridor"]]["steps"]
            at = [f"offices.{step['permit']}" for step in steps if "permit" in step]
            at += [f"slots.{step['slot']}" for step in steps if "slot" in step]
            if at and luck.random() < 0.5:
                stock["at"] = luck.choice(at)

    def _office(self, settings: Settings) -> Settings:
        luck = self.luck
        office: Settings = {"time": self._time(), "calendar": luck.choice(("always", *CALENDARS, *SPEEDS))}
        if luck.random() < 0.7:
            office["requests"] = f"{luck.choice((1, 3, 7, 20, 60))}/day"
        if luck.random() < 0.6:
            office["refuses"] = {f"line_{i}": self._refusal(settings) for i in range(luck.choice((1, 1, 2)))}
            if luck.random() < 0.8:
                office["asks_again"] = {"after": f"{luck.choice(self.maker.pace)} s", "attempts": luck.randrange(1, 5)}
        return office

    def _refusal(self, settings: Settings) -> Settings:
        luck = self.luck
        line: Settings = {"from": "2024-05-13", "to": f"2024-05-{luck.randrange(13, 17)}"}
        line.pop(luck.choice(("from", "to", "none")), None)
        of = {"sectors": SECTORS, "cargos": tuple(CARGOS), "corridors": tuple(settings["corridors"])}
        of_whom = luck.choice((*of, "all"))
        return line if of_whom == "all" else {**line, of_whom: luck.sample(of[of_whom], 1)}

    def _slots(self, settings: Settings) -> Settings:
        luck = self.luck
        trucks = luck.choice((3, 8, 8, 30))
        slots: Settings = {
            "trucks": f"{trucks}/day",
            "calendar": luck.choice(("always", "always", *CALENDARS, "half")),
            "allotted": luck.choice(("18:00", "00:00", "00:01", "23:59", "12:00")),
            "unused": luck.choice(("lost", "refilled")),
        }
        if luck.random() < 0.5:
            slots["sectors"] = dict.fromkeys(luck.sample(SECTORS, luck.randrange(1, 4)), trucks // 3)
        if luck.random() < 0.7:
            slots["calls"] = {"first": luck.choice(("06:00", "00:00", "12:00"))}
            if luck.random() < 0.7:
                slots["calls"] |= {"every": luck.choice(("2 h", "1 h", "7201 s")), "trucks": luck.choice((1, 2, 5))}
        if luck.random() < 0.7:
            slots["no_show"] = {"share": luck.choice((0.1, 0.5, 1)), "most": luck.choice((0, 1, 3))}
            if luck.random() < 0.5:
                at = luck.choice([f"{kind}.{name}" for kind in ("gates", "sites") for name in settings[kind]])
                slots["no_show"] |= {"at": at, "per_hour_waited": luck.choice(("1 %", 0.3))}
            if luck.random() < 0.5:
                slots["no_show"]["shocks"] = {"outage": 0.4}
        return slots

    def _time(self) -> Any:
        if self.luck.random() < 0.3:
            return self.luck.choice(LAWS)
        return f"{self.luck.choice(self.maker.pace)} s"


def _platform_of(settings: Settings, stock: Settings) -> str | None:
    """The platform on which a stock stands."""
    for step in settings["corridors"][stock["corridor"]]["steps"]:
        if isinstance(convoy := step.get("convoy"), dict):
            if stock.get("at") in (f"yards.{convoy['yard']}", f"platforms.{convoy['from']}"):
                return str(convoy["from"])
        elif stock.get("at") == f"yards.{convoy}":
            return None
    return None


def _behind(gate: str, corridors: Iterable[Settings]) -> list[str]:
    """The platforms behind a gate; none where a corridor passes it twice, or comes to none or several."""
    found = set()
    for corridor in corridors:
        steps = corridor["steps"]
        for i, step in enumerate(steps):
            if step.get("pass_gate") == gate:
                transfers = (later["transfer"]["onto"] for later in steps[i:] if "transfer" in later)
                onto = [name for name in transfers if name in PLATFORMS]
                again = any(later.get("pass_gate") == gate for later in steps[i + 1 :])
                found.add(onto[0] if len(onto) == 1 and not again else "")
    return [] if "" in found else sorted(found)


def _places_of(corridor: Settings) -> list[str]:
    """The full names of its places, vehicles apart."""
    kinds = {"travel": "roads", "pass_gate": "gates", "inspect": "sites", "offload": "warehouses", "convoy": "yards"}
    names = []
    for step in corridor["steps"]:
        for verb, what in step.items():
            if verb in kinds:
                names.append(f"{kinds[verb]}.{what['yard'] if isinstance(what, dict) else what}")
            elif verb == "transfer":
                names += [f"platforms.{what['onto']}"] * (what["onto"] in PLATFORMS) + [f"bays.{what['bays']}"]
    return names


def _places_with_waits(corridor: Settings) -> list[str]:
    """Its gates, sites, bays and warehouses."""
    kinds = {"pass_gate": "gates", "inspect": "sites", "offload": "warehouses"}
    names = [f"{kinds[verb]}.{what}" for step in corridor["steps"] for verb, what in step.items() if verb in kinds]
    return names + [f"bays.{step['transfer']['bays']}" for step in corridor["steps"] if "transfer" in step]


def _borders(corridor: Settings) -> int:
    """How many border gates it has."""
    return int(any(step.get("pass_gate") == BORDER for step in corridor["steps"]))


def _last_on_trucks(steps: list[Settings]) -> int:
    """Before which step, at the latest, loads are on trucks: a transfer onto a platform, or the last."""
    return next((i for i, s in enumerate(steps) if s.get("transfer", {}).get("onto") in PLATFORMS), len(steps) - 1)


def _between(settings: Settings, steps: list[Settings], at: int) -> bool:
    """Whether a load that is rejected behind `at` may be sent back to a step before it."""
    for step in steps[at:]:
        back_to = settings["sites"].get(step.get("inspect"), {}).get("rejected", {}).get("back_to")
        if back_to and any(earlier.get("as") == back_to for earlier in steps[:at]):
            return True
    return False
