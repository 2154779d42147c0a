"""Which faults of `mutants.py` the verification notices, and by which of its cases: `python -m tests.verified`.

Each is put into a copy of the program, whose cases without luck are then run, by both engines and nothing compiled.
The others are no part of what a case without luck meets (phases, files, pages), and have a test each in `mutants.py`.
`python -m tests.verified all` looks for a case for each fault, and prints what NOTICED should say.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants import MUTANTS, Mutant, copied, mutate

NOTICED: dict[str, str] = {}

FIND = """
import sys
from analysis.verification import hand, recursions, traces
from analysis.verification.checking import check
cases = [case for family in (hand, traces, recursions) for case in family.CASES]
for case in cases:
    if case.name in sys.argv[1:] or not sys.argv[1:]:
        if any(each.verdict != "right" for each in check(case)):
            print(case.name)
            break
"""


def noticed_by(mutant: Mutant, *cases: str) -> str:
    """The first case (of these, if any are named) that goes wrong with the fault; nothing if none does."""
    with TemporaryDirectory() as name:
        folder = copied(Path(name))
        mutate(mutant, folder)
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
    for mutant in MUTANTS:
        if words:
            print(f"    {mutant.name!r}: {noticed_by(mutant)!r},", flush=True)
        elif mutant.name in NOTICED:
            found = noticed_by(mutant, NOTICED[mutant.name])
            unnoticed += not found
            print(f"{mutant.name:<58} {found or 'NOT NOTICED'}", flush=True)
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
