"""Headlines beside tonnes: people who cross, fuel, what people in areas have, and roads that tasks clear.

A sentence each, with how sure it is, on the run that differs most from the first run with that measure. What is the
same in all runs is left out.
"""

from collections.abc import Iterator
from datetime import date

from analysis.language.numbers import format_interval, format_number
from analysis.language.translator import Translator
from analysis.page.counters import format_spread
from analysis.page.tasks import FREE_PREFIX, SHARES, date_free_in_share
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import COMPARED_MEASURES, Difference, differences, summarise
from analysis.statistics.needs import (
    AID,
    SufficiencyDates,
    measure_spread,
    planner_title,
    sufficiency_dates,
    worst_off_area,
)

HEADLINE_MEASURES = ("people_out_per_day", "people_in_per_day", f"kcal_worst:{AID}", f"people_supplied:{AID}")
FUEL_MEASURES = ("days_short", "standing_without_fuel")


def measure_titles(study: Study) -> dict[str, str]:
    """Returns the titles of the compared measures: those common to all worlds, and fuel of each depot and fleet."""
    tongue, titles = study.translate, {measure: study.translate(title) for measure, title in COMPARED_MEASURES.items()}
    for run in study.runs:
        for measure in sorted(run.arrays.measures):
            kind, _, key = measure.partition(":")
            place = run.places[key].title if key in run.places else key
            if kind == "days_short":
                title = tongue("{place}: days on which users get less than they want [days]", place=place)
                titles.setdefault(measure, title)
            elif kind == "standing_without_fuel":
                title = tongue("{place}: vehicles that stand without fuel [vehicles]", place=place)
                titles.setdefault(measure, title)
    return titles


def first_run_with(study: Study, measure: str) -> RunResult | None:
    """Returns the first run with the measure in some replication, to which others are compared; else None."""
    return next((run for run in study.runs if summarise(run, measure)), None)


def headline_sentences(study: Study) -> list[str]:
    """Returns a sentence for each difference of runs; of several depots or fleets, for the one that differs most."""
    titles = measure_titles(study)
    groups = [[measure] for measure in HEADLINE_MEASURES]
    groups += [[measure for measure in titles if measure.partition(":")[0] == kind] for kind in FUEL_MEASURES]
    sentences = (
        _largest_difference_sentence(study, {measure: titles[measure] for measure in group}) for group in groups
    )
    return [
        f"{text[:1].upper()}{text[1:]}"
        for text in (*_soonest_sufficiency_sentences(study), *filter(None, sentences), *_cleared_place_sentences(study))
    ]


def _largest_difference_sentence(study: Study, titles: dict[str, str]) -> str | None:
    """Returns the sentence on the largest clear difference on these measures, else on the largest; None without any."""
    tongue = study.translate
    pairs: list[tuple[RunResult, Difference]] = []
    for measure, title in titles.items():
        if (first := first_run_with(study, measure)) is None:
            continue
        others = differences(study, measure, first)
        if not others and (first.arrays.measures[measure].values != 0).any():
            alone = format_spread(measure_spread(first, measure), tongue)
            return tongue("{what}: {value} with “{run}”.", what=title, run=first.label, value=alone)
        pairs += [(first, each) for each in others if each.mean.mean or each.mean.half]
    if not pairs:
        return None
    first, most = max(pairs, key=lambda pair: (pair[1].is_clear, abs(pair[1].mean.mean)))
    differs = next(run for run in study.runs if run.name == most.run)
    value, first_value = summarise(differs, most.measure), summarise(first, most.measure)
    assert value is not None and first_value is not None  # a run with a difference has the measure
    text = (
        "{what}: {own} with “{run}”, {its} with “{first}”; the difference of {more} (95 % interval {interval}) is "
        "clear."
        if most.is_clear
        else "{what}: {own} with “{run}”, {its} with “{first}”; the difference of {more} (95 % interval {interval}) "
        "does not stand out from luck."
    )
    return tongue(
        text, what=titles[most.measure], run=differs.label, first=first.label, own=format_number(value.mean.mean),
        its=format_number(first_value.mean.mean), more=format_number(most.mean.mean, most.mean.half, sign=True),
        interval=format_interval(most.mean, tongue),
    )  # fmt: skip


def _soonest_sufficiency_sentences(study: Study) -> Iterator[str]:
    """Yields for each essential need a sentence on the run in which all areas have enough soonest."""
    rows = list(sufficiency_dates(study))
    for need in dict.fromkeys(row.need for row in rows):
        need_rows = [row for row in rows if row.need == need]
        alike = len({(row.dates, row.never_count) for row in need_rows}) == 1 < len(need_rows)
        if not alike and need_rows[0].run.config["needs"][need].get("essential", True):
            yield _need_sentence(study, need, need_rows)


def _need_sentence(study: Study, need: str, rows: list[SufficiencyDates]) -> str:
    """Returns the sentence on one need; the first of `rows` is the soonest."""
    tongue, best = study.translate, rows[0]
    first = next((row for row in rows if row.run is study.reference), None)
    title, area = planner_title(best.run, "needs", need), worst_off_area(best.run, need)
    start = tongue("{need}: enough in every area, week by week to the end", need=title)
    if area is not None:
        named = planner_title(best.run, "areas", area)
        start += " " + tongue("(worst off with “{run}”: {area})", run=best.run.label, area=named)
    if all(row.never_count == row.n_replications for row in rows):
        return tongue("{what}: in no replication of any run.", what=start)
    if best.dates[1] is None:
        most = min(rows, key=lambda row: row.never_count / row.n_replications)
        return tongue(
            "{what}: with no run in half of replications; most often with “{run}”, in {n} of {all}.",
            what=start, run=most.run.label, n=most.n_replications - most.never_count, all=most.n_replications,
        )  # fmt: skip
    text = tongue(
        "{what}: soonest with “{run}”, in half of replications from {day} on (from 10 % to 90 %: {low} – {high})",
        what=start, run=best.run.label, day=tongue.long_date(best.dates[1]), low=_format_day(best.dates[0], tongue),
        high=_format_day(best.dates[2], tongue),
    )  # fmt: skip
    if first is not None and best.share_sooner is not None:
        text += tongue(
            "; sooner than with “{first}” ({day}) in {share} of replications", first=first.run.label,
            day=_format_day(first.dates[1], tongue), share=f"{100 * best.share_sooner:.0f} %",
        )  # fmt: skip
    if best.share_soonest_of_all is not None:
        text += tongue(
            "; sooner than, or with, all others in {share}", share=f"{100 * best.share_soonest_of_all:.0f} %"
        )
    return f"{text}."


def _cleared_place_sentences(study: Study) -> Iterator[str]:
    """Yields for each place that tasks clear a sentence on the run that clears it soonest, where runs differ."""
    tongue = study.translate
    for measure in sorted({m for run in study.runs for m in run.arrays.measures if m.startswith(FREE_PREFIX)}):
        place, runs = measure.removeprefix(FREE_PREFIX), [run for run in study.runs if measure in run.arrays.measures]
        median_dates = {run.name: date_free_in_share(run, place, 0.5) for run in runs}
        if len(set(median_dates.values())) < 2:
            continue
        best, last = (choose(runs, key=lambda run: median_dates[run.name] or date.max) for choose in (min, max))
        low, _, high = (_format_day(date_free_in_share(best, place, share), tongue) for share in SHARES)
        yield tongue(
            "{place}: free of what tasks clear soonest with “{run}”, in half of replications by {day} (from 10 % "
            "to 90 %: {low} – {high}); with “{last}” by {then}.",
            place=best.places[place].title if place in best.places else place, run=best.label,
            day=_format_day(median_dates[best.name], tongue), low=low, high=high, last=last.label,
            then=_format_day(median_dates[last.name], tongue),
        )  # fmt: skip


def _format_day(day: date | None, tongue: Translator) -> str:
    return tongue("not by the run's end") if day is None else tongue.long_date(day)
