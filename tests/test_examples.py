"""The example worlds: each runs, by both engines alike, and between them and the shipped files no setting is unused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sim.study.composing import compose_sweep, read_command
from sim.study.job import Job, prepare_job
from sim.study.replication import replicate
from tests.scenario_files import PARTS, faults

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
FILES = sorted(EXAMPLES.rglob("*.yaml"))
HYDRA = {"defaults", "hydra"}  # the schema lets a file have them; they are no settings


@pytest.mark.parametrize("name", sorted(file.stem for file in (EXAMPLES / "scenario").glob("*.yaml")))
def test_an_example_runs_and_both_engines_write_the_same_log(name: str, tmp_path: Path) -> None:
    command = read_command(["--config-dir", str(EXAMPLES), f"scenario={name}"])
    (composed,) = compose_sweep(command).runs
    scenario, network = prepare_job(Job(composed.config, tmp_path, data_folders=command.data_folders()))
    digests = [
        replicate(network, scenario.run.model_copy(update={"engine": engine}), 0, with_loads=False).digests
        for engine in ("simpy", "compiled")
    ]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_keeps_to_the_schema(file: Path) -> None:
    assert faults(file.read_text(encoding="utf-8"), PARTS.get(file.parent.name, "")) == []


def test_every_setting_is_used_by_a_shipped_world_an_experiment_or_an_example() -> None:
    schema = json.loads((ROOT / "schemas" / "scenario.json").read_text(encoding="utf-8"))
    settings = set(schema["properties"]).union(*(part.get("properties", {}) for part in schema["$defs"].values()))
    written = set[str]()
    for file in (*FILES, *(ROOT / "scenarios").rglob("*.yaml")):
        written.update(names(yaml.safe_load(file.read_text(encoding="utf-8"))))
    assert not settings - written - HYDRA


def names(part: Any) -> Iterator[str]:
    """Yields every key within a part of a file; steps in short form name their verb."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield str(key)
            yield from names(value)
    elif isinstance(part, list):
        for value in part:
            yield from names(value)
