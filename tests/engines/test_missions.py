"""Crews, escorts and what comes of missions that ask to set out. Each case is worked by hand and holds in both engines.

In minutes.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.page.report import render_page
from analysis.results.arrays import Measure
from analysis.results.tables import read_study
from analysis.statistics import missions
from sim import events as e
from sim.loop import engine as compiled
from sim.luck.places import draw_network, outcomes_over_time
from sim.network.convoys import YardNode
from sim.readings import conservation
from sim.rules import (
    ABORTED,
    DENIED,
    FACILITATED,
    IMPEDED,
    NOT_ASKED,
    PARTIAL,
    WITHDRAWN,
    departing_vehicles,
    next_attempt_s,
    units_needed,
)
from sim.units import DAY_S, HOUR_S
from tests.analysis.studies import CLOSED, write_study
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, run, run_network, write_trace

DAY = 1440
ALL = {"aborted": ABORTED, "denied": DENIED, "withdrawn": WITHDRAWN, "partial": PARTIAL, "impeded": IMPEDED,
       "facilitated": FACILITATED}  # fmt: skip

# A trip takes 60 minutes out, 30 at the dock, 30 home. Four loads stand on the platform when the run starts.
STOCK = """
cargos: {food: {pallets: 10, weight: 10 t}}
platforms: {pad: {}}
bays: {apron: {lanes: 50, time: 1 min}}
yards: {hub: {min: 1, max: 10, patience: 1 h}}
fleets: {pool: {vehicles: 4, pallets: 10, home: 30 min}}
roads: {out: {time: 1 h}}
warehouses: {dock: {lanes: 50, time: 30 min}}
corridors:
  only:
    from: away
    to: here
    steps:
      - {transfer: {onto: pad, bays: apron}}
      - {convoy: {yard: hub, from: pad, fleet: pool}}
      - {travel: out}
      - {offload: dock}
flows: {aid: {sector: un, cargo: food, trace: aid.csv, corridors: {only: 100 %}}}
start: {there: {flow: aid, corridor: only, at: platforms.pad, loads: 4}}
run: {days: 2}
"""
# Trucks gather themselves at two yards, from which it is an hour to the dock.
TRUCKS = """
yards: {a: {min: 1, max: 10}, z: {min: 1, max: 10}}
roads: {out: {time: 1 h}}
warehouses: {dock: {lanes: 50, time: 30 min}}
corridors:
  by_a: {from: away, to: here, steps: [{convoy: a}, {travel: out}, {offload: dock}]}
  by_z: {from: away, to: here, steps: [{convoy: z}, {travel: out}, {offload: dock}]}
flows:
  aid: {sector: un, cargo: food, trace: aid.csv, corridors: {by_a: 100 %}}
  trade: {sector: commercial, cargo: food, trace: trade.csv, corridors: {by_z: 100 %}}
run: {days: 2}
"""


def both(folder: Path, text: str, aid: tuple[float, ...] = (), trade: tuple[float, ...] = ()) -> ReplicationResult:
    """What happens when loads of two flows come at these minutes; the engines agree on it."""
    write_trace(folder, aid, "aid.csv")
    write_trace(folder, trade, "trade.csv")
    world = run(text, folder)
    assert (compiled.run(world.network, world.draws) == world.log).all()
    conservation.check_conservation(world.network, world.draws, world.history, world.milestones, world.places)
    return world


def told(world: ReplicationResult, kind: int, yard: str = "hub") -> list[tuple[float, int]]:
    """(minute, pallets or outcome) of each row of a kind at a yard, in the order of time."""
    rows = np.sort(world.rows(kind, f"yards.{yard}"), order=["time_s", "entity"])
    return [(float(row["time_s"]) / 60, int(row["value"])) for row in rows]


def of_hub(shares: str, more: str = "") -> str:
    """The world with a permission at its yard."""
    hub = "yards: {hub: {min: 1, max: 10, patience: 1 h}}"
    assert hub in STOCK
    return STOCK.replace(hub, hub[:-2] + f", permission: {{outcomes: {{{shares}}}{more}}}}}}}")


# Rules


@pytest.mark.parametrize(("vehicles", "each", "needed"), [(1, 1, 1), (9, 10, 1), (10, 10, 1), (11, 10, 2), (0, 3, 0)])
def test_one_escort_is_needed_for_so_many_vehicles_begun(vehicles: int, each: int, needed: int) -> None:
    assert units_needed(vehicles, each) == needed


@pytest.mark.parametrize(
    ("vehicles", "outcome", "go"),
    [
        (5, ABORTED, 0), (5, DENIED, 0), (5, WITHDRAWN, 0), (1, PARTIAL, 1), (2, PARTIAL, 1), (5, PARTIAL, 3),
        (6, PARTIAL, 3), (5, IMPEDED, 5), (5, FACILITATED, 5), (5, NOT_ASKED, 5),
    ],
)  # fmt: skip
def test_an_outcome_lets_all_half_or_none_set_out(vehicles: int, outcome: int, go: int) -> None:
    assert departing_vehicles(vehicles, outcome) == go


@pytest.mark.parametrize(
    ("outcome", "now_s", "again_s"),
    [
        (ABORTED, 0, DAY_S), (ABORTED, DAY_S - 1, DAY_S), (ABORTED, DAY_S, 2 * DAY_S), (WITHDRAWN, 5, DAY_S),
        (DENIED, 5, 7205), (PARTIAL, 0, 3600), (PARTIAL, 3599, 3600), (PARTIAL, 3600, 7200),
        (IMPEDED, 5, 5), (FACILITATED, 5, 5), (NOT_ASKED, 5, 5),
    ],
)  # fmt: skip
def test_who_did_not_set_out_may_ask_again_later(outcome: int, now_s: int, again_s: int) -> None:
    assert next_attempt_s(outcome, now_s, 7200) == again_s


# Crews


def test_fewer_drivers_than_vehicles_make_fewer_trips_at_once(tmp_path: Path) -> None:
    text = STOCK.replace("home: 30 min", "home: 30 min, drivers: vetted") + "crews: {vetted: {people: 3}}"
    world = both(tmp_path, text)
    assert told(world, e.SET_OUT) == [(0, 30), (120, 10)]
    days = world.days_at("crews.vetted")
    assert days.joined.tolist() == [4, 0] and days.busy_s[0] == 4 * 2 * HOUR_S
    assert world.measure("utilisation:crews.vetted") == 8 / (3 * 48)


def test_a_driver_rests_before_the_next_trip_and_the_vehicle_does_not(tmp_path: Path) -> None:
    text = STOCK.replace("home: 30 min", "home: 30 min, drivers: vetted") + "crews: {vetted: {people: 3, rest: 10 h}}"
    world = both(tmp_path, text)
    assert told(world, e.SET_OUT) == [(0, 30), (720, 10)]
    assert world.days_at("fleets.pool").busy_s[0] == 4 * 2 * HOUR_S
    assert world.days_at("crews.vetted").busy_s[0] == 4 * 12 * HOUR_S


def test_drivers_rest_each_for_as_long(tmp_path: Path) -> None:
    """Two who came home at 120 and 151 go again ten hours after that."""
    text = STOCK.replace("home: 30 min", "home: 30 min, drivers: vetted").replace("loads: 4", "loads: 1")
    world = both(tmp_path, text + "crews: {vetted: {people: 2, rest: 10 h}}", aid=(30, 40, 41))
    assert told(world, e.SET_OUT) == [(0, 10), (31, 10), (720, 10), (751, 10)]


def test_a_loaded_vehicle_waits_from_when_there_was_a_driver(tmp_path: Path) -> None:
    """Half a vehicle's pallets stay behind with a free vehicle: patience begins with the driver's return."""
    text = STOCK.replace("pallets: 10, home: 30 min", "pallets: 15, home: 30 min, drivers: vetted")
    world = both(tmp_path, text.replace("loads: 4", "loads: 2") + "crews: {vetted: {people: 1}}")
    assert told(world, e.SET_OUT) == [(0, 15), (120 + 60, 5)]


def test_two_fleets_that_share_drivers_are_served_by_the_first_in_each(tmp_path: Path) -> None:
    """Whose loads came later waits, whatever the fleets' names."""
    other = """
platforms: {pad: {}, lot: {}}
fleets:
  a: {vehicles: 9, pallets: 10, home: 30 min, drivers: vetted}
  pool: {vehicles: 9, pallets: 10, home: 30 min, drivers: vetted}
crews: {vetted: {people: 2}}
"""
    text = STOCK.replace("platforms: {pad: {}}\n", "").replace(
        "fleets: {pool: {vehicles: 4, pallets: 10, home: 30 min}}\n", other
    ).replace("flows: {aid:", "  late:\n    from: away\n    to: here\n"
              "    steps: [{transfer: {onto: lot, bays: apron}}, "
              "{convoy: {yard: hub, from: lot, fleet: a}}, {travel: out}, {offload: dock}]\nflows:\n"
              "  late: {sector: un, cargo: food, trace: trade.csv, corridors: {late: 100 %}}\n  aid:")  # fmt: skip
    text = text.replace("aid.csv, corridors: {only: 100 %}}}", "aid.csv, corridors: {only: 100 %}}")
    world = both(tmp_path, text, aid=(10,), trade=(5,))  # four at 0, one of the other fleet's at 6, and one at 11
    order = [(row["time_s"] // 60, world.network.nodes[row["place"]].name) for row in world.rows(e.STARTED)
             if world.network.nodes[row["place"]].name.startswith("fleets")]  # fmt: skip
    assert sorted(order) == [
        (0, "fleets.pool"), (0, "fleets.pool"), (120, "fleets.pool"), (120, "fleets.pool"),
        (240, "fleets.a"), (240, "fleets.pool"),
    ]  # fmt: skip


def test_a_phase_changes_how_many_drivers_there_are(tmp_path: Path) -> None:
    text = STOCK.replace("home: 30 min", "home: 30 min, drivers: vetted") + (
        "crews: {vetted: {people: 1}}\n"
        "phases: {more: {from: 2024-05-13, starts: 1 h, changes: {crews.vetted.people: 3}}}"
    )
    assert told(both(tmp_path, text), e.SET_OUT) == [(0, 10), (60, 20), (120, 10)]


def test_yards_that_share_escorts_are_served_by_the_first_in_each(tmp_path: Path) -> None:
    text = (
        TRUCKS.replace("max: 10}", "max: 10, escorts: {crew: guards, vehicles: 10}}") + "crews: {guards: {people: 1}}"
    )
    world = both(tmp_path, text, aid=(0, 2), trade=(1, 3))
    assert told(world, e.SET_OUT, "a") == [(0, 20), (120, 20)]
    assert told(world, e.SET_OUT, "z") == [(60, 40)]
    assert "utilisation:crews.guards" not in [measure.name for measure in world.measures]


def test_escorts_are_one_for_so_many_vehicles_and_rest(tmp_path: Path) -> None:
    text = TRUCKS.replace("max: 10}", "max: 10, escorts: {crew: guards, vehicles: 2}}")
    world = both(tmp_path, text + "crews: {guards: {people: 2, rest: 30 min}}", aid=(0,) * 5)
    assert told(world, e.SET_OUT, "a") == [(0, 80), (90, 20)]


# Outcomes


@pytest.mark.parametrize(
    ("outcome", "asked", "set_out"),
    [
        ("facilitated", [0], [(0, 40)]),
        ("impeded", [0], [(0, 40)]),
        ("partial", [0, 60, 120], [(0, 20), (60, 10), (120, 10)]),
        ("denied", [0, 1000, 2000], []),
        ("withdrawn", [0, 1440], []),
        ("aborted", [0, 1440], []),
    ],
)
def test_what_comes_of_a_mission(
    outcome: str, asked: list[float], set_out: list[tuple[float, int]], tmp_path: Path
) -> None:
    world = both(tmp_path, of_hub(f"{outcome}: 100 %", ", delay: 5 h, again: 1000 min"))
    assert told(world, e.MISSION) == [(minute, ALL[outcome]) for minute in asked]
    assert told(world, e.SET_OUT) == set_out
    for name in ALL:
        assert world.measure(f"missions_{name}:yards.hub") == (len(asked) / 2 if name == outcome else 0)
    delay = 300 if outcome == "impeded" else 0
    assert world.times_min(e.STARTED, "roads.out")[:1] == ([delay] if set_out else [])


def test_a_mission_is_named_by_its_first_load_and_vehicle(tmp_path: Path) -> None:
    (row,) = both(tmp_path, of_hub("facilitated: 100 %")).rows(e.MISSION)
    assert (row["entity"], row["carrier"]) == (0, 0)


def test_without_permission_nobody_is_told_of_missions(tmp_path: Path) -> None:
    world = both(tmp_path, STOCK)
    assert not len(world.rows(e.MISSION))
    assert not [measure.name for measure in world.measures if measure.name.startswith("missions")]


@pytest.mark.parametrize(("vehicles", "drivers"), [(4, 9), (9, 4)])
def test_an_aborted_mission_uses_up_its_vehicles_drivers_and_day(vehicles: int, drivers: int, tmp_path: Path) -> None:
    """Two of four vehicles, or drivers, are out till midnight for one yard; the other has two."""
    text = of_hub("aborted: 100 %").replace("max: 10,", "max: 2,").replace("yards: {", "yards: {b: {max: 9}, ")
    text = text.replace("platforms: {pad: {}}", "platforms: {pad: {}, lot: {}}").replace(
        "home: 30 min}", "home: 30 min, drivers: vetted}").replace(
        "flows: {", "  more:\n    from: away\n    to: here\n    steps: [{transfer: {onto: lot, bays: apron}}, "
        "{convoy: {yard: b, from: lot, fleet: pool}}, {travel: out}, {offload: dock}]\nflows: {"
    )  # fmt: skip
    text = text.replace("loads: 4}", "loads: 4}, till: {flow: aid, corridor: more, at: platforms.lot, loads: 8}")
    text = text.replace("vehicles: 4", f"vehicles: {vehicles}")
    world = both(tmp_path, text + f"crews: {{vetted: {{people: {drivers}}}}}")
    assert told(world, e.MISSION) == [(0, ABORTED), (1440, ABORTED)]
    assert told(world, e.SET_OUT, "b") == [(0, 20), (120, 20), (240, 20), (360, 20)]


def test_trucks_that_gather_wait_till_midnight_and_their_escorts_are_out(tmp_path: Path) -> None:
    text = TRUCKS.replace("max: 10}", "max: 10, escorts: {crew: guards, vehicles: 1}}") + (
        "crews: {guards: {people: 3}}\n"
        "phases: {later: {from: 2024-05-14, changes: {yards.a.permission.outcomes: {facilitated: 1}}}}"
    )
    text = text.replace("a: {min: 1,", "a: {permission: {outcomes: {aborted: 100 %}}, min: 1,")
    world = both(tmp_path, text, aid=(0, 0), trade=(1, 1))
    assert told(world, e.MISSION, "a") == [(0, ABORTED), (DAY, FACILITATED)]
    assert told(world, e.SET_OUT, "a") == [(DAY, 40)]
    assert told(world, e.SET_OUT, "z") == [(1, 20), (61, 20)]  # with the one that is left


def test_a_phase_changes_outcomes_from_its_second_on(tmp_path: Path) -> None:
    text = of_hub("denied: 100 %", ", again: 1 h") + (
        "phases: {better: {from: 2024-05-13, starts: 90 min, lasts: 1 h, "
        "changes: {yards.hub.permission.outcomes: {facilitated: rest}}}}"
    )
    world = both(tmp_path, text, aid=(85, 200))
    assert told(world, e.MISSION)[:4] == [
        (0, DENIED),
        (60, DENIED),
        (120, FACILITATED),
        (240, DENIED),
    ]  # all vehicles are out till then
    assert told(world, e.SET_OUT) == [(120, 40)]


def test_permission_is_asked_for_only_when_it_is_needed(tmp_path: Path) -> None:
    text = of_hub("denied: rest", ", again: 1 h, needed: day") + (
        "calendars: {day: {windows: {all: {hours: '06:00-18:00'}}}}\n"
        "phases: {free: {from: 2024-05-14, changes: {yards.hub.permission.needed: never}}}"
    )
    world = both(tmp_path, text.replace("vehicles: 4", "vehicles: 9"), aid=(400, 2000))
    assert told(world, e.MISSION) == [(401 + 60 * i, DENIED) for i in range(12)]
    assert told(world, e.SET_OUT) == [(0, 40), (1121, 10), (2001, 10)]


# Luck


def yard_of(text: str, folder: Path, replication: int = 0) -> YardNode:
    network = draw_network(network_of(text, folder), 1, replication)
    return next(node for node in network.nodes if isinstance(node, YardNode) and node.permission)


def by_hour(yard: YardNode, name: str = "outcome") -> list[int]:
    assert yard.permission is not None and yard.permission.answers is not None
    told = yard.permission.answers
    hours = np.searchsorted(told.at_s, np.arange(48) * HOUR_S, side="right") - 1
    return [int(value) for value in getattr(told, name)[hours]]


def test_better_shares_make_no_hour_worse(tmp_path: Path) -> None:
    write_trace(tmp_path, (), "aid.csv")
    shares = "aborted: 20 %, denied: 20 %, partial: 20 %, facilitated: rest"
    worse = by_hour(yard_of(of_hub(shares), tmp_path))
    better = by_hour(yard_of(of_hub("aborted: 5 %, denied: 20 %, facilitated: rest"), tmp_path))
    assert all(one <= other for one, other in zip(worse, better, strict=True)) and worse != better
    assert {ABORTED, DENIED, PARTIAL, FACILITATED} == set(worse)


def test_luck_belongs_to_a_yard_and_an_hour(tmp_path: Path) -> None:
    write_trace(tmp_path, (), "aid.csv")
    text = of_hub("denied: 50 %, impeded: 50 %", ", delay: {law: exponential, mean: 5 h}")
    first = yard_of(text, tmp_path)
    longer = yard_of(text.replace("days: 2", "days: 5"), tmp_path)
    other = yard_of(text, tmp_path, replication=1)
    renamed = yard_of(text.replace("hub: {min", "hub: {key: another, min"), tmp_path)
    for name in ("outcome", "delay_s"):
        assert by_hour(first, name) == by_hour(longer, name)
        assert by_hour(first, name) != by_hour(other, name) and by_hour(first, name) != by_hour(renamed, name)
    delays = zip(by_hour(first), by_hour(first, "delay_s"), strict=True)
    assert all((delay > 0) == (outcome == IMPEDED) for outcome, delay in delays)


def test_outcomes_come_as_often_as_their_shares_say(tmp_path: Path) -> None:
    write_trace(tmp_path, (), "aid.csv")
    shares = "aborted: 5 %, denied: 25 %, withdrawn: 5 %, partial: 10 %, impeded: 20 %, facilitated: rest"
    permission = yard_of(of_hub(shares, ", delay: 5 h"), tmp_path).permission
    assert permission is not None
    luck = (np.arange(1000) + 0.5) / 1000
    found = outcomes_over_time(permission, luck, luck)
    assert found.at_s.tolist() == [hour * HOUR_S for hour in (0, 50, 300, 350, 450, 650)]
    assert found.outcome.tolist() == [ABORTED, DENIED, WITHDRAWN, PARTIAL, IMPEDED, FACILITATED]
    assert found.delay_s.tolist() == [0, 0, 0, 0, 5 * HOUR_S, 0]


def test_a_permission_moves_nobody_elses_luck_and_people_enough_change_nothing(tmp_path: Path) -> None:
    plain = both(tmp_path, STOCK, aid=(500, 501))
    crewed = both(tmp_path, STOCK.replace("home: 30 min", "home: 30 min, drivers: vetted")
                  + "crews: {vetted: {people: 4}}", aid=(500, 501))  # fmt: skip
    assert crewed.digests["events"] == plain.digests["events"]
    permitted = run_network(network_of(of_hub("facilitated: 1"), tmp_path))
    assert permitted.digests["luck"] != plain.digests["luck"]  # its own counts
    assert (permitted.draws.luck == plain.draws.luck).all()


# The page


def test_the_page_tells_of_missions_by_outcome_where_there_are_any(tmp_path: Path) -> None:
    plain = read_study(write_study(tmp_path / "plain", (CLOSED,)))
    assert "Missions by outcome" not in render_page(plain, [])
    run = plain.runs[0]
    counts = {name: Measure("missions/day", np.full(6, 0.0)) for name in (f"missions_{o}:yards.hub" for o in ALL)}
    counts["missions_denied:yards.hub"] = Measure("missions/day", np.array([1.0, 2, 3, 1, 2, 3]))
    counts["missions_facilitated:yards.hub"] = Measure("missions/day", np.full(6, 6.0))
    arrays = replace(run.arrays, measures={**run.arrays.measures, **counts})
    study = replace(plain, runs=(replace(run, arrays=arrays),))
    none = "0 (0%)"
    assert list(missions.mission_rows(study)) == [
        [run.label, "yards.hub", "8.00", "6.00 (75%)", none, none, none, "2.00 (25%)", none]
    ]
    assert "Missions by outcome" in render_page(study, [])


# Mistakes


@pytest.mark.parametrize(
    ("shares", "more", "said"),
    [
        ("denied: 40 %", "", "shares must add up to 100 %, are 40.0000%"),
        ("denied: rest, facilitated: rest", "", "only one can take the rest"),
        ("impeded: 40 %, facilitated: rest", "", "impeded missions need a delay"),
        ("facilitated: 1", ", again: 10 min", "again must be 1 h at least"),
        ("facilitated: 1", ", needed: dya", "there is no calendars.dya"),
        ("refused: 1", "", "wanted 'aborted', 'denied', 'withdrawn', 'partial', 'impeded' or 'facilitated'"),
    ],
)
def test_a_permission_that_cannot_be_is_said(shares: str, more: str, said: str, tmp_path: Path) -> None:
    write_trace(tmp_path, (), "aid.csv")
    (line,) = mistakes_in(of_hub(shares, more), tmp_path)
    assert line.startswith("yards.hub.permission") and said in line


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("yards.hub.permission.outcomes: {refused: 1}", "found refused"),
        ("yards.hub.permission.outcomes: {impeded: 1}", "impeded missions need a delay"),
        ("yards.hub.permission.outcomes: 5", "wanted the share of each outcome, found 5"),
        ("yards.hub.permission.needed: dya", "there is no calendars.dya"),
        ("yards.hub.permission.again: 2 days", "permission.again cannot change while the clock runs"),
    ],
)
def test_a_phase_that_cannot_change_a_permission_is_said(changes: str, said: str, tmp_path: Path) -> None:
    write_trace(tmp_path, (), "aid.csv")
    text = of_hub("denied: 1") + f"phases: {{p: {{from: 2024-05-13, changes: {{{changes}}}}}}}"
    (line,) = mistakes_in(text, tmp_path)
    assert line.startswith("phases.p.changes.yards.hub.permission") and said in line
    (line,) = mistakes_in(STOCK + "phases: {p: {from: 2024-05-13, changes: {yards.hub.permission.needed: never}}}",
                          tmp_path)  # fmt: skip
    assert "the yard needs no permission" in line
