"""The answers of the shipped worlds do not change unnoticed."""

import json
from pathlib import Path

import pytest

from sim import MODEL
from tests.baseline import FOLDER, WORLDS, measured

TRIAGE = {
    "luck": "the uniforms changed: streams, purposes or numpy; everything after it follows",
    "inputs": "luck is the same, but its meaning changed: laws, rates or sources of loads",
    "events": "the inputs are the same, but the logic of the model changed",
}


@pytest.mark.parametrize("world", WORLDS)
def test_a_golden_run_gives_what_it_gave(world: str) -> None:
    golden, now = json.loads((FOLDER / f"{world}.json").read_text()), measured(world)
    for number, (old, new) in enumerate(zip(golden["replications"], now["replications"], strict=True)):
        moved = {n: (old["measures"][n], v) for n, v in new["measures"].items() if old["measures"][n] != v}
        where = f"{world}, replication {number}"
        for digest, diagnosis in TRIAGE.items():
            assert old["digests"][digest] == new["digests"][digest], f"{where}: {diagnosis}; {moved}"
        assert not moved, f"{where}: the log is the same, but it is measured otherwise; {moved}"


def test_every_version_of_the_model_has_its_line_in_the_changelog() -> None:
    changelog = (Path(__file__).parent.parent / "CHANGELOG.md").read_text()
    for version in range(1, MODEL + 1):
        assert f"*Regression* (model {version})" in changelog


def test_the_golden_runs_are_of_this_model() -> None:
    assert {json.loads((FOLDER / f"{world}.json").read_text())["model"] for world in WORLDS} == {MODEL}
