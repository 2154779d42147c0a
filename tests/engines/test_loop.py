"""Tests of parts of the compiled engine, each against a simpler implementation."""

import heapq
import shutil
from collections import deque
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from sim import events, jit
from sim.events import ROW_DTYPE, canonical_log
from sim.kernels import heap_pop, heap_push
from sim.loop import state
from sim.loop.packing import build_state
from sim.loop.queues import append_to_line, push, remove_first, remove_from_line, sort_ties
from sim.loop.state import KEY_BITS, LINE, NONE, TRUCK
from sim.luck.draws import draw_loads
from tests.worlds.running import WORLD, network_of

SEEDS = range(20)


@pytest.mark.parametrize("kind", events.Kind, ids=lambda kind: kind.name)
def test_each_kind_of_row_has_the_same_number_wherever_it_is_written(kind: events.Kind) -> None:
    assert kind == getattr(events, kind.name) == getattr(state, kind.name)


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_has_the_smallest_key_is_first_in_a_queue(seed: int) -> None:
    luck = Random(seed)
    trucks, queue, wanted = np.zeros(60, dtype=TRUCK), NONE, list[tuple[int, int]]()
    trucks["key"] = luck.sample(range(1000), 60)
    outside = deque(range(60))
    for _ in range(400):
        if wanted and (not outside or luck.random() < 0.45):
            assert queue == wanted[0][1]
            queue = remove_first(trucks, queue)
            outside.append(heapq.heappop(wanted)[1])
        else:
            truck = outside.popleft()
            trucks[truck]["key"] += luck.randrange(3) * 1000
            queue = push(trucks, queue, truck)
            heapq.heappush(wanted, (int(trucks[truck]["key"]), truck))
    while wanted:
        assert queue == heapq.heappop(wanted)[1]
        queue = remove_first(trucks, queue)
    assert queue == NONE


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_keeps_the_order_of_joining_whoever_leaves(seed: int) -> None:
    luck = Random(seed)
    trucks, line, wanted = np.zeros(20, dtype=TRUCK), np.full(1, NONE, dtype=LINE), list[int]()
    for _ in range(300):
        if wanted and luck.random() < 0.5:
            truck = luck.choice(wanted)
            wanted.remove(truck)
            remove_from_line(trucks, line[0], truck)
        elif waiting := sorted(set(range(20)) - set(wanted)):
            wanted.append(luck.choice(waiting))
            append_to_line(trucks, line[0], wanted[-1])
        order, truck = [], int(line[0]["oldest"])
        while truck != NONE:
            order.append(truck)
            truck = int(trucks[truck]["next_in_line"])
        assert order == wanted
        assert line[0]["newest"] == (wanted[-1] if wanted else NONE)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lowest_free_lane_is_taken(seed: int) -> None:
    luck = Random(seed)
    lanes, first = luck.randrange(1, 30), 7
    free, wanted, taken = np.arange(-first, lanes), list(range(lanes)), list[int]()
    for _ in range(300):
        if wanted and (not taken or luck.random() < 0.5):
            assert free[first] == wanted[0]
            heap_pop(free, first, len(wanted))
            taken.append(heapq.heappop(wanted))
        else:
            lane = taken.pop(luck.randrange(len(taken)))
            heap_push(free, first, len(wanted), lane)
            heapq.heappush(wanted, lane)
    assert (free[:first] == np.arange(-first, 0)).all()  # the lanes of other pools are not touched


@pytest.mark.parametrize("together", [1, 3, 40, 3000])
@pytest.mark.parametrize("seed", range(5))
def test_the_rows_of_a_second_are_put_in_canonical_order(together: int, seed: int) -> None:
    luck = np.random.default_rng(seed)
    log = np.zeros(4000, dtype=ROW_DTYPE)
    for name, most in (("entity", together), ("kind", 13), ("place", 4), ("carrier", 3), ("value", 3)):
        log[name] = luck.integers(0, most, len(log)) - (name in ("place", "carrier", "value"))
    log["time_s"] = np.arange(len(log)) // together
    wanted = canonical_log(log.tolist())
    sort_ties(log)
    assert (log == wanted).all()


def test_no_log_is_longer_than_the_room_that_is_kept_for_it() -> None:
    """All other runs test this too: the engine raises an error when the log is full."""
    network = network_of(WORLD)
    built = build_state(network, draw_loads(network, 1, 0))
    assert len(built.log) >= 10 * len(built.created_s)


def test_a_run_too_large_to_be_numbered_is_refused_in_words() -> None:
    network = network_of(WORLD)
    draws = draw_loads(network, 1, 0)
    draws = replace(draws, pallets=np.full(len(draws), 1 << KEY_BITS - 20))
    with pytest.raises(ValueError, match=r"pallets over \d+ days are too many"):
        build_state(network, draws)


@pytest.mark.parametrize(
    ("module", "renews"),
    [("rules", True), ("loop/loop", True), ("events", True), ("readings/passes", True)]
    + [
        (name, False)
        for name in (
            "scenario/scenario",
            "network/network",
            "luck/draws",
            "readings/measures",
            "study/study",
            "__main__",
        )
    ],
)
def test_compiled_code_is_renewed_when_something_that_it_was_made_from_changes(
    module: str, renews: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = jit._source_hash()
    shutil.copytree(jit.SIM_FOLDER, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(jit, "SIM_FOLDER", tmp_path / "sim")
    assert jit._source_hash() == before
    with (tmp_path / "sim" / f"{module}.py").open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert (jit._source_hash() != before) == renews
