"""What a study says beside tonnes: people who cross, fuel, what people in areas have, and ways that tasks open.

A sentence each, with how sure it is, on the run that differs most from the first that has such a number. What is the
same in all runs is left out, so that a page speaks of people only where people are its question.
"""

from collections.abc import Iterator
from datetime import date

from analysis.language.numbers import interval, number
from analysis.language.tongue import Tongue
from analysis.page.counters import said
from analysis.page.tasks import FREE, SHARES, free_in
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import COMPARED, Difference, differences, summarise
from analysis.statistics.needs import AID, Sooner, soonest, title_of, value, worst_off

ALONE = ("people_out_per_day", "people_in_per_day", f"kcal_worst:{AID}", f"people_supplied:{AID}")
OF_FUEL = ("days_short", "standing_without_fuel")


def measures(study: Study) -> dict[str, str]:
    """What runs are compared on, and how that is called: what all worlds may have, and fuel of each depot and fleet."""
    tongue, titles = study.tongue, {measure: study.tongue(title) for measure, title in COMPARED.items()}
    for run in study.runs:
        for measure in sorted(run.arrays.measures):
            of, _, key = measure.partition(":")
            place = run.places[key].title if key in run.places else key
            if of == "days_short":
                title = tongue("{place}: days on which users get less than they want [days]", place=place)
                titles.setdefault(measure, title)
            elif of == "standing_without_fuel":
                title = tongue("{place}: vehicles that stand without fuel [vehicles]", place=place)
                titles.setdefault(measure, title)
    return titles


def first_with(study: Study, measure: str) -> RunResult | None:
    """The first run of which some replication has the measure: what others are held against."""
    return next((run for run in study.runs if summarise(run, measure)), None)


def sentences(study: Study) -> list[str]:
    """One for each thing in which the runs differ; of several depots, or fleets, for the one that differs most."""
    titles = measures(study)
    groups = [[measure] for measure in ALONE]
    groups += [[measure for measure in titles if measure.partition(":")[0] == of] for of in OF_FUEL]
    told = (_on(study, {measure: titles[measure] for measure in group}) for group in groups)
    return [f"{text[:1].upper()}{text[1:]}" for text in (*_soonest(study), *filter(None, told), *_freed(study))]


def _on(study: Study, titles: dict[str, str]) -> str | None:
    """The largest clear difference on any of these measures, or the largest of all; None where there is none."""
    tongue = study.tongue
    found: list[tuple[RunResult, Difference]] = []
    for measure, title in titles.items():
        if (first := first_with(study, measure)) is None:
            continue
        others = differences(study, measure, first)
        if not others and (first.arrays.measures[measure].values != 0).any():
            alone = said(value(first, measure), tongue)
            return tongue("{what}: {value} with “{run}”.", what=title, run=first.label, value=alone)
        found += [(first, each) for each in others if each.mean.mean or each.mean.half]
    if not found:
        return None
    first, most = max(found, key=lambda pair: (pair[1].clear, abs(pair[1].mean.mean)))
    differs = next(run for run in study.runs if run.name == most.run)
    own, its = summarise(differs, most.measure), summarise(first, most.measure)
    assert own is not None and its is not None  # who differs has it
    text = (
        "{what}: {own} with “{run}”, {its} with “{first}”; the difference of {more} (95 % interval {interval}) is "
        "clear."
        if most.clear
        else "{what}: {own} with “{run}”, {its} with “{first}”; the difference of {more} (95 % interval {interval}) "
        "does not stand out from luck."
    )
    return tongue(
        text, what=titles[most.measure], run=differs.label, first=first.label, own=number(own.mean.mean),
        its=number(its.mean.mean), more=number(most.mean.mean, most.mean.half, sign=True),
        interval=interval(most.mean, tongue),
    )  # fmt: skip


def _soonest(study: Study) -> Iterator[str]:
    """Of each essential need the run in which every area, and so the worst-off, has enough soonest."""
    rows = list(soonest(study))
    for need in dict.fromkeys(row.need for row in rows):
        own = [row for row in rows if row.need == need]
        alike = len({(row.by, row.never) for row in own}) == 1 < len(own)
        if not alike and own[0].run.config["needs"][need].get("essential", True):
            yield _of_need(study, need, own)


def _of_need(study: Study, need: str, rows: list[Sooner]) -> str:
    """Rows in their order, of which the first is the soonest."""
    tongue, best = study.tongue, rows[0]
    first = next((row for row in rows if row.run is study.reference), None)
    title, area = title_of(best.run, "needs", need), worst_off(best.run, need)
    what = tongue("{need}: enough in every area, week by week to the end", need=title)
    if area is not None:
        named = title_of(best.run, "areas", area)
        what += " " + tongue("(worst off with “{run}”: {area})", run=best.run.label, area=named)
    if all(row.never == row.n for row in rows):
        return tongue("{what}: in no replication of any run.", what=what)
    if best.by[1] is None:
        most = min(rows, key=lambda row: row.never / row.n)
        return tongue(
            "{what}: with no run in half of replications; most often with “{run}”, in {n} of {all}.",
            what=what, run=most.run.label, n=most.n - most.never, all=most.n,
        )  # fmt: skip
    text = tongue(
        "{what}: soonest with “{run}”, in half of replications from {day} on (from 10 % to 90 %: {low} – {high})",
        what=what, run=best.run.label, day=tongue.day(best.by[1]), low=_day(best.by[0], tongue),
        high=_day(best.by[2], tongue),
    )  # fmt: skip
    if first is not None and best.sooner is not None:
        text += tongue(
            "; sooner than with “{first}” ({day}) in {share} of replications", first=first.run.label,
            day=_day(first.by[1], tongue), share=f"{100 * best.sooner:.0f} %",
        )  # fmt: skip
    if best.of_all is not None:
        text += tongue("; sooner than, or with, all others in {share}", share=f"{100 * best.of_all:.0f} %")
    return f"{text}."


def _freed(study: Study) -> Iterator[str]:
    """Of each way that is shut or slow until tasks are done the run in which it is free soonest, where runs differ."""
    tongue = study.tongue
    for measure in sorted({m for run in study.runs for m in run.arrays.measures if m.startswith(FREE)}):
        place, runs = measure.removeprefix(FREE), [run for run in study.runs if measure in run.arrays.measures]
        half = {run.name: free_in(run, place, 0.5) for run in runs}
        if len(set(half.values())) < 2:
            continue
        best, last = (chosen(runs, key=lambda run: half[run.name] or date.max) for chosen in (min, max))
        low, _, high = (_day(free_in(best, place, share), tongue) for share in SHARES)
        yield tongue(
            "{place}: free of what tasks clear soonest with “{run}”, in half of replications by {day} (from 10 % "
            "to 90 %: {low} – {high}); with “{last}” by {then}.",
            place=best.places[place].title if place in best.places else place, run=best.label,
            day=_day(half[best.name], tongue), low=low, high=high, last=last.label,
            then=_day(half[last.name], tongue),
        )  # fmt: skip


def _day(day: date | None, tongue: Tongue) -> str:
    return tongue("not by the run's end") if day is None else tongue.day(day)
