"""The numbers behind the plots: densities, fans, arrival curves, and what to show of the places. It draws nothing."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from scipy.ndimage import gaussian_filter1d

from analysis.results.arrays import Floats, Transit
from analysis.results.tables import RunResult, Study

DAYS_PER_WEEK = 7
QUANTILES = (5, 25, 50, 75, 95)
WAITING_UNITS, FUEL_UNITS = ("trucks", "pallets", "vehicles"), ("litres",)  # units of what stands at places


@dataclass(frozen=True)
class Fan:
    """Quantiles over replications, shape (5, days), a row for each of QUANTILES.

    daily : of each day.  weekly : of the mean of the 7 days around it, nan where those are not complete.
    """

    daily: Floats
    weekly: Floats


@dataclass(frozen=True)
class PlaceBacklog:
    """What waits at a place at each day's end, by run; the mean over replications."""

    place: str
    title: str
    unit: str
    by_run: dict[str, Floats]


def density_curve(values: Floats, top: float, points: int = 100) -> tuple[Floats, Floats]:
    """Where the values lie from 0 to `top`, as a smooth curve whose area is 1; nothing leaks below 0.

    The width of the smoothing, 2 % of `top`, is the same for all that share `top`.
    """
    counts, edges = np.histogram(values, bins=points, range=(0, top))
    smooth = gaussian_filter1d(counts.astype(float), 0.02 * points, mode="reflect")
    return (edges[:-1] + edges[1:]) / 2, smooth / (counts.sum() * (edges[1] - edges[0]))


def fan_quantiles(daily: Floats) -> Fan:
    """The fan of daily counts, shape (replications, days)."""
    weekly = np.full((len(QUANTILES), daily.shape[1]), np.nan)
    if daily.shape[1] >= DAYS_PER_WEEK:
        means = np.lib.stride_tricks.sliding_window_view(daily, DAYS_PER_WEEK, axis=1).mean(axis=2)
        weekly[:, DAYS_PER_WEEK // 2 : -(DAYS_PER_WEEK // 2)] = np.percentile(means, QUANTILES, axis=0)
    return Fan(np.percentile(daily, QUANTILES, axis=0), weekly)


def arrival_curve(transit: Transit) -> tuple[Floats, Floats]:
    """Hours, and the share of all dispatched loads that had arrived by then. It ends at the share that arrived at all.

    Hours are stored whole and rounded down, so those with h hours have arrived by h + 1.
    """
    arrived = transit.arrived.sum(axis=0)
    return np.arange(1, len(arrived) + 1, dtype=float), np.cumsum(arrived) / transit.dispatched.sum()


def share_inside_at_end(transit: Transit) -> float:
    """The share of dispatched loads that were still on their way when the run ended."""
    return float(transit.inside.sum() / transit.dispatched.sum())


def place_titles(study: Study) -> dict[str, str]:
    """Titles of all runs' places; a title that two kinds of place share says its kind as well."""
    titles = {key: place.title for run in reversed(study.runs) for key, place in run.places.items()}
    used = list(titles.values())
    return {
        key: title if used.count(title) == 1 else f"{title} ({key.partition('.')[0]})" for key, title in titles.items()
    }


def busiest_places(study: Study, most: int = 30) -> tuple[list[str], Floats]:
    """Places by falling utilisation, and their shares of open time, shape (places, runs); nan where a run lacks one."""
    found = {
        key: np.array([_mean_of_measure(run, f"utilisation:{key}") for run in study.runs])
        for key in sorted({key for run in study.runs for key in run.places})
    }
    there = {key: shares for key, shares in found.items() if not np.isnan(shares).all()}
    keys = sorted(there, key=lambda key: -float(np.nanmax(there[key])))[:most]
    return keys, np.array([there[key] for key in keys]).reshape(len(keys), len(study.runs))


def daily_utilisation(run: RunResult, places: Sequence[str]) -> Floats:
    """The share of its open time for which each place was busy, all replications together, shape (places, days).

    nan on days on which a place never opens, and where the run has no such place.
    """
    found = np.full((len(places), run.days), np.nan)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select place, date_diff('day', ?::DATE, date) as day, sum(busy_s + used)::DOUBLE, "
            "sum(open_s + capacity)::DOUBLE from read_parquet(?) group by all",
            [run.start, glob.escape((run.folder / "places.parquet").as_posix())],
        ).fetchall()
    for place, day, used, capacity in rows:
        if place in places and capacity:
            found[places.index(place), day] = used / capacity
    return found


def largest_backlogs(
    study: Study, units: Sequence[str] = WAITING_UNITS, most: int = 4
) -> dict[str, list[PlaceBacklog]]:
    """For each unit the places where most waits, by falling backlog; places where nothing ever waits are left out."""
    titles, found = place_titles(study), {}
    for unit in units:
        keys = {key for run in study.runs for key, place in run.places.items() if place.unit == unit}
        here = []
        for key in sorted(key for key in keys if not key.startswith("roads.")):  # whoever is on a road does not wait
            by_run = {run.name: run.arrays.backlog[key] for run in study.runs if key in run.arrays.backlog}
            if by_run and max(values.max() for values in by_run.values()) >= 1:
                here.append(PlaceBacklog(key, titles[key], unit, by_run))
        here.sort(key=lambda each: -max(float(values.mean()) for values in each.by_run.values()))
        if here:
            found[unit] = here[:most]
    return found


def _mean_of_measure(run: RunResult, measure: str) -> float:
    found = run.arrays.measures.get(measure)
    return float("nan") if found is None or np.isnan(found.values).all() else float(np.nanmean(found.values))
