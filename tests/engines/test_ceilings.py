"""Ceilings over gates: how much may pass in a day or stand behind, whose turn it is, and who waits meanwhile.

Each table is worked by hand, and holds in both engines.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sim import events as e
from sim.loop import engine as compiled
from sim.readings import conservation
from sim.rules import has_turn_before, is_within_limit, next_midnight_s, used_today
from sim.study.offered_load import offered_loads
from sim.units import DAY_S
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, run, write_trace

THIRD = "  third: {from: away, to: here, steps: [{pass_gate: one}, {offload: dock}]}\nflows:"
H, DAY = 60, 1440  # minutes
GATES = """
cargos: {food: {pallets: 20, weight: 20 t}, flour: {pallets: 10, weight: 30 t}}
gates: {one: {border: true}, two: {border: true}}
yards: {hub: {min: 3, max: 3}}
warehouses: {dock: {lanes: 50, time: 1 s}}
corridors:
  first: {from: away, to: here, steps: [{pass_gate: one}, {offload: dock}]}
  second: {from: away, to: here, steps: [{pass_gate: two}, {offload: dock}]}
flows:
  aid: {sector: un, cargo: food, trace: aid.csv, corridors: {first: 100 %}}
  trade: {sector: commercial, cargo: flour, trace: trade.csv, corridors: {second: 100 %}}
run: {days: 5}
"""


def ran(
    folder: Path, ceilings: str, aid: Sequence[float], trade: Sequence[float] = (), text: str = GATES
) -> ReplicationResult:
    """Aid that comes to gate one and trade that comes to gate two at these minutes; the engines agree on it."""
    write_trace(folder, aid, "aid.csv")
    write_trace(folder, trade, "trade.csv")
    world = run(f"{text}\nceilings:\n  {ceilings}\n", folder)
    assert (compiled.run(world.network, world.draws) == world.log).all()
    conservation.check_conservation(world.network, world.draws, world.history, world.milestones, world.places)
    return world


def passed(world: ReplicationResult, gate: str) -> list[float]:
    """When each load, in order, passes a gate, in minutes."""
    return world.times_min(e.PASSED, f"gates.{gate}")


def test_what_is_over_a_daily_ceiling_waits_for_midnight(tmp_path: Path) -> None:
    world = ran(tmp_path, "daily: {gates: [one], trucks: 2/day}", [10 * H] * 5 + [2 * DAY + 1])
    assert passed(world, "one") == [10 * H, 10 * H, DAY, DAY, 2 * DAY, 2 * DAY + 1]
    assert world.dwell("gates.one")["wait"] == pytest.approx((2 * 14 + 38) / 6)
    days = world.days_at("ceilings.daily")
    assert days.finished.tolist() == [2, 2, 2, 0, 0]
    assert days.backlog_end.tolist() == [3, 1, 0, 0, 0]
    assert world.measure("utilisation:ceilings.daily") == 6 / 10


def test_a_ceiling_over_two_gates_serves_both_in_the_order_of_joining(tmp_path: Path) -> None:
    world = ran(tmp_path, "shared: {gates: [one, two], trucks: 3/day}", [60, 62, 64, 66], [61, 63, 65])
    assert passed(world, "one") == [60, 62, DAY, 2 * DAY]
    assert passed(world, "two") == [61, DAY, DAY]


def test_two_ceilings_over_two_gates_leave_each_its_own(tmp_path: Path) -> None:
    each = "one: {gates: [one], trucks: 3/day}\n  two: {gates: [two], trucks: 3/day}"
    world = ran(tmp_path, each, [60, 62, 64, 66], [61, 63, 65])
    assert passed(world, "one") == [60, 62, 64, DAY]
    assert passed(world, "two") == [61, 63, 65]


def test_whoever_needs_two_ceilings_takes_both_or_none(tmp_path: Path) -> None:
    both = "all: {gates: [one, two], trucks: 3/day}\n  one: {gates: [one], trucks: 1/day}"
    world = ran(tmp_path, both, [60, 61, 62], [63, 64, 65])
    assert passed(world, "one") == [60, DAY, 2 * DAY]  # the second does not use up the ceiling over both
    assert passed(world, "two") == [63, 64, DAY]


def test_a_ceiling_is_over_gates_that_some_scenarios_lack_where_they_are(tmp_path: Path) -> None:
    world = ran(tmp_path, "daily: {gates: [one], wherever: [two, three], trucks: 3/day}", [60, 62], [61, 63])
    assert passed(world, "one") == [60, 62]
    assert passed(world, "two") == [61, DAY]


def test_a_ceiling_for_a_sector_leaves_the_others_alone(tmp_path: Path) -> None:
    text = GATES.replace("{second: 100 %}", "{first: 100 %}")
    world = ran(tmp_path, "aid: {gates: [one], sectors: [un], trucks: 1/day}", [60, 61], [62, 63], text)
    assert sorted(passed(world, "one")) == [60, 62, 63, DAY]


def test_a_ceiling_of_mass_counts_what_loads_weigh(tmp_path: Path) -> None:
    world = ran(tmp_path, "mass: {gates: [one, two], mass: 60 t/day}", [60, 62, 64], [63])  # 20 t, and 30 t
    assert passed(world, "one") == [
        60,
        62,
        64,
    ]  # 20 t were left: too little for 30 t at the other gate, and not for these
    assert passed(world, "two") == [DAY]


def test_a_convoy_passes_as_a_whole(tmp_path: Path) -> None:
    text = GATES.replace("steps: [{pass_gate: one}", "steps: [{convoy: hub}, {pass_gate: one}")
    text = text.replace("{second: 100 %}", "{third: 100 %}").replace("flows:", THIRD)
    world = ran(tmp_path, "daily: {gates: [one], trucks: 4/day}", [60, 61, 62], [61, 62], text)
    assert sorted(passed(world, "one")) == [61, 62, DAY, DAY, DAY]


def test_a_calendar_says_what_share_of_a_ceiling_holds_on_which_days(tmp_path: Path) -> None:
    windows = "{mon: {days: mon, level: 50 %}, tue: {days: tue}}"
    text = GATES + f"\ncalendars: {{half: {{windows: {windows}}}}}"
    world = ran(tmp_path, "daily: {gates: [one], trucks: 2/day, calendar: half}", [60] * 5, text=text)
    assert passed(world, "one") == [60, DAY, DAY]  # Monday 1, Tuesday 2, and none on any other day


def test_a_phase_changes_a_ceiling_for_a_while(tmp_path: Path) -> None:
    text = GATES + "\nphases: {more: {from: 2024-05-14, lasts: 1 day, changes: {ceilings.daily.trucks: + 2/day}}}"
    world = ran(tmp_path, "daily: {gates: [one], trucks: 2/day}", [60] * 9, text=text)
    assert [at // DAY for at in passed(world, "one")] == [0] * 2 + [1] * 4 + [2] * 2 + [3]
    assert world.measure("utilisation:ceilings.daily") == 9 / (2 + 4 + 2 + 2 + 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ceilings.daily.mass: 5 t/day", "phases.p.changes.ceilings.daily.mass: the ceiling has no limit of mass"),
        ('ceilings.daily.trucks: "- 9/day"', "- 9/day makes a value below 0 of 2"),
        ("ceilings.dayly.trucks: 9/day", "there is no ceilings.dayly; did you mean daily?"),
    ],
)
def test_a_change_of_a_ceiling_that_cannot_be_is_said(change: str, said: str, tmp_path: Path) -> None:
    write_trace(tmp_path, [1], "aid.csv")
    write_trace(tmp_path, [1], "trade.csv")
    text = f"{GATES}\nceilings: {{daily: {{gates: [one], trucks: 2/day}}}}"
    lines = mistakes_in(f"{text}\nphases: {{p: {{from: 2024-05-14, changes: {{{change}}}}}}}", tmp_path)
    assert any(said in line for line in lines), lines


def test_turns_are_shared_by_weights_and_those_that_nobody_uses_go_to_others(tmp_path: Path) -> None:
    shares = "shared: {gates: [one, two], trucks: 6/day, share: {un: 2, commercial: 1}}"
    world = ran(tmp_path, shares, [60] * 12, [61] * 10)
    aid, trade = ([at // DAY for at in passed(world, gate)] for gate in ("one", "two"))
    assert aid == [0] * 6 + [1] * 4 + [2] * 2  # before trade came, aid had used all of Monday
    assert trade == [1] * 2 + [2] * 4 + [3] * 4


COLLECTED = """
cargos: {food: {pallets: 20, weight: 20 t}}
gates: {one: {border: true}}
bays: {apron: {lanes: 1, time: 60 min}}
platforms: {pad: {}}
yards: {alone: {max: 1}}
fleets: {pool: {vehicles: 1, pallets: 20, home: 1 min}}
roads: {inside: {time: 298 min}}
warehouses: {dock: {lanes: 50, time: 1 min}}
corridors:
  first:
    from: away
    to: here
    steps:
      - pass_gate: one
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: alone, from: pad, fleet: pool}
      - travel: inside
      - offload: dock
flows: {aid: {sector: un, cargo: food, trace: aid.csv, corridors: {first: 100 %}}}
"""


def test_what_enters_follows_what_is_collected(tmp_path: Path) -> None:
    """Room for two loads at the bay and on the platform; a load is an hour at the bay, the vehicle is out for five."""
    world = ran(tmp_path, "room: {gates: [one], pallets: 40, behind: pad}", [60] * 5, text=COLLECTED)
    assert world.times_min(e.COLLECTED) == [120, 420, 720, 1020, 1320]
    assert passed(world, "one") == [60, 60, 120, 420, 720]


def test_a_ceiling_that_is_smaller_than_a_load_is_refused(tmp_path: Path) -> None:
    write_trace(tmp_path, [60], "aid.csv")
    text = f"{COLLECTED}\nceilings: {{room: {{gates: [one], pallets: 19, behind: pad}}}}"
    assert mistakes_in(text, tmp_path) == ["ceilings.room.pallets: 19, and loads on corridors.first reach 20"]


def test_an_operating_level_of_a_ceiling_is_a_share_of_its_limit(tmp_path: Path) -> None:
    levels = "operating_levels: {half: {places: [ceilings.daily], mean: 50 %, cv: 0, of: lanes}}"
    world = ran(tmp_path, "daily: {gates: [one], trucks: 4/day}", [60] * 5, text=f"{GATES}\n{levels}")
    assert [at // DAY for at in passed(world, "one")] == [0, 0, 1, 1, 2]
    text = f"{GATES}\n{levels.replace(', of: lanes', '')}\nceilings: {{daily: {{gates: [one], trucks: 4/day}}}}"
    assert any("write of: lanes" in line for line in mistakes_in(text, tmp_path))


def test_room_is_given_up_by_a_load_that_is_returned(tmp_path: Path) -> None:
    """Every load is refused after an hour, and none comes to the platform."""
    text = COLLECTED.replace("      - transfer", "      - inspect: check\n      - transfer")
    text += "sites: {check: {lanes: 9, time: 60 min, rejected: {share: 100 %}}}"
    world = ran(tmp_path, "room: {gates: [one], pallets: 40, behind: pad}", [60] * 5, text=text)
    assert passed(world, "one") == [60, 60, 120, 120, 180]


def test_rho_of_a_ceiling_is_what_comes_over_what_may_pass() -> None:
    text = GATES.replace("trace: aid.csv", "rate: 30/day").replace("trace: trade.csv", "rate: 10/day")
    both = "{all: {gates: [one, two], trucks: 50/day}, aid: {gates: [one], mass: 300 t/day}}"
    network = network_of(f"{text}\nceilings: {both}")
    number = {node.name: node.number for node in network.nodes}
    loads = offered_loads(network)
    assert loads[number["ceilings.all"]].rho == pytest.approx(0.8)
    assert loads[number["ceilings.aid"]].rho == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("ceilings", "said"),
    [
        ("a: {gates: [three], trucks: 5/day}", "ceilings.a.gates: there is no gates.three"),
        ("a: {gates: [one]}", "wanted one of trucks, mass, pallets, litres and persons"),
        ("a: {gates: [one], trucks: 5/day, mass: 10 t/day}", "wanted one of trucks, mass, pallets, litres and persons"),
        ("a: {gates: [one], pallets: 40}", "wanted both pallets and behind"),
        ("a: {gates: [one], trucks: 2/week}", "ceilings.a: lets nothing pass, it is below one a day"),
        ("a: {trucks: 9/day}", "wanted gates, or wherever"),
        ("a: {gates: [one], mass: 40 t}", "wanted e.g. '5000 t/day', found '40 t'"),
        ("a: {gates: [one], trucks: 2/day}", "ceilings.a.trucks: 2 a day are below yards.hub.max (3)"),
        ("a: {gates: [one], trucks: 9/day, share: {un: 1}}", "ceilings.a.share: names no weight for commercial"),
        ("a: {gates: [one], pallets: 40, behind: pad}", "has platforms: none"),
    ],
)  # fmt: skip
def test_a_ceiling_that_cannot_be_kept_is_said(ceilings: str, said: str, tmp_path: Path) -> None:
    write_trace(tmp_path, [1], "aid.csv")
    write_trace(tmp_path, [1], "trade.csv")
    text = GATES.replace("steps: [{pass_gate: one}", "steps: [{convoy: hub}, {pass_gate: one}")
    lines = mistakes_in(f"{text}\nplatforms: {{pad: {{}}}}\nceilings: {{{ceilings}}}", tmp_path)
    assert any(said in line for line in lines), lines


@pytest.mark.parametrize(
    ("used", "since_s", "now_s", "left"),
    [(5, 0, 0, 5), (5, 0, DAY_S - 1, 5), (5, 0, DAY_S, 0), (5, DAY_S - 1, DAY_S, 0), (5, DAY_S, DAY_S, 5)],
)
def test_a_daily_ceiling_begins_anew_at_midnight(used: int, since_s: int, now_s: int, left: int) -> None:
    assert used_today(used, since_s, now_s) == left


def test_a_party_fits_under_a_ceiling_to_the_last_truck() -> None:
    assert is_within_limit(7, 3, 10) and not is_within_limit(8, 3, 10) and is_within_limit(0, 0, 0)


def test_the_midnight_after_midnight_is_a_day_later() -> None:
    assert [next_midnight_s(now) for now in (0, 1, DAY_S - 1, DAY_S)] == [DAY_S, DAY_S, DAY_S, 2 * DAY_S]


@pytest.mark.parametrize(
    ("passed", "weight", "others", "others_weight", "comes_first", "turn"),
    [
        (0, 1, 0, 1, True, True), (0, 1, 0, 1, False, False), (1, 1, 0, 1, True, False), (0, 1, 1, 1, False, True),
        (2, 2, 1, 1, True, True), (2, 2, 1, 1, False, False), (1, 2, 1, 1, False, True), (3, 2, 1, 1, True, False),
    ],
)  # fmt: skip
def test_the_class_with_fewer_turns_for_its_weight_is_next(
    passed: int, weight: int, others: int, others_weight: int, comes_first: bool, turn: bool
) -> None:
    assert has_turn_before(passed, weight, others, others_weight, comes_first) is turn
