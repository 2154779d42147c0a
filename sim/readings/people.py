"""People who cross, read off the log of their own network: lists by day, who crossed or was turned back, and waits.

Whoever is on a list leaves it by passing the gate marked `border`, or by being turned back for good. Of those still on
it the wait is told apart: it is not over, so no quantile of all is known. Counted in persons, waits by parties.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.laws import Floats, Ints
from sim.luck.draws import Draws
from sim.network.corridors import PassGate
from sim.network.gates import GateNode
from sim.network.network import Network
from sim.readings.conservation import ConservationError
from sim.readings.milestones import MilestoneEvents
from sim.readings.visits import midnights
from sim.units import DAY_S

DIRECTIONS = ("out", "in")
Bools = NDArray[np.bool_]


class Parties(NamedTuple):
    """All parties of one replication. Shape (n,).

    source : number in the network; joined_s : when it joined its list, below 0 before the run; left_s : when it crossed
    or was turned back, else the run's end; crossed, turned_back : whether it did, or was; at_start : was on the list.
    """

    source: Ints
    persons: Ints
    joined_s: Ints
    left_s: Ints
    crossed: Bools
    turned_back: Bools
    at_start: Bools


class PeopleMeasure(NamedTuple):
    """A measure by name, unit and value; None where there is none."""

    name: str
    unit: str
    value: float | None


def build_parties(network: Network, draws: Draws, found: dict[str, MilestoneEvents]) -> Parties:
    """Who joined and left, and how. Raises NotConserved where one has left twice."""
    stock = np.array([source.demand is None for source in network.sources], dtype=np.bool_)
    left_s = np.full(len(draws), network.horizon_s, dtype=np.int64)
    ways = np.zeros((2, len(draws)), dtype=np.int64)
    for way, names in enumerate((("entered",), ("returned", "turned_away"))):
        for name in names:
            left_s[found[name].load] = found[name].time_s
            ways[way] += np.bincount(found[name].load, minlength=len(draws))
    if (ways.sum(axis=0) > 1).any():
        raise ConservationError(f"a party has left its list twice: {int(ways.sum(axis=0).argmax())}")
    joined_s = draws.created_s.astype(np.int64) - draws.age_s
    pallets = draws.pallets.astype(np.int64)
    return Parties(
        draws.source.astype(np.int64), pallets, joined_s, left_s, ways[0] > 0, ways[1] > 0, stock[draws.source]
    )


def people_by_day(network: Network, all_of: Parties) -> dict[str, NDArray[Any]]:
    """A row a class and day: persons who joined the list, crossed, were turned back, and are on it at the day's end.

    And the parties that are on it. Raises NotConserved unless persons add up on every day.
    """
    columns: dict[str, list[Any]] = {}
    days = np.arange(network.days)
    ends_s = midnights(network.days)[1:]
    for name, sources in _sources_by_class(network).items():
        own = _select_parties(all_of, np.isin(all_of.source, sources))
        new = ~own.at_start
        by_day = {
            "joined": _sum_by_day(own.joined_s[new], own.persons[new], network.days),
            "crossed": _sum_by_day(own.left_s[own.crossed], own.persons[own.crossed], network.days),
            "turned_back": _sum_by_day(own.left_s[own.turned_back], own.persons[own.turned_back], network.days),
            "waiting": _on_list_at(own, own.persons, ends_s),
            "waiting_parties": _on_list_at(own, np.ones_like(own.persons), ends_s),
        }
        change = by_day["joined"] - by_day["crossed"] - by_day["turned_back"]
        if (own.persons[own.at_start].sum() + np.cumsum(change) != by_day["waiting"]).any():
            raise ConservationError(f"persons of people.{name} do not add up to those on the list")
        source = network.sources[sources[0]]
        who = {"people": source.cargo, "direction": source.direction, "urgency": name.partition(".")[2]}
        for column, value in {"day": days, **{k: np.full(len(days), v) for k, v in who.items()}, **by_day}.items():
            columns.setdefault(column, []).append(value)
    return {column: np.concatenate(values) for column, values in columns.items()}


def people_measures(network: Network, all_of: Parties) -> list[PeopleMeasure]:
    """Of each direction, then of groups and classes of urgency.

    people_out_per_day, people_in_per_day [persons/day] = persons that pass the gate marked `border` after warm-up /
        days after warm-up; null where nobody goes that way
    people_days_open:<direction> [days] = days after warm-up on which that gate is open for a second; null likewise
    people_days_used:<direction> [days] = days after warm-up on which somebody passes; null likewise
    """
    after_s = network.warm_up_days * DAY_S
    days = network.days - network.warm_up_days
    rows = []
    for direction in DIRECTIONS:
        number = [i for i, source in enumerate(network.sources) if source.direction == direction]
        own = _select_parties(all_of, np.isin(all_of.source, number) & all_of.crossed & (all_of.left_s >= after_s))
        crossed = float(own.persons.sum() / days) if number else None
        rows.append(PeopleMeasure(f"people_{direction}_per_day", "persons/day", crossed))
        opened = _border_open_days(network, number)[network.warm_up_days :].sum()
        used = len(np.unique(own.left_s // DAY_S))
        rows.append(PeopleMeasure(f"people_days_open:{direction}", "days", float(opened) if number else None))
        rows.append(PeopleMeasure(f"people_days_used:{direction}", "days", float(used) if number else None))
    of_classes = _sources_by_class(network)
    groups: dict[str, list[int]] = {}
    for name, sources in of_classes.items():
        groups.setdefault(name.partition(".")[0], []).extend(sources)
    for name, sources in {**groups, **of_classes}.items():
        rows += _class_measures(
            name, _select_parties(all_of, np.isin(all_of.source, sources)), after_s, days, network.horizon_s
        )
    return rows


def people_measure_names(network: Network) -> list[str]:
    """Of all measures, before anything has run."""
    none, no = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
    return [row.name for row in people_measures(network, Parties(none, none, none, none, no, no, no))]


def _class_measures(name: str, own: Parties, after_s: int, days: int, horizon_s: int) -> list[PeopleMeasure]:
    """Of a group, or of a class of urgency in it (group.class).

    people_crossed_per_day:<group> [persons/day] = persons of the group that cross after warm-up / days after warm-up
    people_turned_back_per_day:<group> [persons/day] = persons turned back for good after warm-up / days after warm-up
    people_waiting_end:<group> [persons] = persons on the list as the run ends
    parties_waiting_end:<group> [parties] = parties on the list as the run ends
    list_days_mean:<group> [days] = mean over parties that cross after warm-up of (crossed - joined) / 86,400 s
    list_days_p50:<group>, list_days_p90:<group> [days] = the least that so many of the same do not exceed
    list_days_so_far_mean:<group> [days] = mean over parties on the list at the end of (end - joined) / 86,400 s
    list_cleared_day:<group> [day] = when the last who was on the list at the start left it; null where one has not
    """
    after = own.left_s >= after_s
    crossed, back = (_select_parties(own, left & after) for left in (own.crossed, own.turned_back))
    still = _select_parties(own, ~own.crossed & ~own.turned_back)
    waited = np.sort(crossed.left_s - crossed.joined_s) / DAY_S
    old = _select_parties(own, own.at_start)
    all_left = len(old.left_s) > 0 and bool((old.crossed | old.turned_back).all())
    return [
        PeopleMeasure(f"people_crossed_per_day:{name}", "persons/day", float(crossed.persons.sum() / days)),
        PeopleMeasure(f"people_turned_back_per_day:{name}", "persons/day", float(back.persons.sum() / days)),
        PeopleMeasure(f"people_waiting_end:{name}", "persons", float(still.persons.sum())),
        PeopleMeasure(f"parties_waiting_end:{name}", "parties", float(len(still.persons))),
        PeopleMeasure(f"list_days_mean:{name}", "days", float(waited.mean()) if len(waited) else None),
        PeopleMeasure(f"list_days_p50:{name}", "days", _quantile(waited, 0.5)),
        PeopleMeasure(f"list_days_p90:{name}", "days", _quantile(waited, 0.9)),
        PeopleMeasure(
            f"list_days_so_far_mean:{name}", "days",
            float((horizon_s - still.joined_s).mean()) / DAY_S if len(still.joined_s) else None,
        ),
        PeopleMeasure(f"list_cleared_day:{name}", "day", float(old.left_s.max()) / DAY_S if all_left else None),
    ]  # fmt: skip


def _sources_by_class(network: Network) -> dict[str, list[int]]:
    """Name of a class, or of a group without any -> its sources: who is on the list at first, and who joins it."""
    found: dict[str, list[int]] = {}
    for number, source in enumerate(network.sources):
        found.setdefault(source.name, []).append(number)
    return found


def _border_open_days(network: Network, sources: list[int]) -> Ints:
    """1 on days on which a border gate of these sources is open for a second. Shape (days,)."""
    opened = np.zeros(network.days, dtype=np.int64)
    for route in {route for number in sources for route in network.sources[number].corridors}:
        for step in network.routes[route].steps:
            gate = network.nodes[step.gate] if isinstance(step, PassGate) else None
            if isinstance(gate, GateNode) and gate.border:
                opened |= np.diff(gate.calendar.integral(midnights(network.days))) > 0
    return opened


def _select_parties(all_of: Parties, own: Bools) -> Parties:
    return Parties(*(column[own] for column in all_of))  # type: ignore[arg-type]


def _sum_by_day(time_s: Ints, amount: Ints, days: int) -> Ints:
    """Of what happens on each day. Shape (days,)."""
    return np.bincount(time_s // DAY_S, amount, minlength=days)[:days].astype(np.int64)


def _on_list_at(own: Parties, amount: Ints, ends_s: Ints) -> Ints:
    """How much of it is on the list at each of these times. Shape of `ends_s`."""

    def before(time_s: Ints) -> Ints:
        order = np.argsort(time_s, kind="stable")
        upto = np.append(0, np.cumsum(amount[order]))
        return np.asarray(upto[np.searchsorted(time_s[order], ends_s)], dtype=np.int64)

    gone_s = np.where(own.crossed | own.turned_back, own.left_s, ends_s[-1])
    return before(own.joined_s) - before(gone_s)


def _quantile(ascending: Floats, share: float) -> float | None:
    """The least value that so many do not exceed; None of nothing."""
    return float(ascending[int(np.ceil(share * len(ascending))) - 1]) if len(ascending) else None
