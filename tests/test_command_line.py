"""The command line, as a planner with a folder of their own meets it: mistakes, answers, sweeps, exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from sim import __main__ as command_line
from sim.study import composing, replication, study
from tests.worlds import adre

REPOSITORY = Path(__file__).parent.parent
SHORT = ("--config-dir", "mine", "run.workers=1", "run.replications=2")


class Told(NamedTuple):
    """What a command printed, and its exit code."""

    out: list[str]
    err: list[str]
    code: int


class Planner:
    """Types commands in a folder that has the planner's own world in `mine`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        self.results = folder / "results"
        self.mine = adre.write_folder(folder / "mine")

    def types(self, *arguments: str) -> Told:
        """`python -m sim` with these arguments."""
        self.monkeypatch.setattr(sys, "argv", ["sim", *arguments])
        with pytest.raises(SystemExit) as end:
            command_line.main()
        out, err = self.capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Told(out.splitlines(), err.splitlines(), end.value.code)

    def is_told(self, *arguments: str) -> str:
        """What a command says that is wrong: a line or two on stderr, exit 2, no traceback, and nothing started."""
        out, err, code = self.types(*arguments)
        assert code == 2
        assert out == []
        assert err[0] == "This cannot be run:"
        assert 2 <= len(err) <= 3
        assert "Traceback" not in "".join(err)
        assert not self.results.exists()
        return "\n".join(line.strip() for line in err[1:])


def without_compiling(out: list[str]) -> list[str]:
    """Without what is said where nothing has been run before, or where Numba is switched off."""
    return [line for line in out if "is compiled first" not in line and "Numba is switched off" not in line]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return adre.write_ours(tmp_path_factory.mktemp("ours") / "scenarios", composing.SCENARIOS_FOLDER)


@pytest.fixture
def planner(tmp_path: Path, ours: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Planner:
    monkeypatch.setattr(composing, "SCENARIOS_FOLDER", ours)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(command_line.DATA_FOLDERS_VARIABLE, "")
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    return Planner(tmp_path, monkeypatch, capsys)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is not made, which takes seconds."""

    def page(folder: Path) -> Path:
        (folder / "comparison.html").touch()
        return folder / "comparison.html"

    report = ModuleType("analysis.report")
    monkeypatch.setattr(report, "compare_study", page, raising=False)
    monkeypatch.setitem(sys.modules, "analysis.report", report)


MISTAKES = {
    "a scenario misspelt": (["scenario=rafah_opne"], "no scenario called 'rafah_opne'; did you mean rafah_open?"),
    "an experiment that is not there": (["experiment=lane"], "no experiment called 'lane'; did you mean lanes?"),
    "a launcher that is not there": (["hydra/launcher=nope"], "there is no hydra/launcher called 'nope'"),
    "a setting misspelt": (["run.replicatons=5"], "run.replicatons: no such setting; did you mean replications?"),
    "a setting added": (["+run.foo=3"], "run.foo: no such setting (there is: days, "),
    "a setting that nothing knows": (["foo=3"], "foo: no such setting"),
    "a negative number": (["sites.adre.lanes=-1"], "sites.adre.lanes: must be greater than 0, is -1"),
    "no unit": (["sites.adre.time.mean=8"], "sites.adre.time: 8 has no unit; write e.g. '15 min'"),
    "a wrong unit": (["sites.adre.time.mean=8 km"], "sites.adre.time: 'km' is no unit here"),
    "a word for a number": (["sites.adre.lanes=two"], "sites.adre.lanes: must be a valid integer"),
    "a number for a place": (["sites.adre=3"], "sites.adre: wanted settings (name: value), found 3"),
    "an unknown area": (["corridors.abeche_geneina.to=nyala"], "there is no areas.nyala (there is: geneina)"),
    "a setting left out": (["~run.seed"], "run.seed: missing"),
    "a place left out": (["~sites.adre"], "corridors.abeche_geneina.steps[1] (inspect): there is no sites.adre"),
    "something left out that is not there": (["~sites.adrr"], "~sites.adrr: there is no such thing to leave out"),
    "a glob that matches nothing": (["scenario=glob(zz*)"], "a glob or range in the command matches nothing"),
    "a mistake in the second run": (["sites.adre.lanes=2,-1"], "(sites.adre.lanes=-1) sites.adre.lanes: must be"),
    "a misspelling in the second run": (["scenario=adre,adre_fats"], "called 'adre_fats'; did you mean adre_fast?"),
    "a value that no run can have": (["sites.adre.lanes=1,2", "run.days=0"], "run.days: must be greater than 0, is 0"),
    "a lever that moves nothing": (["levers.share=15%"], "levers.share: no setting refers to it (there is none)"),
    "a setting twice": (["run.seed=1", "run.seed=2"], "run.seed: set twice; run.seed=a,b runs both"),
    "two runs in one folder": (["run.replications=2,3"], "two runs would be written to the folder adre"),
    "two studies": (["study=a,b"], "study: one command writes one study, found a, b"),
    "two named sweeps": (["experiment=lanes,rafah"], "experiment: one at a time"),
    "a language that there is not": (["report.language=frr"], "must be 'en' or 'fr', is 'frr'; did you mean fr?"),
    "two languages": (["report.language=en,fr"], "report.language: a study has one page, in one language; found en"),
    "a study elsewhere": (["study=../x"], "study=../x: refused: it reaches out of the folder of scenarios"),
    "nothing for a group": (["scenario=null"], "a group (scenario, regime, structure, lever, experiment, run) takes"),
    "a choice added": (["+scenario=adre"], "scenario: chosen twice; without `+` a choice replaces the one before"),
    "an open bracket": (["sites.adre.lanes=[1,2"], "sites.adre.lanes=[1,2: cannot be read; put quotes around a value"),
    "a bare word": (["rafah_open"], "'rafah_open': wanted name=value, list or check"),
    "nothing at all": ([""], "'': wanted name=value, list or check"),
    "a value of nothing": (["=3"], "'=3': wanted name=value, list or check"),
    "two words": (["list", "check"], "wanted one of list and check, found list check"),
    "an unknown option": (["--replications"], "--replications: there is no such option; settings are written"),
    "an option without its value": (["--cfg"], "argument --cfg/-c: expected one argument"),
    "an option with a wrong value": (["--cfg", "all_of_it"], "argument --cfg/-c: invalid choice: 'all_of_it'"),
    "two options at once": (["--cfg", "job", "--info"], "Only one of --run, --multirun, --cfg, --info"),
    "one configuration of two": (["--cfg", "job", "run.seed=1,2"], "Ambiguous value for argument 'run.seed=1,2'"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "wanted"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_a_line_and_nothing_starts(arguments: list[str], wanted: str, planner: Planner) -> None:
    of_adre = [] if any("scenario=" in text for text in arguments) else ["scenario=adre"]
    assert wanted in planner.is_told("--config-dir", "mine", *of_adre, *arguments)


def test_a_folder_that_is_not_there_is_told(planner: Planner) -> None:
    assert planner.is_told("--config-dir", "yours") == "--config-dir: there is no folder yours"


def test_broken_yaml_is_told_with_its_file_and_line(planner: Planner) -> None:
    (planner.mine / "scenario/half.yaml").write_text("scenario:\n  title: [Adre\nrun:\n  days: 3\n")
    told = planner.is_told(*SHORT, "scenario=adre")
    assert told.startswith("mine/scenario/half.yaml, line 3: this is not valid YAML (")


def test_a_corridor_over_an_unknown_place_is_told(planner: Planner) -> None:
    steps = {"corridors": {"abeche_geneina": {"steps": [{"travel": "abeche_adr"}, {"offload": "geneina"}]}}}
    adre.write(planner.mine / "scenario/lost.yaml", {"defaults": ["adre", "_self_"], **steps})
    told = planner.is_told(*SHORT, "scenario=lost")
    assert told == (
        "corridors.abeche_geneina.steps[0] (travel): there is no roads.abeche_adr; did you mean abeche_adre?"
    )


def test_defaults_out_of_order_are_told(planner: Planner) -> None:
    defaults = [{"override /regime": "dry_season"}, "adre", "_self_"]
    adre.write(planner.mine / "scenario/early.yaml", {"defaults": defaults})
    assert "defaults of a file make no sense" in planner.is_told(*SHORT, "scenario=early")


def test_defaults_in_a_circle_are_told(planner: Planner) -> None:
    adre.write(planner.mine / "scenario/circle.yaml", {"defaults": ["circle", "_self_"]})
    assert planner.is_told(*SHORT, "scenario=circle") == "the defaults of a file lead back to it"


def test_all_mistakes_are_told_at_once(planner: Planner) -> None:
    _, err, code = planner.types(*SHORT, "scenario=adre", "sites.adre.lanes=0", "bays.adre.time=3", "roads.x.speed=1")
    assert code == 2
    assert [line.split(":")[0].strip() for line in err[1:]] == ["sites.adre.lanes", "bays.adre.time", "roads.x.speed"]


def test_list_names_what_there_is_to_choose_from_and_writes_nothing(planner: Planner) -> None:
    out, err, code = planner.types("list", "--config-dir", "mine")
    assert (err, code) == ([], 0)
    told = {line.split()[0]: " ".join(line.split()[1:]) for line in out if line.startswith("  ")}
    assert told["adre"] == "Adre by the road"
    assert told["adre_fast"] == "Adre with four lanes"
    assert told["dry_season"] == "Dry season"
    assert {"lanes", "rafah_open", "summer_2024"} <= set(told)
    assert [path.name for path in planner.folder.iterdir()] == ["mine"]


def test_check_tells_a_scenario_in_words_and_writes_nothing(planner: Planner) -> None:
    out, err, code = planner.types("--config-dir", "mine", "scenario=adre,adre_fast", "check")
    assert (err, code) == ([], 0)
    assert "Adre by the road (Dry season)" in out
    assert "Adre with four lanes (Dry season)" in out
    text = "\n".join(out)
    assert "from Abeche to El Geneina: travel abeche adre, inspection at Adre inspection" in text
    assert re.search(r"sites\.adre +8\.0 +1\.00 +48\.0 +0\.17\n", text)  # 8 loads of 1 h on 2 lanes of 24 h
    assert "sites.adre.lanes: 2 (1" in text
    assert "platforms.adre.room" in text.partition("Without a source")[2]
    assert "Nothing was run." in text
    assert [path.name for path in planner.folder.iterdir()] == ["mine"]


def test_a_folder_with_blanks_and_brackets_in_its_name_is_read(planner: Planner) -> None:
    planner.mine.rename(planner.folder / "Ana's places, (2025)")
    assert planner.types("check", "--config-dir", "Ana's places, (2025)", "scenario=adre").code == 0


@pytest.mark.parametrize("flag", ["--help", "--version", "--hydra-help"])
def test_questions_about_the_program_are_answered(flag: str, planner: Planner) -> None:
    out, err, code = planner.types(flag)
    assert (err, code) == ([], 0)
    assert out
    assert not planner.results.exists()


def test_the_configuration_is_shown_with_the_planners_own(planner: Planner) -> None:
    out, _, code = planner.types("--config-dir", "mine", "--cfg", "job", "scenario=adre")
    assert code == 0
    assert "  title: Adre by the road" in out


def test_a_named_sweep_writes_its_study_and_prints_the_page_last(planner: Planner) -> None:
    out, err, code = planner.types(*SHORT, "experiment=lanes")
    assert (err, code) == ([], 0)
    assert out[0].startswith("2 runs -> results/lanes, about ")
    out = without_compiling(out)
    assert out[1:] == [out[1], out[2], "results/lanes/comparison.html"]
    runs = ["adre,sites.adre.lanes=1", "adre,sites.adre.lanes=2"]
    assert [line.partition(":")[0].strip() for line in out[1:3]] == runs
    lanes = planner.results / "lanes"
    command = ["run.workers=1", "run.replications=2", "experiment=lanes"]
    assert json.loads((lanes / "study.json").read_text()) == {
        "study": "lanes",
        "runs": runs,
        "command": ["--config-dir", "mine", *command],
        "language": "en",
    }
    assert (lanes / "comparison.html").is_file()
    assert not (lanes / "multirun.yaml").exists()
    for run, overrides in zip(runs, (["scenario=adre", "sites.adre.lanes=1"], ["scenario=adre"]), strict=True):
        tables = ("daily", "drives", "places", "replications", "standing", "transit", "whereabouts")
        files = {"manifest.json", "run.log", *(f"{table}.parquet" for table in tables)}
        assert {path.name for path in (lanes / run).iterdir()} == files
        told = manifest(lanes / run)
        assert (told["status"], told["run"], told["replications"]) == ("done", run, 2)
        assert set(overrides) < set(told["overrides"])


@pytest.mark.usefixtures("quick")
def test_the_same_command_again_does_nothing_anew(planner: Planner) -> None:
    command = (*SHORT, "scenario=adre", "study=twice")
    assert planner.types(*command).code == 0
    before = files(planner.results)
    planner.monkeypatch.setattr(study, "replicate", None)
    out, err, code = planner.types(*command)
    assert (err, code) == ([], 0)
    out = without_compiling(out)
    assert out[1:] == ["  adre: 2 replications, all of them done before", "results/twice/comparison.html"]
    assert files(planner.results) == before


@pytest.mark.usefixtures("quick")
def test_a_run_that_fails_leaves_the_others_done(planner: Planner) -> None:
    def failing(network: Any, settings: Any, number: int, with_loads: bool) -> replication.Replication:
        if number == 1 and any(node.name == "sites.adre" and node.lanes == 4 for node in network.nodes):
            raise ValueError("a load was lost")
        return replication.replicate(network, settings, number, with_loads)

    command = (*SHORT, "scenario=adre", "sites.adre.lanes=4,3", "study=failing")
    planner.monkeypatch.setattr(study, "replicate", failing)
    out, err, code = planner.types(*command)
    assert code == 1
    assert "  adre,sites.adre.lanes=4: failed: ValueError: a load was lost" in out
    assert err == ["not finished: adre,sites.adre.lanes=4; run.log in its folder says why"]
    assert out[-1] == "results/failing/comparison.html"
    status = [manifest(planner.results / f"failing/adre,sites.adre.lanes={n}")["status"] for n in (4, 3)]
    assert status == ["failed", "done"]


@pytest.mark.usefixtures("quick")
def test_where_every_run_fails_there_is_no_page(planner: Planner) -> None:
    planner.monkeypatch.setattr(study, "replicate", None)
    out, err, code = planner.types(*SHORT, "scenario=adre", "study=failing")
    assert code == 1
    assert len(err) == 1
    assert "comparison.html" not in "".join(out)


@pytest.mark.usefixtures("quick")
def test_one_sweep_at_a_time_writes_a_study(planner: Planner) -> None:
    (planner.results / "shared").mkdir(parents=True)
    with FileLock(planner.results / "shared/.lock"):
        _, err, code = planner.types(*SHORT, "scenario=adre", "study=shared")
    assert code == 2
    wanted = "results/shared: another sweep is writing this study; wait for it, or take another: study=name"
    assert err[1].strip() == wanted
    assert planner.types(*SHORT, "scenario=adre", "study=shared").code == 0


def test_results_that_cannot_be_written_are_told(planner: Planner) -> None:
    planner.results.write_text("a file, and no folder")
    _, err, code = planner.types(*SHORT, "scenario=adre", "study=x")
    assert code == 1
    assert err == ["results/x: Not a directory; what was finished is kept"]


def test_ctrl_c_stops_all_processes_with_one_line(tmp_path: Path) -> None:
    adre.write_folder(tmp_path / "mine")
    command = [sys.executable, "-m", "sim", "--config-dir", "mine", "scenario=adre"]
    process = subprocess.Popen(
        [*command, "run.workers=2", "run.replications=2000", "run.days=30", "study=long"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # whoever runs the tests may ignore it
    )
    until = time.monotonic() + 240  # the engine may have to be compiled first, beside other tests
    while not list(tmp_path.glob("results/long/*/parts/*/0*")) and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of the command
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.split("\n") == ["", "Stopped. What was finished is kept: run the same command again to go on.", ""]
    assert list(tmp_path.glob("results/long/*/parts/*/000000-000009/digests.json"))


def manifest(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return told


def files(folder: Path) -> dict[str, bytes]:
    """All files but those for people."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("run.log", ".lock")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


TODAY = "place,corridor,flow,loads,age,source\nplatforms.adre,abeche_geneina,food,3,2 days,counted today\n"


@pytest.mark.usefixtures("quick")
def test_a_run_starts_from_a_table_of_today(planner: Planner) -> None:
    table = planner.folder / "today.csv"
    table.write_text(TODAY)
    command = (*SHORT, "scenario=adre", "start=today.csv")
    assert planner.types(*command).code == 0
    folder = planner.results / "runs" / "adre,start=today.csv"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {row["setting"]: row["source"] for row in manifest["provenance"]}["start.today.csv, line 2.loads"] == (
        "counted today"
    )
    assert "all of them done before" in "".join(planner.types(*command).out)
    table.write_text(TODAY.replace("food,3,", "food,4,"))
    assert "done before" not in "".join(planner.types(*command).out)


def test_what_is_wrong_with_a_table_of_today_is_told_and_nothing_starts(planner: Planner) -> None:
    command = ("--config-dir", "mine", "scenario=adre", "start=today.csv")
    assert planner.is_told(*command).startswith("start: there is no file 'today.csv' in ")
    (planner.folder / "today.csv").write_text(TODAY.replace("food", "fod"))
    assert planner.is_told(*command) == "start: today.csv, line 2: flow: there is no flows.fod; did you mean food?"
    (planner.folder / "today.csv").write_text(TODAY.replace(",3,", ",51,"))
    wanted = "start: up to 204 pallets are on platforms.adre, which has room for 200"
    assert planner.is_told(*command) == wanted


def test_a_page_is_told_in_the_language_and_with_the_notes_of_its_command(planner: Planner) -> None:
    command = (*SHORT, "scenario=adre", "study=noted")
    assert planner.types(*command).code == 0
    told = (*command, "report.language=fr", "report.notes='For Thursday <b>only</b>, as a draft'")
    assert "all of them done before" in "".join(planner.types(*told).out)  # it changes no result
    page = (planner.results / "noted" / "comparison.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page and "For Thursday &lt;b&gt;only&lt;/b&gt;, as a draft</p>" in page
    manifest = json.loads((planner.results / "noted" / "adre" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["config"]["report"]["notes"] == "For Thursday <b>only</b>, as a draft"
