"""What people need, use and lack, by hand, as identities, and as a planner's mistakes."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from omegaconf import OmegaConf

from sim.luck.changes import draw_phases
from sim.readings.needs import (
    Lots,
    NeedsBalance,
    balance_columns,
    balance_needs,
    coverage_gini,
    deprivation_spells,
    deprivation_weight,
    first_sufficient_day,
    supply_names,
)
from sim.units import DAY_S
from tests.conftest import Awkward
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, run_network, write_trace

# 1 kg a day for each of 1,000 people in each area: 1 t a day
WORLD = """
cargos: {food: {pallets: 20, weight: 20 t}, soap: {pallets: 20, weight: 1 t}}
areas: {here: {population: 1000}, there: {population: 1000}}
needs: {food: {of: [food], per_person: 1 kg/day, energy: 2000 kcal/kg}}
roads: {way: {time: 1 h}}
warehouses: {dock: {lanes: 9, time: 1 h}}
corridors:
  only: {from: away, to: here, steps: [{travel: way}, {offload: dock}]}
  other: {from: away, to: there, steps: [{travel: way}, {offload: dock}]}
flows:
  f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}
run: {days: 4}
"""
T = 1000 * DAY_S  # a tonne as balances hold it


def ran(folder: Path, text: str = "", arrivals_min: Iterable[float] = ()) -> ReplicationResult:
    write_trace(folder, arrivals_min)
    return run_network(network_of(WORLD + text, folder))


def balance_of(text: str, lots: Iterable[tuple[int, float, int]], folder: Path) -> NeedsBalance:
    """Of the UN's lots at `here`: (second, kg, until which second they keep)."""
    write_trace(folder, [])
    rows = sorted(lots)
    time_s, kg, keeps_s = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(3))
    nought = np.zeros_like(kg)
    return balance_needs(network_of(WORLD + text, folder), Lots(nought, time_s, kg, keeps_s, nought, nought))


def conserved(balance: NeedsBalance) -> None:
    """To the last kilogram and second, up to any day; and what is needed is met, or is missing."""
    came = balance.opening[..., None] + np.cumsum(balance.delivered, axis=-1)
    gone = np.cumsum(balance.met + balance.late + balance.expired, axis=-1)
    assert (came * DAY_S == gone + balance.stock).all()
    assert (balance.met <= balance.needed * DAY_S).all()
    assert min(part.min() for part in (balance.met, balance.late, balance.expired, balance.stock)) >= 0


# Stocks


def test_what_arrives_at_noon_is_used_from_noon_on(tmp_path: Path) -> None:
    balance = ran(tmp_path, arrivals_min=[10 * 60]).needs  # a road of 1 h and an hour in the dock
    assert balance.met[0, 0, 0].tolist() == [T // 2, T, T, T]
    assert balance.stock[0, 0, 0].tolist() == [19 * T + T // 2, 18 * T + T // 2, 17 * T + T // 2, 16 * T + T // 2]
    assert balance.stock_out_s[0, 0, 0].tolist() == [DAY_S / 2, 0, 0, 0]
    assert balance.mean_stock[0, 0, 0, 0] == pytest.approx((20 + 19.5) / 2 * 1000 / 2)
    assert balance.met[0, 1, 0].sum() == 0


def test_what_is_missing_is_lost_or_used_as_soon_as_something_comes(tmp_path: Path) -> None:
    lots = [(2 * DAY_S, 3500, 99 * DAY_S)]
    lost = balance_of("", lots, tmp_path)
    late = balance_of(WORLD.replace("kcal/kg}", "kcal/kg, unmet: carried}"), lots, tmp_path)
    assert (lost.met[0, 0, 0] / T).tolist() == [0, 0, 1, 1]
    assert (lost.late[0, 0, 0] / T).tolist() == [0, 0, 0, 0]
    assert (late.met[0, 0, 0] / T).tolist() == [0, 0, 1, 0.5]
    assert (late.late[0, 0, 0] / T).tolist() == [0, 0, 2, 0]
    assert lost.stock[0, 0, 0, -1] / T == 1.5
    conserved(lost)
    conserved(late)


def test_a_stock_that_runs_dry_is_nothing_from_then_on(tmp_path: Path) -> None:
    balance = balance_of("", [(0, 500, 9 * DAY_S)], tmp_path)
    assert balance.mean_stock[0, 0, 0].tolist() == pytest.approx([250 / 2, 0, 0, 0])
    assert balance.stock_out_s[0, 0, 0].tolist() == [DAY_S / 2, DAY_S, DAY_S, DAY_S]


def test_what_expires_first_is_used_first_though_it_came_last(tmp_path: Path) -> None:
    lots = [(0, 2000, 3 * DAY_S), (DAY_S // 2, 1000, DAY_S + DAY_S // 2)]
    balance = balance_of("", lots, tmp_path)
    assert (balance.met[0, 0, 0] / T).tolist() == [1, 1, 1, 0]
    assert balance.expired.sum() == 0  # in the other order the second lot would have


def test_what_is_too_old_is_used_by_nobody(tmp_path: Path) -> None:
    balance = balance_of("", [(0, 5000, 2 * DAY_S), (DAY_S, 700, DAY_S)], tmp_path)
    assert (balance.met[0, 0, 0] / T).tolist() == [1, 1, 0, 0]
    assert (balance.expired[0, 0, 0] / T).tolist() == [0, 0.7, 3, 0]
    conserved(balance)
    carried = WORLD.replace("kcal/kg}", "kcal/kg, unmet: carried}")
    assert balance_of(carried, [(DAY_S, 700, DAY_S)], tmp_path).late.sum() == 0


def test_a_load_keeps_from_its_request_on_and_other_goods_from_when_they_come(tmp_path: Path) -> None:
    text = WORLD.replace("weight: 20 t}", "weight: 20 t, shelf_life: 1 day}")
    text += "areas: {here: {population: 1000, stock: {food: 500 kg}}, there: {population: 1000}}\n"
    text = text.replace("energy: 2000 kcal/kg", "energy: 2000 kcal/kg, keeps: 6 h")
    balance = ran(tmp_path, text, [12 * 60]).needs
    assert (balance.expired[0, 0, 0] / T).tolist() == pytest.approx([0.25, 20 - 22 / 24, 0, 0], abs=2e-5)
    assert (balance.met[0, 0, 0] / T).tolist() == pytest.approx([0.25 + 10 / 24, 0.5, 0, 0], abs=2e-5)


@pytest.mark.parametrize("seed", range(20))
def test_more_deliveries_never_lower_what_is_met_up_to_any_day(seed: int, tmp_path: Path) -> None:
    luck = Random(seed)
    days = [(luck.randrange(4 * DAY_S), luck.choice((0.3, 0.7, 2))) for _ in range(luck.randrange(1, 8))]
    lots = [(at_s, luck.randrange(1, 2000), at_s + round(keeps * DAY_S)) for at_s, keeps in days]
    few, more = (balance_of("", own, tmp_path) for own in (lots[1:], lots))
    conserved(more)
    assert (np.cumsum(few.met, axis=-1) <= np.cumsum(more.met, axis=-1)).all()


@pytest.mark.parametrize("seed", range(40))
def test_everything_adds_up_in_awkward_worlds(seed: int, ran: Awkward) -> None:
    world = ran(seed)
    conserved(world.needs)
    table = balance_columns(world.network, world.needs)
    left = [table[f"{name}_kg"] for name in ("met", "late", "expired")]
    shape = world.needs.met.shape
    opening = np.broadcast_to(world.needs.opening[..., None], (*shape[:-1], 1))
    steps = np.diff(table["stock_kg"].reshape(shape), axis=-1, prepend=opening)
    assert (steps.ravel() == table["delivered_kg"] - sum(left)).all()
    eaten = table["kcal_per_person"].reshape(shape).sum()
    people = np.array([area.population for area in world.network.needs.areas])
    energy = np.array([need.kcal_per_kg for need in world.network.needs.needs])
    kg = (world.needs.met + world.needs.late).sum(axis=-1) / DAY_S
    assert eaten == pytest.approx((kg * energy / people[:, None]).sum())


# Supplies

SENDERS = """
flows:
  f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}
  g: {sector: ngo, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}
  h: {sector: commercial, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}
needs: {food: {of: [food], per_person: 1 kg/day, energy: 2000 kcal/kg, access: {least: 25 %, most: 75 %}}}
"""


def test_supplies_are_of_the_un_of_aid_and_of_what_people_can_buy(tmp_path: Path) -> None:
    balance = ran(tmp_path, SENDERS, [0]).needs
    assert balance.supplies == ("un", "aid", "trade_least", "trade_most")
    assert balance.delivered[:, 0, 0].sum(axis=-1).tolist() == [20_000, 40_000, 45_000, 55_000]


def test_what_is_intercepted_is_lost_or_all_of_it_is_used(tmp_path: Path) -> None:
    balance = ran(tmp_path, "roads: {way: {time: 1 h, interception: {missions: 100 %}}}\n", [0]).needs
    assert balance.supplies == ("un", "un_and_intercepted", "aid", "aid_and_intercepted")
    assert balance.delivered[:, 0, 0].sum(axis=-1).tolist() == [0, 20_000, 0, 20_000]
    assert balance.stock_out_s[1, 0, 0, 0] == 3600  # an hour before it would have been offloaded


def test_what_an_area_passes_on_is_the_others_to_the_kilogram(tmp_path: Path) -> None:
    text = "areas: {here: {population: 1000, passes_on: {there: 33.33 %}}, there: {population: 500}}\n"
    balance = ran(tmp_path, text, [0, 1, 2]).needs
    assert balance.delivered[0].sum(axis=-1).tolist() == [[60_000 - 19_998], [19_998]]
    assert balance.needed[:, 0, 0].tolist() == [1000, 500]


def test_a_channel_brings_what_it_brings_on_its_days(tmp_path: Path) -> None:
    drops = "{need: food, sector: bilateral, amount: 2 t/day, from: 2024-05-14, to: 2024-05-15}"
    text = f"areas: {{here: {{population: 1000, deliveries: {{drops: {drops}}}}}, there: {{population: 1000}}}}\n"
    balance = ran(tmp_path, text).needs
    assert balance.supplies == ("un", "aid")
    assert balance.delivered[:, 0, 0].tolist() == [[0, 0, 0, 0], [0, 2000, 2000, 0]]


def test_what_people_need_changes_neither_luck_nor_events(tmp_path: Path) -> None:
    bare = WORLD.replace("needs: {food:", "needs: {}\n# {food:").replace("population: 1000", "population: null")
    wanting = ran(tmp_path, "phases: {p: {from: 2024-05-14, changes: {needs.food.per_person: x 2}}}\n", [0, 600])
    without = run_network(network_of(bare, tmp_path))
    assert wanting.digests == without.digests
    assert (wanting.log == without.log).all()
    assert len(wanting.network.needs.areas) > len(without.network.needs.areas) == 0


def test_cargo_that_meets_no_need_meets_none(tmp_path: Path) -> None:
    text = "flows: {f: {sector: un, cargo: soap, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
    assert ran(tmp_path, text, [0]).needs.delivered.sum() == 0


def test_a_phase_changes_what_is_needed_from_its_second_on(tmp_path: Path) -> None:
    text = "phases: {winter: {from: 2024-05-14, starts: 12 h, lasts: 1 day, changes: {needs.food.per_person: x 1.5}}}\n"
    write_trace(tmp_path, [])
    network = draw_phases(network_of(WORLD + text, tmp_path), 1, 0)
    assert network.needs.daily(4)[0, 0].tolist() == [1000, 1250, 1250, 1000]


# Measures


def test_measures_by_hand(tmp_path: Path) -> None:
    """Here 20 t at 02:00 of the first day, there nothing: 1,000 people of 2,000 have all but two hours of four days."""
    world = ran(tmp_path, "run: {days: 8}\n", [0])
    met = 8 - 2 / 24
    told = {
        "fill_rate:food:aid": met / 16, "fill_rate:food:aid:here": met / 8, "fill_rate:food:aid:there": 0.0,
        "fill_rate_worst:food:aid": 0.0, "fill_ratio:food:aid:here/there": None,
        "coverage_gini:food:aid": 0.5, "unmet_tonnes_per_day:food:aid": (16 - met) / 8,
        "unmet_people:food:aid": 1000 * (16 - met) / 8, "stock_out_days:food:aid:here": 2 / 24,
        "stock_out_days:food:aid:there": 8.0, "days_of_stock_min:food:aid:here": 20 - met,
        "kcal_per_person_day:aid": 2000 * met / 16, "kcal_worst:aid": 0.0, "people_supplied:aid": 1000 * met / 8,
        "people_wholly_supplied:aid": 1000 * 7 / 8, "enough_from_day:food:aid": None,
        "people_supplied:trade_most": None,
    }  # fmt: skip
    for name, value in told.items():
        assert world.measure(name) == (value if value is None else pytest.approx(value)), name


def test_a_world_without_people_or_needs_has_nulls_and_no_table(tmp_path: Path) -> None:
    for text in ("areas: {here: {population: null}, there: {population: null}}\n", "needs: null\n"):
        write_trace(tmp_path, [0])
        world = run_network(network_of((WORLD + text).replace("needs: null", "needs: {}\n"), tmp_path))
        named = [m for m in world.measures if m.name.startswith(("kcal", "people"))]
        assert {m.value for m in named} == {None}
        assert len(named) == 16
        assert not any(m.name.startswith("fill_rate") for m in world.measures)


def test_days_before_warm_up_ends_count_in_no_measure(tmp_path: Path) -> None:
    world = ran(tmp_path, "run: {days: 4, warm_up: 1}\n", [22 * 60])
    assert world.measure("fill_rate:food:un:here") == 1.0
    assert world.measure("stock_out_days:food:un:here") == 0.0


@pytest.mark.parametrize(
    ("coverage", "people", "expected"),
    [
        ([0.4, 0.4, 0.4], [1, 2, 3], 0), ([0, 1], [1, 1], 0.5), ([10, 20, 30, 40], [1, 1, 1, 1], 0.25),
        ([300 / 1.2, 300 / 0.9], [1.2, 0.9], 0.0714285714), ([60 / 0.4, 540 / 1.7], [0.4, 1.7], 0.0904761905),
        ([0, 0], [1, 1], None),
    ],
)  # fmt: skip
def test_the_population_weighted_gini(coverage: list[float], people: list[float], expected: float | None) -> None:
    assert coverage_gini(np.array(coverage), np.array(people)) == (
        expected if expected is None else pytest.approx(expected)
    )


def test_deprivation_is_that_of_drinking_water_and_stops_at_its_cap() -> None:
    hours = np.array([0, 6, 12, 24, 36, 48, 72, 168.0])
    known = [0, 4.5864, 13.8520, 70.3854, 301.1114, 1242.7589, 20770.3876, 20770.3876]
    assert deprivation_weight(hours, (1.5031, 0.1172, 72)) == pytest.approx(known, abs=5e-5)


@pytest.mark.parametrize(
    ("coverage", "expected"),
    [
        ([1, 1, 1], {}),
        ([0, 0, 0], {3: 1.0}),
        ([0.25, 0, 1, 0.75], {2: 0.75, 1: 0.25 + 0.25}),  # a quarter lack the second day alone
        ([0.5, 0, 0.5], {3: 0.5, 1: 0.5}),
    ],
)
def test_spells_are_of_the_same_people_as_long_as_they_can_be(
    coverage: list[float], expected: dict[int, float]
) -> None:
    days, shares = deprivation_spells(np.array(coverage, dtype=float))
    assert {int(n): shares[days == n].sum() for n in np.unique(days)} == pytest.approx(expected)
    assert (days * shares).sum() == pytest.approx(sum(1 - part for part in coverage))


def test_the_index_weighs_spells_and_the_hours_do_not(tmp_path: Path) -> None:
    text = WORLD.replace("kcal/kg}", "kcal/kg, deprivation: {constant: 1.5031, per_hour: 0.1172, cap: 72 h}}")
    world = ran(tmp_path, text + "run: {days: 2}\n", [])
    assert world.measure("deprivation_index:food:aid") == pytest.approx(1242.7589, abs=5e-5)
    assert world.measure("deprivation_hours:food:aid") == 48


def test_enough_is_from_the_day_on_after_which_no_week_is_short() -> None:
    def first(*met: int, enough: float = 1.0) -> int | None:
        return first_sufficient_day(np.array([met, [10] * len(met)]), np.full((2, len(met)), 10), enough)

    assert first(*[10] * 10) == 0
    assert first(9, *[10] * 9) == 1
    assert first(*[10] * 9, 9) is None
    assert first(*[0] * 4, *[10] * 6) is None  # the last week is that of the fourth day
    assert first(*[0] * 4, *[10] * 7) == 4
    assert first(*[0] * 4, *[10] * 6, enough=0.8) == 3  # weeks of days 2 and 3 have 5 and 6 of 7 days
    assert first(*[10] * 6) is None


def test_the_supplies_hang_on_what_there_is(tmp_path: Path) -> None:
    write_trace(tmp_path, [])
    assert supply_names(network_of(WORLD, tmp_path)) == ("un", "aid")


# Mistakes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("needs: {food: {of: [foot]}}", "needs.food.of: there is no cargos.foot; did you mean food?"),
        ("needs: {food: {per_person: 1 kg}}", "needs.food.per_person: wanted e.g. '5000 t/day', found '1 kg'"),
        ("needs: {food: {energy: 3640}}", "needs.food.energy: 3640 has no unit; write e.g. '3640 kcal/kg'"),
        ("needs: {food: {access: {least: 60 %, most: 40 %}}}", "needs.food.access: least (0.6) is above most (0.4)"),
        ("needs: {more: {of: [food], per_person: 1 kg/day}}", "needs.more.of: food meets needs.food already"),
        ("areas: {here: {stock: {fod: 1 t}}}", "areas.here.stock: there is no needs.fod; did you mean food?"),
        ("areas: {here: {population: null, stock: {food: 1 t}}}",
         "areas.here.stock: a stock or deliveries need a population"),
        ("areas: {here: {deliveries: {air: {need: fod, sector: un, amount: 1 t/day}}}}",
         "areas.here.deliveries.air.need: there is no needs.fod; did you mean food?"),
        ("areas: {here: {passes_on: {ther: 5 %}}}",
         "areas.here.passes_on: there is no areas.ther; did you mean there?"),
        ("areas: {here: {passes_on: {here: 5 %}}}", "areas.here.passes_on: here is the area itself"),
        ("areas: {here: {passes_on: {there: 5 %}}, there: {population: null}}",
         "areas.here.passes_on: areas.there has no population; did you mean here?"),
        ("areas: {here: {passes_on: {there: 60 %, more: 60 %}}, more: {population: 5}}",
         "areas.here.passes_on: shares must add up to no more than 100 %, are 120.0000%"),
        ("phases: {p: {from: 2024-05-13, changes: {needs.food.per_person: '- 2 kg/day'}}}",
         "phases.p.changes.needs.food.per_person: - 2 kg/day makes a value below 0 of 1 kg/day"),
        ("phases: {p: {from: 2024-05-13, changes: {needs.food.energy: 2 kcal/kg}}}",
         "phases.p.changes.needs.food.energy: energy cannot change while the clock runs; of needs these can:"),
    ],
)  # fmt: skip
def test_what_needs_cannot_mean_is_told(text: str, told: str, tmp_path: Path) -> None:
    write_trace(tmp_path, [])
    together = OmegaConf.merge(OmegaConf.create(WORLD), OmegaConf.create(text))
    lines = mistakes_in(OmegaConf.to_yaml(together), tmp_path)
    assert any(line.startswith(told) for line in lines), lines
