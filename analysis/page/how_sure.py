"""The section of a page that says how sure its numbers are: differences, which run brings most, quantiles. As rows."""

from collections.abc import Iterator

from analysis.intervals import Between, quantile_interval
from analysis.language.numbers import estimate, interval, number
from analysis.language.tongue import Tongue
from analysis.page.brief import share
from analysis.page.headlines import first_with, measures
from analysis.results.tables import Study
from analysis.statistics.compare import COMPARED, Difference, differences
from analysis.statistics.ranking import candidates

QUANTILES = {"10 in 100 are below": 0.1, "half are below": 0.5, "90 in 100 are below": 0.9, "95 in 100 are below": 0.95}


def compared(study: Study) -> Iterator[list[str]]:
    """Measure, run, difference, interval, whether it is clear, replications, correlation, gain: to the reference, or to
    the first run that has the measure. Of fuel what is the same in all runs is left out."""
    tongue, label = study.tongue, {run.name: run.label for run in study.runs}
    for measure, title in measures(study).items():
        first = first_with(study, measure)
        found = () if first is None else differences(study, measure, first)
        if first is None or (measure not in COMPARED and not any(each.mean.mean or each.mean.half for each in found)):
            continue
        for each in found:
            against = tongue("“{scenario}” against “{first}”", scenario=label[each.run], first=first.label)
            yield [
                title,
                label[each.run] if first is study.reference else against,
                estimate(each.mean, sign=True),
                interval(each.mean, tongue),
                "–" if each.p is None else tongue("yes" if each.clear else "no"),
                str(each.mean.n),
                "–" if each.correlation is None else f"{each.correlation:.2f}",
                _gain(each),
            ]


def most_likely(study: Study, milestone: str | None) -> Iterator[list[str]]:
    """Run, whether it may be the one that brings most, how likely, replications, and how many its own mean takes."""
    for each in candidates(study, f"{milestone}_tonnes_per_day") if milestone else ():
        yield [
            each.run.label,
            "–" if each.kept is None else study.tongue("yes" if each.kept else "no"),
            "–" if each.best is None else share(each.best),
            str(each.mean.n),
            "–" if each.needed is None else str(each.needed),
        ]


def quantiles(study: Study, milestone: str | None) -> list[list[str]]:
    """Of each run the quantiles over replications of what reaches the milestone, with their intervals."""
    tongue = study.tongue
    rows = [[tongue("run"), *(tongue(head) for head in QUANTILES)]]
    for run in study.runs:
        own = run.arrays.measures.get(f"{milestone}_tonnes_per_day")
        found = [None if own is None else quantile_interval(own.values, share) for share in QUANTILES.values()]
        rows.append([run.label, *("–" if each is None else _between(each, tongue) for each in found)])
    return rows


def _between(found: Between, tongue: Tongue) -> str:
    """`81.2 (80.4 to unbounded)`."""
    low, high = (tongue("unbounded") if end is None else number(end) for end in (found.low, found.high))
    return f"{number(found.value)} ({tongue('{low} to {high}', low=low, high=high)})"


def _gain(found: Difference) -> str:
    """How much the pairing helps, where there are replications enough to say so."""
    if found.variance_reduction is None or found.mean.n < 10:
        return "–"
    return "> 100 ×" if found.variance_reduction > 100 else f"{number(found.variance_reduction)} ×"
