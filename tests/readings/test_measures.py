"""Measures of small worlds against numbers worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.calendars import StepFunction
from sim.readings.milestones import MILESTONES, daily_milestone_sums, route_milestones
from sim.readings.records import TRANSIT_OUTCOMES, backlog_unit
from sim.readings.visits import Level, closed_seconds, midnights, open_indicator
from sim.units import DAY_S, HOUR_S, MINUTE_S
from tests.worlds.running import ReplicationResult, run, write_trace

TRACED = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
ONE_STAGE = "corridors: {only: {from: away, to: here, steps: [{offload: dock}]}}\n"
PLATFORM = """
cargos: {food: {pallets: 20, weight: 10001 kg}}
roads: {in: {time: 1 h}, out: {time: 30 min}}
gates: {rim: {border: true}}
bays: {apron: {lanes: 2, time: 10 min}}
platforms: {pad: {}}
yards: {hub: {min: 1, max: 2, patience: 1 h}}
fleets: {pool: {vehicles: 2, pallets: 15, home: 20 min}}
warehouses: {dock: {lanes: 2, time: 5 min}}
corridors:
  only:
    from: away
    to: here
    steps:
      - travel: in
      - pass_gate: rim
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: out
      - offload: dock
"""


@pytest.fixture
def two_loads(tmp_path: Path) -> ReplicationResult:
    """Two loads of 20 pallets come together; vehicles carry 15, so that three of them bring 15, 15 and 10."""
    write_trace(tmp_path, [0, 0])
    return run(PLATFORM + TRACED, tmp_path)


@pytest.mark.parametrize(
    ("milestone", "trucks", "pallets", "kg"),
    [("requested", 2, 40, 20_002), ("dispatched", 2, 40, 20_002), ("at_crossing", 2, 40, 20_002),
     ("entered", 2, 40, 20_002), ("offloaded", 2, 40, 20_002), ("collected", 3, 40, 20_002),
     ("arrived", 3, 40, 20_002)],
)  # fmt: skip
def test_trucks_are_inbound_up_to_offloaded_and_vehicles_from_collected_on(
    two_loads: ReplicationResult, milestone: str, trucks: int, pallets: int, kg: int
) -> None:
    reached = two_loads.milestones[milestone]
    assert (reached.trucks.sum(), reached.pallets.sum(), reached.kg.sum()) == (trucks, pallets, kg)
    for unit, per_day in (("trucks", trucks / 2), ("pallets", pallets / 2), ("tonnes", kg / 2000)):
        assert two_loads.measure(f"{milestone}_{unit}_per_day") == pytest.approx(per_day)


def test_the_parts_of_a_load_have_its_weight_between_them(two_loads: ReplicationResult) -> None:
    for milestone in ("collected", "arrived"):
        reached = two_loads.milestones[milestone]
        parts = reached.pallets > 0
        assert sorted(reached.pallets[parts].tolist()) == [5, 10, 10, 15]
        for load in (0, 1):
            assert reached.kg[parts & (reached.load == load)].sum() == 10_001
        assert abs(reached.kg[parts] - reached.pallets[parts] * 10_001 / 20).max() < 1


def test_a_load_arrives_with_its_last_pallet(two_loads: ReplicationResult) -> None:
    # down at 70; 15 + 5 and 10 leave at 70, arrive at 105, are home at 125, and the last 10 leave at 125 + 60
    assert two_loads.times_min(e.ARRIVED) == [105, 105, 105, 220]
    assert (two_loads.transit.duration_s / MINUTE_S).tolist() == [105, 220]
    assert two_loads.measure("transit_h_p50") == pytest.approx(105 / 60)
    assert two_loads.measure("transit_h_p90") == pytest.approx(220 / 60)
    assert two_loads.measure("transit_h_mean") == pytest.approx(162.5 / 60)
    assert two_loads.measure("inside_end_loads") == 0


def test_the_platform_counts_pallets_and_the_fleet_vehicles(two_loads: ReplicationResult) -> None:
    pallet_min = 40 * 0 + 10 * (185 - 70)
    assert two_loads.days_at("platforms.pad").backlog_mean[0] == pytest.approx(pallet_min / 1440)
    vehicle_min = 2 * (125 - 70) + (240 - 185)
    assert two_loads.days_at("fleets.pool").busy_s.tolist() == [vehicle_min * 60, 0]
    assert two_loads.measure("utilisation:fleets.pool") == pytest.approx(vehicle_min / (2 * 2 * 1440))
    names = ("platforms.pad", "fleets.pool", "gates.rim")
    assert [backlog_unit(two_loads.node(name)) for name in names] == ["pallets", "vehicles", "trucks"]


def test_days_add_up_by_corridor_and_group(two_loads: ReplicationResult) -> None:
    table = daily_milestone_sums(two_loads.milestones, two_loads.draws, np.zeros(2, dtype=np.int64))
    told = {
        MILESTONES[m]: (int(trucks), int(pallets))
        for m, trucks, pallets in zip(table["milestone"], table["trucks"], table["pallets"], strict=True)
    }
    assert told["collected"] == (3, 40)
    assert told["requested"] == (2, 40)
    assert set(table["day"].tolist()) == {0}


def test_a_corridor_without_a_step_has_no_number_for_it(tmp_path: Path) -> None:
    write_trace(tmp_path, [0])
    ran = run(ONE_STAGE + TRACED + "warehouses: {dock: {lanes: 1, time: 1 min}}", tmp_path)
    assert route_milestones(ran.network, ran.network.routes[0]) == ("requested", "arrived")
    for milestone in set(MILESTONES) - {"requested", "arrived"}:
        assert ran.measure(f"{milestone}_trucks_per_day") is None
    assert ran.measure("arrived_trucks_per_day") == 0.5
    assert ran.measure("transit_h_mean") is None  # nobody was dispatched


def test_a_step_that_nobody_took_counts_nought() -> None:
    ran = run(PLATFORM + "flows: {f: {sector: un, cargo: food}}")
    assert ran.measure("entered_trucks_per_day") == 0
    assert ran.measure("rejected_trucks_per_day") is None


def test_opening_stock_was_requested_and_offloaded_before_the_run() -> None:
    ran = run(
        PLATFORM + "flows: {f: {sector: un, cargo: food}}\n"
        "start: {s: {flow: f, corridor: only, loads: 2, at: platforms.pad}}"
    )
    assert ran.measure("requested_trucks_per_day") == 0
    assert ran.measure("offloaded_trucks_per_day") == 0
    assert ran.measure("collected_pallets_per_day") == 20
    assert ran.measure("arrived_pallets_per_day") == 20


def test_a_visit_is_waiting_closed_service_and_blocked(tmp_path: Path) -> None:
    write_trace(tmp_path, [420, 420])
    ran = run(
        "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"
        "sites: {scan: {lanes: 1, time: 30 min, calendar: day}}\n"
        "warehouses: {dock: {lanes: 1, time: 1 h, room: 0}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n" + TRACED,
        tmp_path,
    )
    parts = {"wait": 0.25, "closed": 1.0, "service": 0.5, "blocked": 0.25}
    assert ran.dwell("sites.scan") == pytest.approx(parts)
    assert all(ran.measure(f"{part}_h:sites.scan") == pytest.approx(hours) for part, hours in parts.items())
    assert ran.days_at("sites.scan").blocked_s.tolist() == [30 * MINUTE_S, 0]


def test_frozen_work_is_closed_and_not_service_while_it_pauses(tmp_path: Path) -> None:
    write_trace(tmp_path, [15.5 * 60])
    ran = run(
        "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"
        "warehouses: {dock: {lanes: 1, time: 1 h, calendar: day, rule: freeze}}\n" + ONE_STAGE + TRACED,
        tmp_path,
    )
    assert ran.dwell("warehouses.dock") == {"wait": 0, "closed": 16, "service": 1, "blocked": 0}
    assert ran.days_at("warehouses.dock").busy_s.tolist() == [1800, 1800]
    assert ran.days_at("warehouses.dock").open_s.tolist() == [8 * HOUR_S, 8 * HOUR_S]


def test_work_after_closing_time_counts_as_busy(tmp_path: Path) -> None:
    write_trace(tmp_path, [15.5 * 60])
    ran = run(
        "calendars: {day: {windows: {all: {hours: '15:00-16:00'}}}}\nrun: {days: 1}\n"
        "warehouses: {dock: {lanes: 1, time: 90 min, calendar: day}}\n" + ONE_STAGE + TRACED,
        tmp_path,
    )
    assert ran.measure("utilisation:warehouses.dock") == 1.5


def test_a_gate_and_a_yard_split_their_waits_too(tmp_path: Path) -> None:
    write_trace(tmp_path, [420, 540, 600])
    ran = run(
        "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\ngates: {rim: {calendar: day}}\n"
        "yards: {hub: {min: 3, max: 3}}\nwarehouses: {dock: {lanes: 9, time: 1 min}}\n"
        "corridors: {only: {from: away, to: here, steps: [{pass_gate: rim}, {convoy: hub}, {offload: dock}]}}\n"
        + TRACED,
        tmp_path,
    )
    assert ran.dwell("gates.rim") == {"wait": 0, "closed": pytest.approx(1 / 3), "service": 0, "blocked": 0}
    assert ran.dwell("yards.hub") == {"wait": pytest.approx((2 + 1 + 0) / 3), "closed": 0, "service": 0, "blocked": 0}


def test_the_backlog_is_what_stands_there_at_midnight_and_on_average(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 0, 0])
    ran = run(ONE_STAGE + TRACED + "warehouses: {dock: {lanes: 1, time: 12 h}}", tmp_path)
    days = ran.days_at("warehouses.dock")
    assert days.joined.tolist() == [3, 0]
    assert days.finished.tolist() == [1, 2]  # the second ends with the first second of day 1
    assert days.backlog_end.tolist() == [2, 0]
    assert days.backlog_mean.tolist() == [2.5, 0.5]
    assert days.busy_s.tolist() == [DAY_S, DAY_S // 2]
    assert ran.measure("backlog_mean:warehouses.dock") == 1.5
    assert ran.measure("backlog_end:warehouses.dock") == 0
    assert ran.measure("utilisation:warehouses.dock") == 0.75


def test_quantiles_of_transit_know_nothing_beyond_those_that_arrived(tmp_path: Path) -> None:
    write_trace(tmp_path, [0] * 10)
    text = "roads: {in: {time: 1 h}}\nwarehouses: {dock: {lanes: 1, time: LONG}}\nrun: {days: 1}\n" + (
        "corridors: {only: {from: away, to: here, steps: [{travel: in}, {offload: dock}]}}\n" + TRACED
    )
    six = run(text.replace("LONG", "3.5 h"), tmp_path)  # arrive after 1 h + 3.5 h, 7 h, ... 21 h; four are inside
    assert [TRANSIT_OUTCOMES[i] for i in six.transit.outcome] == ["arrived"] * 6 + ["inside"] * 4
    assert six.measure("transit_h_p50") == 1 + 5 * 3.5
    assert six.measure("transit_h_p90") is None
    assert six.measure("inside_end_loads") == 4
    assert six.measure("transit_h_mean") == pytest.approx((sum(1 + 3.5 * n for n in range(1, 7)) + 4 * 24) / 10)
    four = run(text.replace("LONG", "5 h"), tmp_path)
    assert four.measure("inside_end_loads") == 6
    assert four.measure("transit_h_p50") is None


def test_loads_that_were_sent_back_count_in_no_transit_time(tmp_path: Path) -> None:
    write_trace(tmp_path, [0])
    ran = run(
        "roads: {in: {time: 1 h}}\nsites: {scan: {lanes: 1, time: 1 h, rejected: {share: 100 %}}}\n"
        "warehouses: {dock: {lanes: 1, time: 1 min}}\n"
        "corridors: {only: {from: away, to: here, steps: [{travel: in}, {inspect: scan}, {offload: dock}]}}\n" + TRACED,
        tmp_path,
    )
    assert [TRANSIT_OUTCOMES[i] for i in ran.transit.outcome] == ["returned"]
    assert ran.transit.duration_s.tolist() == [2 * HOUR_S]
    assert ran.measure("transit_h_mean") is None
    assert ran.measure("returned_trucks_per_day") == 0.5
    assert ran.measure("rejected_trucks_per_day") == 0.5


def test_warm_up_drops_loads_from_dwell_and_clips_integrals(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 0, 24 * 60 - 60, 24 * 60 + 60])
    ran = run(
        "roads: {in: {time: 30 min}}\nwarehouses: {dock: {lanes: 1, time: 2 h}}\n"
        "run: {days: 3, warm_up: 1}\n"
        "corridors: {only: {from: away, to: here, steps: [{travel: in}, {offload: dock}]}}\n" + TRACED,
        tmp_path,
    )
    # of the first two one waits, during warm-up; the third is offloaded from 23:30 to 01:30, and the fourth, there at
    # 01:30, does not wait
    assert len(ran.transit.load) == 1
    assert ran.measure("transit_h_mean") == 2.5
    assert ran.measure("requested_trucks_per_day") == 0.5
    assert ran.measure("arrived_trucks_per_day") == 1
    assert ran.dwell("warehouses.dock") == {"wait": 0, "closed": 0, "service": 2, "blocked": 0}
    assert ran.measure("utilisation:warehouses.dock") == pytest.approx((1.5 + 2) / 48)
    assert ran.measure("backlog_mean:warehouses.dock") == pytest.approx((1.5 + 2) / 48)


STATES = ("busy", "blocked", "idle", "down", "closed")


def states_of(ran: ReplicationResult, place: str) -> dict[str, float]:
    """The hours of each state of all lanes together; they fill the time of all lanes."""
    lanes = getattr(ran.node(place), "lanes", 1)
    hours = {name: (ran.measure(f"state_{name}:{place}") or 0) * lanes * 24 * ran.network.days for name in STATES}
    assert sum(hours.values()) == pytest.approx(lanes * 24 * ran.network.days)
    return {name: round(value, 6) for name, value in hours.items() if round(value, 6)}


def test_a_lane_is_busy_blocked_idle_or_closed_at_any_time(tmp_path: Path) -> None:
    write_trace(tmp_path, [420, 420])
    ran = run(
        "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n"
        "sites: {scan: {lanes: 1, time: 30 min, calendar: day}}\n"
        "warehouses: {dock: {lanes: 1, time: 1 h, room: 0}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n" + TRACED,
        tmp_path,
    )
    assert states_of(ran, "sites.scan") == {"busy": 1, "blocked": 0.5, "idle": 14.5, "closed": 32}


def test_work_after_closing_is_busy_and_work_that_pauses_is_closed(tmp_path: Path) -> None:
    write_trace(tmp_path, [15.5 * 60])
    text = "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\n" + ONE_STAGE + TRACED
    late = run(text + "warehouses: {dock: {lanes: 2, time: 1 h, calendar: day}}\n", tmp_path)
    assert states_of(late, "warehouses.dock") == {"busy": 1, "idle": 31.5, "closed": 63.5}
    frozen = run(text + "warehouses: {dock: {lanes: 2, time: 1 h, calendar: day, rule: freeze}}\n", tmp_path)
    assert states_of(frozen, "warehouses.dock") == {"busy": 1, "idle": 31, "closed": 64}


@pytest.mark.parametrize("clock", ["work", "always"])
def test_a_lane_whose_equipment_is_repaired_is_down_and_not_busy(clock: str, tmp_path: Path) -> None:
    """It breaks after 2 h, of work or of any time, and is repaired for 1 h; open for the first 12 hours of each day."""
    write_trace(tmp_path, [0])
    ran = run(
        "calendars: {half: {windows: {all: {hours: '00:00-12:00'}}}}\n" + ONE_STAGE + TRACED + "warehouses: "
        f"{{dock: {{lanes: 1, time: 5 h, calendar: half, breaks: {{after: 2 h, lasts: 1 h, clock: {clock}}}}}}}\n",
        tmp_path,
    )
    # of work: 2 work, 1 down, 2 work, 1 down, 1 work; always the same, and after it 8-9 and 11-12, and four on day 1
    expected = {"busy": 5, "down": 2, "idle": 17, "closed": 24}
    if clock == "always":
        expected = {"busy": 5, "down": 2 + 2 + 4, "idle": 3 + 8, "closed": 24}
    assert states_of(ran, "warehouses.dock") == expected


def test_quantiles_of_a_stay_know_nothing_of_those_that_have_not_ended(tmp_path: Path) -> None:
    write_trace(tmp_path, [0] * 10)
    ran = run(ONE_STAGE + TRACED + "warehouses: {dock: {lanes: 1, time: 5 h}}", tmp_path)  # nine end within two days
    assert [ran.measure(f"stay_h_{p}:warehouses.dock") for p in ("p50", "p90", "p95")] == [25, 45, None]
    assert [ran.measure(f"queue_h_{p}:warehouses.dock") for p in ("p50", "p90", "p95")] == [20, 40, 45]


def test_who_comes_in_the_drain_counts_in_no_dwell_but_in_all_that_is_counted(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 24 * 60, 24 * 60, 47 * 60])  # the third waits for the second
    text = (
        "roads: {in: {time: 1 h}}\nwarehouses: {dock: {lanes: 1, time: 4 h}}\n"
        "corridors: {only: {from: away, to: here, steps: [{travel: in}, {offload: dock}]}}\n" + TRACED
    )
    whole, drained = (run(f"{text}run: {{days: 2, drain: {days}}}\n", tmp_path) for days in (0, 1))
    assert (len(whole.transit.load), len(drained.transit.load)) == (4, 1)
    assert whole.measure("inside_end_loads") == 1 and drained.measure("inside_end_loads") == 0
    assert whole.measure("stay_h_p95:warehouses.dock") == 8 and drained.measure("stay_h_p95:warehouses.dock") == 4
    assert whole.measure("requested_trucks_per_day") == drained.measure("requested_trucks_per_day") == 2


def test_a_backlog_grows_by_its_slope_and_has_its_most_at_a_midnight(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 0, 0, 25 * 60, 25 * 60, 49 * 60, 49 * 60])
    ran = run(ONE_STAGE + TRACED + "warehouses: {dock: {lanes: 1, time: 24 h}}\nrun: {days: 3}\n", tmp_path)
    assert ran.days_at("warehouses.dock").backlog_end.tolist() == [3, 4, 5]
    assert ran.measure("backlog_growth:warehouses.dock") == 1
    assert ran.measure("backlog_max:warehouses.dock") == 5


def test_utilisation_is_unknown_where_nothing_was_open(tmp_path: Path) -> None:
    write_trace(tmp_path, [0])
    ran = run(ONE_STAGE + TRACED + "warehouses: {dock: {lanes: 1, time: 2 h, calendar: never}}", tmp_path)
    assert ran.measure("utilisation:warehouses.dock") is None
    assert ran.dwell("warehouses.dock") == {"wait": 0, "closed": 48, "service": 0, "blocked": 0}


def test_a_level_is_read_just_before_a_moment_and_summed_by_day() -> None:
    level = Level.from_spans(np.array([0, 10, DAY_S]), np.array([10, 2 * DAY_S, DAY_S + 5]))
    assert level.value_before(np.array([0, 1, 10, 11, DAY_S, DAY_S + 1])).tolist() == [0, 1, 1, 1, 1, 2]
    assert level.daily_integrals(2).tolist() == [DAY_S, DAY_S + 5]
    assert level.integral(midnights(2)).tolist() == [0, DAY_S, 2 * DAY_S + 5]


def test_frozen_work_in_a_lane_that_closes_early_is_not_busy_at_night() -> None:
    ran = run(
        ONE_STAGE
        + "calendars: {c: {windows: {day: {hours: '08:00-16:00'}, late: {hours: '16:00-24:00', level: 1}}}}\n"
        + "warehouses: {dock: {lanes: 2, time: 10 h, calendar: c, rule: freeze}}\n"
        + "flows: {f: {sector: un, cargo: food}}\n"
        + "start: {s: {flow: f, corridor: only, loads: 2}}"
    )
    assert ran.days_at("warehouses.dock").busy_s.tolist() == [
        18 * 3600,
        2 * 3600,
    ]  # lane 0: 10 h; lane 1: 8 h and 2 h
    assert ran.measure("utilisation:warehouses.dock") == 20 / 48


def test_who_finds_no_room_at_the_end_of_a_road_stands_on_it(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 0, 0])
    ran = run(
        "roads: {in: {time: 60 min}}\nwarehouses: {dock: {lanes: 1, time: 60 min, room: 0}}\n"
        + "corridors: {only: {from: away, to: here, steps: [{travel: in}, {offload: dock}]}}\n"
        + TRACED,
        tmp_path,
    )
    assert ran.measure("backlog_mean:roads.in") == (3 * 1 + 2 * 1 + 1 * 1) / 48  # truck-hours of two days


def test_closed_time_is_when_no_lane_is_open() -> None:
    calendar = StepFunction(np.array([0, 10, 20, 30]), np.array([2, 0, 1, 0]))
    spans = np.array([(0, 5), (5, 15), (5, 35), (12, 18), (20, 30)])
    assert closed_seconds(open_indicator(calendar), spans[:, 0], spans[:, 1]).tolist() == [0, 5, 15, 6, 0]
