"""Intervals: of means, of quantiles, of shares and of whole distributions. It knows no runs and draws no luck.

All are at 95 %. Of too small a sample there is no interval, or no end of it, and never a guess.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, bdtrc, ndtri, stdtrit

from sim.laws import Floats

CONFIDENCE = 0.95
MIN_SAMPLE = 3  # two values have an interval of twelve times their distance, which reaches below 0 where nothing can be


@dataclass(frozen=True)
class MeanInterval:
    """The mean of `n` values; `half` is half the width of its interval, None below three values."""

    n: int
    mean: float
    half: float | None

    @property
    def low(self) -> float | None:
        return None if self.half is None else self.mean - self.half

    @property
    def high(self) -> float | None:
        return None if self.half is None else self.mean + self.half


@dataclass(frozen=True)
class Percentiles:
    p05: float
    p50: float
    p95: float


@dataclass(frozen=True)
class Estimate:
    """An estimate and its interval; an end that is None is unbounded: the sample is too small to say."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class EcdfBand:
    """At each value that was seen, ascending: the share of values up to it, and a band for the whole curve at once."""

    value: Floats
    share: Floats
    low: Floats
    high: Floats


def mean_interval(values: Floats) -> MeanInterval | None:
    """The mean of the values that are there, with its t interval; None without any."""
    here = values[~np.isnan(values)]
    if len(here) == 0:
        return None
    spread = sample_sd(here) / len(here) ** 0.5
    return MeanInterval(
        len(here), float(here.mean()), None if len(here) < MIN_SAMPLE else t_quantile(len(here) - 1) * spread
    )


def sample_size_needed(mean: MeanInterval, precision: float) -> int | None:
    """How many values make the half width at most `precision`, if they spread as these do; None without an interval."""
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


def percentiles_of(values: Floats) -> Percentiles | None:
    here = values[~np.isnan(values)]
    if here.size == 0:
        return None
    p05, p50, p95 = np.percentile(here, [5, 50, 95])
    return Percentiles(float(p05), float(p50), float(p95))


@lru_cache(maxsize=1000)
def quantile_ranks(n: int, share: float) -> tuple[int | None, int | None]:
    """Ranks, from 1, of the order statistics between which a quantile of `n` independent values lies at 95 %.

    Half of the error goes to each side. Where one side has no rank for its half, the extreme value takes what it needs
    of the whole, and the other side the rest; where that is not enough either, that end is unbounded, None.
    """
    error = 1 - CONFIDENCE
    low, high = _low_rank(n, share, error / 2), _high_rank(n, share, error / 2)
    if high is None and low is not None and (rest := error - share**n) >= 0:
        return _low_rank(n, share, rest), n
    if low is None and high is not None and (rest := error - (1 - share) ** n) >= 0:
        return 1, _high_rank(n, share, rest)
    return low, high


def quantile_interval(values: Floats, share: float) -> Estimate | None:
    """A quantile of independent values, as `spread_of` has it, with its interval from order statistics.

    None without any value.
    """
    here = np.sort(values[~np.isnan(values)])
    if len(here) == 0:
        return None
    low, high = quantile_ranks(len(here), share)
    ends = [None if rank is None else float(here[rank - 1]) for rank in (low, high)]
    return Estimate(float(np.quantile(here, share)), ends[0], ends[1])


def dkw_half_height(n: int) -> float:
    """Half the height of the band around the distribution function of `n` values (Dvoretzky, Kiefer, Wolfowitz)."""
    return float(np.sqrt(np.log(2 / (1 - CONFIDENCE)) / (2 * n)))


def ecdf_band(values: Floats) -> EcdfBand | None:
    """The distribution of independent values, with a band in which the whole of the true one lies at 95 %."""
    here = values[~np.isnan(values)]
    if len(here) == 0:
        return None
    value, counts = np.unique(here, return_counts=True)
    share, half = np.cumsum(counts) / len(here), dkw_half_height(len(here))
    return EcdfBand(value, share, np.clip(share - half, 0, 1), np.clip(share + half, 0, 1))


def wilson_interval(k: int, n: int) -> Estimate:
    """The share of `k` in `n` independent trials (Wilson's interval, which stays within 0 and 1)."""
    z2 = float(ndtri((1 + CONFIDENCE) / 2)) ** 2
    middle, half = (k + z2 / 2) / (n + z2), (z2 * (k * (n - k) / n + z2 / 4)) ** 0.5 / (n + z2)
    return Estimate(k / n, max(0.0, middle - half), min(1.0, middle + half))


def sample_sd(values: Floats) -> float:
    """Standard deviation of a sample; exactly 0 where all values are the same."""
    return float(values.std(ddof=1)) if len(values) > 1 and np.ptp(values) > 0 else 0.0


def t_quantile(degrees: float, upper: float = (1 + CONFIDENCE) / 2) -> float:
    return float(stdtrit(degrees, upper))


def _low_rank(n: int, share: float, error: float) -> int | None:
    """The highest rank whose value lies above the quantile in at most `error` of samples."""
    ranks = [rank for rank in range(1, n + 1) if bdtr(rank - 1, n, share) <= error]
    return max(ranks, default=None)


def _high_rank(n: int, share: float, error: float) -> int | None:
    """The lowest rank whose value lies below the quantile in at most `error` of samples."""
    ranks = [rank for rank in range(1, n + 1) if bdtrc(rank - 1, n, share) <= error]
    return min(ranks, default=None)
