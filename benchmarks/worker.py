"""One contender in its own process: a line of JSON asks for a run, a line answers with its processor time and outcome.

Processor time is that of the process, user and system, of all its threads: other work on the machine lengthens a wall
clock more.
"""

import gc
import json
import sys
import time
from typing import Any

from benchmarks.contenders import Contender, contenders

A_TURN_S = 1.0


def time_once(contender: Contender, seed: int, days: int) -> dict[str, Any]:
    """One turn: the same run again and again for at least a second, so that no one is timed in a cold cache alone.

    Garbage of those before is collected first; the collector then works as it does for everyone.
    """
    prepared = contender.prepare(seed, days)
    gc.collect()
    runs, seconds = 0, 0.0
    while seconds < A_TURN_S:
        began = time.process_time()
        result = contender.run(prepared)
        seconds += time.process_time() - began
        runs += 1
    told = contender.tell(prepared, result)
    return {
        "seed": seed,
        "runs": runs,
        "cpu_s": seconds / runs,
        **({"loads": told.loads, "mean_min": told.mean_min} if told else {}),
    }


if __name__ == "__main__":
    job, name = sys.argv[1:]
    asked_for = next(contender for contender in contenders(job) if contender.name == name)
    for line in sys.stdin:
        print(json.dumps(time_once(asked_for, **json.loads(line))), flush=True)
