"""How results are said: numbers, intervals, the table for a terminal and the sentence on the result. Neutral words.

It computes nothing: what it says was computed in compare.py.
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
    """One sentence on the result, or two where there are several runs to compare."""
    milestone, first = main_milestone(study), study.reference
    if milestone is None:
        return "The runs have no milestone in common, so there is nothing to compare."
    measure = f"{milestone}_tonnes_per_day"
    found = differences(study, measure)
    if not found:
        alone = summarise(first, measure)
        if alone is None:
            return f"“{first.label}” has no replication to report."
        return (
            f"“{first.label}” brings {format_number(alone.mean.mean, alone.mean.half)} t a day "
            f"{DESTINATION_PHRASES[milestone]} "
            f"({_precision_phrase(alone.mean, 'replications')}); there is no second run to compare it with."
        )
    label = {run.name: run.label for run in study.runs}
    largest = max(found, key=lambda each: abs(each.mean.mean))
    return _difference_sentence(
        first.label, label[largest.run], largest, DESTINATION_PHRASES[milestone]
    ) + _other_runs_sentence(found, largest)


def runs_table(study: Study) -> str:
    """The runs side by side, for a terminal."""
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


def caveats(study: Study, found: list[Difference]) -> list[str]:
    """What a reader of the numbers has to know: a sentence each."""
    tongue = study.translate
    said = [tongue("± is a 95 % interval over replications: luck only, not the parameters.")]
    if few := [run.label for run in study.runs if len(run.arrays.replications) < MIN_SAMPLE]:
        said.append(tongue("Below {n} replications there is no interval: {runs}.", n=MIN_SAMPLE, runs=", ".join(few)))
    if any("rejected" in has for run in study.runs for has in run.milestones.values()):
        said.append(tongue(REJECTED_NOTE))
    if stopped := [run.label for run in study.runs if run.stop_reason]:
        said.append(f"{tongue(STOPPED_NOTE)}: {', '.join(stopped)}.")
    said += demand_sentences(study)
    of = {run.name: run for run in study.runs}
    for each in found:
        if each.not_paired:
            pair = tongue("“{scenario}” against “{first}”", scenario=of[each.run].label, first=study.reference.label)
            said.append(f"{pair}: {why_not_paired(of[each.run], study.reference, tongue)}.")
    if has_two_periods(study):
        said.append(tongue("Two periods; many things changed: a difference between them is not the effect of any one."))
    said += [sentence for run in study.runs if (sentence := _busiest_places_sentence(run, tongue))]
    return said if study.calibrated else [*said, tongue("The numbers are illustrative; not calibrated; do not cite.")]


def _busiest_places_sentence(run: RunResult, tongue: Translator) -> str:
    """Where the rates alone ask most of what a place can do: at 1 or more a queue grows."""
    asked = sorted(((place.rho, place.title) for place in run.places.values() if place.rho), reverse=True)[:3]
    if not asked:
        return ""
    return tongue(
        "“{run}” by its rates alone asks most of: {places}; 1 is all that a place, or a fleet by day, can do.",
        run=run.label, places=", ".join(f"{title} ({rho:.2f})" for rho, title in asked),
    )  # fmt: skip


def _difference_sentence(first: str, other: str, found: Difference, to: str) -> str:
    mean, what = found.mean, "replications" if found.not_paired else "paired replications"
    if mean.half == 0 and mean.mean == 0:
        return f"“{other}” brings exactly as much {to} as “{first}” (in each of {mean.n} {what})."
    if mean.half is not None and not found.is_clear:
        amount = f"{format_number(mean.mean, mean.half, sign=True)} t a day ({_precision_phrase(mean, what)})"
        return f"Between “{first}” and “{other}” there is no clear difference in what they bring {to}: {amount}."
    size, more = replace(mean, mean=abs(mean.mean)), "more" if mean.mean > 0 else "less"
    amount = f"{format_number(size.mean, size.half)} t a day {more} {to} ({_precision_phrase(size, what)})"
    return f"Against “{first}”, “{other}” brings {amount}."


def _precision_phrase(mean: MeanInterval, what: str) -> str:
    if mean.half is None:
        return f"{mean.n} {what if mean.n > 1 else what.removesuffix('s')}, so no interval"
    return f"95 % interval {format_interval(mean)}; {mean.n} {what}"


def _other_runs_sentence(found: tuple[Difference, ...], largest: Difference) -> str:
    """What the runs do that the sentence on the largest difference leaves out."""
    counts = Counter(
        "show no clear difference" if not each.is_clear else "bring more" if each.mean.mean > 0 else "bring less"
        for each in found
        if each is not largest
    )
    if not counts:
        return ""
    if len(found) == 2:
        return f" That is the larger difference; the other run {_singular_verb(*counts)}."
    said = ", ".join(f"{n} {what if n > 1 else _singular_verb(what)}" for what, n in sorted(counts.items()))
    return f" That is the largest difference; of the {len(found) - 1} other runs, {said}."


def _singular_verb(words: str) -> str:
    verb, rest = words.split(" ", 1)
    return f"{verb}s {rest}"
