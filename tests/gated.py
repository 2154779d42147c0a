"""Which faults of `mutants.py` change what the regression compares, and in which small world: `python -m tests.gated`.

Each is put into a copy of the program, which runs awkward worlds by both engines, nothing compiled, until a digest or a
measure is another than the program's own. Those that change none are named in UNMET, with the reason.
`python -m tests.gated all` looks for a world for every fault, and prints what CHANGED should say; `all word` for those
with the word in their names.
"""

import hashlib
import importlib
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants import MUTANTS, Mutant, copied, mutate

AWKWARD = 60  # of the endless row of awkward worlds
PATIENCE_S = 300  # for one world
LIBRARIES = ("numba", "numpy", "pydantic", "scipy.special", "scipy.stats", "simpy", "xxhash", "yaml")
CHANGED: dict[str, int] = {}
UNMET: dict[str, str] = {}


@contextmanager
def running(folder: Path, numbers: Sequence[int]) -> Iterator[Connection]:
    """The results of these worlds by the program in `folder`, one by one; it runs in a process that is ended then."""
    fork = multiprocessing.get_context("fork")  # which has the libraries already, and the program not yet
    told, tells = fork.Pipe(duplex=False)
    process = fork.Process(target=_run, args=(folder, numbers, tells))
    process.start()
    tells.close()
    try:
        yield told
    finally:
        process.kill()
        process.join()


def _run(folder: Path, numbers: Sequence[int], tells: Connection) -> None:
    sys.path.insert(0, str(folder))
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115, for as long as this process lives
    for number in numbers:
        try:
            results = "".join(_results(number))
        except Exception as error:  # which is a result as well
            results = f"{type(error).__name__}: {error}"
        tells.send(results)


def _results(number: int) -> Iterator[str]:
    """Digests and measures of an awkward world by both engines, as a digest of their own."""
    from tests.awkward import awkward_settings, network_of_settings
    from tests.worlds import run_network

    with TemporaryDirectory() as name:
        network = network_of_settings(awkward_settings(number, Path(name)), Path(name))
        for engine in ("simpy", "compiled"):
            ran = run_network(network, number, engine=engine)
            told = json.dumps([ran.digests, [tuple(measure) for measure in ran.measures]], sort_keys=True)
            yield hashlib.sha256(told.encode()).hexdigest()


def results_of(folder: Path, numbers: Sequence[int]) -> dict[int, str]:
    """What each of these worlds gives."""
    with running(folder, numbers) as told:
        return {number: told.recv() for number in numbers}


def changed_in(mutant: Mutant, wanted: dict[int, str]) -> int | None:
    """The first of these worlds that has other results with the fault, or does not run with it; None if none has."""
    with TemporaryDirectory() as name:
        folder = copied(Path(name))
        mutate(mutant, folder)
        with running(folder, tuple(wanted)) as told:
            for number, results in wanted.items():
                if not told.poll(PATIENCE_S) or told.recv() != results:
                    return number
    return None


def main(words: Sequence[str]) -> int:
    """Prints each fault and the world that it changes. 1 if one changes none that should."""
    os.environ |= {"NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    for library in LIBRARIES:
        importlib.import_module(library)
    everywhere = words[:1] == ["all"]
    chosen = [each for each in MUTANTS if all(word in each.name for word in words[everywhere:])]
    with TemporaryDirectory() as name:
        numbers = range(AWKWARD) if everywhere else sorted(set(CHANGED.values()))
        wanted = results_of(copied(Path(name)), numbers)
    unchanged = 0
    for mutant in chosen:
        if everywhere:
            print(f"    {mutant.name!r}: {changed_in(mutant, wanted)},", flush=True)
        elif mutant.name in CHANGED:
            number = CHANGED[mutant.name]
            found = changed_in(mutant, {number: wanted[number]})
            unchanged += found is None
            print(f"{mutant.name:<58} {'CHANGES NOTHING' if found is None else f'world {found}'}", flush=True)
    return int(unchanged > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
