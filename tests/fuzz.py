"""The two engines beside each other on many awkward worlds: `python -m tests.fuzz --worlds 10000`, or `make fuzz`.

Every tenth world may come to gridlock; then both engines must say so in the same words. A difference is printed with
the command that shows it again.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import yaml
from tqdm import tqdm

from sim.events import Kind, Log
from sim.loop.engine import run
from sim.luck.draws import Draws, draw_loads
from sim.luck.places import draw_network
from sim.network.network import Network
from sim.story import corridor
from tests.worlds.awkward import Settings, awkward_settings, network_of_settings
from tests.worlds.running import ReplicationResult, onward_of

PROCESSES, CHUNK = 2, 50
GRIDLOCK = "GridlockError: "
Engine = Callable[[Network, Draws], Log]


class Outcome(NamedTuple):
    """What came of one world; `difference` is empty where the engines agree."""

    seed: int
    loads: int
    rows: int
    gridlock: bool
    difference: str


def settings_of(seed: int, folder: Path) -> Settings:
    """World `seed` of the endless row of awkward worlds; every tenth may come to gridlock."""
    return awkward_settings(seed, folder, knotted=seed % 10 == 9)


def compare(seed: int, folder: Path) -> Outcome:
    """Runs both engines on world `seed`, on its people where it has any, and on what goes on of its goods."""
    network = network_of_settings(settings_of(seed, folder), folder)
    goods, ran = _compared(network, seed)
    parts = [goods]
    if network.people_network is not None:
        parts.append(_compared(network.people_network, seed)[0])
    if network.distribution_network is not None and ran is not None:
        parts.append(_compared(onward_of(ran), seed)[0])
    loads, rows = sum(part.loads for part in parts), sum(part.rows for part in parts)
    difference = next((part.difference for part in parts if part.difference), "")
    return Outcome(seed, loads, rows, any(part.gridlock for part in parts), difference)


def _compared(network: Network, seed: int) -> tuple[Outcome, ReplicationResult | None]:
    """What came of one part of a world, and its run, if it did not end in gridlock."""
    network = draw_network(network, seed, 0)
    draws = draw_loads(network, seed, 0)
    wanted, found = told_by(corridor.run, network, draws), told_by(run, network, draws)
    difference = first_difference(network, wanted, found)
    if isinstance(wanted, str):
        return Outcome(seed, len(draws), 0, True, difference), None
    ran = ReplicationResult(network, draws.with_logged_routes(network, wanted[wanted["kind"] == Kind.ROUTED]), wanted)
    return Outcome(seed, len(draws), len(wanted), False, difference), ran


def told_by(run: Engine, network: Network, draws: Draws) -> Log | str:
    """An engine's log, or the error that it ends in."""
    try:
        return run(network, draws)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def first_difference(network: Network, log: Log | str, other: Log | str) -> str:
    """The first row in which two logs differ, and the two before it, in words; empty where they are the same.

    The only error on which they can agree is a gridlock.
    """
    if isinstance(log, str) or isinstance(other, str):
        same = isinstance(log, str) and log.startswith(GRIDLOCK) and log == other
        return "" if same else f"- {_brief(log)}\n+ {_brief(other)}"
    if log.dtype != other.dtype:
        return f"columns: {log.dtype}, and {other.dtype}"
    both = min(len(log), len(other))
    unlike = (log[:both] != other[:both]).nonzero()[0]
    if len(unlike) == 0 and len(log) == len(other):
        return ""
    row = int(unlike[0]) if len(unlike) else both
    lines = [f"  {_row(network, log, i)}" for i in range(max(0, row - 2), row)]
    return "\n".join([f"row {row} of {len(log)} and {len(other)}:", *lines,
                      f"- {_row(network, log, row)}", f"+ {_row(network, other, row)}"])  # fmt: skip


def _row(network: Network, log: Log, number: int) -> str:
    if number >= len(log):
        return "(ended)"
    time_s, load, kind, place, carrier, value = log[number].tolist()
    where = network.nodes[place].name if place >= 0 else "nowhere"
    return f"{time_s} s  load {load}  {Kind(kind).name} {where}  carrier {carrier}  value {value}"


def _brief(told: Log | str) -> str:
    return told if isinstance(told, str) else f"a log of {len(told)} rows"


def outcomes(seeds: range) -> Iterator[Outcome]:
    """Compares the worlds over processes, in any order but each once."""
    with TemporaryDirectory() as folder, ProcessPoolExecutor(PROCESSES) as pool:
        yield from pool.map(partial(compare, folder=Path(folder)), seeds, chunksize=min(CHUNK, len(seeds)))


def main() -> int:
    """Prints what was compared and each difference; 1 if there was one."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first world")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="writes the first world there, and runs none")
    asked = parser.parse_args()
    if asked.write:
        asked.write.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(settings_of(asked.first, asked.write), sort_keys=False)
        (asked.write / f"{asked.first}.yaml").write_text(text)
        return 0
    seeds = range(asked.first, asked.first + asked.worlds)
    worlds = loads = rows = gridlocks = differences = 0
    for seed, of_world, compared, gridlock, difference in tqdm(outcomes(seeds), total=len(seeds), unit=" worlds"):
        worlds, loads, rows, gridlocks = worlds + 1, loads + of_world, rows + compared, gridlocks + gridlock
        if difference:
            differences += 1
            tqdm.write(f"python -m tests.fuzz --first {seed} --worlds 1\n{difference}\n")
    print(f"{worlds} worlds, {loads} loads, {rows} rows, {gridlocks} gridlocks: {differences} differences")
    return int(differences > 0)


if __name__ == "__main__":
    sys.exit(main())
