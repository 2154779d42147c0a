"""Missions and loads that ask the same office. Each case is worked by hand and holds in both engines.

In minutes. The world is that of test_missions.py: a trip takes 60 minutes out, 30 at the dock, 30 home.
"""

from pathlib import Path

import pytest

from sim import events as e
from sim.readings import whereabouts
from sim.rules import (
    ASKED,
    DENIED,
    FACILITATED,
    NO_REQUEST,
    NOT_ASKED,
    PARTIAL,
    PERMITTED,
    may_go,
    must_apply,
    request_carrier,
)
from tests.engines.test_missions import DAY, STOCK, TRUCKS, both, told
from tests.worlds.running import ReplicationResult, mistakes_in, network_of, run_network, write_trace

HUB = "hub: {min: 1, max: 10,"
SHARED = """
  asks:
    from: away
    to: here
    steps: [{permit: un}, {offload: dock}]
flows:
  trade: {sector: commercial, cargo: food, trace: trade.csv, corridors: {asks: 100 %}}
  aid: {"""


def desk(permission: str, office: str = "time: 1 h", text: str = STOCK) -> str:
    """The world whose yard asks the office `un`."""
    assert HUB in text
    return text.replace(HUB, f"{HUB} permission: {{office: un, {permission}}},") + f"offices: {{un: {{{office}}}}}\n"


def shared(permission: str, office: str) -> str:
    """And in which loads ask it as well."""
    return desk(permission, office).replace("\nflows: {aid: {", SHARED).replace("only: 100 %}}}\n", "only: 100 %}}\n")


def of_missions(world: ReplicationResult, kind: int) -> list[float]:
    """When rows of that kind tell of requests of lines, in the order of time."""
    rows = world.rows(kind, "offices.un")
    return sorted(float(row["time_s"]) / 60 for row in rows if row["carrier"] < -1)


# Rules


@pytest.mark.parametrize(
    ("waits", "outcome", "request_", "now_s", "asks"),
    [
        (True, FACILITATED, NO_REQUEST, 60, True), (True, DENIED, NO_REQUEST, 61, True),
        (True, FACILITATED, NO_REQUEST, 59, False), (False, FACILITATED, NO_REQUEST, 60, False),
        (True, NOT_ASKED, NO_REQUEST, 60, False), (True, FACILITATED, ASKED, 60, False),
        (True, FACILITATED, PERMITTED, 60, False),
    ],
)  # fmt: skip
def test_a_line_asks_for_what_it_needs_and_has_not(
    waits: bool, outcome: int, request_: int, now_s: int, asks: bool
) -> None:
    assert must_apply(waits, outcome, request_, now_s, 60) == asks


@pytest.mark.parametrize(
    ("outcome", "request_", "goes"),
    [
        (FACILITATED, NO_REQUEST, False), (FACILITATED, ASKED, False), (FACILITATED, PERMITTED, True),
        (DENIED, PERMITTED, True), (NOT_ASKED, NO_REQUEST, True), (NOT_ASKED, ASKED, True),
    ],
)  # fmt: skip
def test_a_mission_goes_with_permission_or_where_it_needs_none(outcome: int, request_: int, goes: bool) -> None:
    assert may_go(outcome, request_) == goes


def test_requests_of_lines_have_names_of_their_own() -> None:
    assert [request_carrier(line) for line in (0, 1, 7)] == [-2, -3, -9]


# At the office


def test_a_load_and_a_yard_share_one_request_a_day(tmp_path: Path) -> None:
    text = shared("lead: 2 h", "time: 1 h, requests: 1/day").replace("days: 2", "days: 4")
    world = both(tmp_path, text, aid=(300,), trade=(10,))
    assert of_missions(world, e.JOINED) == [0, 301]
    assert of_missions(world, e.STARTED) == [0, 2 * DAY]  # on the day between it is the load's turn
    assert of_missions(world, e.AUTHORISED) == [120, 2 * DAY + 120]
    assert told(world, e.SET_OUT) == [(120, 40), (2 * DAY + 120, 10)]
    (load,) = [row for row in world.rows(e.AUTHORISED) if row["carrier"] == -1]
    assert load["time_s"] / 60 == DAY + 60
    days = world.days_at("offices.un")
    assert days.used.tolist() == [1, 1, 1, 0] and days.capacity.tolist() == [1] * 4  # requests of both
    assert days.joined.tolist() == [1, 0, 0, 0] and days.backlog_end.tolist() == [1, 0, 0, 0]  # loads alone
    assert world.measure("utilisation:offices.un") == 0.75
    assert world.measure("authorised:offices.un") == world.measure("authorised_trucks_per_day") == 0.25
    assert world.measure("authorised_missions:offices.un") == 0.5
    assert world.dwell("offices.un") == {"wait": 23 + 50 / 60, "closed": 0, "service": 1, "blocked": 0}


def test_who_asked_first_goes_first_but_for_rank(tmp_path: Path) -> None:
    text = shared("lead: 1 min", "time: 1 h, requests: 1/day").replace("days: 2", "days: 3")
    text = text.replace("loads: 4}", "loads: 0}")
    for rank, started in (("", [2 * DAY]), ("rank: 0, ", [DAY])):
        world = both(tmp_path, text.replace("aid: {sector", f"aid: {{{rank}sector"), aid=(60,), trade=(10, 20))
        assert of_missions(world, e.JOINED) == [61] and of_missions(world, e.STARTED) == started


def test_two_yards_that_ask_one_office_are_two(tmp_path: Path) -> None:
    text = TRUCKS.replace("a: {min: 1,", "a: {permission: {office: un}, min: 1,").replace(
        "z: {min: 1,", "z: {permission: {office: un, lead: 2 h}, min: 1,"
    )  # fmt: skip
    world = both(tmp_path, text + "offices: {un: {time: 1 h, requests: 1/day}}", aid=(5, 9), trade=(3,))
    assert told(world, e.SET_OUT, "z") == [(123, 20)]
    assert told(world, e.SET_OUT, "a") == [(DAY + 1 / 60, 40)]  # a lead of none is a second
    assert sorted(int(row["carrier"]) for row in world.rows(e.JOINED, "offices.un")) == [-3, -2]
    there = whereabouts.whereabouts_at_end(world.network, world.draws, world.history)
    assert set(there.state.tolist()) == {whereabouts.ARRIVED}


def test_a_truck_that_waits_at_its_yard_is_there_and_not_at_the_office(tmp_path: Path) -> None:
    text = TRUCKS.replace("a: {min: 1,", "a: {permission: {office: un}, min: 2,")
    for more in ("calendar: never", "calendar: always"):  # the request waits; there is permission, and no second truck
        world = both(tmp_path, text + f"offices: {{un: {{time: 1 h, {more}}}}}", aid=(5,))
        there = whereabouts.whereabouts_at_end(world.network, world.draws, world.history)
        assert there.place.tolist() == [world.node("yards.a").number]
        assert there.state.tolist() == [whereabouts.WAITING] and there.since_s.tolist() == [300]
        assert world.days_at("offices.un").backlog_end.tolist() == [0, 0]


def test_a_lead_stands_still_while_the_office_is_closed(tmp_path: Path) -> None:
    text = desk("lead: 3 h", "time: 1 h, calendar: office_hours")
    text += 'calendars: {office_hours: {windows: {all: {hours: "08:00-16:00"}}}}\n'
    world = both(tmp_path, text, aid=(899,))
    assert of_missions(world, e.STARTED) == [480, 900]
    assert told(world, e.SET_OUT) == [(660, 40), (DAY + 600, 10)]


# At the yard


def test_a_permission_is_kept_until_vehicles_are_free(tmp_path: Path) -> None:
    text = desk("lead: 10 min").replace("vehicles: 4", "vehicles: 1").replace("loads: 4", "loads: 2")
    world = both(tmp_path, text)
    assert of_missions(world, e.JOINED) == [0, 10] and of_missions(world, e.AUTHORISED) == [10, 20]
    assert told(world, e.SET_OUT) == [(10, 10), (130, 10)]


def test_a_permission_is_not_asked_for_while_none_is_needed(tmp_path: Path) -> None:
    text = desk("lead: 1 h, needed: night").replace("vehicles: 4", "vehicles: 9")
    text += "calendars: {night: {windows: {all: {hours: '20:00-06:00'}}}}\n"
    world = both(tmp_path, text, aid=(329, 600, 1199))
    assert of_missions(world, e.JOINED) == [0, 330]
    assert of_missions(world, e.AUTHORISED) == [60, 390]  # by day, and kept until the evening
    assert told(world, e.MISSION) == [(60, FACILITATED), (1200, FACILITATED)]
    assert told(world, e.SET_OUT) == [(60, 40), (360, 10), (601, 10), (1200, 10)]


def test_who_waits_asks_as_the_need_begins(tmp_path: Path) -> None:
    text = desk("lead: 10 min, needed: late").replace("vehicles: 4", "vehicles: 1").replace("loads: 4", "loads: 2")
    world = both(tmp_path, text + "calendars: {late: {windows: {all: {hours: '01:00-24:00'}}}}\n")
    assert of_missions(world, e.JOINED) == [60]
    assert told(world, e.SET_OUT) == [(0, 10), (120, 10)]


def test_any_outcome_uses_a_permission_up(tmp_path: Path) -> None:
    """Who was denied, or the half that was left, asks anew when it may try again."""
    denied = both(tmp_path, desk("outcomes: {denied: 100 %}, again: 1 h, lead: 30 min"))
    assert of_missions(denied, e.JOINED)[:3] == [0, 90, 180]
    assert told(denied, e.MISSION)[:3] == [(30, DENIED), (120, DENIED), (210, DENIED)]
    partial = both(tmp_path, desk("outcomes: {partial: 100 %}, lead: 30 min"))
    assert of_missions(partial, e.JOINED) == [0, 60, 120]
    assert told(partial, e.MISSION) == [(30, PARTIAL), (90, PARTIAL), (150, PARTIAL)]
    assert told(partial, e.SET_OUT) == [(30, 20), (90, 10), (150, 10)]


def test_a_request_moves_nobodys_luck(tmp_path: Path) -> None:
    plain = both(tmp_path, STOCK.replace(HUB, f"{HUB} permission: {{outcomes: {{facilitated: 1}}}},"), aid=(500,))
    asked = [run_network(network_of(desk(f"lead: {lead} min"), tmp_path)) for lead in (5, 6)]
    assert {world.digests["luck"] for world in (plain, *asked)} == {plain.digests["luck"]}
    assert len({world.digests["inputs"] for world in (plain, *asked)}) == 3


# Mistakes


@pytest.mark.parametrize(
    ("permission", "said"),
    [
        ("{again: 1 day}", "wanted outcomes, an office to ask, or both"),
        ("{outcomes: {denied: 1}, lead: 1 h}", "a lead is that of an office"),
        ("{office: nu}", "there is no offices.nu (there is: un)"),
        ("{office: un, lead: soon}", "lead"),
    ],
)
def test_a_permission_that_nobody_can_give_is_said(permission: str, said: str, tmp_path: Path) -> None:
    write_trace(tmp_path, (), "aid.csv")
    text = STOCK.replace(HUB, f"{HUB} permission: {permission},") + "offices: {un: {time: 1 h}}"
    (line,) = mistakes_in(text, tmp_path)
    assert line.startswith("yards.hub.permission") and said in line
