"""People in awkward worlds, with places of their own: the knob that `awkward.py` turns, by luck of its own."""

from random import Random
from typing import Any

Settings = dict[str, Any]
LARGEST_PARTY = 5
EITHER_WAY = ("out", "in")


class Crossings:
    """Groups that cross both ways by one border gate, under ceilings of persons, past offices, slots and checks."""

    def __init__(self, seed: int, pace: tuple[int, ...], calendars: list[str]):
        self.luck, self.pace, self.calendars = Random(f"people {seed}"), pace, calendars

    def add(self, settings: Settings, always: bool = False) -> None:
        """Into some worlds; `always` into this one."""
        luck = self.luck
        if luck.random() >= 0.3 and not always:
            return
        settings["gates"] |= {
            "way": {"border": True, "calendar": self._calendar()}, "list": {"calendar": self._calendar()},
        }  # fmt: skip
        settings["ceilings"] |= {name: self._ceiling(name) for name in luck.sample(EITHER_WAY, luck.randrange(3))}
        settings["sites"] |= {name: self._site() for name in ("check", "guard")}
        settings["roads"] |= {"path": {"time": self._time(), "calendar": self._calendar()}}
        settings["warehouses"] |= {"hall": {**self._served(), "time": self._time()}}
        settings["offices"] |= {"names": {"time": self._time(), "calendar": self._calendar(), "requests": "9/day"}}
        settings["slots"] |= {
            "days": {"trucks": f"{luck.choice((1, 4, 30))}/day", "allotted": luck.choice(("00:00", "18:00"))}
        }
        settings["people"] = {f"group_{i}": self._group() for i in range(luck.choice((1, 2, 4)))}
        for way in sorted({group["corridor"] for group in settings["people"].values()}):
            settings["corridors"][way] = {"from": "away", "to": "here", "steps": self._steps()}
        self._befall(settings)

    def _group(self) -> Settings:
        luck = self.luck
        direction = luck.choice(EITHER_WAY)
        group: Settings = {
            "direction": direction, "corridor": f"people_{direction}", "rate": f"{luck.choice((0, 3, 40))}/day",
            "party": luck.choice((1, 3, {"law": "uniform", "low": 1, "high": LARGEST_PARTY})),
            "waiting": luck.choice((0, 1, 7, 60)), "rank": luck.choice((0, 0, 1)),
        }  # fmt: skip
        if luck.random() < 0.5:
            group["waited"] = luck.choice(("3 days", {"law": "exponential", "mean": "90 s"}))
        if luck.random() < 0.7:
            group["urgency"] = luck.choice(({"red": "20 %", "other": "rest"}, {"red": 0.1, "amber": 0.4, "green": 0.5}))
        return group

    def _steps(self) -> list[Settings]:
        luck = self.luck
        before: list[Settings] = [
            {"permit": "names"}, {"slot": "days"}, {"pass_gate": "list"}, {"travel": "path"}, {"inspect": "check"},
            {"inspect": "guard"},
        ]  # fmt: skip
        held = sorted(luck.sample(range(len(before)), luck.randrange(len(before))))
        return [*(before[i] for i in held), {"pass_gate": "way"}, {"travel": "path"}, {"offload": "hall"}]

    def _ceiling(self, direction: str) -> Settings:
        both = self.luck.random() < 0.3
        persons = f"{LARGEST_PARTY + self.luck.choice((0, 1, 7, 60))}/day"
        return {
            "gates": ["way"], "persons": persons, "calendar": self.luck.choice(("always", "always", "some_days")),
            **({} if both else {"direction": direction}),
        }  # fmt: skip

    def _served(self) -> Settings:
        return {"lanes": self.luck.choice((1, 2, 5)), "calendar": self._calendar()}

    def _site(self) -> Settings:
        luck = self.luck
        site = {**self._served(), "time": self._time(), "rule": luck.choice(("finish", "freeze", "nostart"))}
        if luck.random() < 0.6:
            site["rejected"] = {"share": luck.choice((0.2, 1)), "attempts": luck.choice((1, 2))}
            if luck.random() < 0.5:
                site["rejected"]["after"] = self._time()
        if luck.random() < 0.3:
            site |= {"room": luck.choice((0, 3)), "overflow": "turn_away"}
        return site

    def _befall(self, settings: Settings) -> None:
        """A shock over the gate of people and one of goods, and a phase that changes both."""
        luck = self.luck
        if luck.random() < 0.4:
            places = ["gates.way", f"gates.{next(iter(settings['gates']))}"]
            settings["shocks"]["border_shut"] = {"places": places, "rate": "1/day", "lasts": self._time()}
        if luck.random() < 0.4:
            changes: Settings = {"sites.check.lanes": "+ 1", "gates.list.level": "0 %"}
            changes |= {f"ceilings.{n}.persons": "x 2" for n in EITHER_WAY if n in settings["ceilings"]}
            phase = {"from": "2024-05-13", "starts": self._time(), "lasts": "1 day", "changes": changes}
            settings["phases"]["people_later"] = phase

    def _time(self) -> Any:
        return f"{self.luck.choice(self.pace)} s"

    def _calendar(self) -> str:
        return self.luck.choice(("always", "always", *self.calendars))
