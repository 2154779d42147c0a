"""From requested to arrived: how many pallets a day reach each milestone, and where the others are. It draws nothing.

Every fall is what left the way there (refused, returned, turned away, lost, expired) and what had not come so far when
the run ended, less what stood there when it began; so it adds up to the pallet. Whole run, warm-up included.
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
)  # a road before or after permission
LOSS_STATES = tuple(state for state in FINAL_STATES if state != "arrived")
ON_THE_WAY = "on the way"
_MILESTONE_OF_VERB = {"permit": "authorised", "slot": "manifested", "transfer": "offloaded", "convoy": "collected"}
_PLACE_KINDS_OF_VERB = {  # of a step, by its verb; on a platform stands what the convoy collects
    "travel": {"roads"}, "inspect": {"sites", "bays"}, "permit": {"offices"}, "slot": {"slots"}, "pass_gate": {"gates"},
    "transfer": {"bays"}, "convoy": {"yards", "platforms", "fleets"}, "offload": {"warehouses"},
}  # fmt: skip


@dataclass(frozen=True)
class WaterfallStep:
    """A milestone and the fall before it [pallets/day], means over replications.

    left : what left the way between the milestone before and this one, by what became of it.
    on_the_way : what had not come so far at the end, less what stood there at the start; below 0 where more had.
    """

    milestone: str
    pallets: float
    losses: Mapping[str, float]
    on_the_way: float


def waterfall_steps(run: RunResult) -> list[WaterfallStep]:
    """The steps that some corridor of the run has. A corridor without one passes it with the milestone before."""
    shown = [m for m in MILESTONE_CHAIN if any(m in known for known in run.milestones.values())]
    reached = _pallets_reached(run)
    gone: dict[tuple[str, str], Floats] = {}
    for corridor, place, state, replication, pallets in _pallets_lost(run):
        at = _next_milestone(run, corridor, place, shown)
        gone.setdefault((at, state), np.zeros(len(run.arrays.replications)))[replication] += pallets
    steps: list[WaterfallStep] = []
    passed = {corridor: np.zeros(len(run.arrays.replications)) for corridor in run.milestones}
    before = 0.0
    for milestone in shown:
        for corridor, known in run.milestones.items():
            if milestone in known:
                passed[corridor] = reached.get((corridor, milestone), np.zeros_like(passed[corridor]))
        now = float(np.sum([values.mean() for values in passed.values()])) / run.days
        left = {
            state: float(gone[milestone, state].mean()) / run.days
            for state in LOSS_STATES
            if (milestone, state) in gone
        }
        fall = before - now - sum(left.values()) if steps else 0.0
        steps.append(WaterfallStep(milestone, now, left, fall if abs(fall) > 1e-9 else 0.0))
        before = now
    return steps


def waterfall_columns(steps: Mapping[str, list[WaterfallStep]]) -> Columns:
    """A row for each milestone of each run, and for each fall before it. steps : run -> its waterfall."""
    rows: list[tuple[Any, ...]] = []
    for run, each in steps.items():
        for step in each:
            rows += [(run, step.milestone, state, amount) for state, amount in step.losses.items()]
            rows += [(run, step.milestone, ON_THE_WAY, step.on_the_way)] if step.on_the_way else []
            rows.append((run, step.milestone, "reached", step.pallets))
    return columns_from_rows(("run", "milestone", "what", "pallets_per_day"), rows)


def _pallets_reached(run: RunResult) -> dict[tuple[str, str], Floats]:
    found: dict[tuple[str, str], Floats] = {}
    for corridor, milestone, replication, pallets in read_sums(run, "daily", "corridor, milestone", "pallets"):
        found.setdefault((corridor, milestone), np.zeros(len(run.arrays.replications)))[replication] = pallets
    return found


def _pallets_lost(run: RunResult) -> Iterator[tuple[str, str, str, int, int]]:
    """(corridor, place, state, replication, pallets) of what left the way."""
    for _, _, corridor, moment, state, place, replication, _, pallets in read_whereabouts(run):
        if moment == "end" and state in LOSS_STATES:
            yield corridor, place, state, replication, pallets


def _next_milestone(run: RunResult, corridor: str, place: str, shown: list[str]) -> str:
    """The milestone that would have come after a place of a corridor; the last where the place is not on its way."""
    kind, _, name = place.partition(".")
    gates = run.config.get("gates") or {}
    found = False
    for step in run.config["corridors"].get(corridor, {}).get("steps", ()):
        verb = next(iter(set(step) & set(_PLACE_KINDS_OF_VERB)), "")
        found |= kind in _PLACE_KINDS_OF_VERB.get(verb, ()) and name in set(_names_in_step(step))
        reaches = _MILESTONE_OF_VERB.get(verb, "")
        if verb == "pass_gate" and any((gates.get(gate) or {}).get("border") for gate in _names_in_step(step)):
            reaches = "entered"
        if found and reaches in shown and reaches in run.milestones.get(corridor, ()):
            return reaches
    return shown[-1]


def _names_in_step(step: Any) -> Iterator[str]:
    """All names in a step, however deep."""
    if isinstance(step, Mapping):
        for part in step.values():
            yield from _names_in_step(part)
    elif isinstance(step, str):
        yield step
