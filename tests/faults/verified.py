"""Which known faults the verification notices, and by which of its cases: `python -m tests.faults.verified`.

Each is put into a copy of the program, whose case is then run by both engines, and nothing compiled. The other faults
lie where no case without luck comes (laws, phases, shocks, reasons, files, pages), or show in crowded worlds; each has
its test in its table. `python -m tests.faults.verified all` looks for a case for every fault, and prints what NOTICED
should say.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.copies import copied, mutate
from tests.faults.every import FAULTS
from tests.faults.fault import Fault

NOTICED = {
    "closing rules swapped": "forty trucks of 50 min, closing at 16:00: finish",
    "a new shift that starts nobody": "ten trucks before the opening",
    "wait averaged over those who waited": "convoys of exactly five",
    "mean over changes, not over time": "a mean over time is none over changes",
    "rank 0 goes last": "rank 0 goes first and throws nobody off",
    "last come, first served": "2 lanes behind one queue",
    "what is due at the run's end still happens": "what is due as the run ends does not happen",
    "a rejected load is lost": "two inspections that both say no",
    "pallets counted once too often": "one truck alone, through every verb",
    "pallets that leave give no room back": "room on a platform for two loads, one vehicle",
    "a lane that is given back before the next place has room": "room for 0 between two stages",
    "room for one more than there is": "room for 1 between two stages",
    "nothing may end just at closing time": "eight hours of work that end just at closing time",
    "breaks: work that ends just as the lane breaks is not done": "work that ends just as its lane breaks",
    "breaks: the clock of work runs while nobody works": "repairs of 20 min after each 60 of work",
    "breaks: a repair that ends wakes nobody": "repairs of 20 min after each 60 of always",
    "patience that must be exceeded": "convoys of three, or of whoever waits for an hour",
    "as many convoys at one departure as there are trucks for": "convoys of a timetable",
    "vehicles that are home at once": "two vehicles, an hour home, one dock of 20 min",
    "a closed gate that lets pass": "a gate from 8 to 16",
    "frozen work that begins anew when its lane opens": "forty trucks of 50 min, closing at 16:00: freeze",
    "a platform that is never quite full": "room on a platform for two loads, one vehicle",
    "no room where nobody waits, though a lane is free": "room for 0 between two stages",
    "compiled: queues that know no ranks": "rank 0 goes first and throws nobody off",
    "compiled: room for one more than there is": "room for 1 between two stages",
    "compiled: calendars that are read a second late": "ten trucks before the opening",
    "compiled: two convoys of a line at one departure": "convoys of a timetable",
    "compiled: the rows of a second, the last first": "ten trucks at one lane",
    "a ceiling that lasts for a day from its last use": "three trucks a day through a gate",
    "a ceiling that is never quite used": "three trucks a day through a gate",
    "breaks: what was done before a breakdown is lost": "down from 09:30 to 10:30: resume, after 570 min of always",
    "a bay that is given back before there is room": "room on a platform for two loads, one vehicle",
}

FIND = """
import sys
from analysis.verification import by_hand, recursions, traces
from analysis.verification.checking import check_case
for case in (case for family in (by_hand, traces, recursions) for case in family.CASES):
    if case.name in sys.argv[1:] or not sys.argv[1:]:
        if any(each.verdict == "wrong" for each in check_case(case)):
            print(case.name)
            break
"""


def noticed_by(fault: Fault, *cases: str) -> str:
    """The first case (of these, if any are named) that goes wrong with the fault; nothing if none does."""
    with TemporaryDirectory() as name:
        folder = copied(Path(name))
        mutate(fault, folder)
        alone = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_DISABLE_JIT": "1"}
        command = [sys.executable, "-c", FIND, *cases]
        try:
            done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, timeout=300)
        except subprocess.TimeoutExpired:
            return "it does not end"
    return done.stdout.strip() or ("" if done.returncode == 0 else "the program does not start")


def main(words: Sequence[str]) -> int:
    """Prints each fault and the case that notices it. 1 if one went unnoticed that should not."""
    unnoticed = 0
    for fault in FAULTS:
        if words and fault.path.startswith("sim/"):
            print(f"    {fault.name!r}: {noticed_by(fault)!r},", flush=True)
        elif fault.name in NOTICED:
            found = noticed_by(fault, NOTICED[fault.name])
            unnoticed += not found
            print(f"{fault.name:<58} {found or 'NOT NOTICED'}", flush=True)
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
