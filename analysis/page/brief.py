"""How the first page of a study is said: a sentence on the option, its facts, what it rests on. It computes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.language.numbers import format_number
from analysis.page.counters import format_spread
from analysis.page.credibility import GRADES, grade_counts
from analysis.page.credibility import lowest_grade as lowest
from analysis.page.sentences import DESTINATION_PHRASES
from analysis.results.tables import Study
from analysis.statistics.brief import OptionBrief, probability_of_gain, worst_fortnight
from analysis.statistics.compare import difference, summarise
from analysis.statistics.counters import replication_spread
from analysis.statistics.curves import busiest_places

BUSY_UTILISATION = 0.9  # of a place's open time, from which on a number there may hold the rest back
IS_BUSY, DIFFERS = "at a busy place", "differs between the runs"


def format_probability(probability: float) -> str:
    return "< 1 %" if probability < 0.01 else "> 99 %" if probability > 0.99 else f"{100 * probability:.0f} %"


def option_sentence(study: Study, brief: OptionBrief | None) -> str:
    """What the option brings, how surely, and whether it is more than what the first run brings."""
    tongue = study.translate
    if brief is None:
        return tongue("No run has a replication to tell of.")
    low, high, n = brief.tonnes.low, brief.tonnes.high, len(brief.option.arrays.replications)
    amount = tongue(
        "“{option}” brings {tonnes} t and {pallets} pallets a day {to} (in 80 of 100 replications {low} to {high} t)",
        option=brief.option.label, tonnes=format_number(brief.tonnes.mean), pallets=format_number(brief.pallets.mean),
        to=tongue(DESTINATION_PHRASES[brief.milestone]), low=format_number(low), high=format_number(high),
    )  # fmt: skip
    found, first = brief.difference_to_first, study.reference.label
    if found is None:
        return tongue("{amount}; there is no second run to compare it with.", amount=amount)
    if brief.probability_better is None:
        few = tongue("{n} replications are too few to say whether that is more than “{first}” brings", n=n, first=first)
        return tongue("{amount}; {rest}.", amount=amount, rest=few)
    chance = tongue(
        "the probability that it brings more is {share}", share=format_probability(brief.probability_better)
    )
    more = format_number(abs(found.mean.mean), found.mean.half)
    if not found.is_clear:
        none = tongue("No clear difference to “{first}” ({more} t a day):", first=first,
                      more=format_number(found.mean.mean, found.mean.half, sign=True))  # fmt: skip
        return tongue("{amount}; {rest}.", amount=f"{none} {amount}", rest=chance)
    text = "{more} t more than “{first}”" if found.mean.mean > 0 else "{more} t less than “{first}”"
    return tongue("{amount}; {rest}.", amount=f"{amount}, {tongue(text, more=more, first=first)}", rest=chance)


def run_rows(study: Study, brief: OptionBrief | None) -> list[Sequence[str]]:
    """A row for each run: tonnes and pallets a day, and whether it beats the first."""
    tongue = study.translate
    if brief is None:
        return []
    rows: list[Sequence[str]] = [
        (tongue("run"), tongue("t a day"), tongue("pallets a day"), tongue("t more than the first"),
         tongue("brings more, probability"))
    ]  # fmt: skip
    for run in study.runs:
        tonnes, pallets = (f"{brief.milestone}_{unit}_per_day" for unit in ("tonnes", "pallets"))
        if summarise(run, tonnes) is None:
            continue
        of = [run.arrays.measures[measure].values for measure in (tonnes, pallets)]
        cells = [format_spread(replication_spread(values[~np.isnan(values)]), tongue) for values in of]
        found = None if run is study.reference else difference(run, study.reference, tonnes)
        chance = None if found is None else probability_of_gain(found)
        more = "–" if found is None else format_number(found.mean.mean, found.mean.half, sign=True)
        rows.append((run.label, *cells, more, "–" if chance is None else format_probability(chance)))
    return rows


def fact_sentences(study: Study, brief: OptionBrief | None) -> Iterator[str]:
    """Since when the option differs, and the worst fortnight of the first run and of the option."""
    if brief is None:
        return
    tongue = study.translate
    if brief.difference_to_first is not None:
        if brief.effect_date is not None:
            yield tongue(
                "Date of effect: from {day} on, all that came with “{option}” differs from what came with “{first}”, "
                "to the end (80 % interval of the paired difference, each day by itself).",
                day=tongue.long_date(brief.effect_date), option=brief.option.label, first=study.reference.label,
            )  # fmt: skip
        else:
            yield tongue("Date of effect: none that stands out from luck up to the last day.")
    for run in dict.fromkeys((study.reference.name, brief.option.name)):
        of = next(each for each in study.runs if each.name == run)
        if (worst := worst_fortnight(of, brief.milestone)) is not None:
            yield tongue(
                "Worst fortnight of “{run}”: {first} to {last}, {tonnes} t a day ({low} to {high} in 80 of 100 "
                "replications).",
                run=of.label, first=tongue.long_date(worst.first), last=tongue.long_date(worst.last),
                tonnes=format_number(worst.tonnes.mean), low=format_number(worst.tonnes.low),
                high=format_number(worst.tonnes.high),
            )  # fmt: skip


def grade_sentence(study: Study) -> str:
    """The lowest grade of the numbers that the runs rest on, and how many have which."""
    tongue, counts = study.translate, grade_counts(study)
    worst = lowest(counts)
    if worst is None:
        return tongue("Data grade: none; no setting says where it comes from.")
    each = ", ".join(f"{name} {tongue(GRADES[name])} {n}" for name, n in counts.items())
    return tongue("Data grade: {worst}, the lowest that a number has ({each}).",
                  worst=worst, each=each)  # fmt: skip


def planner_notes(study: Study) -> list[tuple[str, str]]:
    """(runs, text) of what planners noted by `report.notes`; without the runs where all have the same."""
    found: dict[str, list[str]] = {}
    for run in study.runs:
        if text := str(run.config.get("report", {}).get("notes", "")).strip():
            found.setdefault(text, []).append(run.label)
    return [("" if len(of) == len(study.runs) else ", ".join(of), text) for text, of in found.items()]


def critical_assumptions(
    study: Study, assumed: Iterable[Mapping[str, Any]], changed: Iterable[str]
) -> list[dict[str, Any]]:
    """The assumed numbers that may reverse the result, with why each is named; which of them does was not computed.

    They differ between the runs, or they are at places that are busy nearly all their open time.
    """
    keys, shares = busiest_places(study)
    busy = {key for key, of in zip(keys, shares, strict=True) if np.nanmax(of) >= BUSY_UTILISATION}
    paths, found = [f"{path}." for path in changed], []
    for entry in assumed:
        setting = f"{entry['setting']}."
        if any(path.startswith(setting) or setting.startswith(path) for path in paths):
            found.append({**entry, "where": DIFFERS})
        elif ".".join(setting.split(".")[:2]) in busy:
            found.append({**entry, "where": IS_BUSY})
    return sorted(found, key=lambda entry: (entry["where"] == DIFFERS, entry["setting"]))
