"""The page's section on how sure its numbers are: differences, which run brings most, and quantiles, as rows."""

from collections.abc import Iterator

from analysis.intervals import Estimate, quantile_interval
from analysis.language.numbers import format_estimate, format_interval, format_number
from analysis.language.translator import Translator
from analysis.page.brief import format_probability
from analysis.page.headlines import first_run_with, measure_titles
from analysis.results.tables import Study
from analysis.statistics.compare import COMPARED_MEASURES, Difference, differences
from analysis.statistics.ranking import candidates

QUANTILE_HEADINGS = {
    "10 in 100 are below": 0.1,
    "half are below": 0.5,
    "90 in 100 are below": 0.9,
    "95 in 100 are below": 0.95,
}


def difference_rows(study: Study) -> Iterator[list[str]]:
    """Yields measure, run, difference, interval, whether it is clear, replications, correlation and pairing gain.

    Differences are to the reference, or to the first run that has the measure. Fuel measures that are the same in all
    runs are left out.
    """
    tongue, label = study.translate, {run.name: run.label for run in study.runs}
    for measure, title in measure_titles(study).items():
        first = first_run_with(study, measure)
        effects = () if first is None else differences(study, measure, first)
        if first is None or (
            measure not in COMPARED_MEASURES and not any(each.mean.mean or each.mean.half for each in effects)
        ):
            continue
        for each in effects:
            against = tongue("“{scenario}” against “{first}”", scenario=label[each.run], first=first.label)
            yield [
                title,
                label[each.run] if first is study.reference else against,
                format_estimate(each.mean, sign=True),
                format_interval(each.mean, tongue),
                "–" if each.p is None else tongue("yes" if each.is_clear else "no"),
                str(each.mean.n),
                "–" if each.correlation is None else f"{each.correlation:.2f}",
                _pairing_gain_cell(each),
            ]


def candidate_rows(study: Study, milestone: str | None) -> Iterator[list[str]]:
    """Yields run, whether it may bring most, its probability, replications, and how many its own mean needs."""
    for each in candidates(study, f"{milestone}_tonnes_per_day") if milestone else ():
        yield [
            each.run.label,
            "–" if each.in_subset is None else study.translate("yes" if each.in_subset else "no"),
            "–" if each.probability_best is None else format_probability(each.probability_best),
            str(each.mean.n),
            "–" if each.replications_needed is None else str(each.replications_needed),
        ]


def quantile_rows(study: Study, milestone: str | None) -> list[list[str]]:
    """Returns for each run the quantiles over replications of tonnes at the milestone, with intervals."""
    tongue = study.translate
    rows = [[tongue("run"), *(tongue(head) for head in QUANTILE_HEADINGS)]]
    for run in study.runs:
        tonnes = run.arrays.measures.get(f"{milestone}_tonnes_per_day")
        estimates = [
            None if tonnes is None else quantile_interval(tonnes.values, share) for share in QUANTILE_HEADINGS.values()
        ]
        rows.append([run.label, *("–" if each is None else _estimate_cell(each, tongue) for each in estimates)])
    return rows


def _estimate_cell(estimate: Estimate, tongue: Translator) -> str:
    """Returns `81.2 (80.4 to unbounded)`."""
    low, high = (tongue("unbounded") if end is None else format_number(end) for end in (estimate.low, estimate.high))
    return f"{format_number(estimate.value)} ({tongue('{low} to {high}', low=low, high=high)})"


def _pairing_gain_cell(effect: Difference) -> str:
    """Returns the factor by which pairing reduces the variance; a dash below 10 replications."""
    if effect.variance_reduction is None or effect.mean.n < 10:
        return "–"
    return "> 100 ×" if effect.variance_reduction > 100 else f"{format_number(effect.variance_reduction)} ×"
