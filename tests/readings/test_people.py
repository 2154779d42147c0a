"""People who cross a border: lists by urgency, ceilings in persons, checks, and what is read off their log.

Each table is worked by hand, and holds in both engines.
"""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from sim import events as e
from sim.loop.engine import run
from sim.network.building import build
from sim.readings import people
from sim.readings.conservation import ConservationError
from sim.study import files
from sim.study.replication import replicate
from sim.units import DAY_S
from tests.worlds.awkward import awkward_settings, network_of_settings
from tests.worlds.awkward_people import Crossings
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, run_network, scenario_of

PEOPLE = """
calendars: {day: {windows: {all: {hours: "08:00-16:00"}}}}
cargos: {food: {pallets: 20, weight: 20 t}}
gates:
  goods: {border: true, calendar: never}
  people: {border: true, calendar: day}
ceilings: {out: {gates: [people], persons: 6/day, direction: out}}
sites: {desk: {lanes: 1, time: 30 min, calendar: day, rejected: {share: 0, attempts: 1}}}
roads: {road: {time: 1 h}}
warehouses: {dock: {lanes: 1, time: 1 min}, hall: {lanes: 50, time: 1 min}}
corridors:
  goods: {from: away, to: here, steps: [{pass_gate: goods}, {offload: dock}]}
  out: {from: away, to: here, steps: [{pass_gate: people}, {travel: road}, {offload: hall}]}
  back: {from: away, to: here, steps: [{inspect: desk}, {pass_gate: people}, {offload: hall}]}
flows: {aid: {sector: un, cargo: food, interval: 10 h, corridors: {goods: 100 %}}}
people:
  patients:
    direction: out
    corridor: out
    party: 2
    waiting: 10
    waited: 40 days
    urgency: {critical: 20 %, urgent: 30 %, other: rest}
  returnees: {direction: in, corridor: back, party: 4, waiting: 20}
run: {days: 4}
"""


def crossed(text: str = PEOPLE) -> ReplicationResult:
    """The people of a world, on whose log both engines agree."""
    network = network_of(text).people
    assert network is not None
    ran = run_network(network)
    assert (run(ran.network, ran.draws) == ran.log).all()
    return ran


def told(text: str = PEOPLE, **run: Any) -> dict[str, Any]:
    """Measure -> value of replication 0."""
    scenario = scenario_of(text)
    settings = scenario.run.model_copy(update={"engine": "simpy", **run})
    table = replicate(build(scenario), settings, 0, with_loads=False).tables["replications"]
    return dict(zip(table["measure"].tolist(), table["value"].tolist(), strict=True))


def by_day(text: str = PEOPLE) -> dict[str, dict[str, list[int]]]:
    """Class -> column -> value of each day."""
    ran = crossed(text)
    table = people.people_by_day(ran.network, people.build_parties(ran.network, ran.draws, ran.milestones))
    names = [f"{group}.{urgency}".rstrip(".") for group, urgency in zip(table["people"], table["urgency"], strict=True)]
    columns = ("joined", "crossed", "turned_back", "waiting", "waiting_parties")
    return {name: {c: table[c][np.array(names) == name].tolist() for c in columns} for name in dict.fromkeys(names)}


def test_the_most_urgent_cross_first_and_as_many_persons_a_day_as_the_ceiling_has() -> None:
    days = by_day()
    assert days["patients.critical"]["crossed"] == [4, 0, 0, 0]  # 2 parties of 2
    assert days["patients.urgent"]["crossed"] == [2, 4, 0, 0]  # 3 of 2
    assert days["patients.other"]["crossed"] == [0, 2, 6, 2]  # 5 of 2
    assert days["patients.other"]["waiting"] == [10, 8, 2, 0]
    assert days["patients.other"]["waiting_parties"] == [5, 4, 1, 0]


def test_a_party_that_has_no_room_for_all_waits_for_midnight_and_crosses_as_the_gate_opens() -> None:
    ran = crossed(PEOPLE.replace("persons: 6/day", "persons: 5/day"))
    patients = [source.direction == "out" for source in ran.network.sources]
    passed = ran.rows(e.PASSED, "gates.people")
    passed_s = passed["time_s"][np.array(patients)[ran.draws.source[passed["entity"]]]]
    assert passed_s.tolist() == [day * DAY_S + 8 * 3600 for day in range(4) for _ in range(2)]  # of 5 persons 2 parties


def test_the_other_direction_knows_neither_the_ceiling_nor_its_list() -> None:
    assert by_day()["returnees"]["crossed"] == [60, 20, 0, 0]  # 16 of 30 min in 8 h, the last as the gate shuts
    assert by_day()["returnees"]["waiting"] == [20, 0, 0, 0]


def test_a_gate_open_for_people_and_shut_for_goods_lets_people_pass_alone() -> None:
    measured = told()
    assert measured["entered_trucks_per_day"] == 0
    assert measured["people_out_per_day"] == 20 / 4
    assert measured["people_in_per_day"] == 80 / 4
    assert measured["people_days_open:out"] == 4
    assert measured["people_days_used:in"] == 2


def test_days_on_the_list_count_from_before_the_run_and_only_of_those_who_crossed() -> None:
    measured = told(PEOPLE.replace("run: {days: 4}", "run: {days: 3}"))
    assert measured["list_days_mean:patients.critical"] == pytest.approx(40 + 8 / 24)
    assert measured["list_days_p90:patients.urgent"] == pytest.approx(41 + 8 / 24)
    assert measured["list_days_p50:patients"] == pytest.approx(41 + 8 / 24)  # 3, 3 and 3 of 9: the fifth
    assert measured["parties_waiting_end:patients"] == 1
    assert measured["list_days_so_far_mean:patients"] == 43
    assert measured["list_cleared_day:patients.urgent"] == pytest.approx(1 + 8 / 24)
    assert np.isnan(measured["list_cleared_day:patients"])


def test_who_is_turned_back_leaves_the_list_and_has_not_crossed() -> None:
    world = PEOPLE.replace("share: 0, attempts: 1", "share: 1, attempts: 1")
    days = by_day(world)["returnees"]
    assert days["crossed"] == [0] * 4
    assert days["turned_back"] == [64, 16, 0, 0]
    assert days["waiting"] == [16, 0, 0, 0]
    measured = told(world)
    assert measured["people_turned_back_per_day:returnees"] == 20
    assert np.isnan(measured["list_days_mean:returnees"])


def test_nothing_that_counts_goods_counts_people() -> None:
    alone = PEOPLE.replace(PEOPLE[PEOPLE.index("people:\n  patients") : PEOPLE.index("run:")], "people: {}\n")
    alone = "\n".join(line for line in alone.splitlines() if not line.startswith(("  out:", "  back:", "ceilings:")))
    alone = alone.replace("  people: {border: true, calendar: day}\n", "")
    alone = alone.replace(", hall: {lanes: 50, time: 1 min}", "")
    of_goods = {name: value for name, value in told(alone).items() if "desk" not in name and "road" not in name}
    with_people = told()
    assert {name: with_people[name] for name in of_goods} == pytest.approx(of_goods, nan_ok=True)
    assert network_of(alone).people is None


def test_a_larger_list_moves_nobody_of_another_group_and_adds_at_the_end() -> None:
    assert by_day()["returnees"] == by_day(PEOPLE.replace("waiting: 10", "waiting: 1000"))["returnees"]


def test_shares_of_classes_are_whole_parties_that_add_up() -> None:
    group = scenario_of(PEOPLE.replace("waiting: 10", "waiting: 7")).people["patients"]
    assert group.waiting_by_class() == {"critical": 1, "urgent": 3, "other": 3}  # 1.4, 3.5 and 7 in all, rounded
    assert sum(group.waiting_by_class().values()) == 7


def test_a_phase_changes_a_ceiling_of_persons_and_a_shock_shuts_the_gate_of_people() -> None:
    phases = (
        "phases: {more: {from: 2024-05-14, changes: {ceilings.out.persons: 12/day, gates.goods.calendar: always}}}\n"
    )
    days = by_day(phases + PEOPLE)
    assert np.sum([days[name]["crossed"] for name in days if name != "returnees"], axis=0).tolist() == [6, 12, 2, 0]
    shocks = "shocks: {shut: {places: [gates.people, gates.goods], rate: 400/day, lasts: 60 h}}\n"
    days = by_day(shocks + PEOPLE)
    assert sum(sum(days[name]["crossed"][1:]) for name in days) == 0


def test_persons_that_do_not_add_up_are_noticed() -> None:
    ran = crossed()
    all_of = people.build_parties(ran.network, ran.draws, ran.milestones)
    with pytest.raises(ConservationError, match=r"people\.patients"):
        people.people_by_day(ran.network, all_of._replace(turned_back=all_of.crossed))
    twice = {**ran.milestones, "returned": ran.milestones["entered"]}
    with pytest.raises(ConservationError, match="twice"):
        people.build_parties(ran.network, ran.draws, twice)


def test_digests_of_a_world_with_people_tell_of_both() -> None:
    scenario = scenario_of(PEOPLE)
    run = scenario.run.model_copy(update={"engine": "simpy"})
    network = build(scenario)
    both = replicate(network, run, 0, with_loads=False).digests
    more = replicate(build(scenario_of(PEOPLE.replace("waiting: 20", "waiting: 21"))), run, 0, with_loads=False).digests
    assert {name for name in both if both[name] != more[name]} == {"luck", "inputs", "events"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("corridor: back", "corridor: bakc",
         "people.returnees.corridor: there is no corridors.bakc; did you mean back?"),
        ("direction: in, corridor: back", "direction: in, corridor: out",
         "people.returnees.direction: people.patients goes the other way on corridors.out"),
        ("{goods: 100 %}", "{back: 100 %}", "flows.aid: corridors.back is of people; give goods one of their own"),
        ("pass_gate: goods", "pass_gate: people",
         "gates.people: is on corridors of people and of goods; give people one of their own, with its own hours"),
        ("[{pass_gate: people}, {travel", "[{transfer: {onto: pad, bays: apron}}, {pass_gate: people}, {travel",
         "corridors.out.steps[0]: people do not transfer; wanted permit, slot, travel, pass_gate, inspect or offload"),
        ("[{inspect: desk}, {pass_gate: people}", "[{pass_gate: people}, {inspect: desk}",
         "corridors.back.steps[1]: people do not wait behind the border; wanted inspect before it"),
        ("people: {border: true", "people: {border: false",
         "corridors.out: wanted one gate with border: true on the way of people, found 0"),
        ("persons: 6/day, direction: out", "trucks: 6/day", "ceilings.out: gates.people is of people; wanted persons"),
        ("gates: [people], persons", "gates: [goods], persons",
         "ceilings.out: gates.goods is not of people; wanted trucks, mass or pallets"),
        ("persons: 6/day", "persons: 1/day",
         "ceilings.out.persons: 1 a day, and parties of people.patients reach 2"),
        ("hall: {lanes: 50", "hall: {room: 3, overflow: turn_away, lanes: 50",
         "corridors.out.steps[2]: people are received there: wanted no store or depot, and nobody turned away"),
        ("{time: 1 h}", "{time: 1 h, interception: {missions: 5 %}}",
         "corridors.out.steps[1]: roads.road has an interception, which is of goods"),
        ("{critical: 20 %, urgent: 30 %, other: rest}", "{critical: 20 %, urgent: 30 %}",
         "people.patients: urgency: shares must add up to 100 %, are 50.0000%"),
        ("persons: 6/day, direction: out", "trucks: 6/day, direction: out",
         "ceilings.out: direction needs a limit of persons"),
        ("persons: 6/day", "persons: 6/day, sectors: [un]",
         "ceilings.out: persons have no sectors; wanted direction, or none"),
        ("direction: in,", "direction: inn,",
         "people.returnees.direction: must be 'out' or 'in', is 'inn'; did you mean in?"),
    ],
)  # fmt: skip
def test_mistakes_about_people_say_where_and_what_was_wanted(old: str, new: str, line: str) -> None:
    assert PEOPLE.count(old) == 1
    assert line in mistakes_in(PEOPLE.replace(old, new))


def test_the_table_of_people_is_written_and_read_again(tmp_path: Path) -> None:
    scenario = scenario_of(PEOPLE)
    run = scenario.run.model_copy(update={"engine": "simpy"})
    files.write_batch(tmp_path, [replicate(build(scenario), run, number, with_loads=False) for number in range(2)])
    files.merge_batches(tmp_path, tmp_path)
    with duckdb.connect() as db:
        path = (tmp_path / "people.parquet").as_posix()
        [row] = db.execute(
            f"select sum(crossed), sum(turned_back), sum(joined), count(*) from '{path}' where urgency = ''"
        ).fetchall()
    assert row == (2 * 80, 0, 0, 2 * 4)


@pytest.mark.parametrize("seed", range(12))
def test_the_engines_agree_on_people_of_awkward_worlds(seed: int, tmp_path: Path) -> None:
    settings = awkward_settings(seed, tmp_path)
    if "people" not in settings:
        Crossings(seed, (60, 600, 3600), ["always", *settings["calendars"]]).add(settings, always=True)
    network = network_of_settings(settings, tmp_path).people
    assert network is not None
    ran = run_network(network, seed)
    assert len(ran.draws) == 0 or len(ran.log) > 0
    assert (run(ran.network, ran.draws) == ran.log).all()
    people.people_by_day(ran.network, people.build_parties(ran.network, ran.draws, ran.milestones))
