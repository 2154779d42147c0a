"""Puts each known fault into a copy of the program and runs the test that must notice it: `python -m tests.faults`.

The work tree is never touched, and nothing is compiled. A fault that its test does not notice is a hole in the tests.
`python -m tests.faults compiled` tries only the faults with that word in their names.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.copies import FAILED, PASSED, copied, mutate, outcome
from tests.faults.every import FAULTS
from tests.faults.fault import Fault


def main() -> int:
    """Prints a line for each fault and a count. Returns 1 if one went unnoticed, 2 if the tests fail without one."""
    chosen = [fault for fault in FAULTS if all(word in fault.name for word in sys.argv[1:])]
    with TemporaryDirectory() as name:
        program = copied(Path(name))
        if outcome(program, *sorted({fault.test for fault in chosen})) != PASSED:
            print("the tests fail without any fault: see `make test`")
            return 2
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # each waits for a process of its own
            codes = pool.map(partial(code_with, program=program), chosen)
            noticed = 0
            for fault, code in zip(chosen, codes, strict=True):
                what = {FAILED: fault.test, PASSED: "NOT NOTICED"}.get(
                    code, f"cannot be run (code {code}): {fault.test}"
                )
                print(f"{fault.name:<70} {what}", flush=True)
                noticed += code == FAILED
    print(f"{noticed} of {len(chosen)} faults noticed")
    return int(noticed < len(chosen))


def code_with(fault: Fault, program: Path) -> int:
    """Returns pytest's code for the test of a fault, in a copy with the fault. Raises ValueError if it does not fit."""
    with TemporaryDirectory() as name:
        folder = copied(Path(name), program)
        mutate(fault, folder)
        return outcome(folder, fault.test)


if __name__ == "__main__":
    sys.exit(main())
