"""After every run: nothing appeared, nothing vanished, nothing stood where there was no room. Read off the log."""

import numpy as np

from sim import events as e
from sim.draws import Draws
from sim.metrics import PlaceDays
from sim.milestones import Reached
from sim.network import FleetNode, Network, PlatformNode, PoolNode
from sim.visits import History, Level


class NotConserved(Exception):  # noqa: N818
    """The program is wrong: the message says what does not add up."""


def check(
    network: Network, draws: Draws, history: History, found: dict[str, Reached], days: dict[int, PlaceDays]
) -> None:
    """Raises NotConserved unless pallets and kg add up and no place ever held more than it can."""
    for quantity in ("pallets", "kg"):
        _adds_up(quantity, network, draws, history, found, days)
    _brings_what_it_took(draws, history)
    for node in network.nodes:
        if isinstance(node, PlatformNode):
            _within(node.name, history.stock(node.number), node.room)
        elif isinstance(node, PoolNode):
            visits = history.visits(node.number)
            held = visits.started_s < history.horizon_s
            _within(node.name, Level.of_spans(visits.started_s[held], visits.left_s[held]), node.lanes)
        elif isinstance(node, FleetNode):
            out = history.spans(e.STARTED, e.FINISHED, node.number)
            _within(node.name, Level.of_spans(*out), node.vehicles)


def _adds_up(
    quantity: str,
    network: Network,
    draws: Draws,
    history: History,
    found: dict[str, Reached],
    days: dict[int, PlaceDays],
) -> None:
    """Requested and opening stock are returned, turned away, arrived, on a platform, on vehicles or on their trucks."""
    amount: np.ndarray[tuple[int], np.dtype[np.int64]] = getattr(draws, quantity)

    def total(name: str) -> int:
        return int(getattr(found[name], quantity).sum())

    began = amount[history.rows["entity"][np.append(history.of(e.REQUESTED), history.of(e.STOCKED))]].sum()
    gone = np.zeros(len(draws), dtype=bool)
    handed_over = history.rows["entity"][history.of(e.OFFLOADED)]
    own_arrival = history.of(e.ARRIVED)
    own_arrival = history.rows["entity"][own_arrival][history.rows["carrier"][own_arrival] == -1]
    for load in (handed_over, own_arrival, found["returned"].load, found["turned_away"].load):
        if gone[load].any() or len(np.unique(load)) < len(load):
            raise NotConserved(f"load {int(load[gone[load]][0]) if gone[load].any() else ''} left its truck twice")
        gone[load] = True
    on_trucks = int(amount[~gone].sum())
    beyond = int(amount[handed_over].sum()) + int(amount[own_arrival].sum()) - total("arrived")  # platforms, vehicles
    if quantity == "pallets":
        on_platforms = sum(int(days[n.number].backlog_end[-1]) for n in network.nodes if isinstance(n, PlatformNode))
        on_vehicles = int(found["collected"].pallets.sum() + amount[own_arrival].sum()) - total("arrived")
        if beyond != on_platforms + on_vehicles or on_vehicles < 0:
            raise NotConserved(
                f"{beyond} pallets were handed over, {on_platforms} on platforms, {on_vehicles} on vehicles"
            )
    if began != total("returned") + total("turned_away") + total("arrived") + beyond + on_trucks or beyond < 0:
        raise NotConserved(
            f"{quantity}: {began} began, but {total('arrived')} arrived and {beyond + on_trucks} are inside"
        )


def _brings_what_it_took(draws: Draws, history: History) -> None:
    """Each part of a load is collected by one vehicle, and arrives with it whole."""
    taken, brought = history.of(e.COLLECTED), history.of(e.ARRIVED)
    brought = brought[history.rows["carrier"][brought] >= 0]
    pallets = history.rows["pallets"].astype(np.int64)
    parts = dict(zip(history.who[taken].tolist(), pallets[taken].tolist(), strict=True))
    came = dict(zip(history.who[brought].tolist(), pallets[brought].tolist(), strict=True))
    if len(parts) < len(taken) or len(came) < len(brought) or not came.items() <= parts.items():
        raise NotConserved("a vehicle brought other pallets than it had taken")
    collected = np.zeros(len(draws), dtype=np.int64)
    np.add.at(collected, history.rows["entity"][taken], pallets[taken])
    if (collected > draws.pallets).any():
        raise NotConserved("more pallets of a load were collected than it has")


def _within(name: str, level: Level, most: int) -> None:
    """At the end of no second the level is below 0 or, where there is a limit, above it."""
    held = level.before(np.unique(level.time_s) + 1)
    if len(held) and (held.min() < 0 or (most >= 0 and held.max() > most)):
        raise NotConserved(f"{name} held between {held.min()} and {held.max()}, and has room for {most}")
