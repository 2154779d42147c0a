"""Distribution in awkward worlds, on places of its own: a knob that `awkward.py` turns, by luck of its own."""

from random import Random
from typing import Any

Settings = dict[str, Any]


class Onward:
    """What arrives goes on by trips of a small fleet, by the trucks that brought it, or in convoys of these."""

    def __init__(self, seed: int, pace: tuple[int, ...], calendars: list[str], largest: int):
        self.luck, self.pace, self.calendars, self.largest = Random(f"distribution {seed}"), pace, calendars, largest

    def add(self, settings: Settings, always: bool = False) -> None:
        """Into some worlds; `always` into this one."""
        luck = self.luck
        if luck.random() >= 0.3 and not always:
            return
        settings["gates"] |= {"turn": {"calendar": self._calendar()}}
        settings["roads"] |= {name: self._road() for name in ("lane", "track")}
        settings["warehouses"] |= {"point": {**self._served(), "store": "shelf"}, "kitchen": self._served()}
        settings["stores"] |= {"shelf": {"room": self.largest + luck.choice((0, 30)), "outflow": "1440/day"}}
        settings["platforms"] |= {"hub": {"room": luck.choice((None, self.largest, 90)), "collect": self._collect()}}
        settings["yards"] |= {"hub": self._yard(), "court": self._yard()}
        settings["crews"] |= {"inside": {"people": luck.choice((1, 3, 30)), "rest": self._time()}}
        settings["fleets"]["carts"] = {
            "vehicles": luck.choice((1, 2, 9)), "pallets": luck.choice((1, 4, self.largest)), "home": self._time(),
            **luck.choice(({}, {"drivers": "inside"})),
        }  # fmt: skip
        settings["ceilings"] |= luck.choice(({}, {"turns": {"gates": ["turn"], "trucks": "24/day"}}))
        settings["offices"] |= {"inner": {"time": self._time(), "calendar": self._calendar(), "requests": "99/day"}}
        ways = (("carts_out", "there"), ("trucks_out", "there"), ("carts_about", "here"))
        shares = luck.choice(((0.5, 0.3, 0.2), ("10 %", "1 %", "7 %"), (0.0001, "99 %", 0.001)))
        taken = luck.sample(range(3), luck.choice((1, 2, 3)))
        settings["distribution"] = {
            ways[i][0]: {"of": "here", "share": shares[i], **self._kinds(settings)} for i in taken
        }
        for way, to in (ways[i] for i in taken):
            settings["corridors"][way] = {"from": "away", "to": to, "steps": self._steps(way)}
        self._befall(settings, [ways[i][0] for i in taken])

    def _steps(self, way: str) -> list[Settings]:
        luck = self.luck
        onward: list[Settings] = [
            {"travel": luck.choice(("lane", "track"))},
            {"pass_gate": "turn"},
            {"travel": "track"},
        ]
        onward = [onward[i] for i in sorted(luck.sample(range(3), luck.randrange(4)))]
        end = {"offload": luck.choice(("point", "kitchen"))}
        asks = [{"permit": "inner"}] * luck.choice((0, 0, 1))
        if way.startswith("carts"):
            return [{"convoy": {"yard": "hub", "from": "hub", "fleet": "carts"}}, *onward, end]
        return [*asks, *[{"convoy": "court"}] * luck.choice((0, 1)), *onward, end]

    def _befall(self, settings: Settings, ways: list[str]) -> None:
        """A phase that changes the fleet, a shock over a road, and what is there at the start."""
        luck = self.luck
        if luck.random() < 0.3:
            settings["shocks"]["inside"] = {
                "places": ["roads.lane"],
                "rate": "1/day",
                "lasts": self._time(),
                "level": 0.1,
            }
        if luck.random() < 0.3:
            changes = {"fleets.carts.vehicles": "+ 2", "roads.track.condition": "50 %"}
            settings["phases"]["inside"] = {"from": "2024-05-13", "starts": self._time(), "changes": changes}
        if luck.random() < 0.4 and isinstance(settings["start"], dict):
            flow, way = luck.choice(list(settings["flows"].values())), luck.choice(ways)
            kind = {"sector": flow["sector"], "cargo": flow["cargo"]}
            ranks = {f.get("rank") for f in settings["flows"].values() if kind.items() <= f.items()}
            if len(ranks) == 1:
                settings["start"]["inside"] = {**kind, "corridor": way, "loads": 2, "age": self._time()}

    def _kinds(self, settings: Settings) -> Settings:
        some = self.luck.sample(list(settings["cargos"]), 3)
        return self.luck.choice(({}, {}, {"cargos": some}, {"sectors": ["un", "commercial"]}))

    def _road(self) -> Settings:
        luck = self.luck
        losing = {"interception": {"missions": luck.choice((0.1, 1)), "within": luck.choice((0.2, 1))}}
        return {"time": self._time(), "calendar": self._calendar(), **luck.choice(({}, {}, losing))}

    def _yard(self) -> Settings:
        luck = self.luck
        return {
            "min": 1,
            "max": luck.choice((1, 2, 5)),
            "patience": luck.choice(("1 s", "1 h")),
            "calendar": self._calendar(),
        }

    def _served(self) -> Settings:
        luck = self.luck
        rule = luck.choice(("finish", "freeze", "nostart"))
        return {"lanes": luck.choice((1, 2, 5)), "time": self._time(), "calendar": self._calendar(), "rule": rule}

    def _collect(self) -> str:
        return self.luck.choice(("at_once", "next_day"))

    def _time(self) -> Any:
        return f"{self.luck.choice(self.pace)} s"

    def _calendar(self) -> str:
        return self.luck.choice(("always", "always", *self.calendars))
