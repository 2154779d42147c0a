"""What trucks wait and cost, against numbers worked out by hand, in both engines."""

from pathlib import Path

import pytest

from sim.scenario.scenario import Engine
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, run_network, write_trace

# Two loads of 20 t at 0:00 and one at 24:00; one lane of 6 h, a yard that waits for two, a gate that opens at 18:00
WORLD = """
calendars: {evening: {windows: {all: {hours: "18:00-24:00"}}}}
roads: {in: {time: 1 h}, out: {time: 1 h}}
sites: {scan: {lanes: 1, time: 6 h}}
gates: {rim: {border: true, calendar: evening}}
yards: {hub: {min: 2, max: 2}}
warehouses: {dock: {lanes: 2, time: 30 min}}
corridors:
  only:
    from: away
    to: here
    steps: [{travel: in}, {inspect: scan}, {convoy: hub}, {pass_gate: rim}, {travel: out}, {offload: dock}]
    costs: COSTS
flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}
"""
PRICED = WORLD.replace("COSTS", "{per_truck: 350 USD, per_tonne: 2 USD, per_waiting_day: 24 USD}")
ARRIVALS_MIN = (0, 0, 24 * 60)
# One waits 6 h for the lane, the other at the yard for it, both 5 h at the gate; the third at the yard from 31:00 on
WAITED_H = 6 + 6 + 2 * 5 + 17

engines = pytest.mark.parametrize("engine", ["simpy", "compiled"])


def ran(text: str, folder: Path, engine: Engine) -> ReplicationResult:
    write_trace(folder, ARRIVALS_MIN)
    return run_network(network_of(text, folder), engine=engine)


@engines
def test_trucks_wait_for_a_lane_for_others_and_for_a_gate(tmp_path: Path, engine: Engine) -> None:
    measured = ran(WORLD.replace("    costs: COSTS\n", ""), tmp_path, engine)
    assert measured.measure("waiting_truck_days_per_day") == pytest.approx(WAITED_H / 24 / 2)
    assert measured.measure("cost_usd_per_day") is None
    assert measured.measure("cost_usd_per_tonne_arrived") is None


@engines
def test_a_truck_costs_as_it_sets_out_and_while_it_waits(tmp_path: Path, engine: Engine) -> None:
    measured = ran(PRICED, tmp_path, engine)
    dollars = 3 * 350 + 60 * 2 + WAITED_H  # 24 USD a day are 1 USD an hour
    assert measured.measure("cost_usd_per_day") == pytest.approx(dollars / 2)
    assert measured.measure("cost_usd_per_tonne_arrived") == pytest.approx(dollars / 40)  # the third has not arrived


def test_what_sets_out_or_waits_before_warm_up_ends_costs_nothing(tmp_path: Path) -> None:
    measured = ran(PRICED + "run: {warm_up: 1}\n", tmp_path, "simpy")
    assert measured.measure("waiting_truck_days_per_day") == pytest.approx(17 / 24)
    assert measured.measure("cost_usd_per_day") == pytest.approx(350 + 40 + 17)
    assert measured.measure("cost_usd_per_tonne_arrived") is None  # both arrived on the day before


def test_corridors_without_costs_count_in_no_cost(tmp_path: Path) -> None:
    second = """
  other:
    from: away
    to: here
    steps: [{travel: in}, {inspect: scan}, {convoy: hub}, {pass_gate: rim}, {travel: out}, {offload: dock}]
flows:"""
    half = PRICED.replace("\nflows:", second).replace("{only: 100 %}", "{other: 100 %}")
    measured = ran(half, tmp_path, "simpy")
    assert measured.measure("cost_usd_per_day") == 0
    assert measured.measure("cost_usd_per_tonne_arrived") is None
    assert measured.measure("waiting_truck_days_per_day") == pytest.approx(WAITED_H / 24 / 2)


def test_stock_that_was_dispatched_before_the_run_has_been_paid_for(tmp_path: Path) -> None:
    text = PRICED + "start: {here: {flow: f, corridor: only, at: yards.hub, loads: 2}}\nrun: {days: 1}\n"
    write_trace(tmp_path, [])
    measured = run_network(network_of(text, tmp_path))
    assert measured.measure("cost_usd_per_day") == pytest.approx(2 * 18)  # they wait at the gate until 18:00


def test_what_is_collected_by_vehicles_waits_on_no_inbound_truck(tmp_path: Path) -> None:
    text = """
roads: {in: {time: 1 h}, out: {time: 1 h}}
bays: {apron: {lanes: 1, time: 1 h}}
platforms: {pad: {room: 20}}
yards: {hub: {max: 1, patience: 1 h, calendar: evening}}
calendars: {evening: {windows: {all: {hours: "18:00-24:00"}}}}
fleets: {pool: {vehicles: 1, pallets: 20, home: 1 h}}
warehouses: {dock: {lanes: 1, time: 1 h}}
corridors:
  only:
    from: away
    to: here
    steps:
      - travel: in
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: out
      - offload: dock
flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}
run: {days: 1}
"""
    write_trace(tmp_path, [0, 0])
    # the second waits 1 h for the bay and then in it until 18:00, while the first one's pallets fill the platform
    assert run_network(network_of(text, tmp_path)).measure("waiting_truck_days_per_day") == pytest.approx(16 / 24)


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ("{per_truck: 350}", "corridors.only.costs.per_truck: 350 has no unit; write e.g. '350 USD'"),
        ("{per_truck: 350 EUR}", "corridors.only.costs.per_truck: 'EUR' is no unit here; write e.g. '350 USD'"),
        ("{per_truck: -1 USD}", "corridors.only.costs.per_truck: must be greater than or equal to 0, is '-1 USD'"),
        ("{}", "corridors.only.costs: wanted one of per_truck, per_tonne and per_waiting_day, found none"),
    ],
)
def test_what_costs_cannot_mean_is_told(costs: str, told: str) -> None:
    assert any(told in line for line in mistakes_in(WORLD.replace("COSTS", costs)))


def test_costs_need_a_drive_from_which_they_count(tmp_path: Path) -> None:
    text = PRICED.replace("{travel: in}, ", "").replace("{travel: out}, ", "")
    write_trace(tmp_path, [0])
    wanted = "corridors.only.costs: they count from a truck's first drive, and the corridor has no travel"
    assert wanted in mistakes_in(text, tmp_path)
