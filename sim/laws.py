"""Laws of durations and sizes, and their quantile functions.

Luck is uniform; a law maps it to values by its quantile function, so that scenarios with other parameters or another
law still share common random numbers. Nothing here makes a random number.
"""

from abc import ABC, abstractmethod
from functools import lru_cache
from math import gamma
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]  # for large arrays
TABLE = 1 << 16  # longest table of a law; beyond it the quantile is computed
FEW = 20  # look-ups in a table, up to which compiled code is not worth its call
STRETCHES = 1 << 15  # equally long stretches of luck, each with a starting point in a table; a power of 2


class Law(BaseModel, ABC):
    """A law of one quantity in its base unit (s, kg, pallets). Frozen; an unknown setting is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @abstractmethod
    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""

    @abstractmethod
    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""

    def cumulative(self, x: Floats) -> Floats | None:  # noqa: ARG002
        """Returns P(X < x), elementwise; None where computing a quantile costs no more than a table look-up."""
        return None

    def draw(self, u: Floats, at_least: int = 1) -> Ints:
        """Returns whole units at luck `u`: the exact quantile, rounded once. Shape of `u`.

        The table is fast and, unlike a computed logarithm, gives the same result on every processor.
        """
        table = _table(self)
        if table is None:
            return np.maximum(np.rint(self.quantile(u)), at_least).astype(np.int64)
        whole = table.at_or_below(u)
        beyond = whole == len(table.entries) - 1
        if beyond.any():
            whole[beyond] = np.rint(self.quantile(u[beyond]))
        return np.maximum(whole, at_least)


class _Table(NamedTuple):
    """P(X < k + 1/2) for k = 0, 1, ...: a draw rounded to whole units is the number of entries at or below u.

    entries : (n + 1,) float64. They ascend, and the last is infinity.
    begins : (STRETCHES,) int32. The number of entries at or below the smallest u of each stretch of luck.
    """

    entries: Floats
    begins: NDArray[np.int32]

    def at_or_below(self, u: Floats) -> Ints:
        """Returns the number of entries at or below each `u` in [0, 1). Shape of `u`.

        A binary search waits for memory at every step; for many look-ups, a guide table starts each search near its
        end.
        """
        if u.size > FEW:
            from sim import kernels  # late, because reading a scenario needs no compiled code

            if kernels.COMPILED:
                counts = np.empty(u.shape, dtype=np.int64)
                kernels.look_up(self.entries, self.begins, u.ravel(), counts.reshape(-1))
                return counts
        return np.searchsorted(self.entries, u, side="right")


@lru_cache(maxsize=256)
def _table(law: Law) -> _Table | None:
    cumulative = law.cumulative(np.arange(TABLE, dtype=np.float64) + 0.5)
    if cumulative is None:
        return None
    entries = np.append(cumulative[: int(np.searchsorted(cumulative, 1.0)) + 1], np.inf)
    begins = np.searchsorted(entries, np.arange(STRETCHES) / STRETCHES, side="right")
    return _Table(entries, begins.astype(np.int32))


class Constant(Law):
    """A constant value."""

    law: Literal["constant"] = "constant"
    value: PositiveFloat

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return self.value

    def quantile(self, u: Floats) -> Floats:
        """Returns the value for each `u`. Shape of `u`."""
        return np.full(np.shape(u), self.value)


class Exponential(Law):
    """Exponential by its mean."""

    law: Literal["exponential"] = "exponential"
    mean: PositiveFloat

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return self.mean

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""
        return -self.mean * np.log1p(-u)

    def cumulative(self, x: Floats) -> Floats:
        """Returns P(X < x), elementwise."""
        return -np.expm1(-x / self.mean)


class Gamma(Law):
    """Gamma by mean and coefficient of variation."""

    law: Literal["gamma"] = "gamma"
    mean: PositiveFloat
    cv: PositiveFloat = Field(description="standard deviation over mean")

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return self.mean

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""
        from scipy.special import gammaincinv  # late, because it is slow to import

        return np.asarray(gammaincinv(self.cv**-2, u) * self.mean * self.cv**2, dtype=np.float64)

    def cumulative(self, x: Floats) -> Floats:
        """Returns P(X < x), elementwise."""
        from scipy.special import gammainc

        return np.asarray(gammainc(self.cv**-2, x / (self.mean * self.cv**2)), dtype=np.float64)


class Erlang(Law):
    """Erlang: the sum of `k` exponential stages."""

    law: Literal["erlang"] = "erlang"
    mean: PositiveFloat
    k: PositiveInt

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return self.mean

    def _as_gamma(self) -> Gamma:
        return Gamma(mean=self.mean, cv=self.k**-0.5)

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""
        return self._as_gamma().quantile(u)

    def cumulative(self, x: Floats) -> Floats:
        """Returns P(X < x), elementwise."""
        return self._as_gamma().cumulative(x)


class Weibull(Law):
    """Weibull by mean and shape: above 1, the chance to end soon rises with time."""

    law: Literal["weibull"] = "weibull"
    mean: PositiveFloat
    shape: PositiveFloat

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return self.mean

    def _scale(self) -> float:
        return self.mean / gamma(1 + 1 / self.shape)

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""
        return np.asarray(self._scale() * (-np.log1p(-u)) ** (1 / self.shape), dtype=np.float64)

    def cumulative(self, x: Floats) -> Floats:
        """Returns P(X < x), elementwise."""
        return np.asarray(-np.expm1(-((x / self._scale()) ** self.shape)), dtype=np.float64)


class Hyperexponential(Law):
    """Hyperexponential: exponential with one of the `means`, by `shares`; many short durations, a few very long."""

    law: Literal["hyperexponential"] = "hyperexponential"
    means: tuple[PositiveFloat, ...] = Field(min_length=1)
    shares: tuple[PositiveFloat, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _add_up(self) -> "Hyperexponential":
        if len(self.means) != len(self.shares) or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError("wanted as many shares as means, adding up to 1")
        return self

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return sum(mean * share for mean, share in zip(self.means, self.shares, strict=True))

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u`, by bisection to the last bits, as there is no closed form. Shape of `u`."""
        low, high = np.zeros_like(u), -max(self.means) * np.log1p(-u)  # no slower than the stage with the largest mean
        for _ in range(200):
            middle = (low + high) / 2
            below = self.cumulative(middle) < u
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def cumulative(self, x: Floats) -> Floats:
        """Returns P(X < x), elementwise."""
        parts = [-share * np.expm1(-x / mean) for mean, share in zip(self.means, self.shares, strict=True)]
        return np.asarray(sum(parts), dtype=np.float64)


class Lognormal(Law):
    """Lognormal by the mean and coefficient of variation of the value itself, not of its logarithm."""

    law: Literal["lognormal"] = "lognormal"
    mean: PositiveFloat
    cv: PositiveFloat = Field(description="standard deviation over mean")

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return self.mean

    def _log_parameters(self) -> tuple[float, float]:
        variance = float(np.log1p(self.cv**2))
        return float(np.log(self.mean)) - variance / 2, variance**0.5

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""
        from scipy.special import ndtri

        mu, sigma = self._log_parameters()
        return np.asarray(np.exp(mu + sigma * ndtri(u)), dtype=np.float64)

    def cumulative(self, x: Floats) -> Floats:
        """Returns P(X < x), elementwise."""
        from scipy.special import ndtr

        mu, sigma = self._log_parameters()
        return np.asarray(ndtr((np.log(x) - mu) / sigma), dtype=np.float64)


class Uniform(Law):
    """Uniform between `low` and `high`."""

    law: Literal["uniform"] = "uniform"
    low: PositiveFloat
    high: PositiveFloat

    @model_validator(mode="after")
    def _ordered(self) -> "Uniform":
        if self.low > self.high:
            raise ValueError("low is above high")
        return self

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return (self.low + self.high) / 2

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""
        return self.low + u * (self.high - self.low)


class Triangular(Law):
    """Triangular from `low` over the most likely `mode` to `high`."""

    law: Literal["triangular"] = "triangular"
    low: PositiveFloat
    mode: PositiveFloat
    high: PositiveFloat

    @model_validator(mode="after")
    def _ordered(self) -> "Triangular":
        if not self.low <= self.mode <= self.high or self.low == self.high:
            raise ValueError("wanted low <= mode <= high, and low below high")
        return self

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return (self.low + self.mode + self.high) / 3

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""
        width = self.high - self.low
        rising = self.low + np.sqrt(u * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - u) * width * (self.high - self.mode))
        return np.where(u * width < self.mode - self.low, rising, falling)


class Empirical(Law):
    """Empirical: one of the observed `values`, each equally likely; the inverse of their step function."""

    law: Literal["empirical"] = "empirical"
    values: tuple[PositiveFloat, ...] = Field(min_length=1)

    def mean_value(self) -> float:
        """Returns the mean, in the base unit."""
        return sum(self.values) / len(self.values)

    def quantile(self, u: Floats) -> Floats:
        """Returns the quantile at each `u` in [0, 1), in the base unit. Shape of `u`."""
        ordered = np.sort(np.asarray(self.values, dtype=np.float64))
        return ordered[np.minimum((u * len(ordered)).astype(np.int64), len(ordered) - 1)]


def is_random(law: Law | None) -> bool:
    """Whether draws of the law differ between replications; None is no law."""
    return law is not None and not isinstance(law, Constant)
