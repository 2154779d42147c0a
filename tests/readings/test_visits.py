"""The passes over a log and over moments against searches that look at everything, second by second and row by row."""

import numpy as np
import pytest

from sim.events import ARRIVED, COLLECTED, FINISHED, JOINED, OFFLOADED, PASSED, REJECTED, STARTED, Log, canonical_log
from sim.network.convoys import FleetNode
from sim.network.roads import RoadNode
from sim.readings import passes
from sim.readings.visits import DailyChanges, History, Level, daily_level, level_extremes, midnights
from sim.units import DAY_S
from tests.conftest import Awkward

HORIZON_S = 400
ROAD, POOL, GATE, YARD, FLEET = range(5)
Row = tuple[int, int, int, int, int, int]
Told = tuple[int, int, int, int, int, int, int]


def story(luck: np.random.Generator, entity: int, carrier: int) -> list[Row]:
    """What a log could tell of one truck or vehicle: a trip around all, and some visits that take no time."""
    now = int(luck.integers(100))
    rows = [(now, entity, STARTED, FLEET, carrier, -1)] if carrier >= 0 else []
    for place in luck.integers(ROAD, FLEET, 8).tolist():
        begins, lane = STARTED if place == ROAD else JOINED, int(luck.integers(3))
        rows.append((now, entity, begins, place, carrier, -1))
        now += int(luck.integers(3)) * 10
        if place in (POOL, YARD):
            rows.append((now, entity, STARTED, place, carrier, lane))
        elif place == GATE:
            rows.append((now, entity, PASSED, place, carrier, -1))
        if place in (ROAD, POOL):
            now += int(luck.integers(1, 30))
            rows.append((now, entity, FINISHED, place, carrier, -1))
            if luck.random() < 0.3:
                rows.append((now, entity, REJECTED, place, carrier, -1))
            now += int(luck.integers(2)) * 5
    if carrier >= 0:
        rows += [(now, entity, ARRIVED, POOL, carrier, 3), (now + 7, entity, FINISHED, FLEET, carrier, -1)]
    return [row for row in rows if row[0] < HORIZON_S]


def invented(seed: int) -> Log:
    """A log of loads on their own trucks, and of vehicles named by the pallets of some loads."""
    luck = np.random.default_rng(seed)
    who = [(load, -1) for load in range(20)] + [(load, 5 * load + n) for load in range(0, 20, 3) for n in range(3)]
    return canonical_log(sorted(row for one in who for row in story(luck, *one)))


def searched(log: Log, place: int, begins: int, horizon_s: int) -> list[Told]:
    """The visits to a place: the n-th beginning of somebody there with their n-th start and end."""
    rows = [tuple(int(value) for value in row) for row in log]
    found = []
    for who in {(row[1], row[4]) for row in rows}:
        own = sorted((row for row in rows if (row[1], row[4]) == who), key=lambda row: (row[0], row[2]))
        joined = [row for row in own if row[2:4] == (begins, place)]
        started = [row for row in own if row[2] in (STARTED, PASSED) and row[3] == place]
        ended = [i for i, row in enumerate(own) if row[2:4] == (FINISHED, place)]
        for n, row in enumerate(joined):
            start_s, lane = (started[n][0], started[n][5]) if n < len(started) else (horizon_s, -1)
            end_s = own[ended[n]][0] if n < len(ended) else horizon_s
            left_s = own[ended[n] + 1][0] if n < len(ended) and ended[n] + 1 < len(own) else horizon_s
            found.append((*who, row[0], start_s, end_s, left_s, lane))
    return sorted(found)


def read(history: History, place: int) -> list[Told]:
    """The same as the history tells them."""
    columns = (column.tolist() for column in history.visits(place))
    return sorted(zip(*columns, strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_each_visit_is_that_which_a_search_of_all_rows_finds(seed: int) -> None:
    log = invented(seed)
    history = History(log, HORIZON_S)
    for place in range(FLEET + 1):
        begins = STARTED if place in (ROAD, FLEET) else JOINED
        told = searched(log, place, begins, HORIZON_S)
        assert read(history, place) == told
        assert (np.diff(history.visits(place).joined_s) >= 0).all()
        assert len(told) > 5


@pytest.mark.parametrize("seed", range(3))
def test_each_visit_to_an_awkward_world_is_that_which_a_search_of_all_rows_finds(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for node in world.network.nodes:
        begins = STARTED if isinstance(node, RoadNode | FleetNode) else JOINED
        assert read(world.history, node.number) == searched(world.log, node.number, begins, world.network.horizon_s)


@pytest.mark.parametrize("seed", range(3))
def test_what_tells_of_no_visit_is_kept_as_it_was_logged(ran: Awkward, seed: int) -> None:
    world = ran(seed)
    for kind in (OFFLOADED, COLLECTED, ARRIVED, REJECTED):
        for node in world.network.nodes:
            assert (world.history.rows(kind, node.number) == world.rows(kind, node.name)).all()
        assert len(world.history.rows(kind)) == len(world.rows(kind))


def test_a_history_of_nothing_has_no_visits_and_no_rows() -> None:
    history = History(canonical_log([]), HORIZON_S)
    assert len(history.visits(3).entity) == len(history.rows(ARRIVED)) == len(history.rows(ARRIVED, 3)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_rows_are_sorted_by_who_they_tell_of_and_equals_stay_as_they_were(seed: int) -> None:
    entity, carrier = np.random.default_rng(seed).integers(-1, 8, (2, 300))
    order = passes.order_by_load_and_carrier(entity + 1, carrier)
    assert order.tolist() == np.lexsort((carrier, entity)).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_the_integral_of_a_level_over_a_day_is_its_sum_over_the_seconds(seed: int) -> None:
    luck, days = np.random.default_rng(seed), 3
    from_s = luck.integers(0, days * DAY_S, 40)
    to_s = np.minimum(from_s + luck.choice((0, 5, 40_000, 200_000), 40), days * DAY_S)
    to_s[:3] = np.array([1, 2, 3]) * DAY_S  # until midnight, and to the run's end
    level = np.zeros(days * DAY_S, dtype=np.int64)
    for one, other in zip(from_s, to_s, strict=True):
        level[one:other] += 1
        level[other:one] -= 1
    up, down = DailyChanges.from_events(from_s, days), DailyChanges.from_events(to_s, days)
    at_end, integral = daily_level(up, down)
    assert integral.tolist() == level.reshape(days, DAY_S).sum(axis=1).tolist()
    assert integral.tolist() == Level.from_spans(from_s, to_s).daily_integrals(days).tolist()
    assert at_end.tolist() == level[DAY_S - 1 :: DAY_S].tolist()
    assert at_end.tolist() == Level.from_spans(from_s, to_s).value_before(midnights(days)[1:]).tolist()
    assert up.event_count.tolist() == np.histogram(from_s, midnights(days))[0].tolist()


def test_the_pallets_on_a_platform_are_a_level_too() -> None:
    up = DailyChanges.from_events(np.array([10, DAY_S]), 2, np.array([4, 6]))
    down = DailyChanges.from_events(np.array([DAY_S - 1]), 2, np.array([3]))
    at_end, integral = daily_level(up, down)
    assert at_end.tolist() == [1, 7]
    assert integral.tolist() == [4 * (DAY_S - 10) - 3, 7 * DAY_S]


@pytest.mark.parametrize(
    ("up_s", "down_s", "seen"),
    [([], [], (0, 0)), ([5], [5], (0, 0)), ([5], [9], (0, 1)), ([9], [5], (-1, 0)), ([7, 3, 3], [7, 4, 9], (0, 2)),
     ([3, 4], [6], (1, 2))],
)  # fmt: skip
def test_only_the_ends_of_seconds_count_for_the_lowest_and_the_highest(
    up_s: list[int], down_s: list[int], seen: tuple[int, int]
) -> None:
    up, down = np.array(up_s, dtype=np.int64), np.array(down_s, dtype=np.int64)
    assert level_extremes(up, down) == seen
    level = Level(np.concatenate([up, down]), np.repeat([1, -1], [len(up), len(down)]))
    held = level.value_before(np.unique(level.time_s) + 1)
    assert seen == ((held.min(), held.max()) if len(held) else (0, 0))
