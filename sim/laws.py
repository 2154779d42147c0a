"""Laws of durations and sizes, and their quantiles.

Luck is uniform; a law gives it meaning through its quantile function, so that another parameter or another law keeps
the pairing of two scenarios. Nothing here makes a random number.
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
Ints32 = NDArray[np.int32]  # for what there is much of
TABLE = 1 << 16  # longest table of a law; beyond it the quantile is computed
FEW = 20  # look-ups in a table, for which compiled code is not worth its call
STRETCHES = 1 << 15  # of luck, equally long, for each of which it is known where to begin in a table; a power of 2


class Law(BaseModel, ABC):
    """A law of one quantity in its base unit (s, kg, pallets). Frozen; an unknown setting is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @abstractmethod
    def mean_value(self) -> float:
        """The mean, in the base unit."""

    @abstractmethod
    def quantile(self, u: Floats) -> Floats:
        """The value below which the share `u` in [0, 1) lies, elementwise."""

    def cumulative(self, x: Floats) -> Floats | None:  # noqa: ARG002
        """P(X < x), elementwise; None where a quantile costs no more than a look-up."""
        return None

    def draw(self, u: Floats, at_least: int = 1) -> Ints:
        """Whole units at luck `u`: the exact quantile, rounded once. Shape of `u`.

        The table makes it fast and, unlike a computed logarithm, the same on every processor.
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
        """How many entries are at or below each `u` in [0, 1). Shape of `u`.

        A binary search waits for memory at every turn; where there are many, each is begun where it nearly ends.
        """
        if u.size > FEW:
            from sim import kernels as guide  # compiled, and who only reads a scenario needs none of it

            if guide.COMPILED:
                found = np.empty(u.shape, dtype=np.int64)
                guide.look_up(self.entries, self.begins, u.ravel(), found.reshape(-1))
                return found
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
    """Always the same."""

    law: Literal["constant"] = "constant"
    value: PositiveFloat

    def mean_value(self) -> float:
        return self.value

    def quantile(self, u: Floats) -> Floats:
        return np.full(np.shape(u), self.value)


class Exponential(Law):
    """Without memory."""

    law: Literal["exponential"] = "exponential"
    mean: PositiveFloat

    def mean_value(self) -> float:
        return self.mean

    def quantile(self, u: Floats) -> Floats:
        return -self.mean * np.log1p(-u)

    def cumulative(self, x: Floats) -> Floats:
        return -np.expm1(-x / self.mean)


class Gamma(Law):
    """Gamma by mean and coefficient of variation."""

    law: Literal["gamma"] = "gamma"
    mean: PositiveFloat
    cv: PositiveFloat = Field(description="standard deviation over mean")

    def mean_value(self) -> float:
        return self.mean

    def quantile(self, u: Floats) -> Floats:
        from scipy.special import gammaincinv  # heavy, and `--help` needs none of it

        return np.asarray(gammaincinv(self.cv**-2, u) * self.mean * self.cv**2, dtype=np.float64)

    def cumulative(self, x: Floats) -> Floats:
        from scipy.special import gammainc

        return np.asarray(gammainc(self.cv**-2, x / (self.mean * self.cv**2)), dtype=np.float64)


class Erlang(Law):
    """The sum of `k` exponential stages."""

    law: Literal["erlang"] = "erlang"
    mean: PositiveFloat
    k: PositiveInt

    def mean_value(self) -> float:
        return self.mean

    def _as_gamma(self) -> Gamma:
        return Gamma(mean=self.mean, cv=self.k**-0.5)

    def quantile(self, u: Floats) -> Floats:
        return self._as_gamma().quantile(u)

    def cumulative(self, x: Floats) -> Floats:
        return self._as_gamma().cumulative(x)


class Weibull(Law):
    """Weibull by mean and shape: above 1 the longer it has lasted the sooner it ends."""

    law: Literal["weibull"] = "weibull"
    mean: PositiveFloat
    shape: PositiveFloat

    def mean_value(self) -> float:
        return self.mean

    def _scale(self) -> float:
        return self.mean / gamma(1 + 1 / self.shape)

    def quantile(self, u: Floats) -> Floats:
        return np.asarray(self._scale() * (-np.log1p(-u)) ** (1 / self.shape), dtype=np.float64)

    def cumulative(self, x: Floats) -> Floats:
        return np.asarray(-np.expm1(-((x / self._scale()) ** self.shape)), dtype=np.float64)


class Hyperexponential(Law):
    """Exponential with one of the `means`, each with its share in `shares`: many short ones, a few very long."""

    law: Literal["hyperexponential"] = "hyperexponential"
    means: tuple[PositiveFloat, ...] = Field(min_length=1)
    shares: tuple[PositiveFloat, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _add_up(self) -> "Hyperexponential":
        if len(self.means) != len(self.shares) or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError("wanted as many shares as means, adding up to 1")
        return self

    def mean_value(self) -> float:
        return sum(mean * share for mean, share in zip(self.means, self.shares, strict=True))

    def quantile(self, u: Floats) -> Floats:
        """By halving: there is no closed form. Exact to the last bits of the interval."""
        low, high = np.zeros_like(u), -max(self.means) * np.log1p(-u)  # every stage is at most as long as the longest
        for _ in range(200):
            middle = (low + high) / 2
            below = self.cumulative(middle) < u
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def cumulative(self, x: Floats) -> Floats:
        parts = [-share * np.expm1(-x / mean) for mean, share in zip(self.means, self.shares, strict=True)]
        return np.asarray(sum(parts), dtype=np.float64)


class Lognormal(Law):
    """Lognormal by the mean and coefficient of variation of the value itself, not of its logarithm."""

    law: Literal["lognormal"] = "lognormal"
    mean: PositiveFloat
    cv: PositiveFloat = Field(description="standard deviation over mean")

    def mean_value(self) -> float:
        return self.mean

    def _of_logarithm(self) -> tuple[float, float]:
        variance = float(np.log1p(self.cv**2))
        return float(np.log(self.mean)) - variance / 2, variance**0.5

    def quantile(self, u: Floats) -> Floats:
        from scipy.special import ndtri

        mu, sigma = self._of_logarithm()
        return np.asarray(np.exp(mu + sigma * ndtri(u)), dtype=np.float64)

    def cumulative(self, x: Floats) -> Floats:
        from scipy.special import ndtr

        mu, sigma = self._of_logarithm()
        return np.asarray(ndtr((np.log(x) - mu) / sigma), dtype=np.float64)


class Uniform(Law):
    """Even between `low` and `high`."""

    law: Literal["uniform"] = "uniform"
    low: PositiveFloat
    high: PositiveFloat

    @model_validator(mode="after")
    def _ordered(self) -> "Uniform":
        if self.low > self.high:
            raise ValueError("low is above high")
        return self

    def mean_value(self) -> float:
        return (self.low + self.high) / 2

    def quantile(self, u: Floats) -> Floats:
        return self.low + u * (self.high - self.low)


class Triangular(Law):
    """From `low` over the most likely `mode` to `high`."""

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
        return (self.low + self.mode + self.high) / 3

    def quantile(self, u: Floats) -> Floats:
        width = self.high - self.low
        rising = self.low + np.sqrt(u * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - u) * width * (self.high - self.mode))
        return np.where(u * width < self.mode - self.low, rising, falling)


class Empirical(Law):
    """One of the observed `values`, each as likely as the next: the inverse of their step function."""

    law: Literal["empirical"] = "empirical"
    values: tuple[PositiveFloat, ...] = Field(min_length=1)

    def mean_value(self) -> float:
        return sum(self.values) / len(self.values)

    def quantile(self, u: Floats) -> Floats:
        ordered = np.sort(np.asarray(self.values, dtype=np.float64))
        return ordered[np.minimum((u * len(ordered)).astype(np.int64), len(ordered) - 1)]


def is_random(law: Law | None) -> bool:
    """Whether it differs between replications."""
    return law is not None and not isinstance(law, Constant)
