"""What runs elsewhere than here: workflows, the hooks before a commit, and what a release must agree in."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import release
from tests.scenario_files import shipped

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
VERSION = PROJECT["version"]


def workflow(name: str) -> Any:
    """A workflow as GitHub reads it, to which `on` is a word and not a truth."""
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    return yaml.safe_load(re.sub(r"^on:", '"on":', text, flags=re.MULTILINE))


def commands(job: Any) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_each_python_that_may_run_it_is_tried() -> None:
    tried = workflow("ci")["jobs"]["ci"]["strategy"]["matrix"]["python"]
    prefix = "Programming Language :: Python :: "
    assert tried == [each.removeprefix(prefix) for each in PROJECT["classifiers"] if each.startswith(prefix)]
    assert PROJECT["requires-python"] == f">={tried[0]}"
    minors = [int(each.removeprefix("3.")) for each in tried]
    assert minors == [*range(minors[0], minors[-1] + 1)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_makes_targets_that_are_there_and_compiles_anew_what_changed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\brun: make ([a-z][\w-]*)", text)) <= TARGETS
    assert all("'sim/**/*.py'" in key for key in re.findall(r"key: numba-.*", text))
    assert workflow(path.stem)["permissions"] == {"contents": "read"}


def test_coverage_is_told_each_night_of_the_source_that_is_compiled_too() -> None:
    (rule,) = re.findall(r"^coverage:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "NUMBA_DISABLE_JIT=1" in rule and all(
        (ROOT / path).is_file() for path in re.findall(r"tests/[\w/]+\.py", rule)
    )
    (told,) = re.findall(r"--cov-report=markdown:(\S+)", rule)
    nightly = workflow("nightly")["jobs"]["nightly"]
    assert f'cat {told} >> "$GITHUB_STEP_SUMMARY"' in commands(nightly)
    kept = [step["with"]["path"] for step in nightly["steps"] if "upload-artifact" in step.get("uses", "")]
    assert f"{told.rpartition('/')[0]}/" in kept


def test_a_tag_is_released_when_it_passes_what_a_change_must() -> None:
    whole = workflow("release")
    assert whole["on"] == {"push": {"tags": ["v*"]}}
    build, publish = whole["jobs"]["build"], whole["jobs"]["publish"]
    first, *rest = commands(build)
    assert first.startswith('python -m tests.release "$GITHUB_REF_NAME"')
    assert rest == ["make lint", "make types", "make test", "make dist"]
    assert publish["needs"] == "build" and publish["permissions"] == {"contents": "write"}
    (create,) = commands(publish)
    assert create.startswith('gh release create "$GITHUB_REF_NAME" dist/*') and "--notes-file notes.md" in create
    assert "${{" not in "".join([first, create]), "the name of a tag goes into no command but as a variable"


def test_the_version_of_the_package_can_be_released(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main([f"v{VERSION}"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("- ") and "\n## " not in said


def test_what_is_new_points_to_the_files_of_its_tag(tmp_path: Path) -> None:
    write(tmp_path)
    assert release.notes("v1.2.0", tmp_path) == "- See [this](docs/x.md), [that](https://y.org) and [here](#z)."
    said = release.notes("v1.2.0", tmp_path, "https://h.org/blob/v1.2.0")
    assert said == "- See [this](https://h.org/blob/v1.2.0/docs/x.md), [that](https://y.org) and [here](#z)."


@pytest.mark.parametrize(
    ("tag", "changed", "why"),
    [
        ("v1.3.0", {}, r"the tag must be v1\.2\.0"),
        ("1.2.0", {}, r"the tag must be v1\.2\.0"),
        ("v1.2.0", {"CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n- More.\n"}, "needs a section"),
        ("v1.2.0", {"CHANGELOG.md": "## 1.2.0\n\n- Without its date.\n"}, "needs a section"),
        ("v1.2.0", {"CHANGELOG.md": "## 1.2.0 (2027-01-02)\n\n## 1.1.0 (2026-01-02)\n\n- Old.\n"}, "needs a section"),
        ("v1.2.0", {"CITATION.cff": "version: 1.1.0\ndate-released: 2027-01-02\n"}, "CITATION.cff must have"),
        ("v1.2.0", {"CITATION.cff": "version: 1.2.0\ndate-released: 2026-01-02\n"}, "CITATION.cff must have"),
    ],
)
def test_a_tag_that_does_not_agree_is_refused(tmp_path: Path, tag: str, changed: dict[str, str], why: str) -> None:
    write(tmp_path, **changed)
    with pytest.raises(ValueError, match=why):
        release.notes(tag, tmp_path)


def test_a_wrong_tag_is_told_with_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["v0.0.0"]) == 2
    assert (
        capsys.readouterr().err == f"error: the tag must be v{VERSION}, by the version in pyproject.toml, is v0.0.0\n"
    )


def test_each_package_says_that_it_is_typed() -> None:
    assert all((ROOT / package / "py.typed").is_file() for package in ("sim", "analysis"))


def test_the_hooks_run_what_is_installed_here_on_the_files_that_it_is_for() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    hooks = {hook["id"]: hook for hook in local["hooks"]}
    assert local["repo"] == "local" and set(hooks) == {"ruff-check", "ruff-format", "mypy", "scenario-files"}
    assert all(hook["language"] == "system" and hook["entry"].startswith(".venv/bin/") for hook in hooks.values())
    looked_at = re.compile(hooks["scenario-files"]["files"])
    folders = (ROOT / "scenarios", ROOT / "examples")
    every = (path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("*.yaml"))
    assert {name for name in every if looked_at.search(name)} == {
        path.relative_to(ROOT).as_posix() for path in shipped()
    }


@pytest.mark.parametrize("name", ["bug", "figure", "scenario"])
def test_a_form_for_issues_can_be_filled_in(name: str) -> None:
    """GitHub passes over a form that it cannot read, and says so to nobody."""
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text(encoding="utf-8"))
    assert form["name"] and form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["attributes"]["label"] for field in fields)
    names = [field["id"] for field in fields]
    assert len(names) == len(set(names)) and ("source" in names) == (name == "figure")


def test_a_pull_request_is_asked_what_the_guide_asks() -> None:
    text = (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")
    quoted = set(re.findall(r"`make ([\w-]+)`", text))
    assert {"schema", "docs", "baseline"} <= quoted <= TARGETS and "`.ci/run`" in text


def write(folder: Path, **changed: str) -> None:
    """A project that can be released as 1.2.0, but for what is changed."""
    files = {
        "pyproject.toml": '[project]\nversion = "1.2.0"\n',
        "CITATION.cff": "cff-version: 1.2.0\nversion: 1.2.0\ndate-released: 2027-01-02\n",
        "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n## 1.2.0 (2027-01-02)\n\n"
        "- See [this](docs/x.md), [that](https://y.org) and [here](#z).\n\n## 1.1.0 (2026-01-02)\n\n- Old.\n",
    }
    for name, text in {**files, **changed}.items():
        (folder / name).write_text(text, encoding="utf-8")
