"""Which faults of `mutants.py` change what the regression compares, and in which small world: `python -m tests.gated`.

Each is put into a copy of the program, which runs awkward worlds by both engines, nothing compiled, until a digest or a
measure is another than the program's own. CHANGED names the world to begin with; for a fault that it lacks all of them
are tried. OUTSIDE and UNMET say which faults change none, and why. Words after the command choose faults by name.
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

from tests.mutants import MUTANTS, copied, mutate
from tests.mutants_page import Mutant

AWKWARD = 60  # of the endless row of awkward worlds
PATIENCE_S = 300  # for one world
OF_SIM = ("tests.awkward", "tests.worlds")
LIBRARIES = ("numba", "numpy", "pydantic", "scipy.special", "scipy.stats", "simpy", "xxhash", "yaml")
CHANGED: dict[str, int] = {
    "lognormal whose logarithm varies by cv": 3,
    "Weibull whose scale is its mean": 4,
    "closing rules swapped": 0,
    "a new shift that starts nobody": 0,
    "wait averaged over those who waited": 0,
    "rank 0 goes last": 0,
    "last come, first served": 0,
    "what is due at the run's end still happens": 0,
    "a rejected load is lost": 4,
    "a load that is sent back has the same luck again": 4,
    "pallets counted once too often": 0,
    "pallets that leave give no room back": 0,
    "a lane that is given back before the next place has room": 0,
    "room for one more than there is": 0,
    "nothing may end just at closing time": 7,
    "breaks: work that ends just as the lane breaks is not done": 2,
    "breaks: what was done before a breakdown is lost": 2,
    "breaks: the clock of work runs while nobody works": 12,
    "breaks: a repair that ends wakes nobody": 2,
    "breaks: all lanes of a place break together": 2,
    "breaks: a lane that is being repaired takes a truck": 2,
    "breaks, compiled: the highest lane that is up": 2,
    "breaks, compiled: a lane that is taken stays free": 2,
    "reasons: a repaired form is rejected as often as a new one": 3,
    "reasons: what would end just at closing hour is broken off": 0,
    "reasons, compiled: the log tells none": 4,
    "reasons, compiled: work goes on after it was broken off": 0,
    "repacking: what is just as large as it may be": 0,
    "repacking: by the time of the inspection": 4,
    "repacking, compiled: again at each inspection": 4,
    "patience that must be exceeded": 0,
    "as many convoys at one departure as there are trucks for": 7,
    "vehicles that are home at once": 0,
    "a closed gate that lets pass": 4,
    "what is there by age, the youngest first": 1,
    "ages that all loads of a stock share": 8,
    "a kind's stock that has no rank of its flows": 2,
    "a shock that leaves all as it is": 3,
    "frozen work that begins anew when its lane opens": 0,
    "a lane that is repaired is busy": 2,
    "what has not come through is left out of transit times": 4,
    "a yard's stock loses patience without vehicles": 1,
    "each vehicle that comes home begins the wait anew": 0,
    "a vehicle that forgets its load's rank": 1,
    "a platform that is never quite full": 14,
    "no room where nobody waits, though a lane is free": 3,
    "a convoy with the luck of its last": 16,
    "manual bays by the luck of the first visit": 8,
    "a bay that is given back before there is room": 4,
    "compiled: queues that know no ranks": 4,
    "compiled: what is far off comes too late": 5,
    "compiled: room for one more than there is": 3,
    "compiled: each vehicle that comes home begins anew": 0,
    "compiled: vehicles that are named by their load": 4,
    "compiled: calendars that are read a second late": 3,
    "compiled: two convoys of a line at one departure": 7,
    "compiled: a queue that forgets some who wait": 3,
    "compiled: sent back to a step of another corridor": 4,
    "compiled: the rows of a second, the last first": 3,
    "a ceiling that lasts for a day from its last use": 3,
    "a ceiling that is never quite used": 11,
    "whoever fails at one ceiling uses the other up": 3,
    "shocks that begin at midnight": 3,
    "days whose levels spread as they go on": 5,
    "a shock that opens what is closed": 3,
    "phases: they hold for a second too long": 3,
    "phases: those that would begin after their last day do": 3,
    "phases: one step function a second early": 13,
    "phases: vehicles that are out do not hear of it": 13,
    "phases: a vehicle that was there before it was": 1,
    "phases: lanes that close and never open again": 3,
    "phases: no lanes but those that are always there": 3,
    "phases: work that waits for a phase to end": 1,
    "phases: a level of lanes is one of hours": 3,
    "phases: a level of hours is counted over the whole day": 1,
    "phases: manual bays that keep other hours": 5,
    "phases: other shares with the luck turned round": 5,
    "phases: a rate that stays": 23,
    "phases: vehicles that are paid for though they are gone": 4,
    "phases: inputs that know nothing of them": 3,
    "phases: luck that no digest knows": 4,
    "phases, compiled: vehicles that are out do not hear of it": 13,
    "phases, compiled: a vehicle that was there before it was": 1,
    "phases, compiled: changes wait for something else": 3,
    "phases, compiled: as many more vehicles as there shall be": 13,
    "a store that makes up for what it had not": 1,
    "a full store frees the dock": 1,
    "compiled: vehicles weigh nothing in a store": 1,
    "transfers: a bay that needs no vehicle": 0,
}
OUTSIDE = {  # files in which a fault changes no digest and no measure of a replication
    **{mutant.file: "what is told of a study" for mutant in MUTANTS if mutant.file.startswith("analysis/")},
    **dict.fromkeys(("on_map.py", "spots.py", "replay.py", "job.py"), "what is drawn, and whose run it is"),
    "whereabouts.py": "a table beside the measures",
    "precision.py": "when replications are enough",
    "expected.py": "rho, worked out before anything runs",
    "start_checks.py": "what cannot be run",
    "phase_checks.py": "what cannot be run",
    "conservation.py": "that a run went wrong",
    "gridlock.py": "that a run went wrong",
    "levers.py": "variants of a scenario",
    "variants.py": "variants of a scenario",
    "waiting.py": "variants of a scenario",
}
LATER = "none of the first 24 awkward worlds meets it; its own test in mutants.py does"
UNMET: dict[str, str] = {
    "mean over changes, not over time": "it is read by the verification, and by no measure",
    "reasons: an item that was not found is removed": LATER,
    "reasons: what was broken off is inspected anew with new luck": LATER,
    "reasons: who is broken off keeps its lane until it has room": LATER,
    "lines of a CSV that say the same, of which the last holds": LATER,
    "all layers of demand come at the rate of the first": LATER,
    "visits during warm-up count": LATER,
    "who comes in the drain counts in dwell": LATER,
    "daylight of a planet that stands more upright": LATER,
    "daylight by the clock of Greenwich": LATER,
    "daylight without what the air bends": LATER,
    "daylight whose margin is taken at dawn alone": LATER,
    "holidays that are included and forgotten": LATER,
    "holidays that close on every weekday": LATER,
    "compiled: rejections counted over all sites": LATER,
    "turns that take no account of weights": LATER,
    "compiled: room that a returned load keeps": LATER,
    "compiled: stock that leaves lets nobody enter": LATER,
    "compiled: classes that take turns as they come": LATER,
    "phases: of two the one that began earlier counts": LATER,
    "phases: the order of keys, whoever began later": LATER,
    "phases: more vehicles that nobody notices": LATER,
    "phases: room that only grows": LATER,
    "phases: more room that nobody notices": LATER,
    "phases: the smallest convoy changes, and nobody looks": LATER,
    "phases: patience as it was": LATER,
    "phases: shares that change a second late": LATER,
    "phases: a rate that never goes back": LATER,
    "phases, compiled: the smallest convoy, and nobody looks": LATER,
    "phases, compiled: no vehicles but those of always": LATER,
    "transfers: vehicles that a phase has left too many take loads": LATER,
}


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
    for name in [name for name in sys.modules if name.partition(".")[0] in ("sim", "analysis") or name in OF_SIM]:
        del sys.modules[name]  # so that those of the folder are imported
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    importlib.import_module("numba").config.DISABLE_JIT = True
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
            ran = run_network(network, number, number % 2, engine)
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
    for library in LIBRARIES:
        importlib.import_module(library)
    named = [mutant for mutant in MUTANTS if all(word in mutant.name for word in words)]
    chosen = [mutant for mutant in named if mutant.file not in OUTSIDE and mutant.name not in UNMET]
    with TemporaryDirectory() as name:
        wanted = results_of(copied(Path(name)), range(AWKWARD))
    unchanged = 0
    for mutant in chosen:
        first = CHANGED.get(mutant.name, 0)
        found = changed_in(mutant, {number: wanted[number] for number in sorted(wanted, key=lambda n: (n != first, n))})
        unchanged += found is None
        print(f"{mutant.name:<58} {'CHANGES NOTHING' if found is None else f'world {found}'}", flush=True)
    elsewhere = len(named) - len(chosen)
    print(f"{len(chosen) - unchanged} of {len(chosen)} faults change a digest or a measure; {elsewhere} lie elsewhere")
    return int(unchanged > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
