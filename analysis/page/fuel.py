"""Fuel as a page tells of it: what came, what each user got of what it wants, and vehicles that stood without any.

Means over replications.
"""

from collections.abc import Iterator

from analysis.language.numbers import format_number
from analysis.results.tables import RunResult, Study


def depot_rows(study: Study) -> Iterator[list[str]]:
    """Run, depot, litres a day that came and that trips took, days on which users were short, and got nothing."""
    for run in study.runs:
        for key in _keys_with_measure(run, "fuel_delivered"):
            measures = ("fuel_delivered", "fuel_taken_by_trips", "days_short", "days_without")
            yield [run.label, _place_title(run, key), *(_mean_cell(run, f"{measure}:{key}") for measure in measures)]


def user_rows(study: Study) -> Iterator[list[str]]:
    """Run, depot, user, litres a day that it got and lacked, and the share that it got of what it wants."""
    for run in study.runs:
        for key in _keys_with_measure(run, "fuel_drawn"):
            depot, _, name = key.rpartition(".")
            written = run.config.get("depots", {}).get(depot.partition(".")[2], {}).get("users", {}).get(name, {})
            title = written.get("title") or name.replace("_", " ")
            share = run.arrays.measures[f"fill_rate:{key}"].values.mean()
            litres = (_mean_cell(run, f"{measure}:{key}") for measure in ("fuel_drawn", "fuel_unmet"))
            yield [run.label, _place_title(run, depot), str(title), *litres, f"{share:.0%}"]


def fleet_rows(study: Study) -> Iterator[list[str]]:
    """Run, fleet, vehicles that stood without fuel in the mean, and trips a day that set out after that."""
    for run in study.runs:
        for key in _keys_with_measure(run, "standing_without_fuel"):
            measures = ("standing_without_fuel", "trips_after_waiting_for_fuel")
            yield [run.label, _place_title(run, key), *(_mean_cell(run, f"{measure}:{key}") for measure in measures)]


def _keys_with_measure(run: RunResult, measure: str) -> list[str]:
    """Of whom there is such a measure."""
    found = (name.partition(":") for name in sorted(run.arrays.measures))
    return [of for what, _, of in found if what == measure]


def _place_title(run: RunResult, key: str) -> str:
    place = run.places.get(key)
    return place.title if place else key


def _mean_cell(run: RunResult, measure: str) -> str:
    found = run.arrays.measures.get(measure)
    return format_number(float(found.values.mean())) if found else "–"
