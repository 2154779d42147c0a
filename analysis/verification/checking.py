"""Runs cases and compares their statistics with the expected values.

A mean may deviate by 5.2 standard errors, estimated from the runs: with a hundred correct means, one deviates further
about once in 6,000 times (Student's t with 79 degrees of freedom). Seeds are fixed, so the same program always gives
the same result.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np

from analysis.verification.cases import REPLICATIONS, Case
from analysis.verification.worlds import ReplicationResult, network_of, run_network, write_trace
from sim.network.network import Network
from sim.scenario.scenario import Engine

SEED = 20251122
ALLOWED_ERRORS = 5.2  # standard errors
POWER_ERRORS = 1.645  # in addition to the allowed errors: a shift this large is detected with probability 95 %
MAX_DETECTABLE_SHIFT = 0.2  # relative; a test that may miss a larger shift is too blunt
ENGINES: tuple[Engine, ...] = ("simpy", "compiled")

Verdict = Literal["right", "wrong", "too blunt"]


@dataclass(frozen=True)
class StatisticFinding:
    """The result for one statistic; `error`, `allowed` and `finds` are None for an exact statistic.

    error : standard error of the mean.  allowed : largest allowed deviation.
    finds : the smallest shift of the mean that is detected with probability 95 %.
    """

    family: str
    case: str
    by: str
    statistic: str
    expected: Any
    found: Any
    error: float | None
    allowed: float | None
    finds: float | None
    replications: int
    verdict: Verdict


def check_case(case: Case, replications: int = REPLICATIONS) -> list[StatisticFinding]:
    """Returns the findings of a case. A run that ends with an error is a finding as well."""
    try:
        with TemporaryDirectory() as name:
            folder = Path(name)
            for file, loads in case.traces.items():
                write_trace(folder, loads.arrivals_min, file, loads.durations_min)
            network = network_of(case.world, folder)
        return list(_check_means(case, network, replications) if case.has_luck else _check_exactly(case, network))
    except Exception as error:  # a fault in the program may raise anything
        message = f"{type(error).__name__}: {error}".splitlines()[0]
        return [_exact_finding(case, "runs to its end", True, message, 1, "wrong")]


def _check_exactly(case: Case, network: Network) -> Iterator[StatisticFinding]:
    runs = [run_network(network, SEED, engine=engine) for engine in ENGINES]
    if not np.array_equal(runs[0].log, runs[1].log):
        yield _exact_finding(case, "the engines' logs are the same", True, False, 1, "wrong")
    for statistic in case.statistics:
        values = [_as_json_value(statistic.read(run)) for run in runs]
        is_right = [_is_same(value, statistic.value) for value in values]
        shown = values[is_right.index(False)] if not all(is_right) else values[0]
        yield _exact_finding(
            case, statistic.name, _as_json_value(statistic.value), shown, 1, "right" if all(is_right) else "wrong"
        )


def _check_means(case: Case, network: Network, replications: int) -> Iterator[StatisticFinding]:
    def readings(run: ReplicationResult) -> list[float]:
        return [float(statistic.read(run)) for statistic in case.statistics]

    values = np.array([readings(run_network(network, SEED, number, "compiled")) for number in range(replications)])
    errors = values.std(axis=0, ddof=1) / sqrt(replications)
    for statistic, mean, error in zip(case.statistics, values.mean(axis=0).tolist(), errors.tolist(), strict=True):
        detectable_shift, is_near = (
            (ALLOWED_ERRORS + POWER_ERRORS) * error,
            abs(mean - statistic.value) <= ALLOWED_ERRORS * error,
        )
        verdict: Verdict = (
            "wrong"
            if not is_near
            else "too blunt"
            if detectable_shift > MAX_DETECTABLE_SHIFT * abs(statistic.value)
            else "right"
        )
        yield StatisticFinding(
            case.family, case.name, case.reference, statistic.name, float(statistic.value), mean,
            error, ALLOWED_ERRORS * error, detectable_shift, replications, verdict,
        )  # fmt: skip


def _exact_finding(
    case: Case, name: str, expected: Any, result: Any, replications: int, verdict: Verdict
) -> StatisticFinding:
    return StatisticFinding(
        case.family, case.name, case.reference, name, expected, result, None, None, None, replications, verdict
    )  # fmt: skip


def _is_same(result: Any, expected: Any) -> bool:
    if isinstance(expected, list | tuple | range):
        return len(result) == len(expected) and all(map(_is_same, result, expected))
    if isinstance(expected, float):
        return result is not None and isclose(result, expected, rel_tol=1e-9)
    return bool(result == expected)


def _as_json_value(value: Any) -> Any:
    """Returns the value as types that JSON can hold."""
    if isinstance(value, list | tuple | range | np.ndarray):
        return [_as_json_value(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
