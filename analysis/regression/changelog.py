"""The line of CHANGELOG.md that stands behind a baseline: its model, its reason, and the mark of the baseline itself.

A baseline cannot change without that line: its mark is worked out from the digests that are kept, and stands there.
"""

import re
from collections.abc import Mapping

from analysis.regression.baseline import WorldBaseline
from analysis.regression.judging import WorldVerdict

_REGRESSION_LINE = re.compile(r"\*Regression\* \(model (\d+)(?:, baseline ([0-9a-f]+))?\)")


def baseline_marks(changelog: str) -> dict[int, str]:
    """Model -> the mark of its baseline, empty where its line names none."""
    return {int(model): mark or "" for model, mark in _REGRESSION_LINE.findall(changelog)}


def set_baseline_mark(changelog: str, model: int, mark: str) -> str:
    """The text, in which the line of the model names the baseline."""
    return re.sub(rf"\*Regression\* \(model {model}(?:, baseline [0-9a-f]+)?\)",
                  f"*Regression* (model {model}, baseline {mark})", changelog)  # fmt: skip


def check_baseline_record(changelog: str, model: int, baseline: Mapping[str, WorldBaseline], mark: str) -> list[str]:
    """What is wrong with a baseline that stands beside this program and this changelog; nothing of a good one."""
    said = baseline_marks(changelog)
    found = [
        f"CHANGELOG.md: wanted a line *Regression* (model {n}), found none"
        for n in range(1, model + 1)
        if n not in said
    ]
    others = {each.metadata["model"] for each in baseline.values()} - {model}
    found += [f"the baseline is of model {n}, the program of model {model}: make baseline" for n in sorted(others)]
    if not found and said[model] != mark:
        has = f"baseline {said[model]}" if said[model] else "no baseline"
        found.append(f"CHANGELOG.md: wanted *Regression* (model {model}, baseline {mark}), found {has}: make baseline")
    return found


def check_renewal(
    changelog: str, model: int, old: Mapping[str, WorldBaseline], verdicts: Mapping[str, WorldVerdict]
) -> list[str]:
    """Why a new baseline must not be written; nothing where it may. verdicts : of worlds that stood in the old one."""
    found = [f"{name}: {verdict.error}" for name, verdict in verdicts.items() if verdict.error]
    if model not in baseline_marks(changelog):
        found.append(f"CHANGELOG.md: wanted a line *Regression* (model {model}) with the reason, found none")
    moved = [name for name, verdict in verdicts.items() if _has_moved(verdict) and old[name].metadata["model"] == model]
    if moved:
        found.append(
            f"{', '.join(moved)}: other results than the baseline's of the same model {model}; raise MODEL in "
            f"sim/__init__.py and say in a line *Regression* (model {model + 1}) of CHANGELOG.md what changed and why"
        )
    return found


def _has_moved(verdict: WorldVerdict) -> bool:
    """Whether results are others than they were; measures that are new change none that were."""
    return verdict.triage not in ("unchanged", "digests") or any(
        e.state not in ("same", "new") for e in verdict.findings
    )
