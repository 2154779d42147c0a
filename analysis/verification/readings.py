"""Statistics of one run of a case, computed from its log alone. Times are in hours unless a name says otherwise."""

from collections.abc import Callable

import numpy as np

from analysis.verification.worlds import ReplicationResult, in_minutes
from sim import events as e
from sim.laws import Float64Array, Int64Array
from sim.readings.visits import Level, Visits
from sim.units import DAY_S, HOUR_S

DOCK_NAME = "warehouses.dock"


def waits_min(run: ReplicationResult, place: str = DOCK_NAME) -> list[float]:
    """Returns the times from joining to the start of service [min], of all visits in the order of joining."""
    visits = run.visits(place)
    return in_minutes(visits.started_s - visits.joined_s)


def arrived_by_midnight(run: ReplicationResult, days: int) -> list[int]:
    """Returns the number of loads that arrived by the end of each day."""
    arrived = run.rows(e.ARRIVED)["time_s"]
    return [int((arrived < (day + 1) * DAY_S).sum()) for day in range(days)]


def after_warm_up_s(run: ReplicationResult) -> int:
    """Returns the end of the warm-up [s]."""
    return run.network.warm_up_days * DAY_S


def steady_visits(run: ReplicationResult, place: str = DOCK_NAME) -> Visits:
    """Returns the visits that began after the warm-up and at least a day before the run's end.

    So the run's end cuts no wait off, as long as waits are shorter than a day.
    """
    visits = run.visits(place)
    inside = (visits.joined_s >= after_warm_up_s(run)) & (visits.joined_s < run.network.horizon_s - DAY_S)
    return Visits(*(column[inside] for column in visits))


def waits_h(run: ReplicationResult, place: str = DOCK_NAME) -> Float64Array:
    """Returns the times from joining to the start of service of the steady visits [h]."""
    visits = steady_visits(run, place)
    return np.asarray((visits.started_s - visits.joined_s) / HOUR_S)


def mean_wait(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the mean wait at a place [h]."""
    return lambda run: float(waits_h(run, place).mean())


def mean_dwell(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the mean time from joining to the end of service [h]."""

    def read(run: ReplicationResult) -> float:
        visits = steady_visits(run, place)
        return float((visits.finished_s - visits.joined_s).mean() / HOUR_S)

    return read


def share_waiting_longer(hours: float, place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the share of trucks that wait for more than `hours`."""
    return lambda run: float((waits_h(run, place) > hours).mean())


def wait_quantile(share: float) -> Callable[[ReplicationResult], float]:
    """Returns a reading of a quantile of the waits [h]."""
    return lambda run: float(np.quantile(waits_h(run), share))


def wait_of_rank(rank: int) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the mean wait of the trucks of one rank [h]."""
    return lambda run: float(waits_h(run)[run.draws.rank[steady_visits(run).entity] == rank].mean())


def mean_queue_length(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the time-average number in the queue."""
    return lambda run: time_average(run, queue_length(run, place))


def mean_number_in_system(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the time-average number in the queue or in service."""
    return lambda run: time_average(run, number_in_system(run, place))


def queue_length(run: ReplicationResult, place: str = DOCK_NAME) -> Level:
    """Returns the number in the queue over time."""
    visits = run.visits(place)
    return Level.from_spans(visits.joined_s, visits.started_s)


def number_in_system(run: ReplicationResult, place: str = DOCK_NAME) -> Level:
    """Returns the number in the queue or in service over time."""
    visits = run.visits(place)
    return Level.from_spans(visits.joined_s, visits.left_s)


def number_in_service(run: ReplicationResult, place: str = DOCK_NAME) -> Level:
    """Returns the number in service over time."""
    visits = run.visits(place)
    return Level.from_spans(visits.started_s, visits.finished_s)


def number_in_system_at_hour(hour: float, place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the mean number in the system just before an hour of the day, after the warm-up."""

    def read(run: ReplicationResult) -> float:
        days = np.arange(run.network.warm_up_days, run.network.days)
        return float(number_in_system(run, place).value_before(days * DAY_S + round(hour * HOUR_S)).mean())

    return read


def share_empty(place: str) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the share of time in which a place is empty."""

    def read(run: ReplicationResult) -> float:
        visits, from_s, to_s = run.visits(place), after_warm_up_s(run), run.network.horizon_s
        order = np.argsort(visits.joined_s, kind="stable")
        joins, last_left = visits.joined_s[order], np.maximum.accumulate(visits.left_s[order])
        begins, ends = (
            np.append(0, last_left),
            np.append(joins, to_s),
        )  # of each empty period; not positive if there is none
        gaps = np.minimum(ends, to_s) - np.maximum(begins, from_s)
        return float(np.maximum(gaps, 0).sum() / (to_s - from_s))

    return read


def time_average(run: ReplicationResult, level: Level) -> float:
    """Returns the time average of a level after the warm-up."""
    return level.time_average(after_warm_up_s(run), run.network.horizon_s)


def share_turned_away(run: ReplicationResult) -> float:
    """Returns the share of loads that are turned away for lack of room."""
    after_s = after_warm_up_s(run)
    away, came = run.rows(e.TURNED_AWAY)["time_s"], run.rows(e.REQUESTED)["time_s"]
    return float((away >= after_s).sum() / (came >= after_s).sum())


def measure_reading(name: str, factor: float = 1.0) -> Callable[[ReplicationResult], float]:
    """Returns a reading of a measure of the results, multiplied by `factor`; nan if it has no value."""

    def read(run: ReplicationResult) -> float:
        value = run.measure(name)
        return np.nan if value is None else value * factor

    return read


def utilisation(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Returns a reading of the utilisation of a place."""
    return measure_reading(f"utilisation:{place}")


throughput_per_h = measure_reading("arrived_trucks_per_day", 1 / 24)  # arriving loads per hour


def convoy_sizes(run: ReplicationResult) -> Int64Array:
    """Returns the number of trucks of each convoy after the warm-up; each carries 20 pallets."""
    departures = run.rows(e.SET_OUT)
    return np.asarray(departures["value"][departures["time_s"] >= after_warm_up_s(run)] // 20, dtype=np.int64)


def convoy_gaps_h(run: ReplicationResult) -> Float64Array:
    """Returns the times between convoys after the warm-up [h]."""
    times_s = run.rows(e.SET_OUT)["time_s"]
    return np.diff(times_s[times_s >= after_warm_up_s(run)]) / HOUR_S
