"""The model in SimPy: what must hold in any world, on many awkward ones, and what each verb does, on small ones."""

from collections import Counter, defaultdict
from collections.abc import Callable
from heapq import heappush
from pathlib import Path
from random import Random

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from simpy import Environment, Event
from simpy.events import NORMAL, EventPriority

from sim import events as e
from sim.events import ROW_DTYPE, Log
from sim.luck.draws import draw_loads
from sim.network.base import LuckSlot, Purpose, Setting
from sim.network.convoys import FleetNode, YardNode
from sim.network.corridors import Inspect
from sim.network.gates import GateNode
from sim.network.lanes import PoolNode
from sim.network.network import GridlockError
from sim.network.roads import RoadNode
from sim.readings.conservation import ConservationError
from sim.readings.conservation import check_conservation as check_conservation
from sim.readings.visits import History
from sim.rules import FREEZE, NO_START
from sim.story import corridor
from tests.conftest import Awkward
from tests.worlds.running import ReplicationResult, in_minutes, network_of, run, write_trace

SEEDS = range(40)
awkward = pytest.mark.parametrize("seed", SEEDS)
Row = tuple[int, ...]

# In any world


@awkward
def test_the_order_of_simultaneous_events_does_not_matter(
    ran: Awkward, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = ran(seed)
    for shuffle in range(3):
        luck = Random(1000 * seed + shuffle)

        def schedule(
            env: Environment, event: Event, priority: EventPriority = NORMAL, delay: float = 0, luck: Random = luck
        ) -> None:
            heappush(env._queue, (env._now + delay, priority, luck.getrandbits(62), event))

        monkeypatch.setattr(Environment, "schedule", schedule)
        assert (corridor.run(world.network, world.draws) == world.log).all()


def test_the_awkward_worlds_are_awkward(ran: Awkward) -> None:
    kinds, ties, split, turned = Counter[int](), 0, 0, 0
    for seed in SEEDS:
        log = ran(seed).log
        kinds.update(log["kind"].tolist())
        _, together = np.unique(log[log["kind"] == e.JOINED][["time_s", "place"]], return_counts=True)
        ties += int((together > 1).sum())
        _, vehicles = np.unique(log[log["kind"] == e.COLLECTED]["entity"], return_counts=True)
        split += int((vehicles > 1).sum())
        turned += int((log["kind"] == e.TURNED_AWAY).sum())
    assert set(kinds) == set(e.Kind)
    assert min(kinds.values()) > 3  # some kinds stand in few worlds
    assert ties > 500
    assert split > 30
    assert turned > 50


@awkward
def test_a_row_has_a_value_only_where_its_kind_says_what_it_means(ran: Awkward, seed: int) -> None:
    log = ran(seed).log
    means_something = np.isin(log["kind"], list(e.VALUE))
    may_lack_it = np.isin(log["kind"], [e.REJECTED, e.STARTED])
    assert (log["value"][~means_something] == -1).all()
    assert (log["value"][means_something & ~may_lack_it] >= 0).all()


@awkward
def test_the_log_is_in_canonical_order_and_tells_nothing_twice(ran: Awkward, seed: int) -> None:
    """Only a gate or yard that a corridor names twice, one after the other, is passed twice in a second."""
    log, nodes = ran(seed).log, ran(seed).network.nodes
    assert log.dtype == ROW_DTYPE
    rows = [tuple(int(row[name]) for name in ("time_s", "entity", "kind", "place", "carrier")) for row in log]
    assert rows == sorted(rows)
    told = [row for row in rows if row[3] < 0 or not isinstance(nodes[row[3]], GateNode | YardNode)]
    assert len(told) == len(set(told))
    assert 0 <= rows[0][0] <= rows[-1][0] < ran(seed).network.horizon_s


@awkward
def test_nothing_starts_where_it_is_closed(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        kind = {PoolNode: e.STARTED, GateNode: e.PASSED, YardNode: e.SET_OUT}.get(type(node))
        if kind is not None and isinstance(node, PoolNode | GateNode | YardNode):
            assert (node.calendar.at(world.rows(kind, node.name)["time_s"]) > 0).all(), node.name


@awkward
def test_each_place_serves_by_rank_and_then_in_the_order_of_joining(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        if not isinstance(node, PoolNode):
            continue
        visits = world.visits(node.name)
        ranks = world.draws.rank[visits.entity]
        for rank in np.unique(ranks):
            mine = ranks == rank
            joined_s, started_s = visits.joined_s[mine], visits.started_s[mine]
            for moment in np.unique(joined_s):  # those of one second may have come in different rounds
                assert started_s[joined_s < moment].max(initial=0) <= started_s[joined_s == moment].min(), node.name
            for start_s in np.unique(visits.started_s[mine & (visits.started_s < world.network.horizon_s)]):
                passed_over = (ranks < rank) & (visits.joined_s < start_s) & (visits.started_s > start_s)
                assert not passed_over.any(), node.name


def test_a_service_takes_its_loads_luck_and_frozen_ones_the_closed_time_too(ran: Awkward) -> None:
    assert sum(_services_that_take_their_luck(ran(seed), seed) for seed in SEEDS) > 3000


def _services_that_take_their_luck(world: ReplicationResult, seed: int) -> int:
    """Holds each service of a world against its load's luck, and counts them."""
    purposes = (Purpose.INSPECT, Purpose.MANUAL_TIME, Purpose.TRANSFER, Purpose.OFFLOAD)
    compared = 0
    for slot, values in world.draws.luck_by_slot.items():
        node = world.network.nodes[slot.place]
        if slot.purpose not in purposes or not isinstance(node, PoolNode):
            continue
        visits = world.visits(node.name)
        done = visits.finished_s < world.network.horizon_s
        took = (visits.finished_s - visits.started_s)[done]
        if slot.purpose == Purpose.MANUAL_TIME:  # visits that pass it by have luck there too
            allowed = [set(values[:, load].tolist()) for load in visits.entity[done]]
            drawn = np.array([int(t) if int(t) in a else min(a) for t, a in zip(took, allowed, strict=True)])
        else:
            seen = Counter[Row]()
            nth, whole = [], ~_broken_off(world, node)
            for load, carrier, ended in zip(*(c.tolist() for c in (*visits[:2], whole)), strict=True):
                nth.append(seen[load, carrier])
                seen[load, carrier] += ended
            drawn = values[np.array(nth, dtype=int), visits.entity][done]
            assert (took < drawn)[~whole[done]].all(), f"{node.name}, seed {seed}"
            took, drawn = took[whole[done]], drawn[whole[done]]
        if node.closing_rule == FREEZE or node.breakdowns:
            assert (took >= drawn).all(), f"{node.name}, seed {seed}"
        else:
            assert (took == drawn).all(), f"{node.name}, seed {seed}"
        compared += len(took)
    return compared


def _broken_off(world: ReplicationResult, node: PoolNode) -> NDArray[np.bool_]:
    """Which of the visits to a place ended for closing hour alone."""
    rows = world.rows(e.REJECTED, node.name)
    rows = rows[rows["value"] == e.Reason.TIME]
    closed = set(zip(rows["entity"].tolist(), rows["time_s"].tolist(), strict=True))
    visits = world.visits(node.name)
    ended = zip(visits.entity.tolist(), visits.finished_s.tolist(), strict=True)
    return np.array([one in closed for one in ended], dtype=np.bool_)


@awkward
def test_the_time_spent_by_all_is_the_number_inside_over_time(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        if isinstance(node, PoolNode):
            began, ended = e.JOINED, e.FINISHED
            visits = world.visits(node.name)
            spent = int((visits.finished_s - visits.joined_s).sum())
        elif isinstance(node, GateNode | RoadNode | FleetNode):
            began, ended = (e.JOINED, e.PASSED) if isinstance(node, GateNode) else (e.STARTED, e.FINISHED)
            visits = world.visits(node.name)
            spent = int(((visits.started_s if ended == e.PASSED else visits.finished_s) - visits.joined_s).sum())
        else:
            continue
        assert spent == _integral(world, node.number, began, ended), node.name


@awkward
def test_a_place_that_pauses_or_ends_in_time_is_never_used_more_than_it_is_open(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        days = world.days_at(node.name)
        assert (days.busy_s >= 0).all()
        whole = isinstance(node, FleetNode) and not node.changes  # who is out when a fleet shrinks comes home first
        if whole or (isinstance(node, PoolNode) and _keeps_its_hours(node, world)):
            assert (days.busy_s <= days.open_s).all(), node.name


def _keeps_its_hours(node: PoolNode, world: ReplicationResult) -> bool:
    """Whether all its work is done while it is open; what no window could hold is not."""
    works_s = [values.max() for slot, values in world.draws.luck_by_slot.items() if slot.place == node.number]
    fits = max(works_s, default=0) <= node.longest_s.min()
    return node.closing_rule == FREEZE or (node.closing_rule == NO_START and bool(fits))


@awkward
def test_vehicles_carry_no_more_than_they_can_and_bring_what_they_took(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    fleets = [node for node in world.network.nodes if isinstance(node, FleetNode)]
    fleet_of = {int(row["carrier"]): fleet for fleet in fleets for row in world.rows(e.STARTED, fleet.name)}
    on_board: dict[int, int] = defaultdict(int)
    taken: dict[Row, int] = {}
    for row in world.rows(e.COLLECTED):
        on_board[int(row["carrier"])] += int(row["value"])
        taken[int(row["entity"]), int(row["carrier"])] = int(row["value"])
    for carrier, pallets in on_board.items():
        assert pallets <= fleet_of[carrier].vehicle_pallets
    arrived = world.rows(e.ARRIVED)
    for row in arrived[arrived["carrier"] >= 0]:
        assert taken[int(row["entity"]), int(row["carrier"])] == row["value"]


@awkward
def test_a_split_load_adds_up_and_arrives_with_its_last_part(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    parts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in world.rows(e.ARRIVED):
        parts[int(row["entity"])].append((int(row["time_s"]), int(row["value"])))
    travelled = world.transit
    dispatched_s = dict(zip(world.milestones["dispatched"].load, world.milestones["dispatched"].time_s, strict=True))
    for load, outcome, seconds in zip(*(column.tolist() for column in travelled), strict=True):
        whole = sum(pallets for _, pallets in parts[load]) == world.draws.pallets[load]
        assert whole == (outcome == 0)
        if whole:
            assert seconds == max(time_s for time_s, _ in parts[load]) - dispatched_s[load]
    for load, came in parts.items():
        assert sum(pallets for _, pallets in came) <= world.draws.pallets[load]


@awkward
def test_a_convoy_is_as_large_as_its_yard_allows(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        if not isinstance(node, YardNode):
            continue
        convoys = world.rows(e.SET_OUT, node.name)
        if node.first_s >= 0:
            assert ((convoys["time_s"] - node.first_s) % node.every_s == 0).all()
        own = convoys[convoys["carrier"] < 0]  # of trucks that gather themselves
        sizes = Counter(world.rows(e.STARTED, node.name)["time_s"].tolist())
        convoys_at = Counter(own["time_s"].tolist())
        lines = sum(line.yard == node.number and line.fleet < 0 for line in world.network.lines)
        assert sizes.keys() == convoys_at.keys()
        for time_s, size in sizes.items():
            assert size <= node.setting_over_time(Setting.max).at(time_s) * convoys_at[time_s]
            assert node.first_s < 0 or convoys_at[time_s] <= lines


@awkward
def test_no_load_is_rejected_more_often_than_it_has_attempts(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    attempts = {s.site: s.attempts for route in world.network.routes for s in route.steps if isinstance(s, Inspect)}
    returned = {(int(row["entity"]), int(row["place"])) for row in world.rows(e.RETURNED)}
    said_no = world.rows(e.REJECTED)
    said_no = said_no[said_no["value"] != e.Reason.TIME]
    rejected = Counter((int(row["entity"]), int(row["place"])) for row in said_no)
    for (load, site), times in rejected.items():
        assert times <= attempts[site]
        assert ((load, site) in returned) == (times == attempts[site])


def _integral(world: ReplicationResult, place: int, began: int, ended: int) -> int:
    """How many are there, summed over all seconds of the run; a count that walks the log."""
    inside, since_s, total = 0, 0, 0
    for row in world.log[world.log["place"] == place]:
        if row["kind"] in (began, ended):
            total += inside * (int(row["time_s"]) - since_s)
            inside += 1 if row["kind"] == began else -1
            since_s = int(row["time_s"])
    return total + inside * (world.network.horizon_s - since_s)


# What conservation would see


def _twice(log: Log, kind: int) -> Log:
    """A log in which the first row of a kind came again an hour later."""
    again = log[log["kind"] == kind][:1].copy()
    again["time_s"] += 3600
    return np.sort(np.concatenate([log, again]), order=["time_s", "entity", "kind", "place", "carrier"])


def _more(log: Log, kind: int) -> Log:
    """A log in which the first row of a kind tells of one pallet too many."""
    changed = log.copy()
    changed["value"][np.flatnonzero(log["kind"] == kind)[0]] += 1
    return changed


def _never(log: Log, kind: int) -> Log:
    """A log without the first row of a kind."""
    return np.delete(log, np.flatnonzero(log["kind"] == kind)[0])


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [(_twice, e.ARRIVED), (_twice, e.OFFLOADED), (_twice, e.COLLECTED), (_more, e.ARRIVED), (_more, e.COLLECTED),
     (_more, e.OFFLOADED), (_never, e.REQUESTED), (_never, e.OFFLOADED), (_never, e.COLLECTED)],
)  # fmt: skip
def test_pallets_that_appear_or_vanish_are_noticed(tamper: Callable[[Log, int], Log], kind: int) -> None:
    world = run(STOCKED)
    tampered = ReplicationResult(world.network, world.draws, tamper(world.log, kind))
    with pytest.raises(ConservationError):
        check_conservation(
            tampered.network, tampered.draws, History(tampered.log, tampered.network.horizon_s), tampered.milestones,
            tampered.places,
        )  # fmt: skip


# Verb by verb

TRACED = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"
BATCH = "flows: {f: {sector: un, cargo: food}}\nstart: {s: {flow: f, corridor: only, loads: 5}}\n"
STOCKED = """
cargos: {food: {pallets: 20, weight: 20 t}}
bays: {apron: {lanes: 2, time: 10 min}}
platforms: {pad: {room: 50}}
yards: {hub: {min: 1, max: 2, patience: 30 min}}
fleets: {pool: {vehicles: 2, pallets: 15, home: 20 min}}
roads: {out: {time: 40 min}}
warehouses: {dock: {lanes: 1, time: 5 min}}
corridors:
  only:
    from: away
    to: here
    steps: [{transfer: {onto: pad, bays: apron}}, {convoy: {yard: hub, from: pad, fleet: pool}}, {travel: out}, {offload: dock}]
flows: {f: {sector: un, cargo: food, rate: 40/day, corridors: {only: 100 %}}}
"""  # noqa: E501


def only(*steps: str) -> str:
    """One corridor of these steps."""
    return f"corridors: {{only: {{from: away, to: here, steps: [{', '.join(steps)}]}}}}\n"


def test_vehicles_load_full_and_a_part_full_one_leaves_when_patience_runs_out() -> None:
    world = run(
        STOCKED.replace("rate: 40/day, corridors: {only: 100 %}", "rate: 0/day")
        + "start: {s: {flow: f, corridor: only, loads: 2, at: platforms.pad}}"
    )
    collected = world.rows(e.COLLECTED)
    told = [tuple(int(row[name]) for name in ("time_s", "entity", "carrier", "value")) for row in collected]
    # 40 pallets: two vehicles of 15 leave at once; they are home after 40 + 5 (+ 5) + 20 min, and the last 10 pallets
    # leave 30 min after the first of them came
    assert told == [(0, 0, 0, 15), (0, 0, 15, 5), (0, 1, 15, 10), (95 * 60, 1, 30, 10)]
    assert in_minutes(world.rows(e.SET_OUT)["time_s"]) == [0, 95]
    assert world.times_min(e.FINISHED, "fleets.pool") == [65, 70, 160]
    assert world.arrivals_min() == [45, 50, 50, 140]


def test_a_bay_is_held_until_the_platform_has_room_for_all_pallets() -> None:
    world = run(
        STOCKED.replace("rate: 40/day, corridors: {only: 100 %}", "rate: 0/day").replace("room: 50", "room: 39")
        + "start: {s: {flow: f, corridor: only, loads: 3}}"
    )
    # the first is down at 10 and a vehicle takes 15 of it; then there is room for the second, and so on
    assert world.times_min(e.OFFLOADED) == [10, 10, 20]
    assert world.dwell("bays.apron")["blocked"] == 0
    tight = run(
        STOCKED.replace("rate: 40/day, corridors: {only: 100 %}", "rate: 0/day").replace("room: 50", "room: 20")
        + "start: {s: {flow: f, corridor: only, loads: 2}}"
    )
    # 5 pallets of the first stand until a vehicle's patience is over at 40 min
    assert tight.times_min(e.OFFLOADED) == [10, 40]
    assert tight.dwell("bays.apron")["blocked"] == pytest.approx(30 / 2 / 60)


def test_rank_nought_goes_first(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 0, 0], "late.csv")
    write_trace(tmp_path, [5, 5], "urgent.csv")
    world = run(
        "warehouses: {dock: {lanes: 1, time: 10 min}}\n" + only("{offload: dock}") + "flows:\n"
        "  a: {sector: un, cargo: food, trace: late.csv, corridors: {only: 1}}\n"
        "  z: {sector: un, cargo: food, trace: urgent.csv, corridors: {only: 1}, rank: 0}\n",
        tmp_path,
    )
    assert world.arrivals_min() == [10, 40, 50, 20, 30]  # nobody is thrown off a lane


def test_a_rejected_load_comes_back_with_its_next_luck_and_is_returned_in_the_end(tmp_path: Path) -> None:
    write_trace(tmp_path, range(0, 2000, 20))
    world = run(
        "sites: {scan: {lanes: 99, time: {law: exponential, mean: 20 min},"
        " rejected: {share: 50 %, after: {law: exponential, mean: 9 min}, attempts: 3}}}\n"
        "warehouses: {dock: {lanes: 99, time: 1 min}}\n" + only("{inspect: scan}", "{offload: dock}") + TRACED,
        tmp_path,
    )
    site = world.node("sites.scan").number
    work_s, rejected, after_s = (
        world.draws.luck_by_slot[LuckSlot(purpose, site)]
        for purpose in (Purpose.INSPECT, Purpose.REJECTED, Purpose.REJECTED_AFTER)
    )
    outcomes = Counter[int]()
    for load in range(len(world.draws)):
        now_s, visit = int(world.draws.created_s[load]), 0
        while True:
            now_s += int(work_s[visit, load])
            if not rejected[visit, load] or visit == 2:
                break
            now_s += int(after_s[visit, load])
            visit += 1
        outcomes[visit + 3 * int(rejected[visit, load])] += 1
        last = world.log[(world.log["entity"] == load)][-1]
        if now_s + 60 < world.network.horizon_s:
            returned = rejected[visit, load]
            assert last["kind"] == (e.RETURNED if returned else e.ARRIVED)
            assert last["time_s"] == now_s + 60 * (not returned)
    assert set(outcomes) == {0, 1, 2, 5}


def test_a_load_sent_back_to_an_earlier_step_repeats_the_drive(tmp_path: Path) -> None:
    write_trace(tmp_path, [0])
    text = (
        "roads: {in: {time: {law: exponential, mean: 1 h}}}\n"
        "sites: {scan: {lanes: 1, time: 10 min, rejected: {share: 100 %, attempts: 3, back_to: drive}}}\n"
        "warehouses: {dock: {lanes: 1, time: 1 min}}\n"
        + only("{travel: in, as: drive}", "{inspect: scan}", "{offload: dock}")
    )
    world = run(text + TRACED, tmp_path)
    drives_s = world.draws.luck_by_slot[LuckSlot(Purpose.TRAVEL, world.node("roads.in").number)][:, 0]
    assert len(set(drives_s.tolist())) == 3
    reached_s = np.cumsum(drives_s + np.array([0, 600, 600]))
    assert world.rows(e.FINISHED, "roads.in")["time_s"].tolist() == reached_s.tolist()
    assert world.rows(e.REJECTED)["time_s"].tolist() == (reached_s + 600).tolist()
    assert world.rows(e.RETURNED)["time_s"].tolist() == [reached_s[-1] + 600]
    assert world.milestones["dispatched"].time_s.tolist() == [0]


def test_who_finds_no_room_is_turned_away_or_waits_outside(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 1, 2, 3])
    text = "warehouses: {dock: {lanes: 1, time: 10 min, room: 1, overflow: OVERFLOW}}\n" + only("{offload: dock}")
    away = run(text.replace("OVERFLOW", "turn_away") + TRACED, tmp_path)
    assert away.arrivals_min() == [10, 20]
    assert away.times_min(e.TURNED_AWAY) == [2, 3]
    outside = run(text.replace("OVERFLOW", "block") + TRACED, tmp_path)
    assert outside.arrivals_min() == [10, 20, 30, 40]
    assert outside.times_min(e.JOINED) == [0, 1, 10, 20]
    none = run(text.replace("OVERFLOW", "turn_away").replace("room: 1", "room: 0") + TRACED, tmp_path)
    assert none.times_min(e.TURNED_AWAY) == [1, 2, 3]


def test_a_share_of_loads_goes_on_to_bays_of_its_own() -> None:
    world = run(
        "sites: {scan: {lanes: 1, time: 10 min, manual: {share: 100 %, bays: 1, time: 25 min}}}\n"
        "warehouses: {dock: {lanes: 9, time: 1 min}}\n" + only("{inspect: scan}", "{offload: dock}") + BATCH
    )
    assert world.times_min(e.FINISHED, "sites.scan") == [10, 20, 30, 40, 50]  # the lane does not wait for the bay
    assert world.times_min(e.FINISHED, "sites.scan.manual") == [35, 60, 85, 110, 135]


def test_a_convoy_of_trucks_drives_as_one_with_the_luck_of_its_first() -> None:
    world = run(
        "yards: {hub: {min: 5, max: 5}}\nroads: {out: {time: {law: exponential, mean: 1 h}}}\n"
        "gates: {rim: {calendar: late}}\ncalendars: {late: {windows: {all: {hours: '20:00-24:00'}}}}\n"
        "warehouses: {dock: {lanes: 9, time: 1 min}}\n"
        + only("{convoy: hub}", "{travel: out}", "{pass_gate: rim}", "{travel: out}", "{offload: dock}")
        + BATCH
    )
    out = world.draws.luck_by_slot[LuckSlot(Purpose.TRAVEL, world.node("roads.out").number)]
    first, second = out[0, 0], out[1, 0]
    finished = world.rows(e.FINISHED, "roads.out")["time_s"].tolist()
    assert finished == [first] * 5 + [20 * 3600 + second] * 5
    assert world.times_min(e.PASSED) == [1200] * 5


def test_patience_is_that_of_the_oldest_and_not_of_the_first(tmp_path: Path) -> None:
    write_trace(tmp_path, [0], "old.csv")
    write_trace(tmp_path, [40], "urgent.csv")
    world = run(
        "yards: {hub: {min: 3, max: 3, patience: 1 h}}\nwarehouses: {dock: {lanes: 9, time: 1 min}}\n"
        + only("{convoy: hub}", "{offload: dock}")
        + "flows:\n  a: {sector: un, cargo: food, trace: old.csv, corridors: {only: 1}}\n"
        "  z: {sector: un, cargo: food, trace: urgent.csv, corridors: {only: 1}, rank: 0}\n",
        tmp_path,
    )
    assert world.times_min(e.SET_OUT) == [60]
    assert world.arrivals_min() == [61, 61]


def test_a_timetable_lets_one_convoy_go_from_a_platform_at_a_time() -> None:
    world = run(
        STOCKED.replace("rate: 40/day, corridors: {only: 100 %}", "rate: 0/day")
        .replace("vehicles: 2, pallets: 15", "vehicles: 9, pallets: 10")
        .replace("max: 2, patience: 30 min", "max: 2, timetable: {first: 15 min, every: 1 h}")
        + "start: {s: {flow: f, corridor: only, loads: 2, at: platforms.pad}}\n"
    )
    assert in_minutes(world.rows(e.SET_OUT)["time_s"]) == [15, 75]
    assert world.rows(e.SET_OUT)["value"].tolist() == [20, 20]


def test_stock_is_collected_from_the_next_midnight_on() -> None:
    world = run(
        STOCKED.replace("room: 50", "room: 90, collect: next_day").replace(
            "rate: 40/day, corridors: {only: 100 %}", "rate: 0/day"
        )
        + "start: {s: {flow: f, corridor: only, loads: 2}}"
    )
    assert world.times_min(e.OFFLOADED) == [10, 10]
    assert world.times_min(e.COLLECTED)[0] == 24 * 60


def test_the_yard_whose_first_load_comes_first_has_the_vehicles(tmp_path: Path) -> None:
    write_trace(tmp_path, [0, 20], "a.csv")
    write_trace(tmp_path, [10, 30], "b.csv")
    steps = (
        "steps: [{transfer: {onto: PAD, bays: apron}}, {convoy: {yard: YARD, from: PAD, fleet: pool}}, {offload: dock}]"
    )
    world = run(
        "bays: {apron: {lanes: 9, time: 1 min}}\nplatforms: {pad: {}, zone: {}}\n"
        "yards: {near: {max: 1}, far: {max: 1}}\nfleets: {pool: {vehicles: 1, pallets: 20, home: 1 h}}\n"
        "warehouses: {dock: {lanes: 9, time: 1 min}}\ncorridors:\n"
        f"  x: {{from: away, to: here, {steps.replace('PAD', 'pad').replace('YARD', 'near')}}}\n"
        f"  y: {{from: away, to: here, {steps.replace('PAD', 'zone').replace('YARD', 'far')}}}\n"
        "flows:\n  a: {sector: un, cargo: food, trace: a.csv, corridors: {x: 1}}\n"
        "  b: {sector: un, cargo: food, trace: b.csv, corridors: {y: 1}}\n",
        tmp_path,
    )  # fmt: skip
    in_turn = [world.load_identity(int(row["entity"])) for row in world.rows(e.COLLECTED)]
    assert in_turn == ["flows.a/0/0", "flows.b/0/0", "flows.a/0/1", "flows.b/0/1"]
    assert in_minutes(world.rows(e.COLLECTED)["time_s"]) == [1, 62, 123, 184]


def test_an_opening_stock_goes_on_from_where_it_stands() -> None:
    text = (
        "roads: {in: {time: 1 h}}\nsites: {scan: {lanes: 9, time: 10 min}}\nyards: {hub: {min: 5, max: 5}}\n"
        "warehouses: {dock: {lanes: 9, time: 1 min}}\n"
        + only("{travel: in}", "{inspect: scan}", "{convoy: hub}", "{offload: dock}")
        + BATCH
    )
    at = {"": 71, ", at: roads.in": 71, ", at: sites.scan": 11, ", at: yards.hub": 1, ", at: warehouses.dock": 1}
    for place, arrived in at.items():
        world = run(text.replace("loads: 5", "loads: 5" + place))
        assert world.arrivals_min() == [arrived] * 5, place


# Standstill

CYCLE = """
sites: {left: {lanes: 1, time: 10 min, room: 0}, right: {lanes: 1, time: 10 min, room: 0}}
warehouses: {dock: {lanes: 1, time: 1 min}}
corridors:
  one: {from: away, to: here, steps: [{inspect: left}, {inspect: right}, {offload: dock}]}
  two: {from: away, to: here, steps: [{inspect: right}, {inspect: left}, {offload: dock}]}
flows: {f: {sector: un, cargo: food}}
start: {a: {flow: f, corridor: one, loads: 1}, b: {flow: f, corridor: two, loads: 1}}
"""


@pytest.mark.parametrize(
    "more",
    [
        "",
        "calendars: {day: {windows: {all: {hours: '00:00-16:00'}}}}\n",
        "warehouses: {side: {lanes: 1, time: 1 min}}\n"
        "corridors: {other: {from: away, to: here, steps: [{offload: side}]}}\n"
        "flows: {busy: {sector: un, cargo: food, rate: 40/day, corridors: {other: 1}}}\n",
    ],
    ids=["alone", "with opening hours", "beside a corridor that goes on"],
)
def test_places_that_wait_for_each_other_for_ever_are_an_error_that_names_them(more: str) -> None:
    text = CYCLE.replace("room: 0", "room: 0, calendar: day") if "calendars" in more else CYCLE
    merged = text + more if "corridors" not in more else _with(text, more)
    with pytest.raises(GridlockError, match=r"sites\.left, sites\.right wait for room in each other"):
        run(merged)


@pytest.mark.parametrize("change", [("lanes: 1, time: 10 min", "lanes: 2, time: 10 min"), ("room: 0", "room: 1")])
def test_room_for_one_more_undoes_the_knot(change: tuple[str, str]) -> None:
    assert len(run(CYCLE.replace(*change)).arrivals_min()) == 2


@pytest.mark.parametrize(
    "text",
    [
        "gates: {rim: {calendar: never}}\nwarehouses: {dock: {lanes: 1, time: 1 min}}\n"
        + only("{pass_gate: rim}", "{offload: dock}"),
        "yards: {hub: {min: 6, max: 6}}\nwarehouses: {dock: {lanes: 1, time: 1 min}}\n"
        + only("{convoy: hub}", "{offload: dock}"),
        "sites: {scan: {lanes: 1, time: 1 min}}\n"
        "warehouses: {dock: {lanes: 1, time: 1 min, room: 0, calendar: never}}\n"
        + only("{inspect: scan}", "{offload: dock}"),
    ],
    ids=["closed gate", "too few for a convoy", "blocked by a closed warehouse"],
)
def test_waiting_for_an_opening_or_for_others_is_no_error(text: str) -> None:
    world = run(text + BATCH)
    assert world.arrivals_min() == []
    assert world.measure("arrived_trucks_per_day") == 0


def test_a_run_is_a_pure_function_of_its_network_and_its_luck() -> None:
    network = network_of(STOCKED)
    draws = draw_loads(network, 5, 2)
    first, second = corridor.run(network, draws), corridor.run(network, draws)
    assert (first == second).all()
    assert len(first) > 100


def _with(text: str, more: str) -> str:
    one, other = yaml.safe_load(text), yaml.safe_load(more)
    return yaml.safe_dump({key: {**one.get(key, {}), **other.get(key, {})} for key in {**one, **other}})
