"""Small worlds worked out by hand, reached by YAML alone. In minutes; 0 is midnight of the start date."""

from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.conservation import check
from sim.milestones import milestones_of
from sim.units import DAY_S, HOUR_S, MINUTE_S
from sim.visits import Level
from tests.worlds import Ran, minutes, run, trace

ONE_STAGE = """
corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}
"""
TRACED = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
WORKDAYS = "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"


def batch(loads: int) -> str:
    """So many loads that are there when the run starts."""
    return (
        "flows: {f: {sector: un, cargo: food}}\n"
        f"start: {{s: {{flow: f, corridor: only, loads: {loads}}}}}\n"
    )  # fmt: skip


def waits_min(ran: Ran, place: str) -> list[float]:
    """From joining to the start of service, in the order of loads."""
    visits = ran.visits(place)
    return minutes(visits.started_s - visits.joined_s)


def arrived_by_midnight(ran: Ran, days: int) -> list[int]:
    """Arrived loads by the end of each day."""
    arrived = ran.rows(e.ARRIVED)["time_s"]
    return [int((arrived < (day + 1) * DAY_S).sum()) for day in range(days)]


def test_one_lane_serves_ten_trucks_one_after_the_other() -> None:
    ran = run(ONE_STAGE + batch(10) + "warehouses: {dock: {lanes: 1, time: 30 min}}")
    assert ran.arrivals_min() == list(range(30, 301, 30))
    assert np.mean(waits_min(ran, "warehouses.dock")) == 135
    visits, end_s = ran.visits("warehouses.dock"), 300 * MINUTE_S
    assert Level.of_spans(visits.joined_s, visits.started_s).time_average(0, end_s) == 4.5
    assert Level.of_spans(visits.started_s, visits.finished_s).time_average(0, end_s) == 1


def test_trucks_wait_for_the_opening(tmp_path: Path) -> None:
    trace(tmp_path, [420] * 10)
    ran = run(
        ONE_STAGE + TRACED + WORKDAYS + "warehouses: {dock: {lanes: 2, time: 30 min, calendar: day}}",
        tmp_path,
    )
    assert ran.arrivals_min() == [510, 510, 540, 540, 570, 570, 600, 600, 630, 630]
    assert sum(waits_min(ran, "warehouses.dock")) == 1200


@pytest.mark.parametrize(
    ("rule", "by_midnight", "tenth"),
    [
        ("finish", [10, 20, 30, 40], 980),
        ("freeze", [9, 19, 28, 38], 1940),
        ("nostart", [9, 18, 27, 36], 1970),
    ],
)
def test_each_closing_rule_has_its_own_count(tmp_path: Path, rule: str, by_midnight: list[int], tenth: int) -> None:
    trace(tmp_path, [480] * 40)
    ran = run(
        ONE_STAGE + TRACED + WORKDAYS + "run: {days: 6}\n"
        f"warehouses: {{dock: {{lanes: 1, time: 50 min, calendar: day, rule: {rule}}}}}",
        tmp_path,
    )
    assert arrived_by_midnight(ran, 4) == by_midnight
    assert ran.arrivals_min()[9] == tenth


def test_a_lane_faster_than_its_arrivals_makes_nobody_wait(tmp_path: Path) -> None:
    trace(tmp_path, range(0, 600, 12))
    ran = run(ONE_STAGE + TRACED + "warehouses: {dock: {lanes: 1, time: 10 min}}", tmp_path)
    visits = ran.visits("warehouses.dock")
    assert waits_min(ran, "warehouses.dock") == [0.0] * 50
    busy = Level.of_spans(visits.started_s, visits.finished_s)
    assert busy.time_average(0, 600 * MINUTE_S) == pytest.approx(5 / 6, abs=1e-15)


def test_a_lane_slower_than_its_arrivals_makes_each_wait_longer(tmp_path: Path) -> None:
    trace(tmp_path, range(0, 610, 10))
    ran = run(ONE_STAGE + TRACED + "warehouses: {dock: {lanes: 1, time: 12 min}}", tmp_path)
    waits = waits_min(ran, "warehouses.dock")
    assert waits == [2 * n for n in range(61)]
    assert (waits[59], waits[60]) == (118, 120)


@pytest.mark.parametrize(("lanes", "departures"), [(1, [30, 45, 60, 75, 90, 105]), (2, [30, 40, 50, 60, 70, 80])])
def test_stages_in_a_row_keep_the_pace_of_the_slowest(lanes: int, departures: list[int]) -> None:
    ran = run(
        f"""
    sites: {{scan: {{lanes: 1, time: 10 min}}, search: {{lanes: {lanes}, time: 15 min}}}}
    warehouses: {{dock: {{lanes: 1, time: 5 min}}}}
    corridors: {{only: {{from: away, to: here, steps: [{{inspect: scan}}, {{inspect: search}}, {{offload: dock}}]}}}}
    """.replace("\n    ", "\n")
        + batch(6)
    )
    assert ran.arrivals_min() == departures


@pytest.mark.parametrize(
    ("room", "leaves", "blocked"), [(1, [10, 20, 40, 70, 100], 50), (0, [10, 40, 70, 100, 130], 80)]
)
def test_a_full_buffer_blocks_the_stage_before_it(room: int, leaves: list[int], blocked: int) -> None:
    ran = run(
        "sites: {scan: {lanes: 1, time: 10 min}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: 30 min, room: {room}}}}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n" + batch(5)
    )
    visits = ran.visits("sites.scan")
    assert minutes(visits.left_s) == leaves
    assert ran.arrivals_min() == [40, 70, 100, 130, 160]
    assert sum(minutes(visits.left_s - visits.finished_s)) == blocked
    assert ran.dwell("sites.scan")["blocked"] == pytest.approx(blocked / 5 / 60)


def test_a_convoy_of_exactly_five_waits_for_the_fifth(tmp_path: Path) -> None:
    trace(tmp_path, range(0, 180, 6))
    ran = run(
        "yards: {hub: {min: 5, max: 5}}\nwarehouses: {dock: {lanes: 9, time: 1 min}}\n"
        "corridors: {only: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}}\n" + TRACED,
        tmp_path,
    )
    assert ran.times_min(e.SET_OUT) == [24, 54, 84, 114, 144, 174]
    assert waits_min(ran, "yards.hub") == [24, 18, 12, 6, 0] * 6
    assert ran.dwell("yards.hub")["wait"] == pytest.approx(12 / 60)


def test_convoys_of_a_timetable_take_what_they_can_hold(tmp_path: Path) -> None:
    trace(tmp_path, range(6, 361, 6))
    ran = run(
        "yards: {hub: {max: 8, timetable: {first: 1 h, every: 1 h}}}\nwarehouses: {dock: {lanes: 9, time: 1 min}}\n"
        "corridors: {only: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}}\n" + TRACED,
        tmp_path,
    )
    convoys = ran.rows(e.SET_OUT)
    assert minutes(convoys["time_s"]) == [60, 120, 180, 240, 300, 360, 420, 480]
    assert (convoys["pallets"] // 20).tolist() == [8, 8, 8, 8, 8, 8, 8, 4]
    waits = waits_min(ran, "yards.hub")
    assert waits[:3] == [54, 48, 42]
    assert sum(waits) == 4380


def test_a_day_of_closure_is_worked_off_as_the_fluid_says(tmp_path: Path) -> None:
    trace(tmp_path, np.arange(144, 8 * DAY_S, 144) / MINUTE_S)
    ran = run(
        ONE_STAGE + TRACED + "run: {days: 8}\n"
        "calendars: {shut: {closures: {one: {from: 2024-05-14, to: 2024-05-14}}}}\n"
        "warehouses: {dock: {lanes: 10, time: 20 min, calendar: shut, rule: freeze}}",
        tmp_path,
    )
    visits = ran.visits("warehouses.dock")
    waits_s = visits.started_s - visits.joined_s
    reopens_s = 2 * DAY_S
    waiting = (visits.joined_s < reopens_s) & (visits.started_s >= reopens_s)
    frozen = (visits.started_s < DAY_S) & (visits.finished_s >= reopens_s)  # came in the last 20 minutes
    assert (int(waiting.sum()), int(frozen.sum())) == (600, 8)
    assert waits_s.max() == 24 * HOUR_S
    late = (visits.joined_s > reopens_s) & (waits_s == 0)
    assert visits.joined_s[late].min() / HOUR_S == pytest.approx(167.68, abs=1e-9)
    assert waits_s.sum() / HOUR_S == pytest.approx(43_113.6, abs=1e-9)
    assert ran.days("warehouses.dock").finished.tolist() == [591, 0, 718, 720, 720, 720, 720, 602]


def test_a_mean_over_time_is_no_mean_over_changes() -> None:
    level = Level(np.array([2, 5]), np.array([3, -2]))
    assert level.time_average(0, 10) == 1.4


def test_the_mean_backlog_of_a_yard_is_a_mean_over_time(tmp_path: Path) -> None:
    trace(tmp_path, [120, 120, 120])
    ran = run(
        "yards: {hub: {max: 2, timetable: {first: 5 h, every: 5 h}}}\nwarehouses: {dock: {lanes: 9, time: 1 min}}\n"
        "run: {days: 1}\n"
        "corridors: {only: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}}\n" + TRACED,
        tmp_path,
    )
    visits = ran.visits("yards.hub")
    assert Level.of_spans(visits.joined_s, visits.started_s).time_average(0, 10 * HOUR_S) == 1.4
    assert ran.measure("backlog_mean:yards.hub") == pytest.approx(1.4 * 10 / 24)


EVERY_VERB = """
sites: {scan: {lanes: 1, time: 7 min, manual: {share: 100 %, bays: 1, time: 11 min}}}
gates: {rim: {border: true}}
bays: {apron: {lanes: 1, time: 13 min}}
platforms: {pad: {}}
yards: {hub: {min: 1, max: 1}}
fleets: {pool: {vehicles: 1, pallets: 20, home: 5 min}}
roads: {away_rim: {time: 17 min}, pad_dock: {length: 15 km, speed: 45 km/h}}
warehouses: {dock: {lanes: 1, time: 19 min}}
corridors:
  only:
    from: away
    to: here
    steps:
      - travel: away_rim
      - inspect: scan
      - pass_gate: rim
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: pad_dock
      - offload: dock
"""


def test_a_truck_alone_takes_its_services_and_drives_and_no_more(tmp_path: Path) -> None:
    trace(tmp_path, [60])
    ran = run(EVERY_VERB + TRACED, tmp_path)
    assert ran.arrivals_min() == [60 + 17 + 7 + 11 + 13 + 20 + 19]
    assert ran.times_min(e.FINISHED, "fleets.pool") == [60 + 17 + 7 + 11 + 13 + 20 + 19 + 5]
    assert ran.measure("transit_h_mean") == pytest.approx((17 + 7 + 11 + 13 + 20 + 19) / 60)
    for place, service in (("sites.scan", 7), ("sites.scan.manual", 11), ("bays.apron", 13), ("warehouses.dock", 19)):
        assert ran.dwell(place) == {"wait": 0, "closed": 0, "service": pytest.approx(service / 60), "blocked": 0}


@pytest.mark.parametrize(
    "flows",
    ["", "flows: {f: {sector: un, cargo: food}}\n", batch(0), TRACED],
    ids=["none", "idle", "no stock", "trace"],
)
def test_without_trucks_every_measure_is_nought_or_none(tmp_path: Path, flows: str) -> None:
    trace(tmp_path, [])
    ran = run(EVERY_VERB + flows, tmp_path)
    assert len(ran.log) == 0
    check(ran.network, ran.draws, ran.history, ran.found, ran.places)
    for measure in ran.measures:
        if not measure.name.startswith(("state_idle:", "state_closed:")):  # in which lanes are then
            assert measure.value is None or measure.value == 0, measure.name
    has = milestones_of(ran.network, ran.network.routes[0])
    assert all(ran.measure(f"{name}_trucks_per_day") == 0 for name in has)
