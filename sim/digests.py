"""What makes two replications the same: digests of their luck, of an engine's inputs, and of the log."""

import hashlib

import numpy as np

from sim.draws import Draws
from sim.events import ROW, Log
from sim.network import Network, crc

CHUNK = 1 << 15  # rows of the log at a time, so that a column is never copied whole


def digests(network: Network, draws: Draws, log: Log) -> dict[str, str]:
    """SHA-256 of `luck` (the uniforms), `inputs` (the integers handed to the engine) and `events` (the log).

    Places stand with their keys, not their numbers, so that a place that nobody uses changes none of them.
    """
    keys = np.array([crc(node.key) for node in network.nodes] + [0], dtype=np.int64)  # the last for -1
    inputs, events = hashlib.sha256(), hashlib.sha256()
    for name, array in draws.inputs(network):
        inputs.update(name.encode())
        inputs.update(np.ascontiguousarray(array).data)
    for name in ROW.names or ():
        events.update(name.encode())
        for begin in range(0, len(log), CHUNK):
            column = log[name][begin : begin + CHUNK]
            events.update(np.ascontiguousarray(keys[column.astype(np.intp)] if name == "place" else column).data)
    return {"luck": draws.luck_digest, "inputs": inputs.hexdigest(), "events": events.hexdigest()}
