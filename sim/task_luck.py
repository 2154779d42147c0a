"""Tasks of a checked scenario in whole seconds, and the luck of one replication: all that is drawn before the clock.

The luck is of a task and of its number, where it is asked for again and again: one uniform for its work, and one each
for the lead time and the answer of every request at its office. More of them move nobody else's.
"""

from collections.abc import Iterator
from itertools import chain, count, takewhile

import numpy as np
from xxhash import xxh3_128

from sim.laws import Ints
from sim.network import Hindrance, Network, Purpose, Slot, Task, crc
from sim.phasing import second
from sim.scenario import Scenario
from sim.streams import Name, Streams
from sim.units import DAY_S, in_per_cent

OF_A_TASK = (Purpose.TASK_TIME, Purpose.TASK_LEAD, Purpose.TASK_ANSWER)


def tasks_of(scenario: Scenario, number: dict[str, int]) -> tuple[Task, ...]:
    """Each that is asked for in the run, by (requested, key, its number)."""
    found = []
    for name, told in scenario.tasks.items():
        first_s = second(scenario, told.requested) if told.requested else 0
        every_s = max(1, round(told.every)) if told.every else scenario.run.days * DAY_S
        requests = takewhile(lambda at_s: at_s < scenario.run.days * DAY_S, count(max(0, first_s), every_s))
        for index, requested_s in enumerate(requests):
            permit, escorts = told.permit, told.escorts
            found.append(Task(
                name, told.key or f"tasks.{name}", told.title or name.replace("_", " "), told.what, index, requested_s,
                told.rank, number[f"teams.{told.teams}"], number[f"teams.{escorts.teams}"] if escorts else -1,
                escorts.number if escorts else 0, number[f"offices.{permit.office}"] if permit else -1,
                permit.refused if permit else 0.0, max(1, round(permit.again)) if permit else 0,
                permit.attempts if permit else 0, told.time,
            ))  # fmt: skip
    return tuple(sorted(found, key=lambda task: (task.requested_s, task.key.encode(), task.nth)))


def hindrances_of(scenario: Scenario, number: dict[str, int], tasks: tuple[Task, ...]) -> tuple[Hindrance, ...]:
    """What places are until tasks are done, by (place, task)."""
    found = []
    for i, task in enumerate(tasks):
        told = scenario.tasks[task.name]
        since_s = second(scenario, told.since) if told.since else 0
        for place, left in told.until_done.items():
            found.append(Hindrance(number[place], i, in_per_cent(left) if left > 0 else 0, since_s))
    return tuple(sorted(found))


def with_luck(network: Network, seed: int, replication: int, told: xxh3_128) -> tuple[Task, ...]:
    """The tasks with what they meet in one replication, whose luck is entered in `told`."""
    drawn = []
    for task in network.tasks:
        names = np.array([Name(purpose, 0, crc(task.key), task.nth) for purpose in OF_A_TASK], dtype=np.uint32)
        streams = Streams(seed, replication, names)
        work, lead, answer = (streams.span(i, 0, n) for i, n in enumerate((1, task.attempts, task.attempts)))
        leads_s = network.laws[Slot(Purpose.LEAD, task.office)].draw(lead) if task.office >= 0 else ()
        told.update(names.data)
        told.update(np.concatenate([work, lead, answer]).data)
        drawn.append(task._replace(
            work_s=int(task.time.draw(work)[0]), leads_s=tuple(int(lead_s) for lead_s in leads_s),
            refusals=tuple(bool(luck < task.refused) for luck in answer),
        ))  # fmt: skip
    return tuple(drawn)


def inputs(network: Network) -> Iterator[tuple[str, Ints]]:
    """Name and integers of what is handed to an engine of each task, and of what places are until it is done."""
    for i, task in enumerate(network.tasks):
        places = [network.nodes[place].key if place >= 0 else "" for place in (task.teams, task.escorts, task.office)]
        slows = [own for own in network.hindrances if own.task == i]
        keys = " ".join([*places, *(network.nodes[own.place].key for own in slows)])
        own = [task.requested_s, task.rank, task.escorted, task.again_s, task.attempts, task.work_s]
        numbers = [*own, *task.leads_s, *task.refusals, *chain(*((one.percent, one.since_s) for one in slows))]
        yield f"{task.key} {task.nth} {keys}", np.array(numbers, dtype=np.int64)
