"""What makes two replications the same: digests of their luck, of an engine's inputs, and of the log."""

import numpy as np
from xxhash import xxh3_128

from sim.draws import Draws
from sim.events import Log
from sim.network import Network, crc

VERSION = 3  # of what is digested, and how: results with digests of two versions never stand in one run
CHUNK = 1 << 15  # rows of the log at a time, so that it is never copied whole


def digests(network: Network, draws: Draws, log: Log) -> dict[str, str]:
    """XXH3, of 128 bits, of `luck` (the uniforms), `inputs` (the integers handed to the engine) and `events` (the log).

    Places stand with their keys and are counted among those that are used, so that one that nobody uses changes none.
    """
    inputs, events = xxh3_128(), xxh3_128()
    for name, array in draws.inputs(network):
        inputs.update(name.encode())
        inputs.update(np.ascontiguousarray(array).data)
    words = log.view(np.int32).reshape(-1, 5)  # five words a row, the third the kind and, above it, the place
    rows = np.zeros(len(network.nodes) + 1, dtype=np.int64)  # at no place, -1, and at each
    for first in range(0, len(words), CHUNK):
        rows += np.bincount((words[first : first + CHUNK, 2] >> 16) + 1, minlength=len(rows))
    used = rows[1:] > 0
    keys = np.array([crc(node.key) for node in network.nodes], dtype=np.int64)[used]
    events.update(f"{len(keys)} places".encode())
    events.update(keys.data)
    number = np.append(np.cumsum(used) - 1, -1).astype(np.int32) << 16
    for first in range(0, len(words), CHUNK):
        part = words[first : first + CHUNK]
        if not used.all():
            part = part.copy()
            part[:, 2] = (part[:, 2] & 0xFFFF) | number[part[:, 2] >> 16]
        events.update(part.data)
    luck = (
        xxh3_128((draws.luck_digest + network.day_luck).encode()).hexdigest() if network.day_luck else draws.luck_digest
    )
    return {"luck": luck, "inputs": inputs.hexdigest(), "events": events.hexdigest()}


def together(goods: dict[str, str], people: dict[str, str]) -> dict[str, str]:
    """One digest of each kind for two networks of one world."""
    return {name: xxh3_128((told + people[name]).encode()).hexdigest() for name, told in goods.items()}
