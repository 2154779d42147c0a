"""Tasks that open roads: clearance, repairs, assessments. Each case is worked by hand and holds in both engines.

In hours of a run that starts on 13 May 2024 at midnight.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from analysis.page import tasks as tasks_told
from analysis.page.report import render_page
from analysis.results.arrays import Measure
from analysis.results.tables import read_study
from sim import events as e
from sim.luck.places import draw_network
from sim.readings import conservation, whereabouts
from sim.readings.conservation import ConservationError
from sim.readings.visits import History
from sim.rules import impaired_speed_pct, may_start_task, reduced_speed_pct
from sim.units import HOUR_S
from tests.analysis.studies import CLOSED, write_study
from tests.engines.test_missions import both
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, write_trace

# A drive of an hour to the dock, where offloading takes half an hour
AXIS = """
calendars: {day: {windows: {all: {hours: "06:00-18:00"}}}}
roads: {axis: {time: 1 h}, round: {time: 5 h}}
warehouses: {dock: {lanes: 50, time: 30 min}}
offices: {hq: {time: 2 h}}
teams: {eod: {teams: 1}, guards: {teams: 2}}
corridors: {only: {from: away, to: here, steps: [{travel: axis}, {offload: dock}]}}
flows: {aid: {sector: un, cargo: food, trace: aid.csv, corridors: {only: 100 %}}}
run: {days: 3}
"""
CLEAR = "what: clearance, teams: eod, time: 8 h, until_done: {roads.axis: 0}"


def world_of(folder: Path, tasks: str, *hours: float, text: str = AXIS, more: str = "") -> ReplicationResult:
    """What happens when loads come at these hours, and there are these tasks; the engines agree on it."""
    return both(folder, f"{text}\n{more}\ntasks: {{{tasks}}}", tuple(60 * hour for hour in hours))


def told(world: ReplicationResult, kind: int, place: str) -> list[tuple[float, int]]:
    """(hour, pallets or what is told) of each row of a kind at a place."""
    rows = np.sort(world.rows(kind, place), order=["time_s", "entity"])
    return [(float(row["time_s"]) / HOUR_S, int(row["value"])) for row in rows]


def drives(world: ReplicationResult, road: str = "axis") -> list[tuple[float, float]]:
    """(from, to) of each drive on a road that ends within the run."""
    visits = world.history.visits(next(node.number for node in world.network.nodes if node.name == f"roads.{road}"))
    return [
        (float(begun) / HOUR_S, float(ended) / HOUR_S)
        for begun, ended in zip(visits.started_s, visits.finished_s, strict=True)
    ]


# Rules


@pytest.mark.parametrize(
    ("now_s", "left"), [(9, 100), (10, 40), (19, 40), (20, 100)]
)  # fmt: skip
def test_a_place_is_slow_from_a_second_on_and_no_longer_in_that_in_which_the_task_is_done(
    now_s: int, left: int
) -> None:
    assert impaired_speed_pct(40, 10, 20, now_s) == left


@pytest.mark.parametrize(
    ("left", "percent", "both_leave"), [(100, 100, 100), (100, 0, 0), (1, 1, 1), (1, 99, 1), (50, 50, 25), (50, 51, 26)]
)
def test_a_speed_is_slowed_to_nothing_only_where_the_road_is_shut(left: int, percent: int, both_leave: int) -> None:
    assert reduced_speed_pct(left, percent) == both_leave


@pytest.mark.parametrize(
    ("teams", "opened", "escorts", "escorts_opened", "escorted", "may"),
    [
        (1, 1, 0, 0, 0, True), (0, 1, 0, 0, 0, False), (-1, 1, 0, 0, 0, False), (1, 0, 0, 0, 0, False),
        (1, 1, 2, 1, 2, True), (1, 1, 1, 1, 2, False), (1, 1, 2, 0, 2, False),
    ],
)  # fmt: skip
def test_a_task_begins_with_a_team_and_all_its_escorts_or_not(
    teams: int, opened: int, escorts: int, escorts_opened: int, escorted: int, may: bool
) -> None:
    assert may_start_task(teams, opened, escorts, escorts_opened, escorted) is may


# Roads


def test_a_shut_road_opens_when_its_clearance_ends_and_all_who_wait_set_out(tmp_path: Path) -> None:
    world = world_of(tmp_path, f"clear: {{{CLEAR}}}", 1, 7.5, 8, 9)
    assert told(world, e.UNDERTAKEN, "teams.eod") == [(0, -1)] and told(world, e.CONCLUDED, "teams.eod") == [(8, 1)]
    assert told(world, e.BARRED, "roads.axis") == [(1, -1), (7.5, -1)]  # who comes in that second finds it open
    assert drives(world) == [(8, 9), (8, 9), (8, 9), (9, 10)]
    assert world.measure("free_after_days:roads.axis") == 8 / 24
    assert world.measure("barred:roads.axis") == 2 and world.measure("barred_h:roads.axis") == (7 + 0.5) / 2
    assert world.measure("utilisation:teams.eod") == 8 / 72


def test_a_slow_road_speeds_up_those_who_set_out_after_the_task(tmp_path: Path) -> None:
    slow = CLEAR.replace("roads.axis: 0", "roads.axis: 50 %")
    assert drives(world_of(tmp_path, f"clear: {{{slow}}}", 7, 7.5, 8)) == [(7, 9), (7.5, 9.5), (8, 9)]


def test_a_road_is_shut_from_a_day_on_and_until_all_its_tasks_are_done(tmp_path: Path) -> None:
    later = CLEAR.replace("eod", "guards") + ", since: 2024-05-14, requested: 2024-05-14"
    look = "what: assessment, teams: eod, time: 1 h, requested: 2024-05-14"  # ends while two wait
    world = world_of(tmp_path, f"one: {{{CLEAR}}}, two: {{{later}}}, look: {{{look}}}", 1, 10, 23.5, 24, 24.5)
    assert told(world, e.BARRED, "roads.axis") == [(1, -1), (24, -1), (24.5, -1)]
    assert drives(world) == [(8, 9), (10, 11), (23.5, 24.5), (32, 33), (32, 33)]
    assert world.measure("free_after_days:roads.axis") == 32 / 24


def test_who_may_choose_a_road_takes_none_that_is_shut(tmp_path: Path) -> None:
    text = AXIS.replace("travel: axis", "travel: {roads: [axis, round], choose: first_open}")
    world = world_of(tmp_path, f"clear: {{{CLEAR}}}", 1, 9, text=text)
    assert drives(world) == [(9, 10)] and drives(world, "round") == [(1, 6)] and not told(world, e.BARRED, "roads.axis")


def test_who_may_choose_takes_a_road_whose_hours_begin_later_rather_than_one_that_is_shut(tmp_path: Path) -> None:
    text = AXIS.replace("travel: axis", "travel: {roads: [axis, round], choose: first_open}")
    text = text.replace("round: {time: 5 h}", "round: {time: 5 h, calendar: day}")
    world = world_of(tmp_path, f"clear: {{{CLEAR}}}", 1, 9, text=text)
    assert drives(world, "round") == [(1, 11)] and drives(world) == [(9, 10)]


def test_a_convoy_waits_at_the_entrance_as_one(tmp_path: Path) -> None:
    text = AXIS.replace("steps: [", "steps: [{convoy: hub}, ") + "yards: {hub: {min: 2, max: 2}}"
    world = world_of(tmp_path, f"clear: {{{CLEAR}}}", 1, 2, text=text)
    assert told(world, e.BARRED, "roads.axis") == [(2, -1)] * 2 and drives(world) == [(8, 9)] * 2


def test_who_waits_at_an_entrance_holds_no_lane_and_stands_at_the_road_when_the_run_ends(tmp_path: Path) -> None:
    text = AXIS.replace("steps: [", "steps: [{inspect: scan}, ") + "sites: {scan: {lanes: 1, time: 1 h}}"
    never = CLEAR.replace("8 h", "80 h")
    world = world_of(tmp_path, f"clear: {{{never}}}", 0, 0, text=text)
    assert told(world, e.BARRED, "roads.axis") == [(1, -1), (2, -1)]
    there = whereabouts.whereabouts_at_end(world.network, world.draws, world.history)
    assert [world.network.nodes[place].name for place in there.place] == ["roads.axis"] * 2
    assert world.measure("free_after_days:roads.axis") is None and world.measure("tasks_under_way:clearance") == 1
    assert world.measure("barred_h:roads.axis") == (71 + 70) / 2


# Teams


def test_work_pauses_beyond_the_hours_of_its_team_which_stays(tmp_path: Path) -> None:
    text = AXIS.replace("eod: {teams: 1}", "eod: {teams: 1, calendar: day}")
    long = "what: clearance, teams: eod, time: 13 h"
    world = world_of(tmp_path, f"a: {{{long}}}, b: {{{long}}}", text=text)
    assert told(world, e.UNDERTAKEN, "teams.eod") == [(6, -1), (31, -1)]
    assert told(world, e.CONCLUDED, "teams.eod") == [(31, 1), (56, 1)]


def test_the_lower_rank_goes_first_and_who_lacks_escorts_bars_nobody(tmp_path: Path) -> None:
    work = "what: clearance, teams: eod, time: 2 h"
    many = "escorts: {teams: guards, number: 2}"
    tasks = (
        f"a: {{{work}, {many}}}, b: {{{work}, rank: 0}}, c: {{{work}}}, "
        "z: {what: assessment, teams: guards, time: 3 h, rank: 0}"
    )
    world = world_of(tmp_path, tasks)
    names = [task.name for task in world.network.tasks]
    begun = {
        names[row["entity"] - len(world.draws)]: row["time_s"] / HOUR_S for row in world.history.rows(e.UNDERTAKEN)
    }
    assert begun == {"b": 0, "z": 0, "c": 2, "a": 4}
    assert world.days_at("teams.guards").busy_s[0] == (3 + 2 * 2) * HOUR_S


def test_a_dated_contribution_adds_teams(tmp_path: Path) -> None:
    text = AXIS.replace("guards: {teams: 2}", "guards: {teams: 0}")
    force = "phases: {force: {from: 2024-05-14, changes: {teams.guards.teams: 2}}}"
    task = f"clear: {{{CLEAR}, escorts: {{teams: guards, number: 2}}}}"
    world = world_of(tmp_path, task, 1, text=text, more=force)
    assert told(world, e.UNDERTAKEN, "teams.eod") == [(24, -1)] and drives(world) == [(32, 33)]
    assert world.measure("task_start_days:clearance") == 1


def test_teams_that_a_phase_takes_away_end_their_work_first(tmp_path: Path) -> None:
    fewer = "phases: {fewer: {from: 2024-05-13, starts: 1 h, changes: {teams.guards.teams: 1}}}"
    again = "a: {what: assessment, teams: guards, time: 2 h}, b: {what: assessment, teams: guards, time: 3 h}"
    more = ", c: {what: assessment, teams: guards, time: 1 h, rank: 2}"
    world = world_of(tmp_path, again + more, more=fewer)
    assert told(world, e.UNDERTAKEN, "teams.guards") == [(0, -1), (0, -1), (3, -1)]


def test_what_is_asked_for_again_and_again_is_done_each_time(tmp_path: Path) -> None:
    world = world_of(tmp_path, "look: {what: assessment, teams: eod, time: 1 h, every: 30 h, requested: 2024-05-14}")
    assert told(world, e.UNDERTAKEN, "teams.eod") == [(24, -1), (54, -1)]
    assert world.measure("tasks_done:assessment") == 2 and world.measure("task_end_days:assessment") == 1 / 24


# Offices


def test_a_repair_restores_the_office_that_it_serves(tmp_path: Path) -> None:
    text = AXIS.replace("steps: [", "steps: [{permit: hq}, ")
    fibre = "what: repair, teams: eod, time: 8 h, until_done: {offices.hq: 50 %}"
    world = world_of(tmp_path, f"fibre: {{{fibre}}}", 7, 8, text=text)
    assert told(world, e.AUTHORISED, "offices.hq") == [(10, -1), (11, -1)]  # of four hours, and of two


def test_a_task_asks_in_one_queue_with_loads_and_is_given_up_after_its_last_refusal(tmp_path: Path) -> None:
    text = AXIS.replace("steps: [", "steps: [{permit: hq}, ").replace(
        "hq: {time: 2 h}", "hq: {time: 2 h, requests: 2/day}"
    )
    task = f"clear: {{{CLEAR}, rank: 0, permit: {{office: hq, refused: 100 %, again: 1 h, attempts: 2}}}}"
    world = world_of(tmp_path, task, 0, 0, text=text)
    assert told(world, e.REFUSED, "offices.hq") == [(2, -1), (26, -1)]
    assert told(world, e.CONCLUDED, "teams.eod") == [(26, 0)] and world.measure("tasks_given_up:clearance") == 1
    assert told(world, e.AUTHORISED, "offices.hq") == [(2, -1), (26, -1)]  # of loads; nobody drives
    assert world.days_at("offices.hq").used.tolist() == [2, 2, 0] and drives(world) == []
    assert world.measure("refused:offices.hq") == 0 and world.measure("refused_trucks_per_day") == 0


def test_a_task_that_is_permitted_begins_then(tmp_path: Path) -> None:
    task = f"clear: {{{CLEAR}, permit: {{office: hq}}}}"
    world = world_of(tmp_path, task, 1)
    assert told(world, e.UNDERTAKEN, "teams.eod") == [(2, -1)] and drives(world) == [(10, 11)]


# Luck and conservation


def test_another_task_moves_nobodys_luck(tmp_path: Path) -> None:
    law = "what: repair, teams: eod, time: {law: gamma, mean: 5 h, cv: 1}"
    office = "permit: {office: hq, refused: 50 %, attempts: 3}"
    write_trace(tmp_path, (), "aid.csv")
    drawn = [
        draw_network(network_of(f"{AXIS}\ntasks: {{{tasks}}}", tmp_path), 1, 0).tasks
        for tasks in (f"b: {{{law}, {office}}}", f"a: {{{law}}}, b: {{{law}, {office}, every: 1 day}}")
    ]
    (one,), several = drawn
    assert [task.name for task in several] == ["a", "b", "b", "b"]
    assert (one.work_s, one.leads_s, one.refusals) == (several[1].work_s, several[1].leads_s, several[1].refusals)
    assert len({task.work_s for task in several}) == 4


def test_a_log_in_which_a_task_is_done_twice_is_not_conserved(tmp_path: Path) -> None:
    world = world_of(tmp_path, f"clear: {{{CLEAR}}}", 1)
    log = np.append(world.log, world.log[world.log["kind"] == e.CONCLUDED])
    history = History(log, world.network.horizon_s)
    with pytest.raises(ConservationError, match="twice"):
        conservation.check_conservation(world.network, world.draws, history, world.milestones, world.places)
    early = replace(world.network, tasks=tuple(task._replace(work_s=9 * HOUR_S) for task in world.network.tasks))
    with pytest.raises(ConservationError, match="end that it could not come to"):
        conservation.check_conservation(early, world.draws, world.history, world.milestones, world.places)


# The page


def test_the_page_tells_of_tasks_and_counts_none_that_was_not_done_in_a_mean(tmp_path: Path) -> None:
    plain = read_study(write_study(tmp_path / "plain", (CLOSED,)))
    assert "Tasks that open the way" not in render_page(plain, [])
    run, nan = plain.runs[0], float("nan")
    told = {f"tasks_{fate.replace(' ', '_')}:clearance": [1.0] * 6 for fate in tasks_told.TASK_STATES}
    told |= {"task_start_days:clearance": [2.0] * 3 + [nan] * 3, "task_end_days:clearance": [nan] * 6}
    told |= {"free_after_days:roads.x": [0.5, 1.5, 2.5, nan, nan, nan], "barred:roads.x": [3.0] * 6}
    measures = {name: Measure("", np.array(values)) for name, values in told.items()}
    arrays = replace(run.arrays, measures={**run.arrays.measures, **measures})
    study = replace(plain, runs=(replace(run, arrays=arrays),))
    days = [f"{run.start + timedelta(days=day)}" for day in (0, 2)]
    assert list(tasks_told.task_rows(study)) == [[run.label, "clearance", *["1.00"] * 5, "2.00", "–"]]
    assert list(tasks_told.cleared_place_rows(study)) == [[run.label, "roads.x", *days, "–", "50%", "3.00", "–"]]
    assert "Tasks that open the way" in render_page(study, [])


# Mistakes


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("teams: eod, time: 1 h", ["tasks.x.what: missing"]),
        ("what: repair, teams: oed, time: 1 h", ["tasks.x.teams: there is no teams.oed; did you mean eod?"]),
        ("what: repair, teams: eod, time: 1 h, permit: {office: hk}",
         ["tasks.x.permit.office: there is no offices.hk (there is: hq)"]),
        ("what: repair, teams: eod, time: 1 h, until_done: {roads.axs: 0}",
         ["tasks.x.until_done: wanted a road or an office, there is no roads.axs; did you mean roads.axis?"]),
        ("what: repair, teams: eod, time: 1 h, until_done: {offices.hq: 0}",
         ["tasks.x.until_done: offices.hq would never answer; wanted a share above 0"]),
        ("what: repair, teams: eod, time: 1 h, escorts: {teams: eod}",
         ["tasks.x: teams.eod would work and escort; wanted two kinds of teams"]),
        ("what: repair, teams: eod, time: 1 h, escorts: {teams: guards, number: 3}",
         ["tasks.x: takes 3 of teams.guards, of which there are never more than 2"]),
        ("what: repair, teams: eod, time: 1 h, requested: 2024-05-16",
         ["tasks.x.requested: 2024-05-16 is after the run's last day"]),
        ("what: repair, teams: eod, time: 1 h, until_done: {roads.axis: 0}, since: 2024-05-14",
         ["tasks.x.since: 2024-05-14 is after the request"]),
    ],
)  # fmt: skip
def test_mistakes_in_tasks_are_told_in_planners_words(tmp_path: Path, task: str, said: list[str]) -> None:
    write_trace(tmp_path, (), "aid.csv")
    assert mistakes_in(f"{AXIS}\ntasks: {{x: {{{task}}}}}", tmp_path) == said


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("every: 1 day, until_done: {roads.axis: 0}", "has no until_done"),
        ("since: 2024-05-13", "since needs until_done"),
    ],
)
def test_settings_of_a_task_that_make_no_sense_together_are_refused(tmp_path: Path, task: str, said: str) -> None:
    write_trace(tmp_path, (), "aid.csv")
    (line,) = mistakes_in(f"{AXIS}\ntasks: {{x: {{what: repair, teams: eod, time: 1 h, {task}}}}}", tmp_path)
    assert said in line
