"""Offices that give permission, and slots of a day: each table is worked by hand, and holds in both engines."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.loop import engine as compiled
from sim.readings import conservation, whereabouts
from sim.study.offered_load import offered_loads
from tests.readings.test_whereabouts import told
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, run, write_trace

H, DAY = 60, 1440  # minutes
WORLD = """
cargos: {food: {pallets: 20, weight: 20 t}, flour: {pallets: 10, weight: 30 t}}
gates: {rim: {border: true, calendar: late}}
calendars: {late: {windows: {all: {hours: "08:00-24:00"}}}, office_hours: {windows: {all: {hours: "08:00-16:00"}}}}
sites: {scan: {lanes: 9, time: 1 s, calendar: late}}
warehouses: {dock: {lanes: 50, time: 1 s}}
corridors:
  asks: {from: away, to: here, steps: [{permit: un}, {offload: dock}]}
  waits: {from: away, to: here, steps: [{slot: evening}, {offload: dock}]}
  gate: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}
  site: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}
offices: {un: {time: 1 h}}
slots: {evening: {trucks: 9/day, allotted: "18:00"}}
run: {days: 5}
"""


def ran(folder: Path, more: str, *flows: tuple[str, Sequence[float]], start: str = "") -> ReplicationResult:
    """Flows of these settings, each with loads at these minutes; the engines agree on it, and all adds up."""
    lines = []
    for number, (settings, times_min) in enumerate(flows):
        write_trace(folder, times_min, f"{number}.csv")
        lines.append(f"  flow_{number}: {{trace: {number}.csv, {settings}}}")
    text = "\n".join([WORLD, "flows:", *lines]) if lines else WORLD
    world = run(f"{merged(text, more)}\n{start}", folder)
    assert (compiled.run(world.network, world.draws) == world.log).all()
    conservation.check_conservation(world.network, world.draws, world.history, world.milestones, world.places)
    whereabouts.whereabouts_at_end(world.network, world.draws, world.history)
    return world


def merged(text: str, more: str) -> str:
    """The world with some of its lines replaced by those that begin with the same word."""
    for line in more.strip().splitlines():
        word = line.split(":")[0]
        old = next((known for known in text.splitlines() if known.startswith(f"{word}:")), None)
        text = text.replace(old, line) if old else f"{text}\n{line}"
    return text


ASKS = "sector: un, cargo: food, corridors: {asks: 100 %}"
WAITS = "sector: un, cargo: food, corridors: {waits: 100 %}"


def authorised(world: ReplicationResult) -> list[float]:
    return world.times_min(e.AUTHORISED)


def passed(world: ReplicationResult) -> list[float]:
    """When each load, in order, is called and comes, in minutes."""
    return world.times_min(e.PASSED, "slots.evening")


# Offices


def test_what_is_over_a_day_s_requests_is_taken_up_after_midnight(tmp_path: Path) -> None:
    world = ran(tmp_path, "offices: {un: {time: 1 h, requests: 2/day}}", (ASKS, [10 * H] * 5))
    assert authorised(world) == [11 * H, 11 * H, DAY + H, DAY + H, 2 * DAY + H]
    days = world.days_at("offices.un")
    assert days.used.tolist() == [2, 2, 1, 0, 0]
    assert days.capacity.tolist() == [2] * 5
    assert world.measure("utilisation:offices.un") == 0.5
    assert world.measure("authorised_trucks_per_day") == world.measure("authorised:offices.un") == 1


def test_a_lead_time_stands_still_while_the_office_is_closed(tmp_path: Path) -> None:
    world = ran(tmp_path, "offices: {un: {time: 3 h, calendar: office_hours}}", (ASKS, [14 * H, 17 * H]))
    assert authorised(world) == [DAY + 9 * H, DAY + 11 * H]
    assert world.dwell("offices.un") == {"wait": 0, "closed": 15.5, "service": 3, "blocked": 0}  # 16 and 15 closed


def test_an_office_at_half_its_speed_takes_up_half_its_requests(tmp_path: Path) -> None:
    more = 'calendars: {half: {windows: {all: {level: "50 %"}}}, late: {}}\n'
    world = ran(tmp_path, f"{more}offices: {{un: {{time: 1 h, requests: 4/day, calendar: half}}}}", (ASKS, [60] * 3))
    assert authorised(world) == [3 * H, 3 * H, DAY + 2 * H]


def test_rank_goes_first_at_an_office(tmp_path: Path) -> None:
    world = ran(tmp_path, "offices: {un: {time: 1 h, requests: 1/day}}", (ASKS, [0, 1]), (f"{ASKS}, rank: 0", [2]))
    order = [world.load_identity(int(row["entity"])).split("/")[0] for row in world.rows(e.AUTHORISED)]
    assert order == ["flows.flow_0", "flows.flow_1", "flows.flow_0"]


REFUSES = "offices: {un: {time: 1 h, refuses: {before: {cargos: [food], to: 2024-05-14}}, AGAIN}}"


def test_who_is_refused_asks_again_until_the_table_changes(tmp_path: Path) -> None:
    more = REFUSES.replace("AGAIN", "asks_again: {after: 20 h, attempts: 3}")
    flour = ASKS.replace("food", "flour")
    world = ran(tmp_path, more, (ASKS, [10 * H, 2 * DAY - 61, 2 * DAY - 60]), (flour, [10 * H]))
    assert world.times_min(e.REFUSED) == [11 * H, DAY + 8 * H, 2 * DAY - 1]
    # the first by the answer to its third request; the last as the answer falls on midnight; flour at once
    assert authorised(world) == [2 * DAY + 5 * H, 11 * H, 2 * DAY + 20 * H + 59, 2 * DAY]
    assert world.measure("refused_trucks_per_day") == 3 / 5
    assert not len(world.rows(e.RETURNED))


def test_who_is_refused_at_the_last_attempt_is_returned_and_told_as_refused(tmp_path: Path) -> None:
    more = REFUSES.replace("AGAIN", "asks_again: {after: 20 h, attempts: 2}")
    world = ran(tmp_path, more, (ASKS, [10 * H]))
    assert world.times_min(e.RETURNED) == [DAY + 8 * H]
    assert told(world) == {("offices.un", "refused", 1, 20, None)}
    once = ran(tmp_path, REFUSES.replace(", AGAIN", ""), (ASKS, [10 * H]))
    assert once.times_min(e.RETURNED) == [11 * H]


def test_a_line_refuses_whom_it_names_and_no_other(tmp_path: Path) -> None:
    more = "offices: {un: {time: 1 h, refuses: {a: {sectors: [ngo], corridors: [asks]}, b: {corridors: [waits]}}}}"
    world = ran(tmp_path, more, (ASKS, [60]), (ASKS.replace("un", "ngo", 1), [61]))
    assert authorised(world) == [2 * H]
    assert world.times_min(e.REFUSED) == [2 * H + 1]


def test_a_phase_changes_an_office_s_requests_for_a_day(tmp_path: Path) -> None:
    more = "phases: {p: {from: 2024-05-14, to: 2024-05-14, changes: {offices.un.requests: + 2/day}}}\n"
    world = ran(tmp_path, f"{more}offices: {{un: {{time: 1 h, requests: 1/day}}}}", (ASKS, [0] * 6))
    assert [at // DAY for at in authorised(world)] == [0, 1, 1, 1, 2, 3]


def test_a_day_of_which_an_office_had_a_limit_for_a_part_alone_has_no_measure_of_its_use(tmp_path: Path) -> None:
    more = "phases: {p: {from: 2024-05-14, starts: 12 h, changes: {offices.un.requests: 1/day}}}"
    world = ran(tmp_path, more, (ASKS, [DAY + 60] * 3 + [DAY + 13 * H, DAY + 13 * H]))
    assert [at // DAY for at in authorised(world)] == [1, 1, 1, 2, 3]
    days = world.days_at("offices.un")
    assert days.used.tolist() == [0, 0, 1, 1, 0]
    assert days.capacity.tolist() == [0, 0, 1, 1, 1]


def test_an_outage_that_halves_an_office_doubles_what_is_left_of_a_lead_time(tmp_path: Path) -> None:
    more = "shocks: {outage: {places: [offices.un], rate: 1000/day, lasts: 9 days, level: 50 %}}\n"
    world = ran(tmp_path, f"{more}offices: {{un: {{time: 30 h}}}}", (ASKS, [0]))
    began_s = int(world.node("offices.un").calendar.at_s[1])  # type: ignore[attr-defined]
    assert 0 < began_s < DAY * 60
    (row,) = world.rows(e.AUTHORISED)
    assert row["time_s"] == began_s + 2 * (30 * 3600 - began_s)


def test_stock_waits_for_permission_and_for_slots(tmp_path: Path) -> None:
    start = "start: {a: {flow: flow_0, corridor: asks, at: offices.un, loads: 2, age: 1 day}, "
    start += "b: {flow: flow_0, corridor: waits, at: slots.evening, loads: 3}}"
    more = "offices: {un: {time: 1 h, calendar: office_hours, requests: 1/day}}\n"
    more += 'slots: {evening: {trucks: 1/day, allotted: "18:00"}}\nrun: {days: 1}'
    world = ran(tmp_path, more, (ASKS, []), start=start)
    waiting = {("offices.un", "waiting for permission", 2, 40, 24), ("slots.evening", "waiting for a slot", 3, 60, 0)}
    assert told(world, "start") == waiting
    assert authorised(world) == [9 * H]
    assert ("offices.un", "waiting for permission", 1, 20, 48) in told(world)
    assert ("slots.evening", "waiting for a slot", 3, 60, 24) in told(world)
    assert world.times_min(e.MANIFESTED) == [18 * H]


# Slots


def test_slots_are_given_in_the_evening_by_rank_and_joining_and_called_on_the_next_day(tmp_path: Path) -> None:
    more = 'slots: {evening: {trucks: 2/day, allotted: "18:00", calls: {first: "06:00"}}}'
    world = ran(tmp_path, more, (WAITS, [60, 61, 18 * H, 18 * H + 1]), (f"{WAITS}, rank: 0", [62]))
    assert world.times_min(e.MANIFESTED) == [18 * H, DAY + 18 * H, 18 * H, DAY + 18 * H, 2 * DAY + 18 * H]
    assert passed(world) == [DAY + 6 * H, 2 * DAY + 6 * H, DAY + 6 * H, 2 * DAY + 6 * H, 3 * DAY + 6 * H]
    days = world.days_at("slots.evening")
    assert days.finished.tolist() == [0, 2, 2, 1, 0]
    assert days.capacity.tolist() == [2] * 5


def test_slots_are_kept_for_a_sector_and_what_nobody_uses_goes_to_others(tmp_path: Path) -> None:
    """Three of the UN, four NGOs, one commercial of rank 0; one slot of four is the UN's, two are for bilateral aid."""
    more = 'slots: {evening: {trucks: 4/day, allotted: "18:00", sectors: {un: 1, bilateral: 2}}}'
    flows = [(WAITS, [60] * 3), (WAITS.replace("un", "ngo", 1), [30] * 4)]
    world = ran(tmp_path, more, *flows, (f"{WAITS.replace('un', 'commercial', 1)}, rank: 0", [17 * H]))
    by_flow: dict[str, list[int]] = {}
    for row in world.rows(e.PASSED):
        by_flow.setdefault(world.load_identity(int(row["entity"])).split("/")[0][-1], []).append(
            int(row["time_s"]) // 86400
        )
    assert by_flow == {"0": [1, 2, 2], "1": [1, 1, 2, 2], "2": [1]}  # at the end whoever waits takes what is left


def test_kept_slots_shrink_with_the_day_s_slots(tmp_path: Path) -> None:
    """Half of four slots: one of the two that are kept for the UN, and one for the others."""
    more = 'calendars: {late: {}, half: {windows: {all: {level: "50 %"}}}}\n'
    more += 'slots: {evening: {trucks: 4/day, allotted: "18:00", sectors: {un: 2}, calendar: half}}'
    world = ran(tmp_path, more, (WAITS, [60] * 2), (WAITS.replace("un", "ngo", 1), [61] * 2))
    assert passed(world) == [DAY, 2 * DAY, DAY, 2 * DAY]


def test_a_batch_is_called_at_a_time_and_who_is_not_called_keeps_the_slot(tmp_path: Path) -> None:
    calls = 'slots: {evening: {trucks: 5/day, allotted: "18:00", calls: {first: "06:00", every: 2 h, trucks: 2}}}'
    world = ran(tmp_path, calls, (WAITS, [60] * 5))
    assert passed(world) == [DAY + 6 * H] * 2 + [DAY + 8 * H] * 2 + [DAY + 10 * H]
    world = ran(tmp_path, calls.replace("2 h", "10 h"), (WAITS, [60] * 5))
    assert passed(world) == [DAY + 6 * H] * 2 + [DAY + 16 * H] * 2 + [2 * DAY + 6 * H]
    assert world.times_min(e.MANIFESTED) == [18 * H] * 5


def test_a_day_without_slots_calls_nobody(tmp_path: Path) -> None:
    """None on Wednesday, day 2: nobody is put on its manifest on Tuesday, nor called who was left over."""
    more = "calendars: {late: {}, not_wed: {closures: {w: {days: wed}}}}\n"
    more += 'slots: {evening: {trucks: 2/day, allotted: "18:00", calendar: not_wed, calls: {every: 23 h, trucks: 1}}}'
    world = ran(tmp_path, more, (WAITS, [60] * 4))
    assert world.times_min(e.MANIFESTED) == [18 * H] * 2 + [2 * DAY + 18 * H] * 2
    assert passed(world) == [DAY, DAY + 23 * H, 3 * DAY, 3 * DAY + 23 * H]


ABSENT = 'slots: {evening: {trucks: 2/day, allotted: "18:00", no_show: {share: 100 %, most: 1}, unused: lost}}'


def test_the_slot_of_who_does_not_come_is_lost(tmp_path: Path) -> None:
    world = ran(tmp_path, ABSENT, (WAITS, [60, 61, 62]))
    assert world.times_min(e.NO_SHOW) == [DAY, DAY, 2 * DAY]
    assert passed(world) == [2 * DAY, 3 * DAY, 3 * DAY]  # behind the third, who has not been called before
    assert world.measure("no_show:slots.evening") == 3 / 5
    assert world.dwell("slots.evening")["wait"] == pytest.approx((2820 + 4259 + 4258) / 3 / H)


def test_or_given_at_once_to_the_first_without_one(tmp_path: Path) -> None:
    world = ran(tmp_path, ABSENT.replace("lost", "refilled"), (WAITS, [60, 61, 62]))
    assert world.times_min(e.NO_SHOW) == [DAY, DAY]
    assert passed(world) == [2 * DAY, 2 * DAY, DAY]
    assert world.times_min(e.MANIFESTED) == [18 * H, DAY + 18 * H, 18 * H, DAY + 18 * H, DAY]


@pytest.mark.parametrize("place", ["gates.rim", "sites.scan"])
def test_who_waited_long_yesterday_does_not_come_today(place: str, tmp_path: Path) -> None:
    """At the gate the mean wait of day 1 is 8 h, an eighth each: on day 2 nobody comes, on the others all do."""
    more = ABSENT.replace("share: 100 %", f"per_hour_waited: 12.5 %, at: {place}").replace("2/day", "9/day")
    more = more.replace("allotted", 'calls: {first: "12:00"}, allotted')  # when today's waits are known as well
    there = (WAITS.replace("waits", place[:4]), [DAY - 1, DAY, 2 * DAY + 15 * H])
    world = ran(tmp_path, more, (WAITS, [60, DAY + 60, 2 * DAY + 60]), there)
    began = world.times_min(e.PASSED if place == "gates.rim" else e.STARTED, place)
    assert began == [DAY - 1, DAY + 8 * H, 2 * DAY + 15 * H]
    assert world.times_min(e.NO_SHOW) == [2 * DAY + 12 * H]
    assert passed(world) == [DAY + 12 * H, 3 * DAY + 12 * H, 3 * DAY + 12 * H]


def test_the_day_after_a_shock_more_do_not_come(tmp_path: Path) -> None:
    more = "shocks: {s: {places: [gates.rim], rate: 1000/day, lasts: 1 s}}\n"
    more += ABSENT.replace("share: 100 %", "shocks: {s: 30 %}, share: 70 %")
    world = ran(tmp_path, more, (WAITS, [60]))
    no_show = world.node("slots.evening").no_show  # type: ignore[attr-defined]
    assert no_show.daily_ppm.tolist() == [700_000] + [1_000_000] * 4
    assert world.times_min(e.NO_SHOW) == [DAY]


def test_who_comes_has_had_one_slot_and_who_does_not_another(tmp_path: Path) -> None:
    more = (
        'slots: {evening: {trucks: 9/day, allotted: "18:00", unused: refilled, no_show: {share: 30 %}}}\nrun: {days: 9}'
    )
    world = ran(tmp_path, more, (WAITS, np.arange(0, 8 * DAY, 130).tolist()))
    given, absent, came = (len(world.rows(kind)) for kind in (e.MANIFESTED, e.NO_SHOW, e.PASSED))
    assert absent > 10
    assert given - absent - came == 9  # of tomorrow
    times = np.bincount(world.rows(e.NO_SHOW)["entity"])
    assert times.max() <= 3


def test_a_corridor_without_the_step_has_no_such_count(tmp_path: Path) -> None:
    world = ran(tmp_path, "", (WAITS.replace("waits", "gate"), [600]))
    one = run(f"{merged(WORLD, 'offices: {}')}".replace("  asks:", "  #").replace("  waits:", "  #"))
    for count in ("authorised", "refused", "manifested", "no_show"):
        assert world.measure(f"{count}_trucks_per_day") == 0
        assert one.measure(f"{count}_trucks_per_day") is None


def test_rho_of_offices_and_slots_is_what_comes_over_what_a_day_has() -> None:
    flows = "flows: {a: {sector: un, cargo: food, rate: 12/day, corridors: {asks: 75 %, waits: 25 %}}}"
    network = network_of(f"{merged(WORLD, 'offices: {un: {time: 1 h, requests: 10/day}}')}\n{flows}")
    number = {node.name: node.number for node in network.nodes}
    loads = offered_loads(network)
    assert loads[number["offices.un"]].rho == pytest.approx(0.9)
    assert loads[number["slots.evening"]].rho == pytest.approx(3 / 9)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("offices: {un: {time: 1 h, calendar: lat}}", "offices.un.calendar: there is no calendars.lat; did you mean"),
        ("offices: {un: {time: 1 h, requests: 2/week}}", "requests are below one a day"),
        ("offices: {un: {time: 1 h, refuses: {a: {cargos: [fod]}}}}",
         "offices.un.refuses.a.cargos: there is no cargos.fod; did you mean food?"),
        ("offices: {un: {time: 1 h, refuses: {a: {sectors: [nog]}}}}", "offices.un.refuses.a.sectors"),
        ("offices: {nu: {time: 1 h}}", "corridors.asks.steps[0] (permit): there is no offices.un (there is: nu)"),
        ("slots: {evening: {trucks: 9/day, allotted: 18}}", "write e.g. '08:00', in quotes"),
        ('slots: {evening: {trucks: 9/day, allotted: "24:00"}}', "slots.evening.allotted"),
        ('slots: {evening: {trucks: 9/day, allotted: "18:00", sectors: {un: 10}}}', "10 slots are kept, of 9"),
        ('slots: {evening: {trucks: 9/day, allotted: "18:00", calls: {every: 1 h}}}', "wanted both every and trucks"),
        ('slots: {evening: {trucks: 9/day, allotted: "18:00", no_show: {at: gates.rim}}}',
         "wanted both per_hour_waited and at"),
        ('slots: {evening: {trucks: 9/day, allotted: "18:00", no_show: {per_hour_waited: 1 %, at: gates.rm}}}',
         "slots.evening.no_show.at: wanted a gate or a site, there is no gates.rm; did you mean gates.rim?"),
        ('slots: {evening: {trucks: 9/day, allotted: "18:00", no_show: {shocks: {s: 1 %}}}}',
         "slots.evening.no_show.shocks: there is no shocks.s"),
        ("operating_levels: {o: {places: [slots.evening], mean: 50 %, cv: 0}}",
         "slots.evening has no hours; write of: lanes"),
        ("phases: {p: {from: 2024-05-14, changes: {offices.un.requests: x 2}}}", "changes a limit that is not there"),
    ],
)  # fmt: skip
def test_offices_and_slots_that_cannot_be_are_said(more: str, said: str) -> None:
    lines = mistakes_in(merged(WORLD, more))
    assert any(said in line for line in lines), lines
