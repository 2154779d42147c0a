"""A scenario file is data: nothing in one, and nothing in a command, runs code, reads the environment or reaches out.

The payloads here create a file called `trace` in the current folder; what is refused leaves none.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim import __main__ as command_line
from sim.study import composing
from sim.study.composing import MAX_VALUES, mistakes_in_files, mistakes_in_overrides
from tests.worlds import adre

REPOSITORY = Path(__file__).parents[2]
TOUCH = "{_target_: pathlib.Path.touch, self: {_target_: pathlib.Path, _args_: [trace]}}"
LOGGING = 'version: 1\nroot: null\nformatters: {x: {"()": subprocess.getoutput, cmd: touch trace}}\n'
GLOBAL = "# @package _global_\n"
WORLD = f"{GLOBAL}defaults:\n  - adre\n  - _self_\n"  # the planner's own world, and then what comes

HOSTILE_FILES = {
    "a target": ("scenario/evil.yaml", f"{WORLD}x: {TOUCH}\n"),
    "a target deep down": ("places/evil.yaml", f"a: {{b: [1, {{c: {TOUCH}}}]}}\n"),
    "a target by an escape": ("scenario/evil.yaml", f'{WORLD}x: {{"\\x5ftarget_": os.system}}\n'),
    "a target by an anchor": ("scenario/evil.yaml", f"{WORLD}x: &x {TOUCH}\ny: *x\n"),
    "a target by a merge": ("scenario/evil.yaml", f"{WORLD}x: &x {TOUCH}\ny: {{<<: *x}}\n"),
    "a target in bytes": ("scenario/evil.yaml", f"{WORLD}x: {{!!binary X3RhcmdldF8=: os.system}}\n"),
    "a callback": ("scenario/evil.yaml", f"{WORLD}hydra: {{callbacks: {{x: {TOUCH}}}}}\n"),
    "logging, which calls what it names": ("scenario/evil.yaml", f"{WORLD}hydra: {{job_logging: {{version: 1}}}}\n"),
    "hydra as a merged key": ("scenario/evil.yaml", f"{WORLD}<<: {{hydra: {{verbose: true}}}}\n"),
    "hydra in quotes": ("scenario/evil.yaml", f'{WORLD}"hydra": {{verbose: true}}\n'),
    "hydra with a tag": ("scenario/evil.yaml", f"{WORLD}!!str hydra: {{verbose: true}}\n"),
    "hydra by an escape": ("scenario/evil.yaml", f'{WORLD}"\\x68ydra": {{verbose: true}}\n'),
    "hydra in an experiment": ("experiment/evil.yaml", f"{GLOBAL}hydra: {{job_logging: {{version: 1}}}}\n"),
    "more than a sweep's params": (
        "experiment/evil.yaml",
        f"{GLOBAL}hydra: {{sweeper: {{params: {{scenario: adre}}, max_batch_size: 1}}}}\n",
    ),
    "a sweep that is a list": ("experiment/evil.yaml", f"{GLOBAL}hydra: [sweeper]\n"),
    "params outside experiments": (
        "scenario/evil.yaml",
        f"{GLOBAL}hydra: {{sweeper: {{params: {{scenario: adre}}}}}}\n",
    ),
    "params that set hydra": (
        "experiment/evil.yaml",
        f"{GLOBAL}hydra: {{sweeper: {{params: {{hydra.callbacks.x.y: z}}}}}}\n",
    ),
    "params that choose for hydra": (
        "experiment/evil.yaml",
        f"{GLOBAL}hydra: {{sweeper: {{params: {{++hydra/job_logging: evil}}}}}}\n",
    ),
    "params that leave hydra out": (
        "experiment/evil.yaml",
        f'{GLOBAL}hydra: {{sweeper: {{params: {{"~hydra.mode": RUN}}}}}}\n',
    ),
    "hydra's package": ("scenario/evil.yaml", f"# @package hydra.job_logging\n{LOGGING}"),
    "hydra's package, global": ("scenario/evil.yaml", f"# @package _global_.hydra.job_logging\n{LOGGING}"),
    "hydra's package, global at last": ("scenario/evil.yaml", f"# @package a._global_.hydra.job_logging\n{LOGGING}"),
    "hydra's package, with blanks": ("scenario/evil.yaml", f"\n\n  #   @package   hydra.job_logging\n{LOGGING}"),
    "hydra's package, second": ("scenario/evil.yaml", f"# @x y\n# @package hydra.job_logging\n{LOGGING}"),
    "hydra's package behind another line end": (
        "scenario/evil.yaml",
        f"# @x y\x85# @package hydra.job_logging\n{LOGGING}",
    ),
    "hydra's package behind one more": ("scenario/evil.yaml", f"# @x y\u2028# @package hydra.job_logging\n{LOGGING}"),
    "hydra's package behind a mark": ("scenario/evil.yaml", f"\ufeff# @package hydra.job_logging\n{LOGGING}"),
    "a dotted key": ("scenario/evil.yaml", f"{WORLD}hydra.job_logging: {{version: 1}}\n"),
    "defaults that override hydra's": ("scenario/evil.yaml", f"{GLOBAL}defaults: [override /hydra/launcher: x]\n"),
    "defaults that choose hydra's": ("scenario/evil.yaml", f"{GLOBAL}defaults: [{{/hydra/job_logging: evil}}]\n"),
    "defaults put into hydra": ("scenario/evil.yaml", f"{GLOBAL}defaults: [/places@hydra.job_logging: evil]\n"),
    "defaults put into hydra by global": (
        "scenario/evil.yaml",
        f"{GLOBAL}defaults: [/places@_global_.hydra.job_logging: evil]\n",
    ),
    "defaults optional": ("scenario/evil.yaml", f"{GLOBAL}defaults: [optional hydra/job_logging: evil]\n"),
    "defaults upwards": ("scenario/evil.yaml", f"{GLOBAL}defaults: [../../evil]\n"),
    "defaults upwards in a group": ("scenario/evil.yaml", f"{GLOBAL}defaults: [/places: ../../evil]\n"),
    "defaults upwards in a list": ("scenario/evil.yaml", f"{GLOBAL}defaults: [/places: [a, ../../evil]]\n"),
    "defaults from the root": ("scenario/evil.yaml", f"{GLOBAL}defaults: [//tmp/evil]\n"),
    "defaults from a package of Python": ("scenario/evil.yaml", f"{GLOBAL}defaults: [pkg://evil/x]\n"),
    "defaults from a file's address": ("scenario/evil.yaml", f"{GLOBAL}defaults: ['file:///tmp/evil']\n"),
    "the environment": ("scenario/evil.yaml", f"{WORLD}scenario: {{title: '${{oc.env:HOME}}'}}\n"),
    "the environment with blanks": ("scenario/evil.yaml", f"{WORLD}scenario: {{title: '${{ oc.env:HOME }}'}}\n"),
    "the environment as a key": ("scenario/evil.yaml", f"{WORLD}scenario: {{'${{oc.env:HOME}}': x}}\n"),
    "the environment in a list": ("scenario/evil.yaml", f"{WORLD}x: [a, ['${{oc.env:HOME}}']]\n"),
    "the environment without quotes of Hydra's": (
        "experiment/evil.yaml",
        f"{GLOBAL}hydra: {{sweeper: {{params: {{scenario.title: '$\\{{oc.env\\:HOME\\}}'}}}}}}\n",
    ),
    "a decoder": ("scenario/evil.yaml", f"{WORLD}scenario: {{title: \"${{oc.decode:'1'}}\"}}\n"),
    "a resolver made of parts": ("scenario/evil.yaml", f"{WORLD}a: oc.env\nb: '${{${{a}}:HOME}}'\n"),
    "a nested reference": ("scenario/evil.yaml", f"{WORLD}b: '${{sites.${{a}}}}'\n"),
    "a reference by brackets": ("scenario/evil.yaml", f"{WORLD}b: '${{hydra[runtime][cwd]}}'\n"),
    "a reference to hydra": ("scenario/evil.yaml", f"{WORLD}scenario: {{title: '${{hydra.runtime.cwd}}'}}\n"),
    "a relative reference to hydra": (
        "scenario/evil.yaml",
        f"{WORLD}scenario: {{title: '${{..hydra.runtime.cwd}}'}}\n",
    ),
    "hydra's resolver": ("scenario/evil.yaml", f"{WORLD}scenario: {{title: '${{hydra:runtime.cwd}}'}}\n"),
    "a Python object": ("scenario/evil.yaml", f"{WORLD}x: !!python/object/apply:os.system ['touch trace']\n"),
    "a Python path": ("scenario/evil.yaml", f"{WORLD}x: !!python/object/apply:pathlib.PosixPath ['/etc']\n"),
    "a tag of one's own": ("scenario/evil.yaml", f"{WORLD}x: !evil y\n"),
    "two documents": ("scenario/evil.yaml", f"a: 1\n---\nx: {TOUCH}\n"),
    "an unfinished file": ("scenario/evil.yaml", f"{WORLD}x: [1,\n"),
    "no settings but a list": ("scenario/evil.yaml", f"- {TOUCH}\n"),
    "no text": ("scenario/evil.yaml", "\x00"),
    "a value inside itself": ("scenario/evil.yaml", f"{WORLD}a: &a [*a]\n"),
    "nesting without end": ("scenario/evil.yaml", f"a: {'[' * 3_000}{']' * 3_000}\n"),
    "a bomb of aliases": (
        "scenario/evil.yaml",
        "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]\n" for i in range(9)),
    ),
    "a bomb of nothing": (
        "scenario/evil.yaml",
        "a0: &a0 []\n" + "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]\n" for i in range(9)),
    ),
    "a launcher of one's own": ("hydra/launcher/x.yaml", "max_jobs: 3\n"),
    "logging of one's own": ("hydra/job_logging/evil.yaml", LOGGING),
    "a folder with a dotted name": ("hydra.job_logging/evil.yaml", LOGGING),
    "a deeper folder": ("places/hydra/evil.yaml", LOGGING),
    "a file called hydra": ("places/hydra.yaml", f"# @package _name_\njob_logging: {{}}\n{LOGGING}"),
    "another ending": ("scenario/evil.yml", f"x: {TOUCH}\n"),
    "an ending in capitals": ("scenario/evil.YAML", f"x: {TOUCH}\n"),
    "a hidden folder": (".hidden/evil.yaml", f"x: {TOUCH}\n"),
    "a hidden file": ("scenario/.yaml.yaml", f"x: {TOUCH}\n"),
    "our start": ("config.yaml", "study: mine\n"),
    "a world of ours": ("scenario/ours.yaml", "a: 1\n"),
}

HOSTILE_OVERRIDES = [
    "x._target_=os.system",
    "+x._target_=os.system",
    "+x={_target_: os.system}",
    "+x={'_target_': os.system}",
    "+x=[{a: {_target_: os.system}}]",
    "hydra.searchpath=[file:///tmp]",
    "++hydra.searchpath=['file:///tmp']",
    "hydra.callbacks.x.y=z",
    "hydra.callbacks={x: {y: z}}",
    "~hydra.callbacks",
    "hydra={mode: RUN}",
    "hydra.job_logging.formatters.x.y=z",
    "+hydra.job_logging={version: 1}",
    "hydra/job_logging=evil",
    "hydra/hydra_logging=colorlog",
    "hydra/sweeper=evil",
    "hydra/launcher=../evil",
    "hydra/launcher@hydra.sweeper=basic",
    "+places@hydra.job_logging=evil",
    "+places@_global_.hydra.job_logging=evil",
    "+scenario@hydra=evil",
    "+hydra.job_logging=evil",
    "hydra.sweeper._target_=x.y",
    "hydra.launcher._target_=x.y",
    "hydra.sweep.dir=/tmp",
    "hydra.run.dir=/tmp",
    "hydra.output_subdir=x",
    "hydra.job.chdir=true",
    "hydra.job.env_set.PATH=/tmp",
    "hydra.mode=RUN",
    "study=${oc.env:HOME}",
    "study='${oc.env:HOME}'",
    'study="${oc.env:HOME}"',
    "study=$\\{oc.env\\:HOME\\}",
    "study=${oc.decode:'1'}",
    "study=${sites.${study}}",
    "study=a,${oc.env:HOME}",
    "study=[a,{b: '${oc.env:HOME}'}]",
    "study=${hydra:runtime.cwd}",
    "study=${hydra.runtime.cwd}",
    "scenario=../evil",
    "scenario=adre,../evil",
    "scenario=[adre,../../evil]",
    "scenario@a.b=../evil",
    "+scenario@a.b=../evil",
    "scenario=/tmp/evil",
    "scenario='/tmp/evil'",
    "scenario=adre,/tmp/evil",
]

HARMLESS = [
    "scenario=rafah_open",
    "scenario=rafah_closed,rafah_open",
    "scenario=glob(*,exclude=extra*)",
    "sites.nitzana.time={law: gamma, mean: 8 min, cv: 0.5}",
    "flows.un_food.rate='80 trucks/day'",
    "flows.un_food.trace=../data/trucks.csv",
    "sites.a.title=${sites.b.title}",
    "~sites.nitzana",
    "+calendars.zikim.windows.week.days=mon-sat",
    "hydra/launcher=submitit_slurm",
    "hydra.launcher.cpus_per_task=8",
    "++hydra.launcher.ray.init.address=auto",
    "run.seed=range(1,4)",
    "sites.hydra.lanes=3",
]


@pytest.mark.parametrize(("path", "text"), HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_a_hostile_file_is_refused_in_one_line_that_names_it(path: str, text: str, tmp_path: Path) -> None:
    ours = put(tmp_path / "ours", "scenario/ours.yaml", "a: 1\n")
    (ours / "config.yaml").write_text("study: runs\n")
    theirs = put(tmp_path / "theirs", path, text)
    lines = mistakes_in_files(ours, (theirs,))
    assert lines
    assert all(line.startswith(f"theirs/{path}") and "\n" not in line for line in lines)


@pytest.mark.parametrize("override", HOSTILE_OVERRIDES)
def test_a_hostile_override_is_refused_in_one_line_that_names_it(override: str) -> None:
    [line] = mistakes_in_overrides([override])
    assert line.startswith(f"{override}: refused: ")


@pytest.mark.parametrize("override", HARMLESS)
def test_a_harmless_override_is_not_refused(override: str) -> None:
    assert mistakes_in_overrides([override]) == []


def test_a_planners_folder_and_ours_are_not_refused(tmp_path: Path) -> None:
    assert mistakes_in_files(composing.SCENARIOS_FOLDER, (adre.write_folder(tmp_path / "mine"),)) == []


def test_the_same_text_as_often_as_one_likes_is_no_bomb(tmp_path: Path) -> None:
    text = "a: &a [1, 2, 3]\n" + "".join(f"b{i}: *a\n" for i in range(MAX_VALUES // 100))
    assert mistakes_in_files(tmp_path / "ours", (put(tmp_path / "theirs", "places/many.yaml", text),)) == []


def test_a_link_to_another_folder_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "evil.yaml", f"x: {TOUCH}\n")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "scenario").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert mistakes_in_files(tmp_path / "ours", (theirs,)) == ["theirs/scenario: refused: a link to another folder"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config-name", "evil"],
        ["--config-name=evil"],
        ["-cn", "evil"],
        ["--config-n", "evil"],
        ["--config-path", "mine"],
        ["-cp", "mine"],
        ["--experimental-rerun", "config.pickle"],
        ["--experimental", "config.pickle"],
        ["--", "--config-path=mine", "x=1"],
        ["--cfg", "job", "--config-name", "evil"],
        ["--info", "all", "-cp", "mine"],
        ["--help", "-cn", "evil"],
        ["--hydra-help", "hydra/hydra_logging=evil"],
        ["--help", "hydra/hydra_logging=evil"],
        ["--cfg", "hydra", "hydra.hydra_logging.x=1"],
        ["--cfg", "job", "--resolve", "study=$\\{oc.env\\:HOME\\}"],
        ["--multirun", "+places@hydra.hydra_logging=evil"],
        ["list", "hydra.hydra_logging.x=1"],
        ["check", "-cd", "mine", "-cd", "hostile"],
        ["--config-dir=hostile", "--help"],
        ["--config-dir=hostile", "--cfg", "hydra"],
        ["--config-dir=hostile", "list"],
    ],
    ids=" ".join,
)
def test_no_option_leads_around(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    adre.write_folder(tmp_path / "mine")
    put(tmp_path / "mine", "evil.yaml", WORLD)
    put(tmp_path / "hostile", "hydra/hydra_logging/evil.yaml", LOGGING)
    refused(arguments, tmp_path, monkeypatch, capsys)


HIDDEN = {  # found only by looking at what was composed, were the files not read before
    "a package": ("+places=evil", "places/evil.yaml", f"# @package hydra.job_logging\n{LOGGING}"),
    "a section": ("scenario=evil", "scenario/evil.yaml", f"{WORLD}hydra: {{callbacks: {{x: {TOUCH}}}}}\n"),
    "defaults": (
        "scenario=evil",
        "scenario/evil.yaml",
        f"{GLOBAL}defaults: [/places@_global_.hydra.job_logging: any]\n",
    ),
    "the environment of a job": (
        "scenario=evil",
        "scenario/evil.yaml",
        f"{WORLD}hydra: {{job: {{env_set: {{A: b}}}}}}\n",
    ),
    "the environment": ("scenario=evil", "scenario/evil.yaml", f"{WORLD}scenario: {{title: '${{oc.env:HOME}}'}}\n"),
    "a target": ("scenario=evil", "scenario/evil.yaml", f"{WORLD}x: {TOUCH}\n"),
    "a sweep": (
        "experiment=evil",
        "experiment/evil.yaml",
        f"{GLOBAL}hydra: {{sweeper: {{params: {{study: '$\\{{oc.env\\:HOME\\}}'}}}}}}\n",
    ),
}


@pytest.mark.parametrize(("override", "path", "text"), HIDDEN.values(), ids=HIDDEN)
def test_what_was_composed_is_looked_at_once_more(
    override: str,
    path: str,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(adre.write_folder(tmp_path / "mine"), path, text)
    put(tmp_path / "mine", "places/any.yaml", "a: 1\n")
    monkeypatch.setattr(command_line, "mistakes_in_files", lambda *_: [])
    told = refused(["--config-dir", "mine", override], tmp_path, monkeypatch, capsys)
    assert "refused" in told


def test_a_hostile_file_leaves_no_trace(tmp_path: Path) -> None:
    mine = adre.write_folder(tmp_path / "mine")
    put(mine, "scenario/evil.yaml", f"{WORLD}hydra: {{callbacks: {{x: {TOUCH}}}}}\n")
    put(mine, "places/evil.yaml", f"# @x y\x85# @package hydra.hydra_logging\n{LOGGING}")
    command = [sys.executable, "-m", "sim", "--config-dir", "mine", "scenario=evil", "+places=evil"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert "mine/scenario/evil.yaml: refused" in told.stderr
    assert "mine/places/evil.yaml: refused" in told.stderr
    assert "Traceback" not in told.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"mine"}


def put(folder: Path, path: str, text: str) -> Path:
    """`folder`, with a file in it."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8", newline="")
    return folder


def refused(
    arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What a command says that has to be refused, in `folder`, where it leaves nothing."""
    monkeypatch.setattr(composing, "SCENARIOS_FOLDER", adre.write_ours(folder / "ours", composing.SCENARIOS_FOLDER))
    before = sorted(folder.rglob("*"))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["sim", *arguments])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == 2
    assert sorted(folder.rglob("*")) == before
    said = capsys.readouterr()
    assert said.out == ""
    return said.err
