"""The numbers of `tandem.yaml` for the peers, in minutes, and what each of them tells."""

from math import log, log1p, sqrt
from typing import NamedTuple

DAY_MIN = 1440.0
PER_MIN = 685 / DAY_MIN
LANES = (2, 6, 14, 10)


class Outcome(NamedTuple):
    """The loads that arrived, or left the last service, before the run's end, and their mean time from start to end."""

    loads: int
    mean_min: float


def outcome(times_min: list[float]) -> Outcome:
    """Of the times of all that arrived."""
    return Outcome(len(times_min), sum(times_min) / len(times_min))


def of_logarithm(mean: float, cv: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of a lognormal value with this mean and coefficient of variation."""
    variance = log1p(cv**2)
    return log(mean) - variance / 2, sqrt(variance)


FIRST, THIRD, FOURTH = of_logarithm(3.5, 0.5), of_logarithm(25, 0.4), of_logarithm(18, 0.5)
SECOND = (4.0, 10.5 / 4)  # gamma: shape and scale
