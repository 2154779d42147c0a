"""Judges a world against its baseline: which of its digests changed, and how far its measures moved.

With common random numbers, replication n is compared with replication n; otherwise the two are independent samples. A
measure is `equivalent` if its mean difference is significantly within its margin (two one-sided tests at 5 %). It is
`different` if it is not, and the difference is significant (ALPHA, by Holm over the world's measures), or if the
distribution changed (ALPHA). Otherwise it is `inconclusive`. A measure without any change is the `same` and is not
tested, so an unchanged program never fails by chance.
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
ALPHA = (
    1e-4  # of a difference, over the measures of a world: a change of 5 worlds without effect fails once in 2,000 times
)
EQUIVALENCE_ALPHA = 0.05  # of each of the two one-sided tests
MAX_REPLICATIONS = 10**6  # upper bound of the stated number of replications needed
MAX_MISSING_SHARE = (
    0.02  # largest change of the share of replications without a value; beyond it the measure is `different`
)

TRIAGE = {
    "failed": "it does not run to its end",
    "unchanged": "same luck, same inputs, same events, same measures",
    "measured": "the events are the same and measures differ: a measure or its input changed",
    "unused": "the inputs changed and no event did: no load uses what changed",
    "events": "luck and inputs are the same and events differ: the logic of the model changed",
    "settings": "luck and inputs are the same, events and settings differ: a file of scenarios/ changed",
    "inputs": "the luck is the same and the inputs differ: laws, rates, calendars or sources of loads changed",
    "luck": "the uniforms changed: streams, purposes or numpy; so all else may differ, and replications are not paired",
    "digests": "the format of the digests changed: only measures are compared",
}
RED_STATES: tuple[State, ...] = ("different", "gone")


@dataclass(frozen=True)
class MeasureFinding:
    """The result for one measure. Means are over replications.

    difference : new minus old; its `dots` are empty if the replications are not paired.
    replications_needed : about how many replications would decide an inconclusive result.
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
        """Returns the absolute mean difference over the margin; 0 without a difference."""
        return 0.0 if self.difference is None else abs(self.difference.mean.mean) / self.margin


@dataclass(frozen=True)
class WorldVerdict:
    """The result for one world.

    changed : name of the digest -> number of replications in which it changed.
    first_changed : first replication whose events differ.
    divergences : (replication, where its log diverges from the stored one).
    unmargined_changes : measures without a margin that changed in replication 0, although its events are the same.
    """

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
        """Returns the worst state of its measures; a world that fails to run is different."""
        states = {each.state for each in self.findings}
        if self.error or states & set(RED_STATES):
            return "different"
        if "inconclusive" in states:
            return "inconclusive"
        return "same" if self.triage == "unchanged" else "equivalent"

    def findings_in(self, *states: State) -> list[MeasureFinding]:
        """Returns the findings in these states, by falling ratio of difference to margin."""
        return sorted((each for each in self.findings if each.state in states), key=lambda each: -each.margin_ratio)


def failed_verdict(world: str, error: str) -> WorldVerdict:
    """Returns the verdict of a world that ended with an error."""
    return WorldVerdict(world, "failed", 0, {}, (), error=error)


def judge_world(
    old: WorldBaseline, new: WorldBaseline, divergences: Sequence[tuple[int, Divergence]] = ()
) -> WorldVerdict:
    """Returns the verdict on a world, over the replications that both baselines have; `new` against `old`."""
    n_common = min(old.metadata["replications"], new.metadata["replications"])
    old, new = old.first_replications(n_common), new.first_replications(n_common)
    comparable = old.metadata["digests"] == new.metadata["digests"]
    changed = {which: _count_unequal(old.digests[which], new.digests[which]) if comparable else 0 for which in DIGESTS}
    event_pairs = enumerate(zip(old.digests["events"], new.digests["events"], strict=True))
    first = next((n for n, (was, now) in event_pairs if was != now), None) if comparable else None
    is_paired = comparable and not changed["luck"] and old.metadata["seed"] == new.metadata["seed"]
    measures = [*old.values, *(measure for measure in new.values if measure not in old.values)]
    findings = [_compare_measure(measure, old, new, is_paired) for measure in measures]
    p = holm_adjusted([None if each.difference is None else each.difference.p for each in findings])
    tested = sum(each is not None for each in p)
    decided = tuple(_decide_state(each, p, old, new, tested) for each, p in zip(findings, p, strict=True))
    same_settings = old.metadata["settings"] == new.metadata["settings"]
    old_unmargined = {measure: value for measure, value in old.unmargined_values.items() if measure not in new.values}
    unmargined_changes = _changed_measures(old_unmargined, new.unmargined_values) if first != 0 else ()
    moved = bool(unmargined_changes) or any(each.state not in ("same", "new") for each in decided)
    return WorldVerdict(
        old.metadata["world"],
        _triage(comparable, changed, moved, same_settings),
        n_common,
        changed,
        decided,
        first,
        tuple(divergences),
        unmargined_changes=unmargined_changes,
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


def _compare_measure(measure: str, old: WorldBaseline, new: WorldBaseline, is_paired: bool) -> MeasureFinding:
    """Returns the finding before p values are adjusted: whatever needs a test is `inconclusive`."""
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
    difference = _measure_difference(measure, unit, was, now, is_paired)
    return MeasureFinding(measure, unit, "inconclusive", headline, *means, difference, width)


def _measure_difference(measure: str, unit: str, was: Floats, now: Floats, is_paired: bool) -> Difference | None:
    present = (~np.isnan(was), ~np.isnan(now))
    if not is_paired:
        a, b = now[present[1]], was[present[0]]
        return unpaired_difference("", measure, unit, a, b, TRIAGE["luck"]) if len(a) and len(b) else None
    both = present[0] & present[1]
    return paired_difference("", measure, unit, now[both], was[both]) if both.any() else None


def _decide_state(
    finding: MeasureFinding, p: float | None, old: WorldBaseline, new: WorldBaseline, tested: int
) -> MeasureFinding:
    if finding.state != "inconclusive":
        return finding
    was, now = old.values[finding.measure], new.values[finding.measure]
    missing_change = abs(float(np.isnan(now).mean() - np.isnan(was).mean()))
    if missing_change > MAX_MISSING_SHARE or finding.difference is None:
        note = f"{missing_change:.0%} of the replications have a value in one of the two only"
        return replace(finding, state="different", note=note)
    difference = finding.difference
    if difference.se is None:
        return replace(finding, note="too few replications for an interval")
    if (
        abs(difference.mean.mean) + t_quantile(difference.degrees, 1 - EQUIVALENCE_ALPHA) * difference.se
        < finding.margin
    ):
        if _has_other_spread(was, now, finding.margin):
            return replace(finding, state="different", note="another spread")
        return replace(finding, state="equivalent")
    if p is not None and p < ALPHA:
        return replace(finding, state="different")
    return replace(finding, replications_needed=_replications_needed(difference, finding.margin, ALPHA / tested))


def _has_other_spread(was: Floats, now: Floats, margin: float) -> bool:
    """Whether the distribution changed: a Kolmogorov-Smirnov test over replications at ALPHA.

    A quantile must also have moved by more than the margin, because a value that many replications share may shift a
    little. With common random numbers the test is conservative.
    """
    from scipy.stats import ks_2samp  # slow to import, and not needed for an unchanged program

    was, now = was[~np.isnan(was)], now[~np.isnan(now)]
    tails = (0.05, 0.5, 0.95)
    if np.abs(np.quantile(now, tails) - np.quantile(was, tails)).max() <= margin:
        return False
    return bool(ks_2samp(was, now, method="asymp").pvalue < ALPHA)


def _replications_needed(difference: Difference, margin: float, alpha: float) -> int:
    """Returns about how many replications would decide, by the normal law.

    The difference and its standard deviation are assumed to stay the same.
    """
    assert difference.se is not None
    distance = abs(difference.mean.mean)
    z, gap = (
        (ndtri(1 - EQUIVALENCE_ALPHA), margin - distance) if distance < margin else (ndtri(1 - alpha / 2), distance)
    )
    return (
        max(difference.mean.n + 1, ceil(difference.mean.n * (float(z) * difference.se / gap) ** 2))
        if gap > 0
        else MAX_REPLICATIONS
    )


def _changed_measures(old: Mapping[str, float | None], new: Mapping[str, float | None]) -> tuple[str, ...]:
    """Returns the old measures that are gone or have another value; new measures do not count."""
    return tuple(name for name, value in old.items() if name not in new or new[name] != value)


def _count_unequal(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))
