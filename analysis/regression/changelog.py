"""The line of CHANGELOG.md that records a baseline: the model version, the reason, and the mark of the baseline.

The mark is computed from the stored digests, so a baseline cannot change without a change of this line.
"""

import re
from collections.abc import Mapping

from analysis.regression.baseline import WorldBaseline
from analysis.regression.judging import WorldVerdict

_REGRESSION_LINE = re.compile(r"\*Regression\* \(model (\d+)(?:, baseline ([0-9a-f]+))?\)")


def baseline_marks(changelog: str) -> dict[int, str]:
    """Returns the baseline's mark by model version; empty if the line of that version names none."""
    return {int(model): mark or "" for model, mark in _REGRESSION_LINE.findall(changelog)}


def set_baseline_mark(changelog: str, model: int, mark: str) -> str:
    """Returns the changelog with the mark set in the line of this model version."""
    return re.sub(rf"\*Regression\* \(model {model}(?:, baseline [0-9a-f]+)?\)",
                  f"*Regression* (model {model}, baseline {mark})", changelog)  # fmt: skip


def check_baseline_record(changelog: str, model: int, baseline: Mapping[str, WorldBaseline], mark: str) -> list[str]:
    """Returns the objections to a baseline beside this program and changelog; empty if it is consistent."""
    marks = baseline_marks(changelog)
    objections = [
        f"CHANGELOG.md: wanted a line *Regression* (model {n}), found none"
        for n in range(1, model + 1)
        if n not in marks
    ]
    other_models = {each.metadata["model"] for each in baseline.values()} - {model}
    objections += [
        f"the baseline is of model {n}, the program of model {model}: make baseline" for n in sorted(other_models)
    ]
    if not objections and marks[model] != mark:
        present = f"baseline {marks[model]}" if marks[model] else "no baseline"
        objections.append(
            f"CHANGELOG.md: wanted *Regression* (model {model}, baseline {mark}), found {present}: make baseline"
        )
    return objections


def check_renewal(
    changelog: str, model: int, old: Mapping[str, WorldBaseline], verdicts: Mapping[str, WorldVerdict]
) -> list[str]:
    """Returns the reasons against writing a new baseline; empty if it may be written.

    verdicts : of the worlds in the old baseline.
    """
    objections = [f"{name}: {verdict.error}" for name, verdict in verdicts.items() if verdict.error]
    if model not in baseline_marks(changelog):
        objections.append(f"CHANGELOG.md: wanted a line *Regression* (model {model}) with the reason, found none")
    moved = [name for name, verdict in verdicts.items() if _has_moved(verdict) and old[name].metadata["model"] == model]
    if moved:
        objections.append(
            f"{', '.join(moved)}: other results than the baseline's of the same model {model}; raise MODEL in "
            f"sim/__init__.py and say in a line *Regression* (model {model + 1}) of CHANGELOG.md what changed and why"
        )
    return objections


def _has_moved(verdict: WorldVerdict) -> bool:
    """Whether results changed; new measures alone do not count."""
    return verdict.triage not in ("unchanged", "digests") or any(
        each.state not in ("same", "new") for each in verdict.findings
    )
