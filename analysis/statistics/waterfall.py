"""The waterfall from requested to arrived: pallets per day at each milestone, and the losses between them.

A fall consists of the pallets that left the system (refused, returned, turned away, lost, expired), plus those that had
not yet reached the milestone when the run ended, minus the initial stock there. So it adds up to the pallet. It covers
the whole run, warm-up included. This module draws nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.results.arrays import MILESTONES, Floats
from analysis.results.columns import Columns, columns_from_rows
from analysis.results.tables import RunResult
from analysis.statistics.counters import FINAL_STATES, read_sums, read_whereabouts

MILESTONE_CHAIN = tuple(
    milestone for milestone in MILESTONES if milestone != "dispatched"
)  # its place in the chain depends on when permission is given
LOSS_STATES = tuple(state for state in FINAL_STATES if state != "arrived")
ON_THE_WAY = "on the way"
_MILESTONE_OF_VERB = {"permit": "authorised", "slot": "manifested", "transfer": "offloaded", "convoy": "collected"}
_PLACE_KINDS_OF_VERB = {  # of a step, by its verb; a platform holds the goods that the convoy collects
    "travel": {"roads"}, "inspect": {"sites", "bays"}, "permit": {"offices"}, "slot": {"slots"}, "pass_gate": {"gates"},
    "transfer": {"bays"}, "convoy": {"yards", "platforms", "fleets"}, "offload": {"warehouses"},
}  # fmt: skip


@dataclass(frozen=True)
class WaterfallStep:
    """A milestone and the fall before it [pallets/day], means over replications.

    losses : pallets that left the system between the previous milestone and this one, by final state.
    on_the_way : pallets that had not reached it at the end, minus the initial stock; negative if the stock fell.
    """

    milestone: str
    pallets: float
    losses: Mapping[str, float]
    on_the_way: float


def waterfall_steps(run: RunResult) -> list[WaterfallStep]:
    """Returns the milestones that some corridor has. A corridor without one keeps its previous milestone's pallets."""
    shown = [m for m in MILESTONE_CHAIN if any(m in milestones for milestones in run.milestones.values())]
    reached = _pallets_reached(run)
    lost: dict[tuple[str, str], Floats] = {}
    for corridor, place, state, replication, pallets in _pallets_lost(run):
        next_one = _next_milestone(run, corridor, place, shown)
        lost.setdefault((next_one, state), np.zeros(len(run.arrays.replications)))[replication] += pallets
    steps: list[WaterfallStep] = []
    passed = {corridor: np.zeros(len(run.arrays.replications)) for corridor in run.milestones}
    before = 0.0
    for milestone in shown:
        for corridor, milestones in run.milestones.items():
            if milestone in milestones:
                passed[corridor] = reached.get((corridor, milestone), np.zeros_like(passed[corridor]))
        now = float(np.sum([values.mean() for values in passed.values()])) / run.days
        left = {
            state: float(lost[milestone, state].mean()) / run.days
            for state in LOSS_STATES
            if (milestone, state) in lost
        }
        fall = before - now - sum(left.values()) if steps else 0.0
        steps.append(WaterfallStep(milestone, now, left, fall if abs(fall) > 1e-9 else 0.0))
        before = now
    return steps


def waterfall_columns(steps: Mapping[str, list[WaterfallStep]]) -> Columns:
    """Returns a table with a row for each milestone of each run, and for each part of the fall before it.

    steps : by run.
    """
    rows: list[tuple[Any, ...]] = []
    for run, each in steps.items():
        for step in each:
            rows += [(run, step.milestone, state, amount) for state, amount in step.losses.items()]
            rows += [(run, step.milestone, ON_THE_WAY, step.on_the_way)] if step.on_the_way else []
            rows.append((run, step.milestone, "reached", step.pallets))
    return columns_from_rows(("run", "milestone", "what", "pallets_per_day"), rows)


def _pallets_reached(run: RunResult) -> dict[tuple[str, str], Floats]:
    """Returns the pallets by corridor and milestone, each of shape (replications,)."""
    pallets_by_milestone: dict[tuple[str, str], Floats] = {}
    for corridor, milestone, replication, pallets in read_sums(run, "daily", "corridor, milestone", "pallets"):
        pallets_by_milestone.setdefault((corridor, milestone), np.zeros(len(run.arrays.replications)))[replication] = (
            pallets
        )
    return pallets_by_milestone


def _pallets_lost(run: RunResult) -> Iterator[tuple[str, str, str, int, int]]:
    """Yields (corridor, place, state, replication index, pallets) of the pallets that left the system."""
    for _, _, corridor, moment, state, place, replication, _, pallets in read_whereabouts(run):
        if moment == "end" and state in LOSS_STATES:
            yield corridor, place, state, replication, pallets


def _next_milestone(run: RunResult, corridor: str, place: str, shown: list[str]) -> str:
    """Returns the next milestone after a place of a corridor; the last one if the place is not on its route."""
    kind, _, name = place.partition(".")
    gates = run.config.get("gates") or {}
    is_passed = False
    for step in run.config["corridors"].get(corridor, {}).get("steps", ()):
        verb = next(iter(set(step) & set(_PLACE_KINDS_OF_VERB)), "")
        is_passed |= kind in _PLACE_KINDS_OF_VERB.get(verb, ()) and name in set(_names_in_step(step))
        reaches = _MILESTONE_OF_VERB.get(verb, "")
        if verb == "pass_gate" and any((gates.get(gate) or {}).get("border") for gate in _names_in_step(step)):
            reaches = "entered"
        if is_passed and reaches in shown and reaches in run.milestones.get(corridor, ()):
            return reaches
    return shown[-1]


def _names_in_step(step: Any) -> Iterator[str]:
    """Yields all names in a step, at any depth."""
    if isinstance(step, Mapping):
        for part in step.values():
            yield from _names_in_step(part)
    elif isinstance(step, str):
        yield step
