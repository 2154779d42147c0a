"""The map of a scenario: spots, and ways between them. Places with no drive between them are one spot.

It is derived from the corridors; coordinates are passed on where places have them. Nothing is drawn here.
"""

from collections.abc import Iterator
from typing import Any

from sim.network.corridors import places_of
from sim.scenario.base import OnMap
from sim.scenario.corridors import Travel
from sim.scenario.scenario import Scenario

KINDS = ("gates", "origins", "sites", "warehouses", "yards", "platforms", "bays")  # the first gives a spot its name
ASKED = ("offices", "slots")  # they need not be where the load waits


def on_map(scenario: Scenario) -> dict[str, Any]:
    """Returns the map for the manifest: `spots` by name, and the `ways` of each corridor.

    A spot has title, also, north, east and places; it is named by the first of its places, and has null without
    coordinates. A way leads from spot to spot, by the roads of each of its `drives`; two drives in a row are one way.
    """
    spot_of = spots(scenario)
    members: dict[str, list[str]] = {}
    for place, spot in spot_of.items():
        members.setdefault(spot, []).append(place)
    entries = {spot: _spot(scenario, sorted(places, key=_by_kind)) for spot, places in sorted(members.items())}
    return {
        "spots": entries,
        "ways": {name: list(_ways(scenario, name, spot_of)) for name in sorted(scenario.corridors)},
    }


def spots(scenario: Scenario) -> dict[str, str]:
    """Returns full name -> name of its spot for each place on corridors; bays beside a site share its spot."""
    spot_of: dict[str, str] = {}
    for name in scenario.corridors:
        for places, _ in _stretches(scenario, name):
            joined = {spot_of[place] for place in places if place in spot_of}
            first = min({*joined, *places}, key=_by_kind)
            for place, spot in spot_of.items():
                if spot in joined:
                    spot_of[place] = first
            spot_of |= dict.fromkeys(places, first)
    for name in scenario.corridors:
        for places, remote in _stretches(scenario, name):
            for place in remote:
                spot_of.setdefault(place, spot_of[places[0]])
    return spot_of


def two_on_one_spot(scenario: Scenario) -> Iterator[str]:
    """Checks that places with no drive between them have the same coordinates, if they have any."""
    first: dict[str, tuple[str, OnMap]] = {}
    for place, spot in spots(scenario).items():
        settings = _told(scenario, place)
        if settings is None or settings.north is None:
            continue
        other, other_settings = first.setdefault(spot, (place, settings))
        if (other_settings.north, other_settings.east) != (settings.north, settings.east):
            yield f"{place}.on_map: differs from {other}, though no drive lies between them"


def _stretches(scenario: Scenario, name: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yields (places, offices and slots) for each stretch of a corridor without a drive."""
    corridor = scenario.corridors[name]
    places, remote = [f"origins.{corridor.origin}"], list[str]()
    for step in corridor.steps:
        if isinstance(step, Travel):
            if places:
                yield places, remote
            places, remote = [], []
            continue
        named = places_of(scenario, step)
        places += [f"{kind}.{short_name}" for kind, short_name in named if kind in KINDS]
        remote += [f"{kind}.{short_name}" for kind, short_name in named if kind in ASKED]
    if places:
        yield places, remote


def _ways(scenario: Scenario, name: str, spot_of: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yields the ways of a corridor from spot to spot, in order."""
    corridor = scenario.corridors[name]
    start, drives = spot_of[f"origins.{corridor.origin}"], list[list[str]]()
    for step in corridor.steps:
        if isinstance(step, Travel):
            drives.append([f"roads.{road}" for road in step.ways])
            continue
        end = next(
            (spot_of[f"{kind}.{short_name}"] for kind, short_name in places_of(scenario, step) if kind in KINDS), None
        )
        if drives and end is not None:
            yield {"from": start, "to": end, "drives": drives}
            start, drives = end, []


def _spot(scenario: Scenario, places: list[str]) -> dict[str, Any]:
    """Returns the entry of a spot in the manifest."""
    settings = [entry for place in places if (entry := _told(scenario, place))]
    located = next((entry for entry in settings if entry.north is not None), None)
    of_kind = [place for place in places if place.partition(".")[0] == places[0].partition(".")[0]]
    titles = dict.fromkeys(_title(scenario, place) for place in of_kind)
    return {
        "title": next((entry.name for entry in settings if entry.name), " / ".join(titles)),
        "also": list(dict.fromkeys(name for entry in settings for name in entry.also)),
        "north": located and located.north,
        "east": located and located.east,
        "places": places,
    }


def _told(scenario: Scenario, place: str) -> OnMap | None:
    """Returns the map settings of a place; None where it has none, or where there is no such place."""
    kind, _, name = place.partition(".")
    return getattr(getattr(scenario, kind).get(name), "on_map", None)  # other checks report unknown names


def _title(scenario: Scenario, place: str) -> str:
    """Returns the title of a place."""
    kind, _, name = place.partition(".")
    return str(getattr(scenario, kind)[name].title) or name.replace("_", " ")


def _by_kind(place: str) -> tuple[int, str]:
    """Returns the key by which places of a spot are ordered: by kind, then by name."""
    kind = place.partition(".")[0]
    return ([*KINDS, *ASKED].index(kind), place)
