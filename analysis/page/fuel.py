"""The page's section on fuel: litres delivered and used, and vehicles without fuel, as means over replications."""

from collections.abc import Iterator

from analysis.language.numbers import format_number
from analysis.results.tables import RunResult, Study


def depot_rows(study: Study) -> Iterator[list[str]]:
    """Yields run, depot, litres a day delivered and taken by trips, days on which users were short and without."""
    for run in study.runs:
        for key in _keys_with_measure(run, "fuel_delivered"):
            measures = ("fuel_delivered", "fuel_taken_by_trips", "days_short", "days_without")
            yield [run.label, _place_title(run, key), *(_mean_cell(run, f"{measure}:{key}") for measure in measures)]


def user_rows(study: Study) -> Iterator[list[str]]:
    """Yields run, depot, user, litres a day drawn and unmet, and the share of what it wants that it got."""
    for run in study.runs:
        for key in _keys_with_measure(run, "fuel_drawn"):
            depot, _, name = key.rpartition(".")
            settings = run.config.get("depots", {}).get(depot.partition(".")[2], {}).get("users", {}).get(name, {})
            title = settings.get("title") or name.replace("_", " ")
            share = run.arrays.measures[f"fill_rate:{key}"].values.mean()
            litres = (_mean_cell(run, f"{measure}:{key}") for measure in ("fuel_drawn", "fuel_unmet"))
            yield [run.label, _place_title(run, depot), str(title), *litres, f"{share:.0%}"]


def fleet_rows(study: Study) -> Iterator[list[str]]:
    """Yields run, fleet, mean number of vehicles without fuel, and trips a day that started after waiting for it."""
    for run in study.runs:
        for key in _keys_with_measure(run, "standing_without_fuel"):
            measures = ("standing_without_fuel", "trips_after_waiting_for_fuel")
            yield [run.label, _place_title(run, key), *(_mean_cell(run, f"{measure}:{key}") for measure in measures)]


def _keys_with_measure(run: RunResult, measure: str) -> list[str]:
    """Returns the keys after the colon of all measures of this kind, sorted."""
    parts = (name.partition(":") for name in sorted(run.arrays.measures))
    return [key for kind, _, key in parts if kind == measure]


def _place_title(run: RunResult, key: str) -> str:
    place = run.places.get(key)
    return place.title if place else key


def _mean_cell(run: RunResult, measure: str) -> str:
    result = run.arrays.measures.get(measure)
    return format_number(float(result.values.mean())) if result else "–"
