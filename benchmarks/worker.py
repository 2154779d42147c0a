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


def time_once(contender: Contender, seed: int, days: int) -> dict[str, Any]:
    """One run. Garbage of those before is collected first; the collector then works as it does for everyone."""
    prepared = contender.prepare(seed, days)
    gc.collect()
    began = time.process_time()
    result = contender.run(prepared)
    seconds = time.process_time() - began
    told = contender.tell(prepared, result)
    return {"seed": seed, "cpu_s": seconds, **({"loads": told.loads, "mean_min": told.mean_min} if told else {})}


if __name__ == "__main__":
    job, name = sys.argv[1:]
    asked_for = next(contender for contender in contenders(job) if contender.name == name)
    for line in sys.stdin:
        print(json.dumps(time_once(asked_for, **json.loads(line))), flush=True)
