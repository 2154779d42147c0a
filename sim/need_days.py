"""What people in areas had, used and lacked on each day: needs held against what a log tells.

What arrives is used evenly over the day, of what is there what expires first. Which goods count is not known, so the
balance is struck several times over, once for each supply: of the UN, of all aid, of aid and commercial goods as far as
people can get them; and each of these with what was intercepted on the way there, as if all of it were used.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import Draws
from sim.laws import Floats, Ints
from sim.milestones import Reached, milestones_of
from sim.network import Network
from sim.units import DAY_S, HOUR_S

UN, AID, TRADE = range(3)  # who sends: each supply is of all up to one of them
SUPPLIES = {"un": UN, "aid": AID, "trade_least": TRADE, "trade_most": TRADE}
AND_INTERCEPTED = "_and_intercepted"


class Lots(NamedTuple):
    """What there was for people, part by part: those of one area and need together, in the order of time.

    Shape (n,) int64. series : area and need, area * needs + need. sender : UN, AID or TRADE. intercepted : 0 or 1.
    """

    series: Ints
    time_s: Ints
    kg: Ints
    expires_s: Ints
    sender: Ints
    intercepted: Ints


class Balance(NamedTuple):
    """Of each supply what became of it. Shape (supplies, areas, needs, days), but for needed: (areas, needs, days).

    needed, delivered : kg. opening : (areas, needs) kg. met, late, expired, stock : kg x 86,400, int64; used on its
    day, or for an earlier one; stock at the day's end. out_s : seconds without any. mean : of the stock, kg.
    delivered + opening = met + late + expired + stock, all days up to any.
    """

    supplies: tuple[str, ...]
    needed: Ints
    opening: Ints
    delivered: Ints
    met: Ints
    late: Ints
    expired: Ints
    stock: Ints
    out_s: Floats
    mean: Floats


def supplies_of(network: Network) -> tuple[str, ...]:
    """Those that can differ: by commercial goods and interception only where there are any."""
    trade = any(source.sector == "commercial" for source in network.sources)
    trade |= any(c.sector == "commercial" for area in network.needs.areas for c in area.channels)
    parts = (network, network.onward) if network.onward else (network,)
    losing = any("intercepted" in milestones_of(part, route) for part in parts for route in part.routes)
    some = any(need.least > 0 for need in network.needs.needs)
    there = {"un": True, "aid": True, "trade_least": trade and some, "trade_most": trade}
    names = [name for name in SUPPLIES if there[name]]
    return tuple(name + also for name, also in product(names, ("", AND_INTERCEPTED) if losing else ("",)))


class TakenUp(NamedTuple):
    """What went on from areas where it had arrived: its network, its loads, and how they fared.

    ways : of `arrived` and `intercepted` goods the way by which each would go on, see handing_on.py.
    """

    network: Network
    draws: Draws
    found: dict[str, Reached]
    ways: dict[str, Ints]


def lots_of(network: Network, draws: Draws, found: dict[str, Reached], taken: TakenUp | None = None) -> Lots:
    """What arrived, was intercepted on its way, was there, and came otherwise.

    What goes on inside is where it arrives in the end; what was intercepted before would have gone on as it would.
    """
    parts = [_beside(network)]
    for intercepted, name in enumerate(("arrived", "intercepted")):
        told, route = found[name], draws.route[found[name].load].astype(np.int64)
        if taken is None:
            parts += _reaching(network, network, draws, told, route, intercepted)
            continue
        way = taken.ways[name]
        parts += _reaching(network, network, draws, _of(told, way < 0), route[way < 0], intercepted)
        if intercepted:
            parts += _reaching(network, taken.network, draws, _of(told, way >= 0), way[way >= 0], intercepted)
        told = taken.found[name]
        route = taken.draws.route[told.load].astype(np.int64)
        parts += _reaching(taken.network, taken.network, taken.draws, told, route, intercepted)
    joined = Lots(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.argsort(joined.series * network.horizon_s + joined.time_s, kind="stable")
    return Lots(*(column[order] for column in joined))


def nothing(network: Network) -> Balance:
    """The balance of a world in which nothing came."""
    return balances(network, Lots(*(np.zeros(0, dtype=np.int64) for _ in Lots._fields)))


def balances(network: Network, lots: Lots) -> Balance:
    """The balance of each supply."""
    from sim.using_up import use_up

    needs, days, supplies = network.needs, network.days, supplies_of(network)
    needed, n = needs.daily(days), len(needs.areas) * len(needs.needs)
    carried = np.tile([need.carried for need in needs.needs], len(needs.areas))
    ends_s = np.unique(lots.expires_s)
    rank = np.searchsorted(ends_s, lots.expires_s)
    delivered = np.zeros((len(supplies), n, days), dtype=np.int64)
    whole = [np.zeros((len(supplies), n, days), dtype=np.int64) for _ in ("met", "late", "expired", "stock")]
    shares = [np.zeros((len(supplies), n, days)) for _ in ("out_s", "mean")]
    for i, supply in enumerate(supplies):
        own, kg = _counted(network, lots, supply)
        begins = np.searchsorted(lots.series[own], np.arange(n + 1))
        use_up(
            needed.reshape(n, days), carried, begins, lots.time_s[own], kg, rank[own], ends_s,
            *(array[i] for array in (*whole, *shares)),
        )  # fmt: skip
        on_day = lots.series[own] * days + lots.time_s[own] // DAY_S
        delivered[i] = np.bincount(on_day, kg, n * days).reshape(n, days)  # exact: far below 2**53
    opening = np.array([area.stock for area in needs.areas], dtype=np.int64)
    delivered[:, :, 0] -= opening.ravel()
    shape = (len(supplies), *needed.shape)
    return Balance(supplies, needed, opening, *(array.reshape(shape) for array in (delivered, *whole, *shares)))


def columns(network: Network, balance: Balance) -> dict[str, np.ndarray[tuple[int], np.dtype[Any]]]:
    """The balance as columns: a row for each supply, area, need and day; whole kg, which add up like the balance."""
    needs = network.needs
    names = (balance.supplies, [a.name for a in needs.areas], [n.name for n in needs.needs], range(network.days))
    at = np.meshgrid(*(np.arange(len(of)) for of in names), indexing="ij")
    keys = ("supply", "area", "need", "day")
    table: dict[str, Any] = {key: np.array(of)[i.ravel()] for key, of, i in zip(keys, names, at, strict=True)}
    rounded = {
        name: np.diff((np.cumsum(values, axis=-1) + DAY_S // 2) // DAY_S, prepend=0, axis=-1)
        for name, values in (("met", balance.met), ("late", balance.late), ("expired", balance.expired))
    }
    left = balance.delivered - sum(rounded.values())
    rounded["stock"] = balance.opening[..., None] + np.cumsum(left, axis=-1)
    people = np.array([area.population for area in needs.areas])
    energy = np.array([need.kcal_per_kg for need in needs.needs])
    used = (balance.met + balance.late) / DAY_S
    table["needed_kg"] = np.broadcast_to(balance.needed, balance.met.shape).ravel()
    table["delivered_kg"] = balance.delivered.ravel()
    table |= {f"{name}_kg": values.ravel() for name, values in rounded.items()}
    table["out_h"] = balance.out_s.ravel() / HOUR_S
    table["kcal_per_person"] = (used * energy[:, None] / people[:, None, None]).ravel()
    return table


def _reaching(
    whose: Network, there: Network, draws: Draws, told: Reached, route: Ints, intercepted: int
) -> Iterator[Lots]:
    """For each area, the parts told of that are its own. `whose` loads they are; `route` of each, one of `there`."""
    needs = there.needs
    number = {cargo: i for i, need in enumerate(needs.needs) for cargo in need.cargos}
    of_source = np.array([number.get(source.cargo, -1) for source in whose.sources], dtype=np.int64)
    sender = np.array([_sender(source.sector) for source in whose.sources], dtype=np.int64)
    expires_s = np.minimum(draws.keeps_until_s(whose) + 1, whose.horizon_s)  # what keeps beyond the run is one
    shares = np.zeros((len(needs.areas) + 1, len(there.routes)))
    for i, area in enumerate(needs.areas):
        shares[i + 1, list(area.routes)] = list(area.routes.values())
    upto = np.cumsum(shares, axis=0)
    own = np.flatnonzero((told.kg > 0) & (of_source[draws.source[told.load]] >= 0))
    load, source = told.load[own], draws.source[told.load[own]]
    kg = np.diff(np.floor(told.kg[own] * upto[:, route[own]] + 1e-6).astype(np.int64), axis=0)
    for i in range(len(needs.areas)):
        at = np.flatnonzero(kg[i])
        yield Lots(
            i * len(needs.needs) + of_source[source[at]], told.time_s[own[at]], kg[i, at], expires_s[load[at]],
            sender[source[at]], np.full(len(at), intercepted, dtype=np.int64),
        )  # fmt: skip


def _of(told: Reached, own: NDArray[np.bool_]) -> Reached:
    return Reached(*(column[own] for column in told))


def _sender(sector: str) -> int:
    return {"un": UN, "commercial": TRADE}.get(sector, AID)


def _counted(network: Network, lots: Lots, supply: str) -> tuple[Ints, Ints]:
    """Which lots count in a supply, and how many kg of each. Shapes (n,)."""
    name = supply.removesuffix(AND_INTERCEPTED)
    own = np.flatnonzero((lots.sender <= SUPPLIES[name]) & (lots.intercepted <= supply.endswith(AND_INTERCEPTED)))
    kg = lots.kg[own]
    if SUPPLIES[name] == TRADE:
        needs = network.needs.needs
        share = np.array([need.most if name == "trade_most" else need.least for need in needs])
        sold = np.flatnonzero(lots.sender[own] == TRADE)
        kg[sold] = np.floor(kg[sold] * share[lots.series[own[sold]] % len(needs)] + 1e-6)
    return own, kg


def _beside(network: Network) -> Lots:
    """What is there as the run starts, and comes otherwise, each day at midnight."""
    needs, rows = network.needs, []
    for i, area in enumerate(needs.areas):
        for k, kg in enumerate(area.stock):
            rows.append((i, k, 0, kg, UN))  # whoever brought it, it is theirs
        for channel in area.channels:
            rows += [(i, channel.need, day, int(kg), _sender(channel.sector)) for day, kg in enumerate(channel.kg)]
    where, which, on, amount, sender = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    keeps_s = np.array([need.keeps_s for need in needs.needs], dtype=np.int64)[which]
    comes_s = on * DAY_S
    expires_s = np.minimum(comes_s + keeps_s, network.horizon_s)
    return Lots(where * len(needs.needs) + which, comes_s, amount, expires_s, sender, np.zeros_like(amount))
