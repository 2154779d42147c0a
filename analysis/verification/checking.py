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
from analysis.verification.worlds import Ran, network_of, run_network, trace
from sim.network.network import Network
from sim.scenario.scenario import Engine

SEED = 20251122
ALLOWED = 5.2  # standard errors
SURELY = 1.645  # more, and a shift is found in 95 of 100 programs that have it
BLUNT = 0.2  # a mean of which a shift of a fifth could stay unseen says too little
ENGINES: tuple[Engine, ...] = ("simpy", "compiled")

Verdict = Literal["right", "wrong", "too blunt"]


@dataclass(frozen=True)
class Finding:
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


def check(case: Case, replications: int = REPLICATIONS) -> list[Finding]:
    """All that comes out of a case. A run that ends with an error is a finding as well."""
    try:
        with TemporaryDirectory() as name:
            folder = Path(name)
            for file, loads in case.traces.items():
                trace(folder, loads.arrivals_min, file, loads.durations_min)
            network = network_of(case.world, folder)
        return list(_in_the_mean(case, network, replications) if case.has_luck else _exactly(case, network))
    except Exception as error:  # whatever a fault in the program leads to
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        return [_finding(case, "runs to its end", True, said, 1, "wrong")]


def _exactly(case: Case, network: Network) -> Iterator[Finding]:
    runs = [run_network(network, SEED, engine=engine) for engine in ENGINES]
    if not np.array_equal(runs[0].log, runs[1].log):
        yield _finding(case, "the engines' logs are the same", True, False, 1, "wrong")
    for statistic in case.statistics:
        found = [_plain(statistic.read(ran)) for ran in runs]
        right = [_same(each, statistic.value) for each in found]
        shown = found[right.index(False)] if not all(right) else found[0]
        yield _finding(case, statistic.name, _plain(statistic.value), shown, 1, "right" if all(right) else "wrong")


def _in_the_mean(case: Case, network: Network, replications: int) -> Iterator[Finding]:
    def readings(ran: Ran) -> list[float]:
        return [float(statistic.read(ran)) for statistic in case.statistics]

    found = np.array([readings(run_network(network, SEED, number, "compiled")) for number in range(replications)])
    errors = found.std(axis=0, ddof=1) / sqrt(replications)
    for statistic, mean, error in zip(case.statistics, found.mean(axis=0).tolist(), errors.tolist(), strict=True):
        finds, near = (ALLOWED + SURELY) * error, abs(mean - statistic.value) <= ALLOWED * error
        verdict: Verdict = "wrong" if not near else "too blunt" if finds > BLUNT * abs(statistic.value) else "right"
        yield Finding(
            case.family, case.name, case.by, statistic.name, float(statistic.value), mean,
            error, ALLOWED * error, finds, replications, verdict,
        )  # fmt: skip


def _finding(case: Case, name: str, expected: Any, found: Any, replications: int, verdict: Verdict) -> Finding:
    return Finding(
        case.family, case.name, case.by, name, expected, found, None, None, None, replications, verdict
    )  # fmt: skip


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, list | tuple | range):
        return len(found) == len(expected) and all(map(_same, found, expected))
    if isinstance(expected, float):
        return found is not None and isclose(found, expected, rel_tol=1e-9)
    return bool(found == expected)


def _plain(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, list | tuple | range | np.ndarray):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
