"""What has become of a world since its baseline: which of its digests changed, and what that does to its measures.

Where the luck is the same, replication n is compared with replication n, else the two are samples that share no luck.
A measure is `equivalent` where its mean is surely within its margin (two one-sided tests at 5 %), `different` where it
is not and surely moved at all (ALPHA, by Holm over the world's measures) or where it spreads otherwise (ALPHA), and
else `inconclusive`. What did not change at all is the `same` and is never tested: no luck makes an unchanged program
red.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

import numpy as np
from scipy.special import ndtri

from analysis.intervals import MeanInterval, mean_interval, t_quantile
from analysis.regression.baseline import DIGESTS, WorldBaseline
from analysis.regression.margins import margin_of_measure
from analysis.regression.trail import Divergence
from analysis.results.arrays import Floats
from analysis.statistics.compare import Difference, holm_adjusted, paired_difference, unpaired_difference

State = Literal["same", "equivalent", "inconclusive", "different", "new", "gone"]
ALPHA = 1e-4  # of a difference: 40 measures in 5 worlds that were changed and did not move call one of 2,000 different
EQUIVALENCE_ALPHA = 0.05  # of each of the two one-sided tests
MAX_REPLICATIONS = 10**6  # replications: nobody runs them
MAX_MISSING_SHARE = (
    0.02  # share of replications in which only one of the two has a value: more, and the measure is another
)

TRIAGE = {
    "failed": "it does not run to its end",
    "unchanged": "same luck, same inputs, same events, same measures",
    "measured": "the events are the same, but they are measured otherwise: a measure, or what it alone reads",
    "unused": "the inputs changed and no event did: what changed is met by nobody",
    "events": "luck and inputs are the same and the events are not: the logic of the model changed",
    "settings": "luck and inputs are the same, events and settings are not: a file of scenarios/ changed",
    "inputs": "the luck is the same, its meaning is not: laws, rates, calendars or sources of loads changed",
    "luck": "the uniforms changed: streams, purposes or numpy; all after it follows, and replications are not paired",
    "digests": "digests are made otherwise than then, so that measures alone are compared",
}
RED_STATES: tuple[State, ...] = ("different", "gone")


@dataclass(frozen=True)
class MeasureFinding:
    """One measure. Means are over replications. `dots`: differences of the replications, empty where not paired.

    needed : about how many replications would decide what is inconclusive. ratio : of the difference to the margin.
    """

    measure: str
    unit: str
    state: State
    headline: bool
    old: MeanInterval | None
    new: MeanInterval | None
    difference: Difference | None = None
    margin: float = 0.0
    replications_needed: int | None = None
    note: str = ""

    @property
    def margin_ratio(self) -> float:
        return 0.0 if self.difference is None else abs(self.difference.mean.mean) / self.margin


@dataclass(frozen=True)
class WorldVerdict:
    """One world. changed : which digest -> in how many of the replications; first : the first whose events are others;
    parted : replication, and where its log leaves the one that was kept; beside : the measures without a margin that
    came out otherwise in replication 0, though its events are the same."""

    world: str
    triage: str
    replications: int
    changed: dict[str, int]
    findings: tuple[MeasureFinding, ...]
    first_changed: int | None = None
    divergences: tuple[tuple[int, Divergence], ...] = ()
    error: str = ""
    unmargined_changes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The worst of its measures; a world that does not run is different."""
        states = {each.state for each in self.findings}
        if self.error or states & set(RED_STATES):
            return "different"
        if "inconclusive" in states:
            return "inconclusive"
        return "same" if self.triage == "unchanged" else "equivalent"

    def findings_in(self, *states: State) -> list[MeasureFinding]:
        """The findings of these states, by how much of their margin they moved."""
        return sorted((each for each in self.findings if each.state in states), key=lambda each: -each.margin_ratio)


def failed_verdict(world: str, error: str) -> WorldVerdict:
    """A world that ends with an error."""
    return WorldVerdict(world, "failed", 0, {}, (), error=error)


def judge_world(old: WorldBaseline, new: WorldBaseline, parted: Sequence[tuple[int, Divergence]] = ()) -> WorldVerdict:
    """What became of a world, over the replications that both have."""
    both = min(old.metadata["replications"], new.metadata["replications"])
    old, new = old.first_replications(both), new.first_replications(both)
    comparable = old.metadata["digests"] == new.metadata["digests"]
    changed = {which: _count_unequal(old.digests[which], new.digests[which]) if comparable else 0 for which in DIGESTS}
    then_and_now = enumerate(zip(old.digests["events"], new.digests["events"], strict=True))
    first = next((n for n, (was, now) in then_and_now if was != now), None) if comparable else None
    by_luck = comparable and not changed["luck"] and old.metadata["seed"] == new.metadata["seed"]
    measures = [*old.values, *(measure for measure in new.values if measure not in old.values)]
    findings = [_compare_measure(measure, old, new, by_luck) for measure in measures]
    p = holm_adjusted([None if each.difference is None else each.difference.p for each in findings])
    tested = sum(each is not None for each in p)
    told = tuple(_decide_state(each, p, old, new, tested) for each, p in zip(findings, p, strict=True))
    same_settings = old.metadata["settings"] == new.metadata["settings"]
    without = {measure: value for measure, value in old.unmargined_values.items() if measure not in new.values}
    beside = _changed_measures(without, new.unmargined_values) if first != 0 else ()
    moved = bool(beside) or any(each.state not in ("same", "new") for each in told)
    return WorldVerdict(
        old.metadata["world"],
        _triage(comparable, changed, moved, same_settings),
        both,
        changed,
        told,
        first,
        tuple(parted),
        unmargined_changes=beside,
    )


def _triage(comparable: bool, changed: dict[str, int], moved: bool, same_settings: bool) -> str:
    if not comparable:
        return "digests"
    if changed["luck"]:
        return "luck"
    if changed["inputs"]:
        return "inputs" if changed["events"] else "unused"
    if changed["events"]:
        return "events" if same_settings else "settings"
    return "measured" if moved else "unchanged"


def _compare_measure(measure: str, old: WorldBaseline, new: WorldBaseline, by_luck: bool) -> MeasureFinding:
    """The measure as it is before p values are adjusted: all that is not plain is `inconclusive`."""
    was, now = old.values.get(measure), new.values.get(measure)
    margin = margin_of_measure(measure)
    headline = margin is not None and margin.headline
    unit = new.units.get(measure) or old.units[measure]
    means = (None if was is None else mean_interval(was), None if now is None else mean_interval(now))
    if was is None or now is None or margin is None:
        return MeasureFinding(measure, unit, "new" if was is None else "gone", headline, *means)
    if np.array_equal(was, now, equal_nan=True):
        return MeasureFinding(measure, unit, "same", headline, *means)
    width = margin.width_around(means[0].mean if means[0] else 0.0)
    difference = _measure_difference(measure, unit, was, now, by_luck)
    return MeasureFinding(measure, unit, "inconclusive", headline, *means, difference, width)


def _measure_difference(measure: str, unit: str, was: Floats, now: Floats, by_luck: bool) -> Difference | None:
    there = (~np.isnan(was), ~np.isnan(now))
    if not by_luck:
        a, b = now[there[1]], was[there[0]]
        return unpaired_difference("", measure, unit, a, b, TRIAGE["luck"]) if len(a) and len(b) else None
    both = there[0] & there[1]
    return paired_difference("", measure, unit, now[both], was[both]) if both.any() else None


def _decide_state(
    finding: MeasureFinding, p: float | None, old: WorldBaseline, new: WorldBaseline, tested: int
) -> MeasureFinding:
    if finding.state != "inconclusive":
        return finding
    was, now = old.values[finding.measure], new.values[finding.measure]
    lacking = abs(float(np.isnan(now).mean() - np.isnan(was).mean()))
    if lacking > MAX_MISSING_SHARE or finding.difference is None:
        note = f"{lacking:.0%} of the replications have a value in one of the two only"
        return replace(finding, state="different", note=note)
    found = finding.difference
    if found.se is None:
        return replace(finding, note="too few replications for an interval")
    if abs(found.mean.mean) + t_quantile(found.degrees, 1 - EQUIVALENCE_ALPHA) * found.se < finding.margin:
        if _has_other_spread(was, now, finding.margin):
            return replace(finding, state="different", note="another spread")
        return replace(finding, state="equivalent")
    if p is not None and p < ALPHA:
        return replace(finding, state="different")
    return replace(finding, replications_needed=_replications_needed(found, finding.margin, ALPHA / tested))


def _has_other_spread(was: Floats, now: Floats, margin: float) -> bool:
    """Kolmogorov and Smirnov's test on replications, where a tail or the middle also moved by more than the margin:
    values that many replications share may shift a little. With shared luck it calls rather too little than too much.
    """
    from scipy.stats import ks_2samp  # takes a second to import, and an unchanged program does not need it

    was, now = was[~np.isnan(was)], now[~np.isnan(now)]
    tails = (0.05, 0.5, 0.95)
    if np.abs(np.quantile(now, tails) - np.quantile(was, tails)).max() <= margin:
        return False
    return bool(ks_2samp(was, now, method="asymp").pvalue < ALPHA)


def _replications_needed(found: Difference, margin: float, alpha: float) -> int:
    """About how many replications decide, if the difference and its spread are as they seem (normal law)."""
    assert found.se is not None
    distance = abs(found.mean.mean)
    z, gap = (
        (ndtri(1 - EQUIVALENCE_ALPHA), margin - distance) if distance < margin else (ndtri(1 - alpha / 2), distance)
    )
    return max(found.mean.n + 1, ceil(found.mean.n * (float(z) * found.se / gap) ** 2)) if gap > 0 else MAX_REPLICATIONS


def _changed_measures(old: Mapping[str, float | None], new: Mapping[str, float | None]) -> tuple[str, ...]:
    """Those of then that are gone or have another value; what is new is none of them."""
    return tuple(name for name, value in old.items() if name not in new or new[name] != value)


def _count_unequal(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))
