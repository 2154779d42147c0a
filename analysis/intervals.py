"""Confidence intervals of means, quantiles, shares and whole distributions, all at 95 %.

It knows no runs and draws no random numbers. If the sample is too small, the interval or one of its ends is None.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, bdtrc, ndtri, stdtrit

from sim.laws import Float64Array

CONFIDENCE = 0.95
MIN_SAMPLE = 3  # the interval of two values is more than twelve times as wide as their distance: of no use


@dataclass(frozen=True)
class MeanInterval:
    """The mean of `n` values; `half` is half the width of its interval, None below MIN_SAMPLE values."""

    n: int
    mean: float
    half: float | None

    @property
    def low(self) -> float | None:
        """Returns the lower end of the interval; None without an interval."""
        return None if self.half is None else self.mean - self.half

    @property
    def high(self) -> float | None:
        """Returns the upper end of the interval; None without an interval."""
        return None if self.half is None else self.mean + self.half


@dataclass(frozen=True)
class Percentiles:
    """The 5th, 50th and 95th percentile of a sample."""

    p05: float
    p50: float
    p95: float


@dataclass(frozen=True)
class Estimate:
    """An estimate and its interval; an end that is None is unbounded, because the sample is too small."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class EcdfBand:
    """The empirical distribution function of a sample: at each distinct value, ascending, the share of values up to it.

    low, high : a simultaneous band for the whole curve. All arrays have one entry for each distinct value.
    """

    value: Float64Array
    share: Float64Array
    low: Float64Array
    high: Float64Array


def mean_interval(values: Float64Array) -> MeanInterval | None:
    """Returns the mean of the values that are not nan, with its t interval; None if there are none."""
    present = values[~np.isnan(values)]
    if len(present) == 0:
        return None
    spread = sample_sd(present) / len(present) ** 0.5
    return MeanInterval(
        len(present),
        float(present.mean()),
        None if len(present) < MIN_SAMPLE else t_quantile(len(present) - 1) * spread,
    )


def sample_size_needed(mean: MeanInterval, precision: float) -> int | None:
    """Returns the number of values that makes the half width at most `precision`.

    The standard deviation is assumed to stay the same. None without an interval, or if `precision` is not positive.
    """
    if mean.half is None or precision <= 0:
        return None
    spread = mean.half / t_quantile(mean.n - 1) * mean.n**0.5
    low, high = MIN_SAMPLE - 1, MIN_SAMPLE
    while t_quantile(high - 1) * spread / high**0.5 > precision:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if t_quantile(middle - 1) * spread / middle**0.5 <= precision else (middle, high)
    return high


def percentiles_of(values: Float64Array) -> Percentiles | None:
    """Returns the percentiles of the values that are not nan; None if there are none."""
    present = values[~np.isnan(values)]
    if present.size == 0:
        return None
    p05, p50, p95 = np.percentile(present, [5, 50, 95])
    return Percentiles(float(p05), float(p50), float(p95))


@lru_cache(maxsize=1000)
def quantile_ranks(n: int, share: float) -> tuple[int | None, int | None]:
    """Returns the ranks, from 1, of the order statistics that enclose a quantile of `n` independent values at 95 %.

    Half of the error goes to each side. If one side has no rank for its half, it uses the extreme value, and the
    other side
    gets the rest of the error. If that is not enough either, that end is unbounded: None.
    """
    error = 1 - CONFIDENCE
    low, high = _low_rank(n, share, error / 2), _high_rank(n, share, error / 2)
    if high is None and low is not None and (rest := error - share**n) >= 0:
        return _low_rank(n, share, rest), n
    if low is None and high is not None and (rest := error - (1 - share) ** n) >= 0:
        return 1, _high_rank(n, share, rest)
    return low, high


def quantile_interval(values: Float64Array, share: float) -> Estimate | None:
    """Returns a quantile of independent values with its interval from order statistics; None if all are nan."""
    present = np.sort(values[~np.isnan(values)])
    if len(present) == 0:
        return None
    low, high = quantile_ranks(len(present), share)
    ends = [None if rank is None else float(present[rank - 1]) for rank in (low, high)]
    return Estimate(float(np.quantile(present, share)), ends[0], ends[1])


def dkw_half_height(n: int) -> float:
    """Returns half the height of the DKW band around a distribution function (Dvoretzky, Kiefer, Wolfowitz).

    n : number of values.
    """
    return float(np.sqrt(np.log(2 / (1 - CONFIDENCE)) / (2 * n)))


def ecdf_band(values: Float64Array) -> EcdfBand | None:
    """Returns the distribution of independent values, with a 95 % band for the whole true distribution.

    Values that are nan are left out; None if all are.
    """
    present = values[~np.isnan(values)]
    if len(present) == 0:
        return None
    value, counts = np.unique(present, return_counts=True)
    share, half = np.cumsum(counts) / len(present), dkw_half_height(len(present))
    return EcdfBand(value, share, np.clip(share - half, 0, 1), np.clip(share + half, 0, 1))


def wilson_interval(k: int, n: int) -> Estimate:
    """Returns the share of `k` in `n` independent trials with Wilson's interval, which stays within 0 and 1."""
    z2 = float(ndtri((1 + CONFIDENCE) / 2)) ** 2
    middle, half = (k + z2 / 2) / (n + z2), (z2 * (k * (n - k) / n + z2 / 4)) ** 0.5 / (n + z2)
    return Estimate(k / n, max(0.0, middle - half), min(1.0, middle + half))


def sample_sd(values: Float64Array) -> float:
    """Returns the standard deviation of a sample; exactly 0 if all values are equal or there is only one."""
    return float(values.std(ddof=1)) if len(values) > 1 and np.ptp(values) > 0 else 0.0


def t_quantile(degrees: float, upper: float = (1 + CONFIDENCE) / 2) -> float:
    """Returns the quantile `upper` of Student's t distribution; by default the upper end of the 95 % interval."""
    return float(stdtrit(degrees, upper))


def _low_rank(n: int, share: float, error: float) -> int | None:
    """Returns the highest rank whose value exceeds the quantile in at most `error` of samples."""
    ranks = [rank for rank in range(1, n + 1) if bdtr(rank - 1, n, share) <= error]
    return max(ranks, default=None)


def _high_rank(n: int, share: float, error: float) -> int | None:
    """Returns the lowest rank whose value is below the quantile in at most `error` of samples."""
    ranks = [rank for rank in range(1, n + 1) if bdtrc(rank - 1, n, share) <= error]
    return min(ranks, default=None)
