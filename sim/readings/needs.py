"""Daily balance of people's needs by area (delivered, used, unmet), and its measures, computed from the log.

Goods that arrive are used evenly over the day, those that expire first before the others. Which goods count is
uncertain, so the balance is computed once for each supply: of the UN; of all aid; of aid and the commercial goods that
people can get; and each of these with the goods that were intercepted on their way, as if all of them were used.

Measures are of one replication, over the days after warm-up. Coverage is the share of a day's need that is used on
that day. A ratio is one of sums, never a mean of daily ratios. Without people or needs there are no measures of needs,
except those without the name of a need, which are null.
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

UN, AID, TRADE = range(3)  # senders: a supply counts all up to one of them
SUPPLIES = {"un": UN, "aid": AID, "trade_least": TRADE, "trade_most": TRADE}
INTERCEPTED_SUFFIX = "_and_intercepted"
KG_PER_TONNE = 1000
DAYS_PER_WEEK = 7  # days over which an area must have enough: deliveries pause on some weekdays
HOURS_PER_DAY = DAY_S // HOUR_S


class Lots(NamedTuple):
    """Goods available to people, part by part, sorted by series and time. Shape (n,) int64.

    series : area and need, area * needs + need. sender : UN, AID or TRADE. intercepted : 0 or 1.
    """

    series: Ints
    time_s: Ints
    kg: Ints
    expires_s: Ints
    sender: Ints
    intercepted: Ints


class NeedsBalance(NamedTuple):
    """The balance of each supply. Shape (supplies, areas, needs, days); of `needed` (areas, needs, days).

    needed, delivered : kg. opening : (areas, needs) kg. met, late, expired, stock : kg x 86,400, int64; used on its
    day, or for an earlier one; stock at the day's end. stock_out_s : seconds without stock. mean_stock : kg. Up to any
    day, delivered + opening = met + late + expired + stock.
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
    """Returns the names of the supplies that can differ in this network: with trade or interception if it has any."""
    trade = any(source.sector == "commercial" for source in network.sources)
    trade |= any(c.sector == "commercial" for area in network.needs.areas for c in area.channels)
    parts = (network, network.onward) if network.onward else (network,)
    can_intercept = any("intercepted" in route_milestones(part, route) for part in parts for route in part.routes)
    some_sold = any(need.least > 0 for need in network.needs.needs)
    can_differ = {"un": True, "aid": True, "trade_least": trade and some_sold, "trade_most": trade}
    names = [name for name in SUPPLIES if can_differ[name]]
    return tuple(name + suffix for name, suffix in product(names, ("", INTERCEPTED_SUFFIX) if can_intercept else ("",)))


class DistributedGoods(NamedTuple):
    """Goods that went on from the area in which they had arrived: their network, loads and milestones.

    allocated_routes : of `arrived` and `intercepted` goods the distribution route, see `distribution.allocate_routes`.
    """

    network: Network
    draws: Draws
    milestones: dict[str, MilestoneEvents]
    allocated_routes: dict[str, Ints]


def build_lots(
    network: Network, draws: Draws, milestones: dict[str, MilestoneEvents], distributed: DistributedGoods | None = None
) -> Lots:
    """Returns the lots of goods that arrived, were intercepted, were in stock at the start, or came by other channels.

    Distributed goods count where they arrive in the end. Goods intercepted before are allocated as if they had arrived.
    """
    parts = [_stock_and_channel_lots(network)]
    for intercepted, name in enumerate(("arrived", "intercepted")):
        events, route = milestones[name], draws.route[milestones[name].load].astype(np.int64)
        if distributed is None:
            parts += _lots_reaching_areas(network, network, draws, events, route, intercepted)
            continue
        allocation = distributed.allocated_routes[name]
        parts += _lots_reaching_areas(
            network, network, draws, _select_events(events, allocation < 0), route[allocation < 0], intercepted
        )
        if intercepted:
            parts += _lots_reaching_areas(
                network,
                distributed.network,
                draws,
                _select_events(events, allocation >= 0),
                allocation[allocation >= 0],
                intercepted,
            )
        events = distributed.milestones[name]
        route = distributed.draws.route[events.load].astype(np.int64)
        parts += _lots_reaching_areas(
            distributed.network, distributed.network, distributed.draws, events, route, intercepted
        )
    joined = Lots(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.argsort(joined.series * network.horizon_s + joined.time_s, kind="stable")
    return Lots(*(column[order] for column in joined))


def empty_balance(network: Network) -> NeedsBalance:
    """Returns the balance of a run in which nothing arrived."""
    return balance_needs(network, Lots(*(np.zeros(0, dtype=np.int64) for _ in Lots._fields)))


def balance_needs(network: Network, lots: Lots) -> NeedsBalance:
    """Returns the balance of each supply."""
    from sim.readings.passes import use_up_lots

    needs, days, supplies = network.needs, network.days, supply_names(network)
    needed, n = needs.daily(days), len(needs.areas) * len(needs.needs)
    carried = np.tile([need.carried for need in needs.needs], len(needs.areas))
    ends_s = np.unique(lots.expires_s)
    rank = np.searchsorted(ends_s, lots.expires_s)
    delivered = np.zeros((len(supplies), n, days), dtype=np.int64)
    amounts = [np.zeros((len(supplies), n, days), dtype=np.int64) for _ in ("met", "late", "expired", "stock")]
    averages = [np.zeros((len(supplies), n, days)) for _ in ("out_s", "mean")]
    for i, supply in enumerate(supplies):
        counted, kg = _lots_in_supply(network, lots, supply)
        begins = np.searchsorted(lots.series[counted], np.arange(n + 1))
        use_up_lots(
            needed.reshape(n, days), carried, begins, lots.time_s[counted], kg, rank[counted], ends_s,
            *(array[i] for array in (*amounts, *averages)),
        )  # fmt: skip
        on_day = lots.series[counted] * days + lots.time_s[counted] // DAY_S
        delivered[i] = np.bincount(on_day, kg, n * days).reshape(n, days)  # exact: far below 2**53
    opening = np.array([area.stock for area in needs.areas], dtype=np.int64)
    delivered[:, :, 0] -= opening.ravel()
    shape = (len(supplies), *needed.shape)
    return NeedsBalance(
        supplies, needed, opening, *(array.reshape(shape) for array in (delivered, *amounts, *averages))
    )


def balance_columns(network: Network, balance: NeedsBalance) -> dict[str, np.ndarray[tuple[int], np.dtype[Any]]]:
    """Returns the balance as columns, a row for each supply, area, need and day; in whole kg that add up."""
    needs = network.needs
    names = (balance.supplies, [a.name for a in needs.areas], [n.name for n in needs.needs], range(network.days))
    at = np.meshgrid(*(np.arange(len(values)) for values in names), indexing="ij")
    keys = ("supply", "area", "need", "day")
    table: dict[str, Any] = {key: np.array(values)[i.ravel()] for key, values, i in zip(keys, names, at, strict=True)}
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
    source_network: Network, area_network: Network, draws: Draws, events: MilestoneEvents, route: Ints, intercepted: int
) -> Iterator[Lots]:
    """Yields for each area the lots of the events that reach it.

    route : (n,) of each event, a route of `area_network`. intercepted : 0 or 1.
    """
    needs = area_network.needs
    number = {cargo: i for i, need in enumerate(needs.needs) for cargo in need.cargos}
    need_of_source = np.array([number.get(source.cargo, -1) for source in source_network.sources], dtype=np.int64)
    sender = np.array([_sender_of_sector(source.sector) for source in source_network.sources], dtype=np.int64)
    # lots that expire after the run have one rank
    expires_s = np.minimum(draws.keeps_until_s(source_network) + 1, source_network.horizon_s)
    shares = np.zeros((len(needs.areas) + 1, len(area_network.routes)))
    for i, area in enumerate(needs.areas):
        shares[i + 1, list(area.routes)] = list(area.routes.values())
    upto = np.cumsum(shares, axis=0)
    rows = np.flatnonzero((events.kg > 0) & (need_of_source[draws.source[events.load]] >= 0))
    load, source = events.load[rows], draws.source[events.load[rows]]
    kg = np.diff(np.floor(events.kg[rows] * upto[:, route[rows]] + 1e-6).astype(np.int64), axis=0)
    for i in range(len(needs.areas)):
        at = np.flatnonzero(kg[i])
        yield Lots(
            i * len(needs.needs) + need_of_source[source[at]], events.time_s[rows[at]], kg[i, at], expires_s[load[at]],
            sender[source[at]], np.full(len(at), intercepted, dtype=np.int64),
        )  # fmt: skip


def _select_events(events: MilestoneEvents, selected: NDArray[np.bool_]) -> MilestoneEvents:
    return MilestoneEvents(*(column[selected] for column in events))


def _sender_of_sector(sector: str) -> int:
    return {"un": UN, "commercial": TRADE}.get(sector, AID)


def _lots_in_supply(network: Network, lots: Lots, supply: str) -> tuple[Ints, Ints]:
    """Returns the indices of the lots that count in a supply, and the kg of each. Shapes (n,)."""
    name = supply.removesuffix(INTERCEPTED_SUFFIX)
    counted = np.flatnonzero(
        (lots.sender <= SUPPLIES[name]) & (lots.intercepted <= supply.endswith(INTERCEPTED_SUFFIX))
    )
    kg = lots.kg[counted]
    if SUPPLIES[name] == TRADE:
        needs = network.needs.needs
        share = np.array([need.most if name == "trade_most" else need.least for need in needs])
        sold = np.flatnonzero(lots.sender[counted] == TRADE)
        kg[sold] = np.floor(kg[sold] * share[lots.series[counted[sold]] % len(needs)] + 1e-6)
    return counted, kg


def _stock_and_channel_lots(network: Network) -> Lots:
    """Returns the lots in stock at the start, and those of other channels, each day at midnight."""
    needs, rows = network.needs, []
    for i, one_area in enumerate(needs.areas):
        for k, one_kg in enumerate(one_area.stock):
            rows.append((i, k, 0, one_kg, UN))  # stock belongs to the area, so it counts in every supply
        for channel in one_area.channels:
            rows += [
                (i, channel.need, one_day, int(one_kg), _sender_of_sector(channel.sector))
                for one_day, one_kg in enumerate(channel.kg)
            ]
    area, need, day, kg, sender = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    keeps_s = np.array([one_need.keeps_s for one_need in needs.needs], dtype=np.int64)[need]
    time_s = day * DAY_S
    expires_s = np.minimum(time_s + keeps_s, network.horizon_s)
    return Lots(area * len(needs.needs) + need, time_s, kg, expires_s, sender, np.zeros_like(kg))


def need_measures(network: Network, balance: NeedsBalance) -> list[Measure]:
    """Returns all measures of needs, in a fixed order."""
    return [
        *_people_measures(network, balance),
        *(m for i in range(len(balance.supplies)) for m in _supply_measures(network, balance, i)),
    ]


def coverage_gini(coverage: Floats, people: Floats) -> float | None:
    """Returns the Gini coefficient of coverage, weighted by people: sum over pairs of p q |y - z| / (2 P^2 mean).

    Shapes (n,). It is 0 where all have the same coverage, and None where nobody has any. With two areas it is at most
    the smaller area's share of people.
    """
    mean = float((people * coverage).sum() / people.sum())
    if mean <= 0:
        return None
    apart = np.abs(coverage[:, None] - coverage[None]) * people[:, None] * people[None]
    return float(apart.sum() / (2 * people.sum() ** 2 * mean))


def deprivation_weight(hours: Floats, deprivation: tuple[float, float, float]) -> Floats:
    """Returns the weight of spells of t hours: exp(a + b t) - exp(a), t at most the cap; 0 at zero hours. Shape (n,).

    The form, and the numbers for drinking water (a 1.5031, b 0.1172), are those of Holguin-Veras et al. (2013, Journal
    of Operations Management 31, 262-280) as quoted in public code; the paper was not opened.
    """
    constant, per_hour, cap = deprivation
    return np.asarray(np.exp(constant) * np.expm1(per_hour * np.minimum(hours, cap)))


def deprivation_spells(coverage: Floats) -> tuple[Floats, Floats]:
    """Returns the lengths of spells of consecutive days without supply, and the share of people in each. Shapes (n,).

    On each day the share 1 - coverage, coverage (days,), gets nothing, and always the same people go without first:
    whoever goes without on a day of higher coverage also does on a day of lower coverage. So spells are as long as
    possible.
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
    """Returns the first day from which every week has the share `enough` of its need in each area; (areas, days).

    None where the last week has less, or there is no whole week: it was not reached by the run's end.
    """
    if met.shape[1] < DAYS_PER_WEEK:
        return None
    sums = [np.cumsum(np.insert(values, 0, 0, axis=1), axis=1) for values in (met, needed)]
    weekly_met, weekly_needed = (total[:, DAYS_PER_WEEK:] - total[:, :-DAYS_PER_WEEK] for total in sums)
    short = np.flatnonzero((weekly_met < enough * weekly_needed).any(axis=0))
    first = int(short[-1]) + 1 if len(short) else 0
    return first if first < weekly_met.shape[1] else None


def _people_measures(network: Network, balance: NeedsBalance) -> Iterator[Measure]:
    """Kilocalories used per person, and number of people with all essential needs met, by supply; null without needs.

    kcal_per_person_day:<supply>, kcal_per_person_day:<supply>:<area> [kcal] = kcal of what is used of all needs with
        energy, on the day or later, / (people x days)
    kcal_worst:<supply> [kcal] = the least of the areas
    people_supplied:<supply> [people] = sum over areas and days of P min(1, least coverage of the essential needs), /
        days: the same people are served first of each need, so that those who lack one lack all
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
        used_in_supply = used[balance.supplies.index(name)]
        kcal = np.einsum("akd,k->a", used_in_supply, energy) / people / days if energy.any() else None
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
    """Returns the share of each day's need that is used on it; 1 without need. Shape (areas, needs, days)."""
    needed = balance.needed * float(DAY_S)
    return np.asarray(np.divide(balance.met[supply], needed, out=np.ones_like(needed), where=needed > 0))


def _supply_measures(network: Network, balance: NeedsBalance, supply: int) -> Iterator[Measure]:
    for k, need in enumerate(network.needs.needs):
        yield from _measures_of_need(network, balance, supply, k, need)


def _measures_of_need(network: Network, balance: NeedsBalance, supply: int, k: int, need: Need) -> Iterator[Measure]:
    """Measures of one need and supply: of all areas together, of each area, and of the differences between them.

    fill_rate:<need>:<supply>, fill_rate:<need>:<supply>:<area> [share] = sum met / sum needed over the days, met what
        is used of a day's need on that day; null where nothing is needed
    fill_rate_worst:<need>:<supply> [share] = the least of the areas' fill rates
    fill_ratio:<need>:<supply>:<areas> [ratio] = the fill rate of one area divided by that of another
    coverage_gini:<need>:<supply> [share] = sum over g, h of P_g P_h abs(y_g - y_h) / (2 P^2 mean y), y the areas' fill
        rates and P their people; with two areas at most the smaller one's share of people
    unmet_tonnes_per_day:<need>:<supply> [t/day] = needed less used, on the day or later, / days
    unmet_people:<need>:<supply> [people] = sum of P (1 - coverage of the day) / days: people without, on a mean day
    expired_unused_tonnes_per_day:<need>:<supply> [t/day] = what expired in the areas / days
    enough_from_day:<need>:<supply> [day] = the first day from which on, to the run's end, every 7 consecutive days have
        `enough` of the need in every area; null where it was not reached by the end
    deprivation_index:<need>:<supply> [index/person] = a person's mean sum over spells of exp(a + b t) - exp(a), t in
        hours up to the cap; where the need has `deprivation`
    deprivation_hours:<need>:<supply> [h/person] = a person's mean hours without; where the need has `deprivation`
    stock_out_days:<need>:<supply>:<area> [days] = days, in parts of days, on which something was needed and nothing
        was in stock
    days_of_stock_mean:<need>:<supply>:<area> [days] = mean over time of stock / the day's need
    days_of_stock_min:<need>:<supply>:<area>, days_of_stock_p10:<need>:<supply>:<area> [days] = the least, and the 10th
        percentile, of the same at midnights
    """
    areas, after, key = network.needs.areas, network.warm_up_days, f"{need.name}:{balance.supplies[supply]}"
    days = network.days - after
    people = np.array([area.population for area in areas], dtype=np.float64)
    needed = balance.needed[:, k, after:]
    met, late, expired = (part[supply, :, k, after:] / DAY_S for part in (balance.met, balance.late, balance.expired))
    out_days = balance.stock_out_s[supply, :, k, after:].sum(axis=1) / DAY_S
    covered = daily_coverage(balance, supply)[:, k, after:]
    total, wanted = met.sum(axis=1), needed.sum(axis=1)
    is_needed = bool((wanted > 0).all())  # without a need there is no fill rate
    fill = np.divide(total, wanted, out=np.zeros(len(areas)), where=wanted > 0)
    yield Measure(f"fill_rate:{key}", "share", float(total.sum() / wanted.sum()) if wanted.sum() else None)
    yield Measure(f"fill_rate_worst:{key}", "share", float(fill.min()) if is_needed else None)
    yield Measure(f"coverage_gini:{key}", "share", coverage_gini(fill, people) if is_needed else None)
    unmet = (wanted.sum() - total.sum() - late.sum()) / KG_PER_TONNE
    yield Measure(f"unmet_tonnes_per_day:{key}", "t/day", float(unmet) / days)
    yield Measure(f"unmet_people:{key}", "people", float((people[:, None] * (1 - covered)).sum() / days))
    yield Measure(f"expired_unused_tonnes_per_day:{key}", "t/day", float(expired.sum()) / KG_PER_TONNE / days)
    first = first_sufficient_day(balance.met[supply, :, k, after:], needed * DAY_S, need.enough)
    yield Measure(f"enough_from_day:{key}", "day", None if first is None else float(first + after))
    if need.deprivation is not None:
        each = [deprivation_spells(row) for row in covered]
        weighed = sum(p * float((share * deprivation_weight(n * HOURS_PER_DAY, need.deprivation)).sum())
                      for p, (n, share) in zip(people.tolist(), each, strict=True))  # fmt: skip
        hours = float((people[:, None] * (1 - covered)).sum()) * HOURS_PER_DAY
        yield Measure(f"deprivation_index:{key}", "index/person", weighed / float(people.sum()))
        yield Measure(f"deprivation_hours:{key}", "h/person", hours / float(people.sum()))
    for i, area in enumerate(areas):
        yield Measure(f"fill_rate:{key}:{area.name}", "share", float(fill[i]) if wanted[i] else None)
        yield Measure(f"stock_out_days:{key}:{area.name}", "days", float(out_days[i]))
        lasting = _days_of_stock(balance, supply, i, k, after)
        for what in ("mean", "min", "p10"):
            yield Measure(f"days_of_stock_{what}:{key}:{area.name}", "days", lasting.get(what))
    for i, j in combinations(range(len(areas)), 2):
        ratio = float(fill[i] / fill[j]) if is_needed and fill[j] else None
        yield Measure(f"fill_ratio:{key}:{areas[i].name}/{areas[j].name}", "ratio", ratio)


def _days_of_stock(balance: NeedsBalance, supply: int, area: int, need: int, after: int) -> dict[str, float]:
    """Returns the days for which the stock would last: mean over time; minimum and 10th percentile at midnights.

    Only days with a need count; empty without any.
    """
    needed = balance.needed[area, need, after:]
    with_need = needed > 0
    if not with_need.any():
        return {}
    at_end = balance.stock[supply, area, need, after:][with_need] / DAY_S / needed[with_need]
    mean = balance.mean_stock[supply, area, need, after:][with_need] / needed[with_need]
    at_end.sort()
    return {"mean": float(mean.mean()), "min": float(at_end[0]), "p10": float(at_end[-(-len(at_end) // 10) - 1])}
