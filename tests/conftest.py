"""What several files of tests start from."""

from collections.abc import Callable

import pytest

from tests.worlds.awkward import awkward_settings, network_of_settings
from tests.worlds.running import ReplicationResult, run_network

Awkward = Callable[[int], ReplicationResult]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Awkward:
    """Runs an awkward world once; its conservation is checked as it runs."""
    folder = tmp_path_factory.mktemp("traces")
    done: dict[int, ReplicationResult] = {}

    def of(seed: int) -> ReplicationResult:
        if seed not in done:
            done[seed] = run_network(network_of_settings(awkward_settings(seed, folder), folder), seed)
        return done[seed]

    return of
