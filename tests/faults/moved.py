"""Faults that move a headline measure of a small world beyond its margin: the gate must call it different.

`python -m tests.faults.moved` runs the world that MOVES of `tables.py` names for a fault forty times, with it and
without, on the same luck and by one engine, nothing compiled. The last twenty say what is true: the mean of the
differences is beyond its margin, by a one-sided test at ALPHA. The first twenty, which have other luck, are given to
the gate, which must call that measure different; if it asks for more it is given eighty. `python -m
tests.faults.moved all` does so for every fault of SEEN, in the world that is named there, and prints those that MOVES
lacks.

A fault whose mean is within its margin is taken for one that is beyond it with a chance of ALPHA at the most: in a
sweep of 230 faults and eight headline measures once in five sweeps, were each of them just at its margin. The luck is
fixed: nothing of this changes until the program does.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from analysis.intervals import t_quantile
from analysis.regression.baseline import WorldBaseline
from analysis.regression.judging import ALPHA, MeasureFinding, judge_world
from tests.faults.copies import copied, mutate
from tests.faults.every import FAULTS
from tests.faults.fault import Fault
from tests.faults.gated import PATIENCE_S, load_libraries, running
from tests.faults.tables import MOVES, SEEN
from tests.worlds.named import World

JUDGED, MORE, TRUE = 20, 80, 20  # replications


class Moved(NamedTuple):
    """A headline measure that a fault moved beyond its margin, by how many margins, and what the gate calls it."""

    measure: str
    margins: float
    state: str


def moved(was: WorldBaseline, now: WorldBaseline) -> list[Moved]:
    """What surely moved beyond its margin in the last replications, and what is said of all before them; by margins."""
    true = judge_world(_last(was), _last(now)).findings
    judged = was.metadata["replications"] - TRUE
    said = {
        each.measure: each.state
        for each in judge_world(was.first_replications(judged), now.first_replications(judged)).findings
    }
    found = [Moved(each.measure, each.margin_ratio, said[each.measure]) for each in true if _is_beyond(each)]
    return sorted(found, key=lambda each: -each.margins)


def _is_beyond(finding: MeasureFinding) -> bool:
    """Whether the mean of its differences surely is, at ALPHA, one-sided."""
    found = finding.difference
    if not finding.headline or found is None or found.se is None:
        return False
    return abs(found.mean.mean) - t_quantile(found.degrees, 1 - ALPHA) * found.se > finding.margin


def _last(kept: WorldBaseline) -> WorldBaseline:
    """The last of its replications, which are as many as say what is true."""
    return replace(
        kept,
        metadata=kept.metadata | {"replications": TRUE},
        digests={which: told[-TRUE:] for which, told in kept.digests.items()},
        values={measure: values[-TRUE:] for measure, values in kept.values.items()},
    )


def moved_by(fault: Fault, world: World, judged: int = JUDGED) -> list[Moved]:
    """The same of a fault in this world; nothing where it does not run to its end with it: that is seen in any case."""
    engine = "compiled" if "compiled" in fault.name else "simpy"  # which has the fault, or both have
    was = _without_fault(world, engine, judged)
    with TemporaryDirectory() as name:
        folder = copied(Path(name))
        mutate(fault, folder)
        now = _kept(folder, world, engine, judged)
    return [] if isinstance(now, str) else moved(was, now)


@cache
def _without_fault(world: World, engine: str, judged: int) -> WorldBaseline:
    with TemporaryDirectory() as name:
        kept = _kept(copied(Path(name)), world, engine, judged)
    assert isinstance(kept, WorldBaseline), kept
    return kept


def _kept(folder: Path, world: World, engine: str, judged: int) -> WorldBaseline | str:
    with running(folder, [world], [engine], judged + TRUE) as told:
        return told.recv()[0] if told.poll(5 * PATIENCE_S) else "it does not end"


def main(words: Sequence[str]) -> int:
    """Prints each fault, what it moved most, and what the gate calls that. 1 if one is not as MOVES says."""
    load_libraries()
    chosen = [fault for fault in FAULTS if fault.name in (SEEN if words else MOVES)]
    wrong = 0
    for fault in chosen:
        world, measure = MOVES.get(fault.name, (SEEN[fault.name], ""))
        found = {each.measure: each for each in moved_by(fault, world)}
        if any(each.state == "inconclusive" for each in found.values()):
            found = {each.measure: each for each in moved_by(fault, world, MORE)}
        most = found.get(measure) or next(iter(found.values()), Moved("none", 0, ""))
        is_wrong = most.measure != (measure or "none") or any(each.state != "different" for each in found.values())
        wrong += is_wrong
        print(f"{fault.name:<70} {world!r:<10} {most.measure} by {most.margins:.1f} margins {most.state}"
              f"{'  NOT AS IT SHOULD BE' * is_wrong}", flush=True)  # fmt: skip
    print(f"{len(chosen) - wrong} of {len(chosen)} faults are as they should be")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
