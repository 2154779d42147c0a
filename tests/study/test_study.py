"""A study's files: the same bytes however they came about, and nothing lost whatever stops the program."""

import errno
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sim.study import files as store
from sim.study import study
from sim.study.job import Job
from sim.study.replication import Replication, replicate
from sim.study.study import run_job
from tests.worlds.adre import config

REPOSITORY = Path(__file__).parents[2]
FEW, MANY = 5, 12  # replications: enough for a batch that is adopted and two more


class Killed(BaseException):
    """Stands for a kill at a certain line: nothing in the program handles it."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All files of a run of `MANY` that nothing stopped."""
    return written(tmp_path_factory.mktemp("undisturbed"), replications=MANY)


@pytest.mark.parametrize(("engine", "workers"), [("compiled", 2), ("simpy", 1), ("simpy", 2)])
def test_any_engine_and_any_number_of_workers_write_the_same_bytes(engine: str, workers: int, tmp_path: Path) -> None:
    one = written(tmp_path / "one", replications=12, workers=1, log="first")
    assert written(tmp_path / "other", replications=12, workers=workers, engine=engine, log="first") == one
    assert set(one) == {
        *("manifest.json", "daily.parquet", "loads.parquet", "places.parquet", "replications.parquet"),
        *("transit.parquet", "whereabouts.parquet", "drives.parquet", "standing.parquet"),
    }


def test_five_replications_and_then_the_rest_are_the_same_bytes_as_all_in_one_go(
    tmp_path: Path, undisturbed: dict[str, bytes], count: list[int]
) -> None:
    go(tmp_path, replications=FEW)
    count.clear()
    assert written(tmp_path, replications=MANY) == undisturbed
    assert count == list(range(FEW, MANY))


def test_the_same_job_again_runs_nothing(tmp_path: Path, count: list[int]) -> None:
    before = written(tmp_path)
    count.clear()
    assert written(tmp_path, workers=2) == before
    assert count == []


def test_fewer_replications_than_there_are_take_nothing_away(tmp_path: Path, count: list[int]) -> None:
    before = written(tmp_path, replications=3)
    count.clear()
    assert written(tmp_path, replications=2) == before
    assert count == []


def test_after_a_kill_the_same_job_does_the_rest(
    tmp_path: Path, undisturbed: dict[str, bytes], count: list[int]
) -> None:
    code = """if True:
        import json, sys, time
        from pathlib import Path
        from sim.study import job, study
        real = study.replicate
        study.replicate = lambda *given: time.sleep(0.1) or real(*given)
        study.run_job(job.Job(json.loads(sys.argv[1]), Path(sys.argv[2])))
    """
    job = [json.dumps(config(replications=MANY)), str(tmp_path / "adre")]
    process = subprocess.Popen([sys.executable, "-c", code, *job], cwd=REPOSITORY, start_new_session=True)
    wait_for(lambda: bool(whole_batches(tmp_path)), process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = 10 * len(whole_batches(tmp_path))
    assert 0 < done < MANY
    assert not (tmp_path / "adre/manifest.json").exists()
    assert written(tmp_path, replications=MANY) == undisturbed
    assert count == list(range(done, MANY))


@pytest.mark.parametrize(
    ("when", "step"),
    [("after", "adopt_finished_run"), ("before", "write_batch"), ("after", "write_batch"), ("before", "merge_batches"),
     ("after", "merge_batches"), ("after", "write_json"), ("after", "drop_batches")],
)  # fmt: skip
def test_a_kill_between_any_two_steps_loses_no_finished_replication(
    tmp_path: Path,
    undisturbed: dict[str, bytes],
    count: list[int],
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    step: str,
) -> None:
    go(tmp_path, replications=FEW)
    count.clear()
    real = getattr(store, step)

    def killed(first: Any, *rest: Any) -> None:
        if step != "write_json" or first.name == "manifest.json":
            if when == "after":
                real(first, *rest)
            raise Killed
        real(first, *rest)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(store, step, killed)
        go(tmp_path, replications=MANY)
    assert written(tmp_path, replications=MANY) == undisturbed
    assert set(count) == set(range(FEW, MANY))
    assert count.count(FEW) == (2 if (when, step) == ("before", "write_batch") else 1)


def test_a_kill_inside_the_merging_loses_nothing(
    tmp_path: Path, undisturbed: dict[str, bytes], count: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    go(tmp_path, replications=FEW)
    real, merged = store._merge_tables, list[str]()

    def killed(db: Any, files: list[Path], into: Path, table: str, *only: Any) -> None:
        merged.append(table)
        if merged.count(table) == 2 and table == "places":  # the first time it adopts, the second time it merges
            raise Killed
        real(db, files, into, table, *only)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(store, "_merge_tables", killed)
        go(tmp_path, replications=MANY)
    count.clear()
    assert written(tmp_path, replications=MANY) == undisturbed
    assert count == []


@pytest.mark.parametrize("changes", [{"seed": 8}, {"days": 5}, {"warm_up": 1}, {"start": "2025-01-07"}])
def test_a_changed_setting_starts_anew(tmp_path: Path, count: list[int], changes: dict[str, Any]) -> None:
    before = go(tmp_path)
    count.clear()
    after = go(tmp_path, **changes)
    assert count == [0, 1, 2]
    assert after["hash"] != before["hash"]
    assert after["replications"] == 3


def test_a_changed_title_or_source_is_told_and_runs_nothing_again(tmp_path: Path, count: list[int]) -> None:
    before = go(tmp_path)
    count.clear()
    changed = config()
    changed["scenario"]["title"] = "Adre, told better"
    changed["sites"]["adre"]["sources"]["lanes"] = "counted on 6 January 2025"
    after = run_job(Job(changed, tmp_path / "adre"))
    assert count == []
    assert after["scenario"]["title"] == stored(tmp_path)["scenario"]["title"] == "Adre, told better"
    assert "counted on 6 January 2025" in [row["source"] for row in stored(tmp_path)["provenance"]]
    assert after["digests"] == before["digests"]


@pytest.mark.parametrize(("log", "wanted"), [("none", set()), ("first", {0}), ("all", {0, 1, 2})])
def test_loads_are_written_one_by_one_as_asked(tmp_path: Path, log: str, wanted: set[int]) -> None:
    go(tmp_path, log=log)
    assert store.replications_in(tmp_path / "adre/loads.parquet") == wanted


@pytest.mark.parametrize(("log", "wanted"), [("first", {0}), ("all", {0, 1, 2})])
def test_loads_that_are_asked_for_later_are_written_and_change_nothing_else(
    tmp_path: Path, log: str, wanted: set[int], count: list[int]
) -> None:
    before = written(tmp_path)
    count.clear()
    after = written(tmp_path, log=log)
    assert set(count) == wanted
    assert store.replications_in(tmp_path / "adre/loads.parquet") == wanted
    assert {name: after[name] for name in before} == before


def test_loads_once_written_stay(tmp_path: Path, count: list[int]) -> None:
    go(tmp_path, replications=2, log="all")
    count.clear()
    go(tmp_path, replications=3, log="none")
    assert count == [2]
    assert store.replications_in(tmp_path / "adre/loads.parquet") == {0, 1}


def test_a_full_disk_is_said_and_what_was_finished_is_kept(
    tmp_path: Path, undisturbed: dict[str, bytes], count: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = store.write_batch
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a file")

    def on_a_small_disk(folder: Path, replications: list[Replication]) -> None:
        if replications[0].number >= 10:
            raise full
        real(folder, replications)

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_batch", on_a_small_disk)
        told = go(tmp_path, replications=MANY)
    assert told["status"] == stored(tmp_path)["status"] == "failed"
    assert told["error"] == "No space left on device; what was finished is kept"
    count.clear()
    assert written(tmp_path, replications=MANY) == undisturbed
    assert count == list(range(10, MANY))


def test_a_disk_without_room_for_a_single_byte_more_raises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise duckdb.IOException('IO Error: {"exception_message":"Could not write file: No space left on device"}')

    def full_too(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "write_batch", full)
    monkeypatch.setattr(store, "write_json", full_too)
    assert go(tmp_path)["error"] == "No space left on device; what was finished is kept"


def test_a_failure_is_told_in_the_manifest_and_in_full_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Replication:
        raise ValueError("a load was lost")

    with monkeypatch.context() as patch:
        patch.setattr(study, "replicate", failing)
        told = go(tmp_path)
    assert told == stored(tmp_path) == {"status": "failed", "run": "adre", "error": "ValueError: a load was lost"}
    assert "Traceback" in (tmp_path / "adre/run.log").read_text()
    assert go(tmp_path)["status"] == "done"


def test_the_log_tells_the_host_and_the_manifest_does_not(tmp_path: Path) -> None:
    go(tmp_path)
    log = (tmp_path / "adre/run.log").read_text()
    manifest = (tmp_path / "adre/manifest.json").read_text()
    assert platform.node() in log
    assert "3 of 3 replications in" in log
    assert platform.node() not in manifest
    assert tmp_path.name not in manifest
    assert str(REPOSITORY) not in manifest


def test_the_manifest_says_what_a_reader_needs(tmp_path: Path) -> None:
    go(tmp_path)
    told = stored(tmp_path)
    assert set(told) == {
        *("status", "run", "scenario", "regime", "hash", "seed", "start", "days", "warm_up", "replications", "model"),
        "map",
        "precision",
        *("study_type", "overrides", "config", "versions", "digests", "corridors", "places", "provenance", "summary"),
    }
    assert (told["status"], told["run"], told["seed"], told["days"]) == ("done", "adre", 7, 2)
    assert told["scenario"] == {"title": "Adre by the road", "description": "", "calibrated": False}
    assert not {"replications", "workers", "engine", "log"} & set(told["config"]["run"])
    assert {"aid-corridors", "python", "numpy"} <= set(told["versions"])
    assert set(told["digests"]) == {"0", "1", "2"}
    assert all(set(digests) == {"luck", "inputs", "events"} for digests in told["digests"].values())
    corridor = told["corridors"]["abeche_geneina"]
    assert corridor["words"].startswith("from Abeche to El Geneina")
    assert {"requested", "dispatched", "entered", "collected", "arrived"} <= set(corridor["milestones"])
    assert told["places"]["sites.adre"]["title"] == "Adre inspection"
    assert told["places"]["sites.adre"]["unit"] == "trucks"
    assert told["places"]["sites.adre"]["rho"] == pytest.approx(8 / 48)
    assert told["places"]["platforms.adre"] == {"title": "Adre platform", "unit": "pallets", "rho": None}
    sources = {row["setting"]: row for row in told["provenance"]}
    lanes = {"setting": "sites.adre.lanes", "value": 2, "source": None, "assumed": [1, 4], "why": "invented"}
    assert sources["sites.adre.lanes"] == lanes
    assert sources["sites.adre.time.mean"]["source"] == "a planner's notebook"
    summary = told["summary"]["requested_trucks_per_day"]
    assert summary["unit"] == "trucks/day"
    assert summary["n"] == 3
    assert summary["p05"] <= summary["p50"] <= summary["p95"]


def test_tables_hold_each_replication_once_and_in_order(tmp_path: Path) -> None:
    go(tmp_path, replications=12)
    for name in ("daily", "places", "replications", "transit"):
        numbers = [row[0] for row in rows(f"select replication from '{tmp_path / 'adre' / name}.parquet'")]
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(12))
    twice = f"from '{tmp_path}/adre/replications.parquet' select 1 group by replication, measure having count(*) > 1"
    assert rows(twice) == []


def test_a_finished_run_leaves_nothing_half_done_behind(tmp_path: Path) -> None:
    go(tmp_path, replications=12)
    assert not list((tmp_path / "adre").glob(".*"))
    assert not (tmp_path / "adre/parts").exists()


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the replications that were run, as they are run."""
    numbers: list[int] = []

    def counted(network: Any, settings: Any, number: int, with_loads: bool) -> Replication:
        numbers.append(number)
        return replicate(network, settings, number, with_loads)

    monkeypatch.setattr(study, "replicate", counted)
    return numbers


def go(folder: Path, **settings: Any) -> dict[str, Any]:
    """Runs the world at Adre into `folder`/adre; what the run says of itself."""
    return run_job(Job(config(**settings), folder / "adre"))


def written(folder: Path, **settings: Any) -> dict[str, bytes]:
    """The files of the run, after it, but for run.log, which is for people."""
    go(folder, **settings)
    return {path.name: path.read_bytes() for path in (folder / "adre").iterdir() if path.name != "run.log"}


def stored(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "adre/manifest.json").read_text(encoding="utf-8"))
    return told


def rows(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        return db.execute(query).fetchall()


def whole_batches(folder: Path) -> list[Path]:
    return list((folder / "adre").glob("parts/*/[0-9]*"))


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Until it has happened; a process that ends before, or takes a minute, is a failure."""
    until = time.monotonic() + 60
    while not happened():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.001)
