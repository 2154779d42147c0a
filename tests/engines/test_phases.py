"""Phases: what holds when, in both engines, worked by hand on both sides of each second in which something changes."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.calendars import Steps
from sim.laws import Constant, Exponential, is_random
from sim.loop import engine as compiled
from sim.luck.changes import PhaseEffect, phase_span, pieces_over_time, splice_steps, with_mean_phases
from sim.luck.places import draw_network
from sim.network.base import Phase, Setting, TimedNode
from sim.network.changes import CAN_CHANGE, outside_the_run
from sim.network.network import Network
from sim.readings import conservation
from sim.rules import WITHOUT_END_S
from sim.scenario.parsing import read_scenario
from sim.scenario.provenance import provenance, without_source
from sim.study.offered_load import offered_loads, requested_per_day
from sim.units import DAY_S, HOUR_S
from tests.fuzz import first_difference, told_by
from tests.worlds.awkward import awkward_settings, network_of_settings
from tests.worlds.running import WORLD, ReplicationResult, config_of, mistakes_in, network_of, run, write_trace

NO_LUCK = np.zeros(1)

PLATFORM = """
cargos: {food: {pallets: 20, weight: 20 t}}
bays: {apron: {lanes: 9, time: 1 min}}
platforms: {pad: {room: 200}}
yards: {hub: {max: 1}}
fleets: {pool: {vehicles: 2, pallets: 20, home: 10 min}}
warehouses: {dock: {lanes: 9, time: 5 min}}
corridors:
  way:
    from: away
    to: here
    steps: [{transfer: {onto: pad, bays: apron}}, {convoy: {yard: hub, from: pad, fleet: pool}}, {offload: dock}]
flows: {aid: {sector: un, cargo: food, trace: loads.csv, corridors: {way: 100 %}}}
"""
DOCK = """
warehouses: {dock: {lanes: 2, time: 10 min}}
corridors: {way: {from: away, to: here, steps: [{offload: dock}]}}
flows: {aid: {sector: un, cargo: food, trace: loads.csv, corridors: {way: 100 %}}}
"""
CONVOY = """
yards: {hub: {min: 3, max: 5}}
warehouses: {dock: {lanes: 9, time: 1 min}}
corridors: {way: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}}
flows: {aid: {sector: un, cargo: food, trace: loads.csv, corridors: {way: 100 %}}}
"""


def phase(starts: str, lasts: str, changes: str) -> str:
    """One that begins so long after the run's start."""
    return f"\nphases: {{p: {{from: 2024-05-13, starts: {starts}, lasts: {lasts}, changes: {{{changes}}}}}}}\n"


def both(folder: Path, text: str, times_min: list[float], replication: int = 0) -> ReplicationResult:
    """A run of loads that come at these minutes, in which both engines tell the same."""
    write_trace(folder, times_min, "loads.csv")
    ran = run(text, folder, replication=replication)
    assert not first_difference(ran.network, ran.log, told_by(compiled.run, ran.network, ran.draws))
    return ran


def seconds(ran: ReplicationResult, kind: int) -> list[int]:
    return sorted(ran.rows(kind)["time_s"].tolist())


def test_the_awkward_worlds_change_everything_that_can_be_changed(tmp_path: Path) -> None:
    """Many times while the clock runs, at drawn seconds and at those of calendars, two phases at once among them."""
    changed, changes, drawn, at_once = Counter[tuple[str, str]](), 0, 0, 0
    for seed in range(150):
        settings = awkward_settings(seed, tmp_path)
        for written in settings["phases"].values():
            names = [name.split(".", 2) for name in written["changes"]]
            changed.update((kind, setting) for kind, _, setting in names)
        network = draw_network(network_of_settings(settings, tmp_path), seed, 0)
        changes += sum(change.at_s > 0 for node in network.nodes for change in node.changes)
        drawn += any(is_random(law) for one in network.phases for law in (one.starts, one.lasts))
        together = Counter(effect[:2] for one in network.phases for effect in one.effects)
        at_once += any(many > 1 for many in together.values())
    few = ("ceilings", "stores", "offices", "slots")  # worlds have these, and each ceiling has one limit
    rare = {(kind, setting) for kind in few for setting in CAN_CHANGE[kind]}
    assert set(changed) | rare == {(kind, setting) for kind, settings in CAN_CHANGE.items() for setting in settings}
    assert {kind for kind, _ in changed} >= set(few)
    assert min(many for (kind, _), many in changed.items() if kind not in few) > 5
    assert changes > 60 and drawn > 30 and at_once > 5


# What holds when


@pytest.mark.parametrize(
    ("held", "pieces"),
    [
        ([], [(0, "-")]),
        ([PhaseEffect(5, 9, "a")], [(0, "-"), (5, "a"), (9, "-")]),
        ([PhaseEffect(5, WITHOUT_END_S, "a")], [(0, "-"), (5, "a")]),
        ([PhaseEffect(-5, 9, "a")], [(0, "a"), (9, "-")]),
        ([PhaseEffect(-5, 0, "a")], [(0, "-")]),
        ([PhaseEffect(2, 9, "a"), PhaseEffect(4, 6, "b")], [(0, "-"), (2, "a"), (4, "b"), (6, "a"), (9, "-")]),
        ([PhaseEffect(2, 6, "a"), PhaseEffect(4, 9, "b")], [(0, "-"), (2, "a"), (4, "b"), (6, "b"), (9, "-")]),
        ([PhaseEffect(2, 6, "a"), PhaseEffect(2, 9, "b")], [(0, "-"), (2, "b"), (6, "b"), (9, "-")]),
        ([PhaseEffect(2, 6, "a"), PhaseEffect(6, 9, "b")], [(0, "-"), (2, "a"), (6, "b"), (9, "-")]),
    ],
)  # fmt: skip
def test_of_phases_that_hold_at_once_the_one_that_began_later_counts(
    held: list[PhaseEffect], pieces: list[tuple[int, str]]
) -> None:
    assert pieces_over_time("-", held) == pieces


def test_a_drawn_phase_that_begins_later_counts_whatever_its_key() -> None:
    """`b` begins with the run, and `a` within a day before or after that."""
    text = """
phases:
  a: {from: 2024-05-12, starts: {law: uniform, low: 1 h, high: 47 h}, changes: {fleets.pool.vehicles: 3}}
  b: {from: 2024-05-13, changes: {fleets.pool.vehicles: 5}}
"""
    network = network_of(WORLD + text)
    for replication in range(10):
        drawn = draw_network(network, 1, replication)
        fleet = next(node for node in drawn.nodes if node.name == "fleets.pool")
        began_s = drawn.began_s["a"]
        assert began_s is not None and -DAY_S < began_s < DAY_S
        assert fleet.over_time(Setting.vehicles).value[-1] == (3 if began_s > 0 else 5)


def test_step_functions_follow_each_other_at_the_second() -> None:
    day, night = Steps(np.array([0, 8, 16]), np.array([0, 1, 0])), Steps(np.array([0, 6, 20]), np.array([5, 0, 5]))
    at_s, value = splice_steps([(0, day), (8, night), (12, day), (16, night)])
    assert list(zip(at_s.tolist(), value.tolist(), strict=True)) == [(0, 0), (8, 0), (12, 1), (16, 0), (20, 5)]


@pytest.mark.parametrize(
    ("starts", "to_s", "lasts", "span"),
    [
        (None, WITHOUT_END_S, None, (100, WITHOUT_END_S)),
        (None, 500, None, (100, 500)),
        (None, WITHOUT_END_S, 40, (100, 140)),
        (30, 500, None, (130, 500)),
        (30, WITHOUT_END_S, 40, (130, 170)),
        (399, 500, None, (499, 500)),
        (400, 500, None, (500, 500)),  # what would begin after its last day never does
        (900, 500, None, (1000, 1000)),
    ],
)  # fmt: skip
def test_a_phase_begins_and_ends_as_it_says(
    starts: int | None, to_s: int, lasts: int | None, span: tuple[int, int]
) -> None:
    laws = [Constant(value=value) if value else None for value in (starts, lasts)]
    assert phase_span(Phase("p", "p", 100, laws[0], to_s, laws[1], ()), NO_LUCK, NO_LUCK) == span


# Vehicles


@pytest.mark.parametrize(
    ("starts_s", "sets_out"),
    [
        (959, [60, 60, 960, 1859, 1860, 2759]),  # two are out and one retires; the other is back as the phase ends
        (960, [60, 60, 960, 1860, 1860, 2760]),  # in the second in which both come home, one retires
        (961, [60, 60, 960, 960, 1860, 1861]),  # they have left again
    ],
)
def test_vehicles_that_are_out_retire_as_they_come_home(tmp_path: Path, starts_s: int, sets_out: list[int]) -> None:
    """A trip takes fifteen minutes, and for as long there is one vehicle instead of two."""
    changed = phase(f"{starts_s} s", "15 min", "fleets.pool.vehicles: 1")
    ran = both(tmp_path, PLATFORM + changed, [0] * 6)
    assert seconds(ran, e.SET_OUT) == sets_out
    assert ran.days_at("fleets.pool").open_s.tolist() == [2 * DAY_S - 900, 2 * DAY_S]


def test_more_vehicles_than_there_ever_were_leave_in_the_second_in_which_they_come(tmp_path: Path) -> None:
    ran = both(tmp_path, PLATFORM + phase("2 min", "1 day", "fleets.pool.vehicles: x 2"), [0] * 6)
    assert seconds(ran, e.SET_OUT) == [60, 60, 120, 120, 960, 960]


def test_a_vehicle_that_a_phase_brings_waits_from_then_on(tmp_path: Path) -> None:
    """Half a vehicle's stock is there after a minute, the first vehicle after half an hour; patience is ten minutes."""
    world = PLATFORM.replace("pallets: 20, weight", "pallets: 10, weight").replace("max: 1", "max: 1, patience: 10 min")
    ran = both(tmp_path, world + phase("1 s", "1799 s", "fleets.pool.vehicles: 0"), [0])
    assert seconds(ran, e.SET_OUT) == [40 * 60]


# Room


@pytest.mark.parametrize(
    ("comes_min", "placed_min"),
    [(4 - 1 / 60, 5 - 1 / 60), (4, 15), (6, 15), (13.9, 15), (14, 15), (14.5, 15.5)],
)
def test_nothing_is_put_down_while_a_phase_leaves_less_room_than_stock(
    tmp_path: Path, comes_min: float, placed_min: float
) -> None:
    """Forty pallets stand there from the first minute, and from the fifth to the fifteenth there is room for thirty."""
    world = PLATFORM.replace("yards: {hub: {max: 1}}", "yards: {hub: {max: 1, calendar: never}}")
    ran = both(tmp_path, world + phase("5 min", "10 min", "platforms.pad.room: 30"), [0, 0, comes_min])
    assert ran.times_min(e.OFFLOADED) == pytest.approx([1, 1, placed_min])


def test_more_room_is_taken_at_once_and_what_stands_there_stays(tmp_path: Path) -> None:
    world = PLATFORM.replace("hub: {max: 1}", "hub: {max: 1, calendar: never}").replace("room: 200", "room: 40")
    ran = both(tmp_path, world + phase("10 min", "10 min", "platforms.pad.room: + 20"), [0] * 4)
    assert ran.times_min(e.OFFLOADED) == [1, 1, 10]
    assert ran.days_at("platforms.pad").backlog_end.tolist() == [60, 60]


# Lanes


@pytest.mark.parametrize(
    ("rule", "finished_min"),
    [("finish", [10, 10, 20]), ("freeze", [10, 20, 20]), ("nostart", [10, 20, 25])],
)
def test_a_lane_that_a_phase_closes_keeps_to_the_closing_rule(
    tmp_path: Path, rule: str, finished_min: list[float]
) -> None:
    """Of two docks one closes from the fifth to the fifteenth minute. Work takes ten.

    finish: both go on, and the third starts in the first. freeze: the second pauses for ten minutes. nostart: nothing
    starts in the second that cannot end by the fifth minute, so the next has the first after ten minutes, and the third
    the second as it opens again.
    """
    world = DOCK.replace("time: 10 min", f"time: 10 min, rule: {rule}")
    ran = both(tmp_path, world + phase("5 min", "10 min", "warehouses.dock.lanes: '- 1'"), [0, 0, 0])
    assert sorted(ran.times_min(e.FINISHED)) == finished_min


def test_work_longer_than_the_windows_of_a_phase_starts_as_one_opens(tmp_path: Path) -> None:
    """Without the phase nothing is ever closed, so no window is too short: it would wait for ever."""
    short = "calendars: {short: {windows: {all: {hours: '06:00-08:00'}}}}\n"
    world = short + DOCK.replace("time: 10 min", "time: 3 h, rule: nostart")
    ran = both(tmp_path, world + phase("1 s", "90 days", "warehouses.dock.calendar: short"), [1, 1, 1])
    assert ran.times_min(e.STARTED) == [6 * 60, 6 * 60, 30 * 60]


@pytest.mark.parametrize(("comes_min", "starts_min"), [(4, 5), (5, 5), (7, 7), (8 - 1 / 60, 8 - 1 / 60), (8, 10)])
def test_lanes_beyond_those_that_are_always_there_open_for_the_phase_alone(
    tmp_path: Path, comes_min: float, starts_min: float
) -> None:
    """Both docks are busy for ten minutes; from the fifth to the eighth there are three."""
    ran = both(tmp_path, DOCK + phase("5 min", "3 min", "warehouses.dock.lanes: 3"), [0, 0, comes_min])
    assert ran.times_min(e.STARTED)[2] == pytest.approx(starts_min)


def test_the_level_of_lanes_and_of_a_road_is_a_share_of_what_is_open(tmp_path: Path) -> None:
    world = DOCK.replace("steps: [", "steps: [{travel: road}, ") + "roads: {road: {time: 10 min}}\n"
    ran = both(tmp_path, world + phase("5 min", "1 h", "roads.road.level: 50 %, warehouses.dock.level: 50 %"), [0, 0])
    assert ran.times_min(e.FINISHED, "roads.road") == [15, 15]  # half of the road, and the rest at half the speed
    assert sorted(ran.times_min(e.STARTED, "warehouses.dock")) == [15, 25]


# Hours


@pytest.mark.parametrize(
    ("comes_min", "passes_min"),
    [(9, 9), (10 - 1 / 60, 10 - 1 / 60), (10, 20), (19, 20), (20, 20), (21, 21)],
)
def test_another_calendar_holds_from_the_second_in_which_a_phase_begins_until_that_in_which_it_ends(
    tmp_path: Path, comes_min: float, passes_min: float
) -> None:
    world = DOCK.replace("steps: [", "steps: [{pass_gate: rim}, ") + "gates: {rim: {}}\n"
    ran = both(tmp_path, world + phase("10 min", "10 min", "gates.rim.calendar: never"), [comes_min])
    assert ran.times_min(e.PASSED) == pytest.approx([passes_min])


def test_a_gate_whose_level_falls_closes_earlier_on_each_day_of_the_phase() -> None:
    """Open from 8 to 16; from noon of the first day on for half of what is left, until noon of the third."""
    world = "calendars: {day: {windows: {all: {hours: '08:00-16:00'}}}}\ngates: {rim: {calendar: day}}\n" + GATE
    changed = phase("12 h", "2 days", "gates.rim.level: 50 %")
    gate = calendar_of(draw_network(network_of(world + changed), 1, 0), "gates.rim")
    opened = gate.at_s[(gate.at_s < 4 * DAY_S) & (gate.value == 1)] / HOUR_S
    closed = gate.at_s[(gate.at_s < 4 * DAY_S) & (gate.value == 0)] / HOUR_S
    assert opened.tolist() == [8, 32, 56, 60, 80]  # of the third day half is left until noon, and then all
    assert closed.tolist() == [0, 14, 36, 58, 64, 88]


GATE = """
warehouses: {dock: {lanes: 2, time: 10 min}}
corridors: {way: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}
"""


def calendar_of(network: Network, name: str) -> Steps:
    node = next(node for node in network.nodes if node.name == name)
    assert isinstance(node, TimedNode)
    return node.calendar


def test_manual_bays_keep_the_hours_of_their_site_in_a_phase() -> None:
    network = draw_network(
        network_of(WORLD + phase("1 h", "1 h", "sites.scan.calendar: always, sites.scan.lanes: 5")), 1, 0
    )
    at_s = np.array([HOUR_S - 1, HOUR_S, 2 * HOUR_S - 1, 2 * HOUR_S])
    assert calendar_of(network, "sites.scan").at(at_s).tolist() == [0, 5, 5, 0]
    assert calendar_of(network, "sites.scan.manual").at(at_s).tolist() == [0, 2, 2, 0]


# Yards


@pytest.mark.parametrize(
    ("changes", "comes_min", "sets_out_min"),
    [
        ("yards.hub.min: 2", [0, 0], [10]),
        ("yards.hub.min: 2", [0, 10], [10]),
        ("yards.hub.min: 2", [0, 20 - 1 / 60], [20 - 1 / 60]),
        ("yards.hub.min: 2", [0, 20], []),
        ("yards.hub.patience: 10 min", [0], [10]),
        ("yards.hub.patience: 4 min", [0], [10]),
        ("yards.hub.patience: 4 min", [8], [12]),
        ("yards.hub.patience: 4 min", [16 - 1 / 60], [20 - 1 / 60]),
        ("yards.hub.patience: 4 min", [16], []),
        ("yards.hub.max: 3", [10] * 6, [10, 10]),
        ("yards.hub.max: 3", [20] * 6, [20]),
    ],
)  # fmt: skip
def test_convoys_form_by_the_numbers_that_hold_in_that_second(
    tmp_path: Path, changes: str, comes_min: list[float], sets_out_min: list[float]
) -> None:
    """Three make a convoy, five at the most, and nobody loses patience but from the tenth to the twentieth minute."""
    ran = both(tmp_path, CONVOY + phase("10 min", "10 min", changes), comes_min)
    assert [time / 60 for time in seconds(ran, e.SET_OUT)] == pytest.approx(sets_out_min)


def test_a_convoy_of_vehicles_forms_by_them_as_well(tmp_path: Path) -> None:
    world = PLATFORM.replace("hub: {max: 1}", "hub: {min: 2, max: 2}")
    ran = both(tmp_path, world + phase("10 min", "10 min", "yards.hub.min: 1, yards.hub.max: 1"), [0])
    assert seconds(ran, e.SET_OUT) == [600]


# Flows


def test_a_load_takes_the_corridor_by_the_shares_of_the_second_in_which_it_is_requested(tmp_path: Path) -> None:
    other = "other: {from: away, to: here, steps: [{offload: dock}]}}"
    world = DOCK.replace("[{offload: dock}]}}", "[{offload: dock}]}, " + other)
    changed = phase("10 min", "10 min", "flows.aid.corridors: {other: 100 %}")
    ran = both(tmp_path, world + changed, [10 - 1 / 60, 10, 20 - 1 / 60, 20])
    taken = [ran.network.routes[route].name for route in ran.draws.route]
    assert taken == ["way", "other", "other", "way"]


def test_other_shares_send_the_loads_with_the_same_luck() -> None:
    """Of the loads of the phase those that took the north and still do are the ones of low luck."""
    changed = (
        "\nphases: {p: {from: 2024-05-14, to: 2024-05-14, changes: {flows.aid.corridors: {north: 30 %, south: rest}}}}"
    )
    one, other = run(WORLD), run(WORLD + changed)
    assert (one.draws.created_s == other.draws.created_s).all()
    north = next(i for i, route in enumerate(one.network.routes) if route.name == "north")
    was, is_now = one.draws.route == north, other.draws.route == north
    within = (one.draws.created_s >= DAY_S) & (one.draws.created_s < 2 * DAY_S)
    assert (was == is_now)[~within].all()
    assert not (is_now & ~was).any() and 0 < is_now[within].sum() < was[within].sum()


def test_a_higher_rate_adds_loads_while_the_phase_holds_and_moves_none() -> None:
    changed = "\nphases: {p: {from: 2024-05-14, to: 2024-05-14, changes: {flows.aid.rate: x 3}}}"
    one, other = (run(WORLD + text) for text in ("", changed))
    names = [
        {(ran.load_identity(i), int(ran.draws.created_s[i])) for i in range(len(ran.draws))} for ran in (one, other)
    ]
    assert names[0] < names[1]
    assert all(DAY_S <= created_s < 2 * DAY_S for _, created_s in names[1] - names[0])


# Luck, digests, measures

DRAWN = """
phases:
  rains:
    from: 2024-05-13
    starts: {law: exponential, mean: 1 day}
    lasts: {law: exponential, mean: 12 h}
    changes: {roads.out.level: 40 %, fleets.pool.vehicles: "- 3"}
"""


def test_a_drawn_phase_begins_on_another_day_in_each_replication_and_on_the_same_in_a_longer_run() -> None:
    network, longer = network_of(WORLD + DRAWN), network_of(WORLD + DRAWN + "\nrun: {days: 9}")
    began = [draw_network(network, 1, replication).began_s["rains"] for replication in range(20)]
    assert len(set(began)) > 15
    for replication, begin_s in enumerate(began):
        again_s = draw_network(longer, 1, replication).began_s["rains"]
        assert again_s == begin_s or (begin_s is None and (again_s is None or again_s >= 3 * DAY_S))


def test_another_phase_moves_nobody_s_luck() -> None:
    more = (
        DRAWN
        + "  floods: {from: 2024-05-13, starts: {law: exponential, mean: 1 day}, changes: {roads.in.level: 9 %}}\n"
    )
    one, other = run(WORLD + DRAWN), run(WORLD + more)
    assert one.network.began_s["rains"] == other.network.began_s["rains"]
    assert (one.draws.luck == other.draws.luck).all()
    assert one.digests["luck"] != other.digests["luck"]


def test_a_renamed_phase_that_keeps_its_key_keeps_all_three_digests() -> None:
    renamed = DRAWN.replace("rains:", "wet:\n    key: phases.rains")
    assert run(WORLD + renamed).digests == run(WORLD + DRAWN).digests


def test_a_dated_phase_draws_no_luck_and_its_step_functions_are_inputs() -> None:
    dated = "\nphases: {p: {from: 2024-05-14, changes: {%s}}}"
    plain = run(WORLD).digests
    for change in ("fleets.pool.vehicles: 7", "gates.rim.calendar: always", "flows.aid.rate: x 2"):
        found = run(WORLD + dated % change).digests
        assert found["inputs"] != plain["inputs"]
        assert (found["luck"] == plain["luck"]) == (
            change != "flows.aid.rate: x 2"
        )  # more loads have luck of their own


def test_a_network_without_phases_is_drawn_as_it_is() -> None:
    network = network_of(WORLD)
    assert draw_network(network, 1, 0) is network and with_mean_phases(network) is network


def test_a_replication_says_on_which_day_each_phase_began() -> None:
    known = "  eve: {from: 2024-05-12, changes: {roads.in.level: 9 %}}\n"
    known += "  late: {from: 2024-05-16, changes: {roads.out.calendar: day}}\n"
    ran = run(WORLD + DRAWN + known)
    drawn_s = ran.network.began_s["rains"]
    assert ran.measure("phase_began_day:rains") == (None if drawn_s is None else drawn_s / DAY_S)
    assert ran.measure("phase_began_day:eve") == -1
    assert ran.measure("phase_began_day:late") is None


def test_phases_and_hazards_befall_the_same_place() -> None:
    shock = "\nshocks: {s: {places: [sites.scan], rate: 5/day, lasts: 1 h, level: 50 %}}\n"
    ran = run(WORLD + DRAWN + "  q: {from: 2024-05-14, changes: {sites.scan.lanes: 6}}\n" + shock)
    value = calendar_of(ran.network, "sites.scan").value
    assert {0, 2, 6, 3} <= set(value.tolist()) or {0, 1, 6, 3} <= set(value.tolist())
    assert not first_difference(ran.network, ran.log, told_by(compiled.run, ran.network, ran.draws))


# What may be said of it before a run


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ("from: 2024-05-13, to: 2024-05-13", ""),
        ("from: 2024-05-15", ""),  # the last day
        ("from: 2024-05-16", "phases.p: begins after the run's last day"),
        ("from: 2024-05-16, starts: {law: exponential, mean: 1 h}", "phases.p: begins after the run's last day"),
        ("from: 2024-05-12, starts: 3 days", ""),
        ("from: 2024-05-12, starts: 4 days", "phases.p: begins after the run's last day"),
        ("from: 2024-05-10, to: 2024-05-12", "phases.p: is over before the run's first day"),
        ("from: 2024-05-12, lasts: 24 h", "phases.p: is over before the run's first day"),
        ("from: 2024-05-12, lasts: 25 h", ""),
        ("from: 2024-05-12, lasts: {law: exponential, mean: 1 h}", ""),  # it could last
    ],
)
def test_a_phase_that_changes_nothing_in_the_run_is_pointed_out(dates: str, told: str) -> None:
    scenario = read_scenario(config_of(WORLD + f"\nphases: {{p: {{{dates}, changes: {{roads.in.level: 9 %}}}}}}"))
    found = list(outside_the_run(scenario))
    assert [line.partition(", and")[0] for line in found] == [told] * bool(told)


def test_rho_counts_what_phases_leave_over_the_time_of_the_run() -> None:
    """Of three days one: two thirds of a fleet, twice the rate, and half the share for the north."""
    dated = "\nphases: {p: {from: 2024-05-14, to: 2024-05-14, changes: {%s}}}"
    plain = network_of(WORLD)
    pool = next(node.number for node in plain.nodes if node.name == "fleets.pool")
    fewer, more, south = (
        network_of(WORLD + dated % change)
        for change in (
            "fleets.pool.vehicles: 2",
            "flows.aid.rate: x 2",
            "flows.aid.corridors: {north: 30 %, south: rest}",
        )
    )
    before = offered_loads(plain)[pool]
    assert before.rho is not None
    assert offered_loads(fewer)[pool].rho == pytest.approx(before.rho * 8 / 6)
    assert requested_per_day(more) == pytest.approx(requested_per_day(plain) + 40 / 3)
    assert offered_loads(south)[pool].arrivals_per_day == pytest.approx(before.arrivals_per_day * 50 / 60)


def test_a_drawn_phase_counts_as_in_the_mean() -> None:
    network = with_mean_phases(network_of(WORLD + DRAWN))
    assert network.began_s["rains"] == DAY_S
    fleet = next(node for node in network.nodes if node.name == "fleets.pool")
    assert [tuple(change) for change in fleet.changes] == [
        (0, Setting.vehicles, 8), (DAY_S, Setting.vehicles, 5), (DAY_S + 12 * HOUR_S, Setting.vehicles, 8),
    ]  # fmt: skip
    assert isinstance(network.phases[0].starts, Exponential)


def test_what_took_in_more_than_it_had_room_for_is_not_conserved() -> None:
    room = Steps(np.array([0, 10]), np.array([3, 1]))
    one = np.ones(3, dtype=np.int64)
    conservation._check_intake("pad", room, np.array([1, 2, 3]), np.array([11, 12, 13]), one, one)
    conservation._check_intake("pad", room, np.array([1, 2, 13]), np.array([11, 12, 14]), one, one)
    for late in (10, 12):
        with pytest.raises(conservation.ConservationError, match="pad took in more"):
            conservation._check_intake("pad", room, np.array([1, 2, late]), np.array([11, 13, 14]), one, one)


# What is refused


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("sites.scan.time: 5 min", "phases.p.changes.sites.scan.time: time cannot change while the clock runs; of "
         "sites these can: calendar, level, lanes"),
        ("sites.scam.lanes: 5", "there is no sites.scam; did you mean scan?"),
        ("lanes: 5", "wanted the full name of a setting, one of gates, ceilings, sites"),
        ("gates.rim.calendar: dya", "there is no calendars.dya; did you mean day?"),
        ("sites.scan.level: 150 %", "150 % is not between 0 and 1"),
        ("sites.scan.lanes: '- 2'", "- 2 makes 0 lanes, and 1 is the least"),
        ("sites.scan.lanes: x 0.1", "x 0.1 makes 0 lanes"),
        ("sites.scan.lanes: 1.5", "wanted lanes as a whole number, '+ 2' or 'x 0.5', found 1.5"),
        ("sites.scan.lanes: x two", "wanted e.g. 'x 0.5'"),
        ("fleets.pool.vehicles: '- 9'", "- 9 makes -1 vehicles, and 0 is the least"),
        ("yards.hub.min: 7", "yards.hub.min (7) is above max (6)"),
        ("yards.hub.max: 1", "yards.hub.min (2) is above max (1)"),
        ("yards.hub.patience: soon", "wanted e.g. '15 min'"),
        ("yards.hub.patience: '- 2 h'", "- 2 h leaves no patience"),
        ("platforms.pad.room: all", "wanted room as a whole number"),
        ("flows.aid.rate: x -1", "wanted e.g. 'x 0.5'"),
        ("flows.aid.rate: '- 50/day'", "makes a value below 0 of 40/day"),
        ("flows.aid.corridors: {north: 50 %}", "shares must add up to 100 %, are 50.0000%"),
        ("flows.aid.corridors: {east: 100 %}", "there is no corridors.east"),
        ("flows.aid.corridors: north", "wanted the share of each corridor"),
    ],
)  # fmt: skip
def test_what_no_phase_can_change_is_said(change: str, said: str) -> None:
    lines = mistakes_in(f"{WORLD}\nphases: {{p: {{from: 2024-05-14, changes: {{{change}}}}}}}")
    assert any(said in line for line in lines), lines


def test_a_flow_that_a_phase_gives_a_rate_has_corridors_to_take_and_loads_that_fit_on_them() -> None:
    world = WORLD.replace("flows:", "flows:\n  late: {sector: un, cargo: food}")
    late = "\nphases: {p: {from: 2024-05-14, changes: {flows.late.rate: 9/day%s}}}"
    assert mistakes_in(world + late % "") == [
        "phases.p: flows.late has a rate, and shares of corridors that add up to 0.0000%"
    ]
    north = world + late % ", flows.late.corridors: {north: 100 %}"
    ran = run(north)
    assert (ran.draws.created_s[ran.draws.source == [s.name for s in ran.network.sources].index("late")] >= DAY_S).all()
    too_small = north.replace("pad: {room: 200}", "pad: {room: 21}")
    assert any("loads of flows.late reach 22, platforms.pad has room for 21" in line for line in mistakes_in(too_small))


def test_a_limit_that_is_not_there_has_no_half() -> None:
    world = WORLD.replace("pad: {room: 200}", "pad: {}")
    lines = mistakes_in(world + "\nphases: {p: {from: 2024-05-14, changes: {platforms.pad.room: x 0.5}}}")
    assert lines == ["phases.p.changes.platforms.pad.room: 'x 0.5' changes a limit that is not there; give a value"]


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ("from: 2024-05-14", True),
        ("from: 2024-05-13, to: 2024-05-14", True),
        ("from: 2024-05-13, to: 2024-05-13", False),
        ("from: 2024-05-13, lasts: 24 h", False),
        ("from: 2024-05-13, starts: 1 s, lasts: 24 h", True),
        ("from: 2024-05-15", False),
        ("from: 2024-05-14, starts: 24 h", False),
        ("from: 2024-05-14, starts: {law: exponential, mean: 1 h}", False),  # the later one will count
    ],
)
def test_phases_of_known_dates_do_not_change_a_setting_at_the_same_time(other: str, refused: bool) -> None:
    text = "one: {from: 2024-05-14, to: 2024-05-14, changes: {sites.scan.lanes: 1, roads.in.level: 1}}"
    text = f"{WORLD}\nphases: {{{text}, two: {{{other}, changes: {{sites.scan.lanes: 3, roads.out.level: 1}}}}}}"
    wanted = "phases.two: holds at the same time as phases.one, which changes sites.scan.lanes as well"
    assert (mistakes_in(text) == [wanted]) == refused and bool(mistakes_in(text)) == refused


def test_a_change_carries_its_source_under_the_name_of_its_setting() -> None:
    changes = "{sites.scan.lanes: 4, roads.in.level: 50 %}"
    text = f"{{from: 2024-05-14, changes: {changes}, sources: {{changes.sites.scan.lanes: seen}}}}"
    config = config_of(f"{WORLD}\nphases: {{p: {text}}}")
    scenario = read_scenario(config)
    row = next(row for row in provenance(scenario, config) if row["setting"].startswith("phases"))
    assert (row["setting"], row["value"], row["source"]) == ("phases.p.changes.sites.scan.lanes", 4, "seen")
    missing = [name for name in without_source(scenario, config) if name.startswith("phases")]
    assert missing == ["phases.p.changes.roads.in.level"]
    missing = mistakes_in(f"{WORLD}\nphases: {{p: {text.replace('scan.lanes: seen', 'scan.time: seen')}}}")
    assert missing == ["phases.p.sources: there is no setting changes.sites.scan.time here"]
