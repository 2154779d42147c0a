"""People who cross, computed from the log of their own network: lists by day, crossings, refusals and waits.

A party leaves its list when it passes the gate marked `border`, or when it is turned back for good. The waits of
parties still on a list are reported apart: they are not over, so a quantile of all parties is unknown. Counts are in
persons; waits are by party.
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
from sim.readings.visits import Bools, midnights
from sim.units import DAY_S

DIRECTIONS = ("out", "in")


class Parties(NamedTuple):
    """All parties of one replication. Shape (n,).

    source : number in the network. joined_s : when the party joined its list, below 0 before the run. left_s : when it
    crossed or was turned back, else the run's end. crossed, turned_back : how it left. at_start : on the list at the
    start.
    """

    source: Ints
    persons: Ints
    joined_s: Ints
    left_s: Ints
    crossed: Bools
    turned_back: Bools
    at_start: Bools


class PeopleMeasure(NamedTuple):
    """A measure of people by name, unit and value; the value is None where it is undefined."""

    name: str
    unit: str
    value: float | None


def build_parties(network: Network, draws: Draws, milestones: dict[str, MilestoneEvents]) -> Parties:
    """Returns when each party joined and left its list, and how it left. Raises ConservationError if one left twice."""
    opening = np.array([source.demand is None for source in network.sources], dtype=np.bool_)
    left_s = np.full(len(draws), network.horizon_s, dtype=np.int64)
    exits = np.zeros((2, len(draws)), dtype=np.int64)
    for row, names in enumerate((("entered",), ("returned", "turned_away"))):
        for name in names:
            left_s[milestones[name].load] = milestones[name].time_s
            exits[row] += np.bincount(milestones[name].load, minlength=len(draws))
    if (exits.sum(axis=0) > 1).any():
        raise ConservationError(f"a party has left its list twice: {int(exits.sum(axis=0).argmax())}")
    joined_s = draws.created_s.astype(np.int64) - draws.age_s
    pallets = draws.pallets.astype(np.int64)
    return Parties(
        draws.source.astype(np.int64), pallets, joined_s, left_s, exits[0] > 0, exits[1] > 0, opening[draws.source]
    )


def people_by_day(network: Network, parties: Parties) -> dict[str, NDArray[Any]]:
    """Returns a row a day of each class: persons who joined the list, crossed, were turned back, and wait at day's end.

    It also has the number of parties that wait. Raises ConservationError unless persons add up on every day.
    """
    columns: dict[str, list[Any]] = {}
    days = np.arange(network.days)
    ends_s = midnights(network.days)[1:]
    for name, sources in _sources_by_class(network).items():
        members = _select_parties(parties, np.isin(parties.source, sources))
        joined = ~members.at_start
        by_day = {
            "joined": _sum_by_day(members.joined_s[joined], members.persons[joined], network.days),
            "crossed": _sum_by_day(members.left_s[members.crossed], members.persons[members.crossed], network.days),
            "turned_back": _sum_by_day(
                members.left_s[members.turned_back], members.persons[members.turned_back], network.days
            ),
            "waiting": _on_list_at(members, members.persons, ends_s),
            "waiting_parties": _on_list_at(members, np.ones_like(members.persons), ends_s),
        }
        change = by_day["joined"] - by_day["crossed"] - by_day["turned_back"]
        if (members.persons[members.at_start].sum() + np.cumsum(change) != by_day["waiting"]).any():
            raise ConservationError(f"persons of people.{name} do not add up to those on the list")
        source = network.sources[sources[0]]
        keys = {"people": source.cargo, "direction": source.direction, "urgency": name.partition(".")[2]}
        for column, value in {"day": days, **{k: np.full(len(days), v) for k, v in keys.items()}, **by_day}.items():
            columns.setdefault(column, []).append(value)
    return {column: np.concatenate(values) for column, values in columns.items()}


def people_measures(network: Network, parties: Parties) -> list[PeopleMeasure]:
    """Measures of each direction, then of groups and of classes of urgency.

    people_out_per_day, people_in_per_day [persons/day] = persons that pass the gate marked `border` after warm-up /
        days after warm-up; null where nobody goes in that direction
    people_days_open:<direction> [days] = days after warm-up on which that gate is open for a second; null likewise
    people_days_used:<direction> [days] = days after warm-up on which somebody passes; null likewise
    """
    after_s = network.warm_up_days * DAY_S
    days = network.days - network.warm_up_days
    rows = []
    for direction in DIRECTIONS:
        sources = [i for i, source in enumerate(network.sources) if source.direction == direction]
        crossed = _select_parties(
            parties, np.isin(parties.source, sources) & parties.crossed & (parties.left_s >= after_s)
        )
        persons_per_day = float(crossed.persons.sum() / days) if sources else None
        rows.append(PeopleMeasure(f"people_{direction}_per_day", "persons/day", persons_per_day))
        opened = _border_open_days(network, sources)[network.warm_up_days :].sum()
        used = len(np.unique(crossed.left_s // DAY_S))
        rows.append(PeopleMeasure(f"people_days_open:{direction}", "days", float(opened) if sources else None))
        rows.append(PeopleMeasure(f"people_days_used:{direction}", "days", float(used) if sources else None))
    classes = _sources_by_class(network)
    groups: dict[str, list[int]] = {}
    for name, sources in classes.items():
        groups.setdefault(name.partition(".")[0], []).extend(sources)
    for name, sources in {**groups, **classes}.items():
        rows += _class_measures(
            name, _select_parties(parties, np.isin(parties.source, sources)), after_s, days, network.horizon_s
        )
    return rows


def people_measure_names(network: Network) -> list[str]:
    """Returns the names of all measures of people without running the model."""
    none, no = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
    return [row.name for row in people_measures(network, Parties(none, none, none, none, no, no, no))]


def _class_measures(name: str, parties: Parties, after_s: int, days: int, horizon_s: int) -> list[PeopleMeasure]:
    """Measures of a group, or of a class of urgency in it (group.class).

    people_crossed_per_day:<group> [persons/day] = persons of the group that cross after warm-up / days after warm-up
    people_turned_back_per_day:<group> [persons/day] = persons turned back for good after warm-up / days after warm-up
    people_waiting_end:<group> [persons] = persons on the list at the run's end
    parties_waiting_end:<group> [parties] = parties on the list at the run's end
    list_days_mean:<group> [days] = mean over parties that cross after warm-up of (crossed - joined) / 86,400 s
    list_days_p50:<group>, list_days_p90:<group> [days] = the ceil(q n)-th shortest of the same n times
    list_days_so_far_mean:<group> [days] = mean over parties on the list at the end of (end - joined) / 86,400 s
    list_cleared_day:<group> [day] = day on which the last party of the opening list left it; null if one is still on it
    """
    counted = parties.left_s >= after_s
    crossed, turned_back = (_select_parties(parties, mask & counted) for mask in (parties.crossed, parties.turned_back))
    waiting = _select_parties(parties, ~parties.crossed & ~parties.turned_back)
    waited = np.sort(crossed.left_s - crossed.joined_s) / DAY_S
    opening = _select_parties(parties, parties.at_start)
    is_cleared = len(opening.left_s) > 0 and bool((opening.crossed | opening.turned_back).all())
    return [
        PeopleMeasure(f"people_crossed_per_day:{name}", "persons/day", float(crossed.persons.sum() / days)),
        PeopleMeasure(f"people_turned_back_per_day:{name}", "persons/day", float(turned_back.persons.sum() / days)),
        PeopleMeasure(f"people_waiting_end:{name}", "persons", float(waiting.persons.sum())),
        PeopleMeasure(f"parties_waiting_end:{name}", "parties", float(len(waiting.persons))),
        PeopleMeasure(f"list_days_mean:{name}", "days", float(waited.mean()) if len(waited) else None),
        PeopleMeasure(f"list_days_p50:{name}", "days", _quantile(waited, 0.5)),
        PeopleMeasure(f"list_days_p90:{name}", "days", _quantile(waited, 0.9)),
        PeopleMeasure(
            f"list_days_so_far_mean:{name}", "days",
            float((horizon_s - waiting.joined_s).mean()) / DAY_S if len(waiting.joined_s) else None,
        ),
        PeopleMeasure(f"list_cleared_day:{name}", "day", float(opening.left_s.max()) / DAY_S if is_cleared else None),
    ]  # fmt: skip


def _sources_by_class(network: Network) -> dict[str, list[int]]:
    """Returns the sources of each class, or of a group without classes: its opening list, and who joins it."""
    sources: dict[str, list[int]] = {}
    for number, source in enumerate(network.sources):
        sources.setdefault(source.name, []).append(number)
    return sources


def _border_open_days(network: Network, sources: list[int]) -> Ints:
    """Returns 1 for days on which a border gate of these sources is open for a second, else 0. Shape (days,)."""
    opened = np.zeros(network.days, dtype=np.int64)
    for route in {route for number in sources for route in network.sources[number].corridors}:
        for step in network.routes[route].steps:
            gate = network.nodes[step.gate] if isinstance(step, PassGate) else None
            if isinstance(gate, GateNode) and gate.border:
                opened |= np.diff(gate.calendar.integral(midnights(network.days))) > 0
    return opened


def _select_parties(parties: Parties, selected: Bools) -> Parties:
    return Parties(*(column[selected] for column in parties))  # type: ignore[arg-type]


def _sum_by_day(time_s: Ints, amount: Ints, days: int) -> Ints:
    """Returns the sum of `amount` over the events of each day. Shape (days,)."""
    return np.bincount(time_s // DAY_S, amount, minlength=days)[:days].astype(np.int64)


def _on_list_at(parties: Parties, amount: Ints, ends_s: Ints) -> Ints:
    """Returns the amount on the list at each of `ends_s`, which ascend. Shape of `ends_s`."""

    def before(time_s: Ints) -> Ints:
        order = np.argsort(time_s, kind="stable")
        upto = np.append(0, np.cumsum(amount[order]))
        return np.asarray(upto[np.searchsorted(time_s[order], ends_s)], dtype=np.int64)

    gone_s = np.where(parties.crossed | parties.turned_back, parties.left_s, ends_s[-1])
    return before(parties.joined_s) - before(gone_s)


def _quantile(ascending: Floats, share: float) -> float | None:
    """Returns the smallest value that a share of all values does not exceed; None if there are none."""
    return float(ascending[int(np.ceil(share * len(ascending))) - 1]) if len(ascending) else None
