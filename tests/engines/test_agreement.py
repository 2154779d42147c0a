"""The two engines give the same log, row for row: on awkward worlds and on those that lock; on the shipped ones in
test_scenarios.py.

All of it holds with NUMBA_DISABLE_JIT=1 too, where nothing is compiled. `make fuzz` goes through many more worlds.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.events import Kind, Reason
from sim.jit import JIT_DISABLED
from sim.loop import loop
from sim.loop.engine import run
from sim.luck.draws import draw_loads
from sim.luck.places import draw_network
from sim.network.building import build_network
from sim.network.network import Network
from sim.story import corridor
from sim.study.replication import compute_digests, replicate
from tests.fuzz import compare, first_difference, told_by
from tests.test_scenarios import REGIMES, SCENARIOS, read
from tests.worlds.awkward import awkward_settings, network_of_settings
from tests.worlds.running import WORLD, network_of, write_trace

ROOT = Path(__file__).parents[2]
FEW, MANY = range(20), range(20, 320)
WITHOUT_JIT = (3, 8, 21)


def test_the_engines_agree_on_a_few_awkward_worlds(tmp_path: Path) -> None:
    """Apart from the others, so that a fault is found soon: see tests/faults/."""
    the_engines_agree(FEW, tmp_path)


@pytest.mark.parametrize("first", MANY[::50])
def test_the_engines_agree_on_awkward_worlds(first: int, tmp_path: Path) -> None:
    the_engines_agree(range(first, first + 50), tmp_path)


def the_engines_agree(seeds: range, folder: Path) -> None:
    """On each of these worlds; says on which not, and where their logs part. The loop is compiled once for all."""
    for seed in seeds:
        outcome = compare(seed, folder)
        assert not outcome.difference, f"python -m tests.fuzz --first {seed} --worlds 1\n{outcome.difference}"
        assert len(getattr(loop.play, "signatures", "1")) == 1, f"{seed}: an array of the board has another type"


def test_the_engines_tell_of_the_same_gridlocks(tmp_path: Path) -> None:
    found = [compare(seed, tmp_path) for seed in range(9, 309, 10)]
    assert sum(outcome.gridlock for outcome in found) > 4
    assert not [outcome.difference for outcome in found if outcome.difference]


@pytest.mark.parametrize("replication", range(5))
def test_the_engines_agree_on_every_replication_of_a_world_with_every_verb(replication: int) -> None:
    assert not difference_of(network_of(WORLD), 1, replication)


@pytest.mark.parametrize("others", [1, 2])
def test_convoys_that_leave_a_yard_twice_in_a_second_are_told_in_the_order_in_which_they_left(
    others: int, tmp_path: Path
) -> None:
    """A yard named twice: the same truck leads both convoys, of which the second has taken in who waited there."""
    write_trace(tmp_path, [5] * 13, "two.csv")
    write_trace(tmp_path, [1] * others, "one.csv")
    assert not difference_of(network_of(TWICE, tmp_path), 1)


def test_who_is_broken_off_at_closing_hour_meets_the_same_luck_in_both_engines() -> None:
    """Also of drives and bays that it comes to later, and on the day on which it is rejected for something else."""
    text = WORLD.replace("attempts: 3,", "attempts: 3, reasons: {time: true, form: {share: 30 %}},")
    network = network_of(text.replace("mean: 12 min", "mean: 50 min"))
    for replication in range(3):
        assert not difference_of(network, 1, replication)
        draws = draw_loads(network, 1, replication)
        rows = corridor.run(network, draws)
        assert (rows["value"][rows["kind"] == Kind.REJECTED] == Reason.TIME).any()


TWICE = """
yards: {hub: {min: 3, max: 14}}
warehouses: {dock: {lanes: 2, time: 1 min}}
corridors:
  two: {from: away, to: here, steps: [{convoy: hub}, {convoy: hub}, {offload: dock}]}
  one: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}
flows:
  first: {sector: un, cargo: food, rank: 0, trace: two.csv, corridors: {two: 1}}
  last: {sector: un, cargo: food, rank: 1, trace: one.csv, corridors: {one: 1}}
run: {days: 1}
"""


def difference_of(network: Network, seed: int, replication: int = 0) -> str:
    draws = draw_loads(network, seed, replication)
    return first_difference(network, told_by(corridor.run, network, draws), told_by(run, network, draws))


def test_the_compiled_engine_uses_up_neither_its_network_nor_its_luck() -> None:
    network = network_of(WORLD)
    draws = draw_loads(network, 1, 0)
    assert not first_difference(network, run(network, draws), run(network, draws))


def test_a_run_without_compiling_gives_the_same_logs(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from tests.engines.test_agreement import tell; tell()", str(tmp_path)]
    plain = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True).stdout
    assert json.loads(told) == {"plain": True, "events": events_of(tmp_path)}


def tell() -> None:
    """What this process finds, for the process that began it."""
    print(json.dumps({"plain": JIT_DISABLED, "events": events_of(Path(sys.argv[1]))}))


def events_of(folder: Path) -> list[str]:
    """The compiled engine's digest of events in some awkward worlds."""
    found = []
    for seed in WITHOUT_JIT:
        network = draw_network(network_of_settings(awkward_settings(seed, folder), folder), seed, 0)
        draws = draw_loads(network, seed, 0)
        found.append(compute_digests(network, draws, run(network, draws))["events"])
    return found


def test_a_replication_is_the_same_by_either_engine() -> None:
    world = read(SCENARIOS[0], REGIMES[0])
    world = world.model_copy(update={"run": world.run.model_copy(update={"days": 2, "warm_up": 0})})
    network = build_network(world)
    runs = (world.run.model_copy(update={"engine": engine}) for engine in ("compiled", "simpy"))
    one, other = (replicate(network, run, 0, with_loads=True) for run in runs)
    assert one.digests == other.digests


def test_a_difference_is_told_with_the_row_and_the_place() -> None:
    network = network_of(WORLD)
    draws = draw_loads(network, 1, 0)
    log = corridor.run(network, draws)
    other = log.copy()
    other["time_s"][5] += 1
    assert first_difference(network, log, other).splitlines() == [
        "row 5 of 3131 and 3131:",
        "  0 s  load 0  SET_OUT yards.hub  carrier 0  value 34",
        "  0 s  load 0  STARTED fleets.pool  carrier 0  value -1",
        "- 0 s  load 0  STARTED roads.out  carrier 0  value -1",
        "+ 1 s  load 0  STARTED roads.out  carrier 0  value -1",
    ]
    assert first_difference(network, log, log[:-1]).endswith("+ (ended)")
    assert not first_difference(network, log, log.copy())
    assert first_difference(network, "IndexError: 7", "IndexError: 7")
    assert not first_difference(network, "GridlockError: all stand", "GridlockError: all stand")
