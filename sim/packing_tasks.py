"""Tasks and teams on the board of the compiled loop: a row each, and what places are until they are done."""

import numpy as np

from sim.board import HINDRANCE, NEVER_S, NOBODY, TASK, Table
from sim.laws import Ints
from sim.network import Network
from sim.rules import TASK as OF_A_TASK

MOST_ROWS, OF_A_REQUEST = 2, 4  # undertaken, concluded; joined, started, finished, refused or authorised


def tasks_of(network: Network, trucks: Table, first: int, loads: int, pallets: int) -> Table:
    """A row a task. `first` : the row of `trucks` that stands for the first of them; they are numbered above loads."""
    tasks = np.full(len(network.tasks), NOBODY, dtype=TASK)
    tasks["made"], tasks["done_s"] = 0, NEVER_S
    ends = np.cumsum([task.attempts for task in network.tasks], dtype=np.int64)
    for i, (row, task) in enumerate(zip(tasks, network.tasks, strict=True)):
        row["row"], row["first_answer"] = first + i, ends[i] - task.attempts
        for name in ("requested_s", "teams", "escorts", "escorted", "office", "again_s", "attempts", "work_s"):
            row[name] = getattr(task, name)
        truck = trucks[first + i]
        truck["task"], truck["carrier"], truck["step"], truck["line"] = i, OF_A_TASK, NOBODY, NOBODY
        truck["load"], truck["number"] = loads + i, pallets + i
    return tasks


def answers_of(network: Network) -> Ints:
    """Of each request of each task the lead time [s], and 1 where it is refused."""
    pairs = [pair for task in network.tasks for pair in zip(task.leads_s, task.refusals, strict=True)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def hindrances_of(network: Network, places: Table) -> Table:
    """A row each; tells the places where theirs stand."""
    rows = np.zeros(len(network.hindrances), dtype=HINDRANCE)
    for i, (row, told) in enumerate(zip(rows, network.hindrances, strict=True)):
        row["task"], row["percent"], row["since_s"] = told.task, told.percent, told.since_s
        place = places[told.place]
        place["first_hindrance"] = place["first_hindrance"] if place["end_hindrance"] else i
        place["end_hindrance"] = i + 1
    return rows


def most_rows(network: Network) -> int:
    """That tell of tasks."""
    return sum(MOST_ROWS + OF_A_REQUEST * task.attempts for task in network.tasks)
