"""The data behind the plots: densities, fans, arrival curves, and the places to show. It draws nothing."""

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
WAITING_UNITS, FUEL_UNITS = ("trucks", "pallets", "vehicles"), ("litres",)  # units of the backlog at places


@dataclass(frozen=True)
class Fan:
    """Quantiles over replications, shape (5, days): one row for each of QUANTILES.

    daily : of each day.  weekly : of the mean over the 7 days around it; nan where these are not complete.
    """

    daily: Floats
    weekly: Floats


@dataclass(frozen=True)
class PlaceBacklog:
    """The backlog of a place at the end of each day: mean over replications, shape (days,), by run."""

    place: str
    title: str
    unit: str
    by_run: dict[str, Floats]


def density_curve(values: Floats, top: float, points: int = 100) -> tuple[Floats, Floats]:
    """Returns (points, density) of the values between 0 and `top`: a smooth curve of area 1, reflected at 0.

    The smoothing width is 2 % of `top`, so curves with a common `top` are comparable.
    """
    counts, edges = np.histogram(values, bins=points, range=(0, top))
    smooth = gaussian_filter1d(counts.astype(float), 0.02 * points, mode="reflect")
    return (edges[:-1] + edges[1:]) / 2, smooth / (counts.sum() * (edges[1] - edges[0]))


def fan_quantiles(daily: Floats) -> Fan:
    """Returns the fan of daily counts, shape (replications, days)."""
    weekly = np.full((len(QUANTILES), daily.shape[1]), np.nan)
    if daily.shape[1] >= DAYS_PER_WEEK:
        means = np.lib.stride_tricks.sliding_window_view(daily, DAYS_PER_WEEK, axis=1).mean(axis=2)
        weekly[:, DAYS_PER_WEEK // 2 : -(DAYS_PER_WEEK // 2)] = np.percentile(means, QUANTILES, axis=0)
    return Fan(np.percentile(daily, QUANTILES, axis=0), weekly)


def arrival_curve(transit: Transit) -> tuple[Floats, Floats]:
    """Returns (hours, share of all dispatched loads that had arrived by then).

    The curve ends at the share that ever arrived.

    Stored hours are rounded down, so that loads stored under h hours have arrived by h + 1.
    """
    arrived = transit.arrived.sum(axis=0)
    return np.arange(1, len(arrived) + 1, dtype=float), np.cumsum(arrived) / transit.dispatched.sum()


def share_inside_at_end(transit: Transit) -> float:
    """Returns the share of dispatched loads that were still in the system when the run ended."""
    return float(transit.inside.sum() / transit.dispatched.sum())


def place_titles(study: Study) -> dict[str, str]:
    """Returns the titles of all places of all runs; titles that two places share get the kind of the place added."""
    titles = {key: place.title for run in reversed(study.runs) for key, place in run.places.items()}
    used = list(titles.values())
    return {
        key: title if used.count(title) == 1 else f"{title} ({key.partition('.')[0]})" for key, title in titles.items()
    }


def busiest_places(study: Study, most: int = 30) -> tuple[list[str], Floats]:
    """Returns at most `most` places by falling utilisation, and their utilisation, shape (places, runs).

    Utilisation is the share of open time; nan if a run does not have the place.
    """
    utilisation = {
        key: np.array([_mean_of_measure(run, f"utilisation:{key}") for run in study.runs])
        for key in sorted({key for run in study.runs for key in run.places})
    }
    present = {key: shares for key, shares in utilisation.items() if not np.isnan(shares).all()}
    keys = sorted(present, key=lambda key: -float(np.nanmax(present[key])))[:most]
    return keys, np.array([present[key] for key in keys]).reshape(len(keys), len(study.runs))


def daily_utilisation(run: RunResult, places: Sequence[str]) -> Floats:
    """Returns the busy share of each place's open time, over all replications, shape (places, days).

    nan on days on which a place does not open, and for places that the run does not have.
    """
    utilisation = np.full((len(places), run.days), np.nan)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select place, date_diff('day', ?::DATE, date) as day, sum(busy_s + used)::DOUBLE, "
            "sum(open_s + capacity)::DOUBLE from read_parquet(?) group by all",
            [run.start, glob.escape((run.folder / "places.parquet").as_posix())],
        ).fetchall()
    for place, day, used, capacity in rows:
        if place in places and capacity:
            utilisation[places.index(place), day] = used / capacity
    return utilisation


def largest_backlogs(
    study: Study, units: Sequence[str] = WAITING_UNITS, most: int = 4
) -> dict[str, list[PlaceBacklog]]:
    """Returns for each unit at most `most` places by falling mean backlog.

    Places whose backlog never reaches 1 are left out, and so are roads: vehicles on a road do not queue.
    """
    titles, backlogs = place_titles(study), {}
    for unit in units:
        keys = {key for run in study.runs for key, place in run.places.items() if place.unit == unit}
        of_unit = []
        for key in sorted(key for key in keys if not key.startswith("roads.")):
            by_run = {run.name: run.arrays.backlog[key] for run in study.runs if key in run.arrays.backlog}
            if by_run and max(values.max() for values in by_run.values()) >= 1:
                of_unit.append(PlaceBacklog(key, titles[key], unit, by_run))
        of_unit.sort(key=lambda each: -max(float(values.mean()) for values in each.by_run.values()))
        if of_unit:
            backlogs[unit] = of_unit[:most]
    return backlogs


def _mean_of_measure(run: RunResult, measure: str) -> float:
    """Returns the mean over replications; nan if the run has no value of the measure."""
    recorded = run.arrays.measures.get(measure)
    return float("nan") if recorded is None or np.isnan(recorded.values).all() else float(np.nanmean(recorded.values))
