"""What several files of tests start from."""

from collections.abc import Callable

import pytest

from tests.awkward import awkward_world
from tests.worlds import Ran, run

Awkward = Callable[[int], Ran]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Awkward:
    """Runs an awkward world once; its conservation is checked as it runs."""
    folder = tmp_path_factory.mktemp("traces")
    done: dict[int, Ran] = {}

    def of(seed: int) -> Ran:
        if seed not in done:
            done[seed] = run(awkward_world(seed, folder), folder)
        return done[seed]

    return of
