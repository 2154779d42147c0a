"""Runs cases and holds what comes out against what must. Nothing is drawn here, and nothing depends on who runs it.

A mean is allowed to lie 5.2 standard errors from theory, the error taken from the runs themselves: of a hundred right
means one is further away about once in 6,000 (Student's t of 79 degrees of freedom). Seeds are fixed, so that the same
program always says the same.
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
POWER_ERRORS = 1.645  # more, and a shift is found in 95 of 100 programs that have it
MAX_DETECTABLE_SHIFT = 0.2  # a mean of which a shift of a fifth could stay unseen says too little
ENGINES: tuple[Engine, ...] = ("simpy", "compiled")

Verdict = Literal["right", "wrong", "too blunt"]


@dataclass(frozen=True)
class StatisticFinding:
    """What came out of one statistic. `error`, `allowed` and `finds` are None where there is no luck.

    finds : the smallest shift of the mean that would be found in 95 of 100 programs that have it.
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
    """All that comes out of a case. A run that ends with an error is a finding as well."""
    try:
        with TemporaryDirectory() as name:
            folder = Path(name)
            for file, loads in case.traces.items():
                write_trace(folder, loads.arrivals_min, file, loads.durations_min)
            network = network_of(case.world, folder)
        return list(_check_means(case, network, replications) if case.has_luck else _check_exactly(case, network))
    except Exception as error:  # whatever a fault in the program leads to
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        return [_exact_finding(case, "runs to its end", True, said, 1, "wrong")]


def _check_exactly(case: Case, network: Network) -> Iterator[StatisticFinding]:
    runs = [run_network(network, SEED, engine=engine) for engine in ENGINES]
    if not np.array_equal(runs[0].log, runs[1].log):
        yield _exact_finding(case, "the engines' logs are the same", True, False, 1, "wrong")
    for statistic in case.statistics:
        found = [_as_json_value(statistic.read(ran)) for ran in runs]
        right = [_is_same(each, statistic.value) for each in found]
        shown = found[right.index(False)] if not all(right) else found[0]
        yield _exact_finding(
            case, statistic.name, _as_json_value(statistic.value), shown, 1, "right" if all(right) else "wrong"
        )


def _check_means(case: Case, network: Network, replications: int) -> Iterator[StatisticFinding]:
    def readings(ran: ReplicationResult) -> list[float]:
        return [float(statistic.read(ran)) for statistic in case.statistics]

    found = np.array([readings(run_network(network, SEED, number, "compiled")) for number in range(replications)])
    errors = found.std(axis=0, ddof=1) / sqrt(replications)
    for statistic, mean, error in zip(case.statistics, found.mean(axis=0).tolist(), errors.tolist(), strict=True):
        finds, near = (ALLOWED_ERRORS + POWER_ERRORS) * error, abs(mean - statistic.value) <= ALLOWED_ERRORS * error
        verdict: Verdict = (
            "wrong" if not near else "too blunt" if finds > MAX_DETECTABLE_SHIFT * abs(statistic.value) else "right"
        )
        yield StatisticFinding(
            case.family, case.name, case.reference, statistic.name, float(statistic.value), mean,
            error, ALLOWED_ERRORS * error, finds, replications, verdict,
        )  # fmt: skip


def _exact_finding(
    case: Case, name: str, expected: Any, found: Any, replications: int, verdict: Verdict
) -> StatisticFinding:
    return StatisticFinding(
        case.family, case.name, case.reference, name, expected, found, None, None, None, replications, verdict
    )  # fmt: skip


def _is_same(found: Any, expected: Any) -> bool:
    if isinstance(expected, list | tuple | range):
        return len(found) == len(expected) and all(map(_is_same, found, expected))
    if isinstance(expected, float):
        return found is not None and isclose(found, expected, rel_tol=1e-9)
    return bool(found == expected)


def _as_json_value(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, list | tuple | range | np.ndarray):
        return [_as_json_value(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
