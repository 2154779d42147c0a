"""How the first page of a study is said: a sentence on the option, its facts, what it rests on. It computes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.language.numbers import number
from analysis.page.counters import said
from analysis.page.credibility import GRADES, graded
from analysis.page.credibility import lowest_grade as lowest
from analysis.page.words import TO
from analysis.results.tables import Study
from analysis.statistics.brief import Brief, beats, worst_fortnight
from analysis.statistics.compare import difference, summarise
from analysis.statistics.counters import spread
from analysis.statistics.curves import utilisation

BUSY = 0.9  # of a place's open time, from which on a number there may hold the rest back
IS_BUSY, DIFFERS = "at a busy place", "differs between the runs"


def share(probability: float) -> str:
    return "< 1 %" if probability < 0.01 else "> 99 %" if probability > 0.99 else f"{100 * probability:.0f} %"


def sentence(study: Study, brief: Brief | None) -> str:
    """What the option brings, how surely, and whether it is more than what the first run brings."""
    tongue = study.tongue
    if brief is None:
        return tongue("No run has a replication to tell of.")
    low, high, n = brief.tonnes.low, brief.tonnes.high, len(brief.option.arrays.replications)
    amount = tongue(
        "“{option}” brings {tonnes} t and {pallets} pallets a day {to} (in 80 of 100 replications {low} to {high} t)",
        option=brief.option.label, tonnes=number(brief.tonnes.mean), pallets=number(brief.pallets.mean),
        to=tongue(TO[brief.milestone]), low=number(low), high=number(high),
    )  # fmt: skip
    found, first = brief.against, study.reference.label
    if found is None:
        return tongue("{amount}; there is no second run to compare it with.", amount=amount)
    if brief.beats is None:
        few = tongue("{n} replications are too few to say whether that is more than “{first}” brings", n=n, first=first)
        return tongue("{amount}; {rest}.", amount=amount, rest=few)
    chance = tongue("the probability that it brings more is {share}", share=share(brief.beats))
    more = number(abs(found.mean.mean), found.mean.half)
    if not found.clear:
        none = tongue("No clear difference to “{first}” ({more} t a day):", first=first,
                      more=number(found.mean.mean, found.mean.half, sign=True))  # fmt: skip
        return tongue("{amount}; {rest}.", amount=f"{none} {amount}", rest=chance)
    text = "{more} t more than “{first}”" if found.mean.mean > 0 else "{more} t less than “{first}”"
    return tongue("{amount}; {rest}.", amount=f"{amount}, {tongue(text, more=more, first=first)}", rest=chance)


def runs(study: Study, brief: Brief | None) -> list[Sequence[str]]:
    """A row for each run: tonnes and pallets a day, and whether it beats the first."""
    tongue = study.tongue
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
        cells = [said(spread(values[~np.isnan(values)]), tongue) for values in of]
        found = None if run is study.reference else difference(run, study.reference, tonnes)
        chance = None if found is None else beats(found)
        more = "–" if found is None else number(found.mean.mean, found.mean.half, sign=True)
        rows.append((run.label, *cells, more, "–" if chance is None else share(chance)))
    return rows


def facts(study: Study, brief: Brief | None) -> Iterator[str]:
    """Since when the option differs, and the worst fortnight of the first run and of the option."""
    if brief is None:
        return
    tongue = study.tongue
    if brief.against is not None:
        if brief.effect is not None:
            yield tongue(
                "Date of effect: from {day} on, all that came with “{option}” differs from what came with “{first}”, "
                "to the end (80 % interval of the paired difference, each day by itself).",
                day=tongue.day(brief.effect), option=brief.option.label, first=study.reference.label,
            )  # fmt: skip
        else:
            yield tongue("Date of effect: none that stands out from luck up to the last day.")
    for run in dict.fromkeys((study.reference.name, brief.option.name)):
        of = next(each for each in study.runs if each.name == run)
        if (worst := worst_fortnight(of, brief.milestone)) is not None:
            yield tongue(
                "Worst fortnight of “{run}”: {first} to {last}, {tonnes} t a day ({low} to {high} in 80 of 100 "
                "replications).",
                run=of.label, first=tongue.day(worst.first), last=tongue.day(worst.last),
                tonnes=number(worst.tonnes.mean), low=number(worst.tonnes.low), high=number(worst.tonnes.high),
            )  # fmt: skip


def grade(study: Study) -> str:
    """The lowest grade of the numbers that the runs rest on, and how many have which."""
    tongue, counts = study.tongue, graded(study)
    worst = lowest(counts)
    if worst is None:
        return tongue("Data grade: none; no setting says where it comes from.")
    each = ", ".join(f"{name} {tongue(GRADES[name])} {n}" for name, n in counts.items())
    return tongue("Data grade: {worst}, the lowest that a number has ({each}).",
                  worst=worst, each=each)  # fmt: skip


def notes(study: Study) -> list[tuple[str, str]]:
    """(runs, text) of what planners noted by `report.notes`; without the runs where all have the same."""
    found: dict[str, list[str]] = {}
    for run in study.runs:
        if text := str(run.config.get("report", {}).get("notes", "")).strip():
            found.setdefault(text, []).append(run.label)
    return [("" if len(of) == len(study.runs) else ", ".join(of), text) for text, of in found.items()]


def assumptions(study: Study, assumed: Iterable[Mapping[str, Any]], changed: Iterable[str]) -> list[dict[str, Any]]:
    """The assumed numbers that may reverse the result, with why each is named; which of them does was not computed.

    They differ between the runs, or they are at places that are busy nearly all their open time.
    """
    keys, shares = utilisation(study)
    busy = {key for key, of in zip(keys, shares, strict=True) if np.nanmax(of) >= BUSY}
    paths, found = [f"{path}." for path in changed], []
    for entry in assumed:
        setting = f"{entry['setting']}."
        if any(path.startswith(setting) or setting.startswith(path) for path in paths):
            found.append({**entry, "where": DIFFERS})
        elif ".".join(setting.split(".")[:2]) in busy:
            found.append({**entry, "where": IS_BUSY})
    return sorted(found, key=lambda entry: (entry["where"] == DIFFERS, entry["setting"]))
