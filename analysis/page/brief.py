"""Sentences and rows of a study's first page: the option, its facts, and the data behind it. It computes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.language.numbers import format_number
from analysis.page.counters import format_spread
from analysis.page.credibility import GRADES, grade_counts, lowest_grade
from analysis.page.sentences import DESTINATION_PHRASES
from analysis.results.tables import Study
from analysis.statistics.brief import OptionBrief, probability_of_gain, worst_fortnight
from analysis.statistics.compare import difference, summarise
from analysis.statistics.counters import replication_spread
from analysis.statistics.curves import busiest_places

BUSY_UTILISATION = 0.9  # of a place's open time: from here on its assumed numbers may limit the result
IS_BUSY, DIFFERS = "at a busy place", "differs between the runs"


def format_probability(probability: float) -> str:
    """Returns a probability in per cent; `< 1 %` and `> 99 %` near its ends."""
    return "< 1 %" if probability < 0.01 else "> 99 %" if probability > 0.99 else f"{100 * probability:.0f} %"


def option_sentence(study: Study, brief: OptionBrief | None) -> str:
    """Returns the sentence on what the option brings, how sure that is, and whether it exceeds the first run."""
    tongue = study.translate
    if brief is None:
        return tongue("No run has a replication to report.")
    low, high, n = brief.tonnes.low, brief.tonnes.high, len(brief.option.arrays.replications)
    amount = tongue(
        "“{option}” brings {tonnes} t and {pallets} pallets a day {to} (in 80 of 100 replications {low} to {high} t)",
        option=brief.option.label, tonnes=format_number(brief.tonnes.mean), pallets=format_number(brief.pallets.mean),
        to=tongue(DESTINATION_PHRASES[brief.milestone]), low=format_number(low), high=format_number(high),
    )  # fmt: skip
    effect, first = brief.difference_to_first, study.reference.label
    if effect is None:
        return tongue("{amount}; there is no second run to compare it with.", amount=amount)
    if brief.probability_better is None:
        caveat = tongue(
            "{n} replications are too few to say whether that is more than “{first}” brings", n=n, first=first
        )
        return tongue("{amount}; {rest}.", amount=amount, rest=caveat)
    chance = tongue(
        "the probability that it brings more is {share}", share=format_probability(brief.probability_better)
    )
    more = format_number(abs(effect.mean.mean), effect.mean.half)
    if not effect.is_clear:
        start = tongue("No clear difference to “{first}” ({more} t a day):", first=first,
                      more=format_number(effect.mean.mean, effect.mean.half, sign=True))  # fmt: skip
        return tongue("{amount}; {rest}.", amount=f"{start} {amount}", rest=chance)
    text = "{more} t more than “{first}”" if effect.mean.mean > 0 else "{more} t less than “{first}”"
    return tongue("{amount}; {rest}.", amount=f"{amount}, {tongue(text, more=more, first=first)}", rest=chance)


def run_rows(study: Study, brief: OptionBrief | None) -> list[Sequence[str]]:
    """Returns a row for each run: tonnes and pallets a day, and whether it brings more than the first run."""
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
        samples = [run.arrays.measures[measure].values for measure in (tonnes, pallets)]
        cells = [format_spread(replication_spread(values[~np.isnan(values)]), tongue) for values in samples]
        effect = None if run is study.reference else difference(run, study.reference, tonnes)
        chance = None if effect is None else probability_of_gain(effect)
        more = "–" if effect is None else format_number(effect.mean.mean, effect.mean.half, sign=True)
        rows.append((run.label, *cells, more, "–" if chance is None else format_probability(chance)))
    return rows


def fact_sentences(study: Study, brief: OptionBrief | None) -> Iterator[str]:
    """Yields the date of effect of the option, and the worst fortnights of the first run and of the option."""
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
    for name in dict.fromkeys((study.reference.name, brief.option.name)):
        run = next(each for each in study.runs if each.name == name)
        if (worst := worst_fortnight(run, brief.milestone)) is not None:
            yield tongue(
                "Worst fortnight of “{run}”: {first} to {last}, {tonnes} t a day ({low} to {high} in 80 of 100 "
                "replications).",
                run=run.label, first=tongue.long_date(worst.first), last=tongue.long_date(worst.last),
                tonnes=format_number(worst.tonnes.mean), low=format_number(worst.tonnes.low),
                high=format_number(worst.tonnes.high),
            )  # fmt: skip


def grade_sentence(study: Study) -> str:
    """Returns the sentence on the lowest data grade of the runs' numbers, and how many have each grade."""
    tongue, counts = study.translate, grade_counts(study)
    worst = lowest_grade(counts)
    if worst is None:
        return tongue("Data grade: none; no setting says where it comes from.")
    each = ", ".join(f"{name} {tongue(GRADES[name])} {n}" for name, n in counts.items())
    return tongue("Data grade: {worst}, the lowest that a number has ({each}).",
                  worst=worst, each=each)  # fmt: skip


def planner_notes(study: Study) -> list[tuple[str, str]]:
    """Returns (runs, text) of the notes in `report.notes`; runs is empty where all runs have the same text."""
    labels_by_text: dict[str, list[str]] = {}
    for run in study.runs:
        if text := str(run.config.get("report", {}).get("notes", "")).strip():
            labels_by_text.setdefault(text, []).append(run.label)
    return [
        ("" if len(labels) == len(study.runs) else ", ".join(labels), text) for text, labels in labels_by_text.items()
    ]


def critical_assumptions(
    study: Study, assumed: Iterable[Mapping[str, Any]], changed: Iterable[str]
) -> list[dict[str, Any]]:
    """Returns the assumed numbers that may reverse the result, each with the reason why it is named.

    They differ between the runs, or are at places that are busy nearly all their open time. Whether one of them does
    reverse the result was not computed.
    """
    keys, shares = busiest_places(study)
    busy = {key for key, place_shares in zip(keys, shares, strict=True) if np.nanmax(place_shares) >= BUSY_UTILISATION}
    paths, critical = [f"{path}." for path in changed], []
    for entry in assumed:
        setting = f"{entry['setting']}."
        if any(path.startswith(setting) or setting.startswith(path) for path in paths):
            critical.append({**entry, "where": DIFFERS})
        elif ".".join(setting.split(".")[:2]) in busy:
            critical.append({**entry, "where": IS_BUSY})
    return sorted(critical, key=lambda entry: (entry["where"] == DIFFERS, entry["setting"]))
