"""Results in words: the table for a terminal, the sentence on the result, and caveats. Neutral words.

It computes nothing; its numbers come from `analysis.statistics.compare`.
"""

from collections import Counter
from dataclasses import replace

from analysis.intervals import MIN_SAMPLE, MeanInterval
from analysis.language.numbers import format_estimate, format_interval, format_number
from analysis.language.translator import Translator
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import (
    Difference,
    differences,
    has_two_periods,
    main_milestone,
    summarise,
    why_not_paired,
)
from analysis.statistics.demand import demand_sentences

REJECTED_NOTE = (
    "Rejected counts inspections: a load may be rejected more than once, so there can be more than requested."
)
STOPPED_NOTE = "Replications ended once precise, by their own luck; to test a hypothesis take another run.seed"
TWO_PERIODS_BANNER = "two periods; many things changed"
DESTINATION_PHRASES = {
    "requested": "to request",
    "authorised": "to permission",
    "manifested": "to a slot",
    "dispatched": "to dispatch",
    "at_crossing": "to the crossing",
    "entered": "to entry",
    "offloaded": "to the platform",
    "collected": "to collection",
    "arrived": "to arrival",
}


def headline(study: Study) -> str:
    """Returns one sentence on the result, or two where there are several runs to compare."""
    milestone, first = main_milestone(study), study.reference
    if milestone is None:
        return "The runs have no milestone in common, so there is nothing to compare."
    measure = f"{milestone}_tonnes_per_day"
    effects = differences(study, measure)
    if not effects:
        summary = summarise(first, measure)
        if summary is None:
            return f"“{first.label}” has no replication to report."
        return (
            f"“{first.label}” brings {format_number(summary.mean.mean, summary.mean.half)} t a day "
            f"{DESTINATION_PHRASES[milestone]} "
            f"({_precision_phrase(summary.mean, 'replications')}); there is no second run to compare it with."
        )
    label = {run.name: run.label for run in study.runs}
    largest = max(effects, key=lambda each: abs(each.mean.mean))
    return _difference_sentence(
        first.label, label[largest.run], largest, DESTINATION_PHRASES[milestone]
    ) + _other_runs_sentence(effects, largest)


def runs_table(study: Study) -> str:
    """Returns the runs side by side as text for a terminal, with caveats."""
    milestone = main_milestone(study)
    if milestone is None:
        return "The runs have no milestone in common."
    deltas = {each.run: each for each in differences(study, f"{milestone}_tonnes_per_day")}
    rows = [["run", f"{milestone}, trucks/day", "90 % of days", f"{milestone}, t/day"]]
    rows[0] += ["t/day against the first"] if deltas else []
    for run in study.runs:
        trucks, tonnes = (summarise(run, f"{milestone}_{unit}_per_day") for unit in ("trucks", "tonnes"))
        days = trucks.day_percentiles if trucks else None
        cells = [format_number(trucks.mean.mean) if trucks else "–"]
        cells += [f"{format_number(days.p05)} to {format_number(days.p95)}" if days else "–"]
        cells += [format_estimate(tonnes.mean) if tonnes else "–"]
        cells += [format_estimate(deltas[run.name].mean, sign=True) if run.name in deltas else "–"] if deltas else []
        rows.append([run.label, *cells])
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    return "\n".join([*lines, "", *caveats(study, list(deltas.values()))])


def caveats(study: Study, effects: list[Difference]) -> list[str]:
    """Returns the sentences that a reader of the numbers needs to know."""
    tongue = study.translate
    sentences = [tongue("± is a 95 % interval over replications: luck only, not the parameters.")]
    if few := [run.label for run in study.runs if len(run.arrays.replications) < MIN_SAMPLE]:
        sentences.append(
            tongue("Below {n} replications there is no interval: {runs}.", n=MIN_SAMPLE, runs=", ".join(few))
        )
    if any("rejected" in milestones for run in study.runs for milestones in run.milestones.values()):
        sentences.append(tongue(REJECTED_NOTE))
    if stopped := [run.label for run in study.runs if run.stop_reason]:
        sentences.append(f"{tongue(STOPPED_NOTE)}: {', '.join(stopped)}.")
    sentences += demand_sentences(study)
    runs = {run.name: run for run in study.runs}
    for each in effects:
        if each.not_paired:
            pair = tongue("“{scenario}” against “{first}”", scenario=runs[each.run].label, first=study.reference.label)
            sentences.append(f"{pair}: {why_not_paired(runs[each.run], study.reference, tongue)}.")
    if has_two_periods(study):
        sentences.append(
            tongue("Two periods; many things changed: a difference between them is not the effect of any one.")
        )
    sentences += [sentence for run in study.runs if (sentence := _busiest_places_sentence(run, tongue))]
    return (
        sentences
        if study.calibrated
        else [*sentences, tongue("The numbers are illustrative; not calibrated; do not cite.")]
    )


def _busiest_places_sentence(run: RunResult, tongue: Translator) -> str:
    """Returns the places with the highest utilisation by their rates alone; at 1 or more a queue grows."""
    loads = sorted(((place.rho, place.title) for place in run.places.values() if place.rho), reverse=True)[:3]
    if not loads:
        return ""
    return tongue(
        "“{run}” by its rates alone asks most of: {places}; 1 is all that a place, or a fleet by day, can do.",
        run=run.label, places=", ".join(f"{title} ({rho:.2f})" for rho, title in loads),
    )  # fmt: skip


def _difference_sentence(first: str, other: str, effect: Difference, destination: str) -> str:
    mean, unit = effect.mean, "replications" if effect.not_paired else "paired replications"
    if mean.half == 0 and mean.mean == 0:
        return f"“{other}” brings exactly as much {destination} as “{first}” (in each of {mean.n} {unit})."
    if mean.half is not None and not effect.is_clear:
        amount = f"{format_number(mean.mean, mean.half, sign=True)} t a day ({_precision_phrase(mean, unit)})"
        return (
            f"Between “{first}” and “{other}” there is no clear difference in what they bring {destination}: {amount}."
        )
    size, more = replace(mean, mean=abs(mean.mean)), "more" if mean.mean > 0 else "less"
    amount = f"{format_number(size.mean, size.half)} t a day {more} {destination} ({_precision_phrase(size, unit)})"
    return f"Against “{first}”, “{other}” brings {amount}."


def _precision_phrase(mean: MeanInterval, unit: str) -> str:
    if mean.half is None:
        return f"{mean.n} {unit if mean.n > 1 else unit.removesuffix('s')}, so no interval"
    return f"95 % interval {format_interval(mean)}; {mean.n} {unit}"


def _other_runs_sentence(effects: tuple[Difference, ...], largest: Difference) -> str:
    """Returns the sentence on the runs other than the one with the largest difference."""
    counts = Counter(
        "show no clear difference" if not each.is_clear else "bring more" if each.mean.mean > 0 else "bring less"
        for each in effects
        if each is not largest
    )
    if not counts:
        return ""
    if len(effects) == 2:
        return f" That is the larger difference; the other run {_singular_verb(*counts)}."
    verdicts = ", ".join(
        f"{n} {verdict if n > 1 else _singular_verb(verdict)}" for verdict, n in sorted(counts.items())
    )
    return f" That is the largest difference; of the {len(effects) - 1} other runs, {verdicts}."


def _singular_verb(words: str) -> str:
    verb, rest = words.split(" ", 1)
    return f"{verb}s {rest}"
