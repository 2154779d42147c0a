"""What people in areas had, used and lacked on each day: needs held against what a log tells.

What arrives is used evenly over the day, of what is there what expires first. Which goods count is not known, so the
balance is struck several times over, once for each supply: of the UN, of all aid, of aid and commercial goods as far as
people can get them; and each of these with what was intercepted on the way there, as if all of it were used.

Measures of needs: what of them is met, where least, how evenly, for how long nothing was there. Of one replication.

All are of the days after warm-up. Coverage is the share of a day's need that is used on that day. A ratio is one of
sums, and never a mean of daily ratios. Without people or needs there are none, and those without a name of a need null.

Stocks of goods that people use up: each lot comes at a second and keeps until another. A loop over whole numbers.

It knows no area and no cargo. Amounts are held in kg x 86,400, so that what is used each second is a whole number and
everything adds up to the last of it.
"""

from collections.abc import Iterator
from itertools import combinations, pairwise, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.laws import Floats, Ints
from sim.luck.draws import Draws
from sim.network.needs import Need
from sim.network.network import Network
from sim.readings.milestones import MilestoneEvents, route_milestones
from sim.readings.records import Measure
from sim.units import DAY_S, HOUR_S

UN, AID, TRADE = range(3)  # who sends: each supply is of all up to one of them
SUPPLIES = {"un": UN, "aid": AID, "trade_least": TRADE, "trade_most": TRADE}
INTERCEPTED_SUFFIX = "_and_intercepted"


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


class NeedsBalance(NamedTuple):
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
    stock_out_s: Floats
    mean_stock: Floats


def supply_names(network: Network) -> tuple[str, ...]:
    """Those that can differ: by commercial goods and interception only where there are any."""
    trade = any(source.sector == "commercial" for source in network.sources)
    trade |= any(c.sector == "commercial" for area in network.needs.areas for c in area.channels)
    parts = (network, network.onward) if network.onward else (network,)
    losing = any("intercepted" in route_milestones(part, route) for part in parts for route in part.routes)
    some = any(need.least > 0 for need in network.needs.needs)
    there = {"un": True, "aid": True, "trade_least": trade and some, "trade_most": trade}
    names = [name for name in SUPPLIES if there[name]]
    return tuple(name + also for name, also in product(names, ("", INTERCEPTED_SUFFIX) if losing else ("",)))


class DistributedGoods(NamedTuple):
    """What went on from areas where it had arrived: its network, its loads, and how they fared.

    ways : of `arrived` and `intercepted` goods the way by which each would go on, see handing_on.py.
    """

    network: Network
    draws: Draws
    milestones: dict[str, MilestoneEvents]
    allocated_routes: dict[str, Ints]


def build_lots(
    network: Network, draws: Draws, found: dict[str, MilestoneEvents], taken: DistributedGoods | None = None
) -> Lots:
    """What arrived, was intercepted on its way, was there, and came otherwise.

    What goes on inside is where it arrives in the end; what was intercepted before would have gone on as it would.
    """
    parts = [_stock_and_channel_lots(network)]
    for intercepted, name in enumerate(("arrived", "intercepted")):
        told, route = found[name], draws.route[found[name].load].astype(np.int64)
        if taken is None:
            parts += _lots_reaching_areas(network, network, draws, told, route, intercepted)
            continue
        way = taken.allocated_routes[name]
        parts += _lots_reaching_areas(
            network, network, draws, _select_events(told, way < 0), route[way < 0], intercepted
        )
        if intercepted:
            parts += _lots_reaching_areas(
                network, taken.network, draws, _select_events(told, way >= 0), way[way >= 0], intercepted
            )
        told = taken.milestones[name]
        route = taken.draws.route[told.load].astype(np.int64)
        parts += _lots_reaching_areas(taken.network, taken.network, taken.draws, told, route, intercepted)
    joined = Lots(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.argsort(joined.series * network.horizon_s + joined.time_s, kind="stable")
    return Lots(*(column[order] for column in joined))


def empty_balance(network: Network) -> NeedsBalance:
    """The balance of a world in which nothing came."""
    return balance_needs(network, Lots(*(np.zeros(0, dtype=np.int64) for _ in Lots._fields)))


def balance_needs(network: Network, lots: Lots) -> NeedsBalance:
    """The balance of each supply."""
    from sim.readings.passes import use_up_lots

    needs, days, supplies = network.needs, network.days, supply_names(network)
    needed, n = needs.daily(days), len(needs.areas) * len(needs.needs)
    carried = np.tile([need.carried for need in needs.needs], len(needs.areas))
    ends_s = np.unique(lots.expires_s)
    rank = np.searchsorted(ends_s, lots.expires_s)
    delivered = np.zeros((len(supplies), n, days), dtype=np.int64)
    whole = [np.zeros((len(supplies), n, days), dtype=np.int64) for _ in ("met", "late", "expired", "stock")]
    shares = [np.zeros((len(supplies), n, days)) for _ in ("out_s", "mean")]
    for i, supply in enumerate(supplies):
        own, kg = _lots_in_supply(network, lots, supply)
        begins = np.searchsorted(lots.series[own], np.arange(n + 1))
        use_up_lots(
            needed.reshape(n, days), carried, begins, lots.time_s[own], kg, rank[own], ends_s,
            *(array[i] for array in (*whole, *shares)),
        )  # fmt: skip
        on_day = lots.series[own] * days + lots.time_s[own] // DAY_S
        delivered[i] = np.bincount(on_day, kg, n * days).reshape(n, days)  # exact: far below 2**53
    opening = np.array([area.stock for area in needs.areas], dtype=np.int64)
    delivered[:, :, 0] -= opening.ravel()
    shape = (len(supplies), *needed.shape)
    return NeedsBalance(supplies, needed, opening, *(array.reshape(shape) for array in (delivered, *whole, *shares)))


def balance_columns(network: Network, balance: NeedsBalance) -> dict[str, np.ndarray[tuple[int], np.dtype[Any]]]:
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
    table["out_h"] = balance.stock_out_s.ravel() / HOUR_S
    table["kcal_per_person"] = (used * energy[:, None] / people[:, None, None]).ravel()
    return table


def _lots_reaching_areas(
    whose: Network, there: Network, draws: Draws, told: MilestoneEvents, route: Ints, intercepted: int
) -> Iterator[Lots]:
    """For each area, the parts told of that are its own. `whose` loads they are; `route` of each, one of `there`."""
    needs = there.needs
    number = {cargo: i for i, need in enumerate(needs.needs) for cargo in need.cargos}
    of_source = np.array([number.get(source.cargo, -1) for source in whose.sources], dtype=np.int64)
    sender = np.array([_sender_of_sector(source.sector) for source in whose.sources], dtype=np.int64)
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


def _select_events(told: MilestoneEvents, own: NDArray[np.bool_]) -> MilestoneEvents:
    return MilestoneEvents(*(column[own] for column in told))


def _sender_of_sector(sector: str) -> int:
    return {"un": UN, "commercial": TRADE}.get(sector, AID)


def _lots_in_supply(network: Network, lots: Lots, supply: str) -> tuple[Ints, Ints]:
    """Which lots count in a supply, and how many kg of each. Shapes (n,)."""
    name = supply.removesuffix(INTERCEPTED_SUFFIX)
    own = np.flatnonzero((lots.sender <= SUPPLIES[name]) & (lots.intercepted <= supply.endswith(INTERCEPTED_SUFFIX)))
    kg = lots.kg[own]
    if SUPPLIES[name] == TRADE:
        needs = network.needs.needs
        share = np.array([need.most if name == "trade_most" else need.least for need in needs])
        sold = np.flatnonzero(lots.sender[own] == TRADE)
        kg[sold] = np.floor(kg[sold] * share[lots.series[own[sold]] % len(needs)] + 1e-6)
    return own, kg


def _stock_and_channel_lots(network: Network) -> Lots:
    """What is there as the run starts, and comes otherwise, each day at midnight."""
    needs, rows = network.needs, []
    for i, area in enumerate(needs.areas):
        for k, kg in enumerate(area.stock):
            rows.append((i, k, 0, kg, UN))  # whoever brought it, it is theirs
        for channel in area.channels:
            rows += [
                (i, channel.need, day, int(kg), _sender_of_sector(channel.sector)) for day, kg in enumerate(channel.kg)
            ]
    where, which, on, amount, sender = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    keeps_s = np.array([need.keeps_s for need in needs.needs], dtype=np.int64)[which]
    comes_s = on * DAY_S
    expires_s = np.minimum(comes_s + keeps_s, network.horizon_s)
    return Lots(where * len(needs.needs) + which, comes_s, amount, expires_s, sender, np.zeros_like(amount))


KG_PER_TONNE = 1000
DAYS_PER_WEEK = 7  # days over which an area must have enough: deliveries pause on some weekdays
HOURS_PER_DAY = DAY_S // HOUR_S


def need_measures(network: Network, balance: NeedsBalance) -> list[Measure]:
    """All measures, in a fixed order."""
    return [
        *_people_measures(network, balance),
        *(m for i in range(len(balance.supplies)) for m in _supply_measures(network, balance, i)),
    ]


def coverage_gini(coverage: Floats, people: Floats) -> float | None:
    """How unevenly coverage is shared: sum over pairs of p q |y - z| / (2 P^2 mean), weighted by people. Shapes (n,).

    0 where all have the same; None where nobody has anything. With two areas it is no more than the smaller's share of
    people.
    """
    mean = float((people * coverage).sum() / people.sum())
    if mean <= 0:
        return None
    apart = np.abs(coverage[:, None] - coverage[None]) * people[:, None] * people[None]
    return float(apart.sum() / (2 * people.sum() ** 2 * mean))


def deprivation_weight(hours: Floats, deprivation: tuple[float, float, float]) -> Floats:
    """What spells of so many hours weigh: exp(a + b t) - exp(a), t no more than the cap. 0 at no hours. Shape (n,).

    The form, and the numbers for drinking water (a 1.5031, b 0.1172), are those of Holguin-Veras et al. (2013, Journal
    of Operations Management 31, 262-280) as quoted in public code; the paper was not opened.
    """
    constant, per_hour, cap = deprivation
    return np.asarray(np.exp(constant) * np.expm1(per_hour * np.minimum(hours, cap)))


def deprivation_spells(coverage: Floats) -> tuple[Floats, Floats]:
    """Days without, in a row, and the share of people who had each such spell. Shapes (n,), of coverage (days,).

    On each day the share 1 - coverage goes without wholly, and those who do are always the same: whoever goes without
    on a day with more goes without on a day with less. So all spells that there can be are the longest ones.
    """
    levels = np.unique(np.append(0.0, np.minimum(coverage, 1.0)))
    levels = np.append(levels, 1.0) if levels[-1] < 1 else levels
    days, shares = [], []
    for low, high in pairwise(levels.tolist()):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], coverage <= low, [False]])))
        days.append(edges[1::2] - edges[::2])
        shares.append(np.full(len(edges) // 2, high - low))
    return np.concatenate([*days, np.zeros(0)]), np.concatenate([*shares, np.zeros(0)])


def first_sufficient_day(met: Ints, needed: Ints, enough: float) -> int | None:
    """The first day from which on, to the end, each week has that share of its need in each area. Shape (areas, days).

    None where the last week has not, or there is none: by the end it was not reached, and when it is is not known.
    """
    if met.shape[1] < DAYS_PER_WEEK:
        return None
    sums = [np.cumsum(np.insert(values, 0, 0, axis=1), axis=1) for values in (met, needed)]
    of_week, wanted = (total[:, DAYS_PER_WEEK:] - total[:, :-DAYS_PER_WEEK] for total in sums)
    short = np.flatnonzero((of_week < enough * wanted).any(axis=0))
    first = int(short[-1]) + 1 if len(short) else 0
    return first if first < of_week.shape[1] else None


def _people_measures(network: Network, balance: NeedsBalance) -> Iterator[Measure]:
    """Kilocalories that people use, and how many people have all that is essential, by supply; null without needs.

    kcal_per_person_day:<supply>, kcal_per_person_day:<supply>:<area> [kcal] = kcal of what is used of all needs with
        energy, on the day or later, / (people x days)
    kcal_worst:<supply> [kcal] = the least of the areas
    people_supplied:<supply> [people] = sum over areas and days of P min(1, least coverage of the essential needs), /
        days: the same people are served first of each need, so that who lacks one lacks all
    people_wholly_supplied:<supply> [people] = sum of P over areas and days on which all of them are covered, / days
    """
    needs, after = network.needs, network.warm_up_days
    people = np.array([area.population for area in needs.areas], dtype=np.float64)
    essential = [k for k, need in enumerate(needs.needs) if need.essential]
    energy = np.array([need.kcal_per_kg for need in needs.needs])
    used = (balance.met + balance.late)[..., after:] / DAY_S
    days = network.days - after
    for name in dict.fromkeys((*SUPPLIES, *balance.supplies)):
        if name not in balance.supplies:
            for what, unit in (("kcal_per_person_day", "kcal"), ("kcal_worst", "kcal"),
                               ("people_supplied", "people"), ("people_wholly_supplied", "people")):  # fmt: skip
                yield Measure(f"{what}:{name}", unit, None)
            continue
        own = used[balance.supplies.index(name)]
        kcal = np.einsum("akd,k->a", own, energy) / people / days if energy.any() else None
        mean = None if kcal is None else float((kcal * people).sum() / people.sum())
        yield Measure(f"kcal_per_person_day:{name}", "kcal", mean)
        yield Measure(f"kcal_worst:{name}", "kcal", None if kcal is None else float(kcal.min()))
        covered = daily_coverage(balance, balance.supplies.index(name))[:, essential, after:].min(axis=1, initial=1.0)
        supplied, wholly = ((people[:, None] * part).sum() / days for part in (covered, covered >= 1))
        yield Measure(f"people_supplied:{name}", "people", float(supplied) if essential else None)
        yield Measure(f"people_wholly_supplied:{name}", "people", float(wholly) if essential else None)
        for area, value in zip(needs.areas, () if kcal is None else kcal.tolist(), strict=kcal is not None):
            yield Measure(f"kcal_per_person_day:{name}:{area.name}", "kcal", value)


def daily_coverage(balance: NeedsBalance, supply: int) -> Floats:
    """The share of each day's need that is used on it; 1 where nothing is needed. Shape (areas, needs, days)."""
    needed = balance.needed * float(DAY_S)
    return np.asarray(np.divide(balance.met[supply], needed, out=np.ones_like(needed), where=needed > 0))


def _supply_measures(network: Network, balance: NeedsBalance, supply: int) -> Iterator[Measure]:
    for k, need in enumerate(network.needs.needs):
        yield from _measures_of_need(network, balance, supply, k, need)


def _measures_of_need(network: Network, balance: NeedsBalance, supply: int, k: int, need: Need) -> Iterator[Measure]:
    """Of one need and supply: all areas together, each by itself, and how they differ.

    fill_rate:<need>:<supply>, fill_rate:<need>:<supply>:<area> [share] = sum met / sum needed over the days, met what
        is used of a day's need on that day; null where nothing is needed
    fill_rate_worst:<need>:<supply> [share] = the least of the areas' fill rates
    fill_ratio:<need>:<supply>:<areas> [ratio] = the fill rate of one area by that of another
    coverage_gini:<need>:<supply> [share] = sum over g, h of P_g P_h abs(y_g - y_h) / (2 P^2 mean y), y the areas' fill
        rates and P their people; with two areas no more than the smaller one's share of people
    unmet_tonnes_per_day:<need>:<supply> [t/day] = needed less used, on the day or later, / days
    unmet_people:<need>:<supply> [people] = sum of P (1 - coverage of the day) / days: people without, on a mean day
    expired_unused_tonnes_per_day:<need>:<supply> [t/day] = what expired in the areas / days
    enough_from_day:<need>:<supply> [day] = the first from which on, to the run's end, each 7 days in a row have
        `enough` of the need in every area; null where that is not so by the end: later than that, or never
    deprivation_index:<need>:<supply> [index/person] = a person's mean sum over spells of exp(a + b t) - exp(a), t in
        hours up to the cap; where the need has `deprivation`
    deprivation_hours:<need>:<supply> [h/person] = a person's mean hours without; where the need has `deprivation`
    stock_out_days:<need>:<supply>:<area> [days] = days, in parts of days, in which something was needed and nothing
        there
    days_of_stock_mean:<need>:<supply>:<area> [days] = mean over time of stock / the day's need
    days_of_stock_min:<need>:<supply>:<area>, days_of_stock_p10:<need>:<supply>:<area> [days] = the least, and the 10th
        percentile, of midnights
    """
    areas, after, of = network.needs.areas, network.warm_up_days, f"{need.name}:{balance.supplies[supply]}"
    days = network.days - after
    people = np.array([area.population for area in areas], dtype=np.float64)
    needed = balance.needed[:, k, after:]
    met, late, expired = (part[supply, :, k, after:] / DAY_S for part in (balance.met, balance.late, balance.expired))
    out_days = balance.stock_out_s[supply, :, k, after:].sum(axis=1) / DAY_S
    covered = daily_coverage(balance, supply)[:, k, after:]
    total, wanted = met.sum(axis=1), needed.sum(axis=1)
    told = bool((wanted > 0).all())  # a need that is not there has no share that is met
    fill = np.divide(total, wanted, out=np.zeros(len(areas)), where=wanted > 0)
    yield Measure(f"fill_rate:{of}", "share", float(total.sum() / wanted.sum()) if wanted.sum() else None)
    yield Measure(f"fill_rate_worst:{of}", "share", float(fill.min()) if told else None)
    yield Measure(f"coverage_gini:{of}", "share", coverage_gini(fill, people) if told else None)
    unmet = (wanted.sum() - total.sum() - late.sum()) / KG_PER_TONNE
    yield Measure(f"unmet_tonnes_per_day:{of}", "t/day", float(unmet) / days)
    yield Measure(f"unmet_people:{of}", "people", float((people[:, None] * (1 - covered)).sum() / days))
    yield Measure(f"expired_unused_tonnes_per_day:{of}", "t/day", float(expired.sum()) / KG_PER_TONNE / days)
    first = first_sufficient_day(balance.met[supply, :, k, after:], needed * DAY_S, need.enough)
    yield Measure(f"enough_from_day:{of}", "day", None if first is None else float(first + after))
    if need.deprivation is not None:
        each = [deprivation_spells(row) for row in covered]
        weighed = sum(p * float((share * deprivation_weight(n * HOURS_PER_DAY, need.deprivation)).sum())
                      for p, (n, share) in zip(people.tolist(), each, strict=True))  # fmt: skip
        hours = float((people[:, None] * (1 - covered)).sum()) * HOURS_PER_DAY
        yield Measure(f"deprivation_index:{of}", "index/person", weighed / float(people.sum()))
        yield Measure(f"deprivation_hours:{of}", "h/person", hours / float(people.sum()))
    for i, area in enumerate(areas):
        yield Measure(f"fill_rate:{of}:{area.name}", "share", float(fill[i]) if wanted[i] else None)
        yield Measure(f"stock_out_days:{of}:{area.name}", "days", float(out_days[i]))
        lasting = _days_of_stock(balance, supply, i, k, after)
        for what in ("mean", "min", "p10"):
            yield Measure(f"days_of_stock_{what}:{of}:{area.name}", "days", lasting.get(what))
    for i, j in combinations(range(len(areas)), 2):
        ratio = float(fill[i] / fill[j]) if told and fill[j] else None
        yield Measure(f"fill_ratio:{of}:{areas[i].name}/{areas[j].name}", "ratio", ratio)


def _days_of_stock(balance: NeedsBalance, supply: int, area: int, need: int, after: int) -> dict[str, float]:
    """For how many days what is there would last: in the mean over time; the least, and the 10th percentile, at
    midnights. Of days on which something is needed; empty where there are none."""
    needed = balance.needed[area, need, after:]
    own = needed > 0
    if not own.any():
        return {}
    at_end = balance.stock[supply, area, need, after:][own] / DAY_S / needed[own]
    mean = balance.mean_stock[supply, area, need, after:][own] / needed[own]
    at_end.sort()
    return {"mean": float(mean.mean()), "min": float(at_end[0]), "p10": float(at_end[-(-len(at_end) // 10) - 1])}
