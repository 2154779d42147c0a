"""What a map shows of a scenario: spots, and the ways between them. Places between which nobody drives are one spot.

Read off the corridors alone; coordinates, where places have some, are handed on. It draws nothing.
"""

from collections.abc import Iterator
from typing import Any

from sim.network.corridors import places_of
from sim.scenario.base import OnMap
from sim.scenario.corridors import Travel
from sim.scenario.scenario import Scenario

KINDS = ("gates", "origins", "sites", "warehouses", "yards", "platforms", "bays")  # the first gives a spot its name
ASKED = ("offices", "slots")  # who waits for their answer waits wherever it is


def on_map(scenario: Scenario) -> dict[str, Any]:
    """Of the manifest: `spots` by name (title, also, north, east, places), and the `ways` of each corridor.

    A way leads from a spot to a spot, by the roads of each of its `drives`; two drives in a row are one way. A spot is
    named by the first of its places. One without coordinates has null.
    """
    spot_of = spots(scenario)
    members: dict[str, list[str]] = {}
    for place, spot in spot_of.items():
        members.setdefault(spot, []).append(place)
    told = {spot: _spot(scenario, sorted(places, key=_by_kind)) for spot, places in sorted(members.items())}
    return {
        "spots": told,
        "ways": {name: list(_ways(scenario, name, spot_of)) for name in sorted(scenario.corridors)},
    }


def spots(scenario: Scenario) -> dict[str, str]:
    """Full name of each place that corridors name -> the spot where it is; bays beside a site are where that is."""
    spot_of: dict[str, str] = {}
    for name in scenario.corridors:
        for places, _ in _stretches(scenario, name):
            known = {spot_of[place] for place in places if place in spot_of}
            one = min({*known, *places}, key=_by_kind)
            for place, spot in spot_of.items():
                if spot in known:
                    spot_of[place] = one
            spot_of |= dict.fromkeys(places, one)
    for name in scenario.corridors:
        for places, asked in _stretches(scenario, name):
            for place in asked:
                spot_of.setdefault(place, spot_of[places[0]])
    return spot_of


def two_on_one_spot(scenario: Scenario) -> Iterator[str]:
    """Places between which nobody drives have the same coordinates, if they have any."""
    first: dict[str, tuple[str, OnMap]] = {}
    for place, spot in spots(scenario).items():
        told = _told(scenario, place)
        if told is None or told.north is None:
            continue
        other, found = first.setdefault(spot, (place, told))
        if (found.north, found.east) != (told.north, told.east):
            yield f"{place}.on_map: not where {other} is, and nobody drives between the two"


def _stretches(scenario: Scenario, name: str) -> Iterator[tuple[list[str], list[str]]]:
    """Of each stretch of a corridor without a drive: its places, and the offices and slots asked there."""
    corridor = scenario.corridors[name]
    places, asked = [f"origins.{corridor.origin}"], list[str]()
    for step in corridor.steps:
        if isinstance(step, Travel):
            if places:
                yield places, asked
            places, asked = [], []
            continue
        named = places_of(scenario, step)
        places += [f"{kind}.{own}" for kind, own in named if kind in KINDS]
        asked += [f"{kind}.{own}" for kind, own in named if kind in ASKED]
    if places:
        yield places, asked


def _ways(scenario: Scenario, name: str, spot_of: dict[str, str]) -> Iterator[dict[str, Any]]:
    """From spot to spot, in the order of the corridor."""
    corridor = scenario.corridors[name]
    here, drives = spot_of[f"origins.{corridor.origin}"], list[list[str]]()
    for step in corridor.steps:
        if isinstance(step, Travel):
            drives.append([f"roads.{road}" for road in step.ways])
            continue
        there = next((spot_of[f"{kind}.{own}"] for kind, own in places_of(scenario, step) if kind in KINDS), None)
        if drives and there is not None:
            yield {"from": here, "to": there, "drives": drives}
            here, drives = there, []


def _spot(scenario: Scenario, places: list[str]) -> dict[str, Any]:
    told = [found for place in places if (found := _told(scenario, place))]
    at = next((found for found in told if found.north is not None), None)
    of_kind = [place for place in places if place.partition(".")[0] == places[0].partition(".")[0]]
    titles = dict.fromkeys(_title(scenario, place) for place in of_kind)
    return {
        "title": next((found.name for found in told if found.name), " / ".join(titles)),
        "also": list(dict.fromkeys(name for found in told for name in found.also)),
        "north": at and at.north,
        "east": at and at.east,
        "places": places,
    }


def _told(scenario: Scenario, place: str) -> OnMap | None:
    kind, _, name = place.partition(".")
    return getattr(getattr(scenario, kind).get(name), "on_map", None)  # a name may be wrong, which others say


def _title(scenario: Scenario, place: str) -> str:
    kind, _, name = place.partition(".")
    return str(getattr(scenario, kind)[name].title) or name.replace("_", " ")


def _by_kind(place: str) -> tuple[int, str]:
    kind = place.partition(".")[0]
    return ([*KINDS, *ASKED].index(kind), place)
