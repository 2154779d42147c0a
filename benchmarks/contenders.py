"""Who does the jobs: our two engines by the ordinary path, parts of that path alone, and the peers.

What is timed is `run`. What it needs and a user would have before (`prepare`), and how its outcome is told (`tell`),
stands outside of the clock.
"""

import importlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

from benchmarks.peers.job import Outcome, outcome
from benchmarks.worlds import COMPILED, DAYS, REFERENCE, SIMPY, TANDEM, world
from sim.loop.engine import run
from sim.luck.draws import draw_loads
from sim.study.replication import replicate

OPTIONAL = ("ciw", "salabim", "cimba")


class Contender(Protocol):
    """One who does a job; without an outcome it is a part of what another does."""

    name: str

    def prepare(self, seed: int, days: int) -> Any: ...

    def run(self, prepared: Any) -> Any: ...

    def tell(self, prepared: Any, result: Any) -> Outcome | None: ...


class Ours:
    """A replication as a study runs it: luck, engine, log, conservation, measures, tables, digests."""

    def __init__(self, job: str, engine: str):
        self.name, self.job, self.engine = f"ours, {engine} engine", job, engine

    def prepare(self, seed: int, days: int) -> Any:
        return (*world(self.job, self.engine, days), seed, False)

    def run(self, prepared: Any) -> Any:
        return replicate(*prepared)

    def tell(self, prepared: Any, result: Any) -> Outcome:
        """Read off the same replication, run again with its loads, of which the digests say that it is the same."""
        network, _, seed, _ = prepared
        told, digests = outcome_of(self.job, seed, network.days)
        if result.digests != digests:
            raise RuntimeError(
                f"{self.name}, {self.job}: replication {seed} has other digests than the compiled engine's"
            )
        return told


class Part:
    """The luck alone, or the compiled loop alone on luck that was drawn before."""

    def __init__(self, job: str, part: str):
        self.name, self.job, self.part = part, job, part

    def prepare(self, seed: int, days: int) -> Any:
        network, run = world(self.job, COMPILED, days)
        return (network, run.seed, seed) if self.part == DRAWS else (network, draw_loads(network, run.seed, seed))

    def run(self, prepared: Any) -> Any:
        return draw_loads(*prepared) if self.part == DRAWS else run(*prepared)

    def tell(self, prepared: Any, result: Any) -> None:  # noqa: ARG002
        return None


class Peer:
    """A model of the same job in another library, random numbers and all."""

    def __init__(self, name: str, module: str):
        self.name, self.module = name, f"benchmarks.{module}"

    def prepare(self, seed: int, days: int) -> Any:
        return importlib.import_module(self.module).run, seed, days

    def run(self, prepared: Any) -> Any:
        run, seed, days = prepared
        return run(seed, days)

    def tell(self, prepared: Any, result: Outcome) -> Outcome:  # noqa: ARG002
        return result


DRAWS, LOOP = "draws alone", "compiled loop alone"


def contenders(job: str) -> list[Contender]:
    """All that can do `job` here, our compiled engine first."""
    ours: list[Contender] = [Ours(job, COMPILED), Part(job, DRAWS), Part(job, LOOP), Ours(job, SIMPY)]
    if job == REFERENCE:
        return [*ours, Peer("plain SimPy", "idiomatic")]
    found = [Peer(name, f"peers.with_{name}") for name in OPTIONAL if installed(name)]
    return [*ours, Peer("plain SimPy", "peers.plain_simpy"), *found]


def missing(job: str) -> list[str]:
    """The peers that could do `job` and are not installed."""
    return [name for name in OPTIONAL if not installed(name)] if job == TANDEM else []


def installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


@lru_cache(maxsize=64)
def outcome_of(job: str, seed: int, days: int = DAYS) -> tuple[Outcome, dict[str, str]]:
    """What the compiled engine's replication tells of its loads, and its digests."""
    replication = replicate(*world(job, COMPILED, days), seed, True)
    loads = replication.tables["loads"]
    arrived = loads["arrived_s"] >= 0
    times_min = (loads["arrived_s"] - loads["created_s"])[arrived] / 60
    return outcome(times_min.tolist()), replication.digests
