"""Which known faults the gate of the regression sees, and in which small world: `python -m tests.faults.gated`.

Each is put into a copy of the program, which runs small worlds by both engines, nothing compiled, until what
`analysis regress` keeps of one is judged to be another than the program's own. SEEN of `tables.py` names the
world to begin with; for a fault that it lacks all of them are tried. Words after the command choose faults by name.
"""

import importlib
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.regression.baseline import WorldBaseline
from analysis.regression.judging import judge_world
from tests.faults.copies import ROOT, copied, mutate
from tests.faults.every import FAULTS
from tests.faults.fault import Fault
from tests.faults.tables import NOT_SEEN, SEEN
from tests.worlds.named import WORLDS, World

TRIED: tuple[World, ...] = (*WORLDS, *range(30))  # awkward worlds by their numbers
ENGINES = ("simpy", "compiled")
PATIENCE_S = 60  # for one world of two replications
LIBRARIES = ("numba", "numpy", "pydantic", "scipy.special", "scipy.stats", "simpy", "xxhash", "yaml")
OWN = ("analysis", "sim", "tests")
Results = tuple[
    WorldBaseline | str, ...
]  # of a world by each engine: what is kept of it, or the error in which it ends


@contextmanager
def running(
    folder: Path, worlds: Sequence[World], engines: Sequence[str] = ENGINES, replications: int = 2
) -> Iterator[Connection]:
    """The results of these worlds by the program in `folder`, one by one; it runs in a process that is ended then."""
    fork = multiprocessing.get_context("fork")  # which has the libraries already, and the program not yet
    told, tells = fork.Pipe(duplex=False)
    process = fork.Process(target=_run, args=(folder, worlds, engines, replications, tells))
    process.start()
    tells.close()
    try:
        yield told
    finally:
        process.kill()
        process.join()


def _run(folder: Path, worlds: Sequence[World], engines: Sequence[str], replications: int, tells: Connection) -> None:
    sys.path.insert(0, str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]  # so that those of the folder are imported
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    importlib.import_module("numba").config.DISABLE_JIT = True
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115, for as long as this process lives
    for world in worlds:
        tells.send(tuple(_kept(world, engine, replications) for engine in engines))


def _kept(world: World, engine: str, replications: int) -> WorldBaseline | str:
    try:  # imported here: whatever a fault leads to is a result
        from analysis.regression import running
        from tests.worlds.named import FOLDER, config_of_world

        running.TRAIL_REPLICATIONS = 0  # nobody asks where the logs part
        with TemporaryDirectory() as name:
            config = config_of_world(world, Path(name))
            config["run"] = {**config["run"], "engine": engine}
            return running.run_config(str(world), (), config, (Path(name), FOLDER), replications, workers=1).baseline
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def results_of(folder: Path, worlds: Sequence[World]) -> dict[World, Results]:
    """What each of these worlds gives."""
    with running(folder, worlds) as told:
        return {world: told.recv() for world in worlds}


def is_seen(wanted: Results, found: Results) -> bool:
    """Whether the gate is red: a run that fails, a digest or a measure of it that is another."""
    return any(
        isinstance(old, str) or isinstance(new, str) or judge_world(old, new).triage != "unchanged"
        for old, new in zip(wanted, found, strict=True)
    )


def seen_in(fault: Fault, wanted: dict[World, Results], program: Path = ROOT) -> World | None:
    """The first of these worlds in which the gate sees the fault, or which does not end with it; None if none is."""
    with TemporaryDirectory() as name:
        folder = copied(Path(name), program)
        mutate(fault, folder)
        with running(folder, tuple(wanted)) as told:
            for world, results in wanted.items():
                if not told.poll(PATIENCE_S) or is_seen(results, told.recv()):
                    return world
    return None


def load_libraries() -> None:
    """Into this process, of which each that runs a program is a copy."""
    for library in LIBRARIES:
        importlib.import_module(library)


def main(words: Sequence[str]) -> int:
    """Prints each fault and the world in which it is seen. 1 if one is not that should be."""
    load_libraries()
    named = [fault for fault in FAULTS if all(word in fault.name for word in words)]
    chosen = [fault for fault in named if fault.name not in NOT_SEEN]
    with TemporaryDirectory() as name:
        wanted = results_of(copied(Path(name)), TRIED)
    if failed := [world for world, results in wanted.items() if any(isinstance(each, str) for each in results)]:
        print(f"these worlds fail without any fault: {failed}")
        return 2
    unseen = 0
    for fault in chosen:
        first = SEEN.get(fault.name)
        found = seen_in(fault, {world: wanted[world] for world in sorted(TRIED, key=lambda world: world != first)})
        unseen += found is None
        print(f"{fault.name:<70} {'NOT SEEN' if found is None else f'world {found}'}", flush=True)
    print(f"{len(chosen) - unseen} of {len(chosen)} faults are seen; {len(named) - len(chosen)} lie elsewhere")
    return int(unseen > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
