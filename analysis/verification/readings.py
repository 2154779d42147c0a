"""What is read off one run of a case, from its log alone. In hours where nothing else is said."""

from collections.abc import Callable

import numpy as np

from analysis.verification.worlds import ReplicationResult, in_minutes
from sim import events as e
from sim.laws import Floats, Ints
from sim.readings.visits import Level, Visits
from sim.units import DAY_S, HOUR_S

DOCK_NAME = "warehouses.dock"


def waits_min(ran: ReplicationResult, place: str = DOCK_NAME) -> list[float]:
    """From joining to the start of service, of all visits, in the order in which they came."""
    visits = ran.visits(place)
    return in_minutes(visits.started_s - visits.joined_s)


def arrived_by_midnight(ran: ReplicationResult, days: int) -> list[int]:
    """Arrived loads by the end of each day."""
    arrived = ran.rows(e.ARRIVED)["time_s"]
    return [int((arrived < (day + 1) * DAY_S).sum()) for day in range(days)]


def after_warm_up_s(ran: ReplicationResult) -> int:
    return ran.network.warm_up_days * DAY_S


def steady_visits(ran: ReplicationResult, place: str = DOCK_NAME) -> Visits:
    """The visits that began after warm-up, and not so late that the run's end cut their waits short."""
    visits = ran.visits(place)
    inside = (visits.joined_s >= after_warm_up_s(ran)) & (visits.joined_s < ran.network.horizon_s - DAY_S)
    return Visits(*(column[inside] for column in visits))


def waits_h(ran: ReplicationResult, place: str = DOCK_NAME) -> Floats:
    """From joining to the start of service."""
    visits = steady_visits(ran, place)
    return np.asarray((visits.started_s - visits.joined_s) / HOUR_S)


def mean_wait(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    return lambda ran: float(waits_h(ran, place).mean())


def mean_dwell(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """From joining to the end of service."""

    def read(ran: ReplicationResult) -> float:
        visits = steady_visits(ran, place)
        return float((visits.finished_s - visits.joined_s).mean() / HOUR_S)

    return read


def share_waiting_longer(hours: float, place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """The share of trucks that wait longer."""
    return lambda ran: float((waits_h(ran, place) > hours).mean())


def wait_quantile(share: float) -> Callable[[ReplicationResult], float]:
    return lambda ran: float(np.quantile(waits_h(ran), share))


def wait_of_rank(rank: int) -> Callable[[ReplicationResult], float]:
    return lambda ran: float(waits_h(ran)[ran.draws.rank[steady_visits(ran).entity] == rank].mean())


def mean_queue_length(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Trucks in the queue, over time."""
    return lambda ran: time_average(ran, queue_length(ran, place))


def mean_number_in_system(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """Trucks in the queue or served, over time."""
    return lambda ran: time_average(ran, number_in_system(ran, place))


def queue_length(ran: ReplicationResult, place: str = DOCK_NAME) -> Level:
    """How many are in the queue."""
    visits = ran.visits(place)
    return Level.from_spans(visits.joined_s, visits.started_s)


def number_in_system(ran: ReplicationResult, place: str = DOCK_NAME) -> Level:
    """How many are in the queue or served."""
    visits = ran.visits(place)
    return Level.from_spans(visits.joined_s, visits.left_s)


def number_in_service(ran: ReplicationResult, place: str = DOCK_NAME) -> Level:
    """How many are served."""
    visits = ran.visits(place)
    return Level.from_spans(visits.started_s, visits.finished_s)


def number_in_system_at_hour(hour: float, place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    """How many are there just before an hour of the day, in the mean of all days after warm-up."""

    def read(ran: ReplicationResult) -> float:
        days = np.arange(ran.network.warm_up_days, ran.network.days)
        return float(number_in_system(ran, place).value_before(days * DAY_S + round(hour * HOUR_S)).mean())

    return read


def share_empty(place: str) -> Callable[[ReplicationResult], float]:
    """The share of time in which nobody is there."""

    def read(ran: ReplicationResult) -> float:
        visits, from_s, to_s = ran.visits(place), after_warm_up_s(ran), ran.network.horizon_s
        order = np.argsort(visits.joined_s, kind="stable")
        joins, last_left = visits.joined_s[order], np.maximum.accumulate(visits.left_s[order])
        begins, ends = np.append(0, last_left), np.append(joins, to_s)  # of each time without anybody, if it has one
        gaps = np.minimum(ends, to_s) - np.maximum(begins, from_s)
        return float(np.maximum(gaps, 0).sum() / (to_s - from_s))

    return read


def time_average(ran: ReplicationResult, level: Level) -> float:
    return level.time_average(after_warm_up_s(ran), ran.network.horizon_s)


def share_turned_away(ran: ReplicationResult) -> float:
    """The share of loads that find no room."""
    after_s = after_warm_up_s(ran)
    away, came = ran.rows(e.TURNED_AWAY)["time_s"], ran.rows(e.REQUESTED)["time_s"]
    return float((away >= after_s).sum() / (came >= after_s).sum())


def measure_reading(name: str, times: float = 1.0) -> Callable[[ReplicationResult], float]:
    """A measure as the results have it."""

    def read(ran: ReplicationResult) -> float:
        value = ran.measure(name)
        return np.nan if value is None else value * times

    return read


def utilisation(place: str = DOCK_NAME) -> Callable[[ReplicationResult], float]:
    return measure_reading(f"utilisation:{place}")


throughput_per_h = measure_reading("arrived_trucks_per_day", 1 / 24)  # loads that arrive, an hour


def convoy_sizes(ran: ReplicationResult) -> Ints:
    """How many trucks of 20 pallets each convoy after warm-up has."""
    told = ran.rows(e.SET_OUT)
    return np.asarray(told["value"][told["time_s"] >= after_warm_up_s(ran)] // 20, dtype=np.int64)


def convoy_gaps_h(ran: ReplicationResult) -> Floats:
    """The times between convoys."""
    times_s = ran.rows(e.SET_OUT)["time_s"]
    return np.diff(times_s[times_s >= after_warm_up_s(ran)]) / HOUR_S
