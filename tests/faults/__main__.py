"""Puts each known fault into a copy of the program and runs the test that must notice it: `python -m tests.faults`.

The work tree is never touched, and nothing is compiled. A fault that its test does not notice is a hole in the tests.
`python -m tests.faults compiled` tries only the faults with that word in their names.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.faults.copies import FAILED, PASSED, copied, mutate, outcome
from tests.faults.every import FAULTS
from tests.faults.fault import Fault


def main() -> int:
    """Prints a table: fault, the test that noticed it, seconds. 1 if one went unnoticed, 2 if that cannot be said."""
    chosen = [fault for fault in FAULTS if all(word in fault.name for word in sys.argv[1:])]
    with TemporaryDirectory() as name:
        program = copied(Path(name))
        if outcome(program, *sorted({fault.test for fault in chosen})) != PASSED:
            print("the tests fail without any fault: see `make test`")
            return 2
        unnoticed = sum(not is_noticed(fault, program) for fault in chosen)
    print(f"{len(chosen) - unnoticed} of {len(chosen)} faults noticed")
    return int(unnoticed > 0)


def is_noticed(fault: Fault, program: Path) -> bool:
    """Whether its test fails with the fault; prints that. Raises ValueError where the fault cannot be made."""
    began = monotonic()
    with TemporaryDirectory() as name:
        folder = copied(Path(name), program)
        mutate(fault, folder)
        code = outcome(folder, fault.test)
    said = {FAILED: fault.test, PASSED: "NOT NOTICED"}.get(code, f"cannot be run (code {code}): {fault.test}")
    print(f"{fault.name:<70} {monotonic() - began:5.1f} s  {said}", flush=True)
    return code == FAILED


if __name__ == "__main__":
    sys.exit(main())
