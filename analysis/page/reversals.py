"""Says which assumed numbers would reverse a comparison: for a terminal, as a CSV, and on the page of the study.

It keeps what was found beside the study as JSON; of other runs than the page's it is stale, and only named.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.intervals import MeanInterval
from analysis.language.numbers import format_estimate
from analysis.language.translator import ENGLISH, Translator
from analysis.questions.reversals import (
    BECOMES_CLEAR,
    NO_LONGER_CLEAR,
    NOT_TRIED,
    REVERSES,
    Assumption,
    Reversals,
    TriedAssumption,
)
from analysis.results.columns import Columns, columns_from_rows
from analysis.results.tables import Study
from analysis.statistics.compare import Difference
from sim.study import files

REVERSALS_FILE = "reversals.json"
HEADINGS = ("assumption", "may lie in", "t a day more, at its lowest", "at its highest", "found", "passes 0 at about")


def write_reversals(found: Reversals, folder: Path) -> None:
    files.write_json(folder / REVERSALS_FILE, asdict(found))


def read_reversals(study: Study, folder: Path, option: str) -> Reversals | None:
    """What was found of the study's first run and `option`, as they are now; None where there is no such file.

    Raises ValueError where it is of other runs, or of other settings.
    """
    told = files.read_json(folder / REVERSALS_FILE)
    if told is None:
        return None
    marks = {run.name: run.config_hash for run in study.runs}
    try:
        found = _parse_reversals(told)
    except (KeyError, TypeError):
        raise ValueError(REVERSALS_FILE) from None
    names = (study.reference.name, option)
    if (found.first, found.option) != names or found.marks != tuple(marks[name] for name in names):
        raise ValueError(REVERSALS_FILE)
    return found


def reversals_sentence(found: Reversals, tongue: Translator = ENGLISH) -> str:
    """How many assumptions do what, how it was found, and how sure that is."""
    n = Counter(each.verdict for each in found.tried)
    tried = len(found.tried) - n[NOT_TRIED]
    if n[REVERSES]:
        text = "{k} of {n} assumptions, each by itself at an end of its range, reverse the sign of the difference."
        said = tongue(text, k=n[REVERSES], n=tried)
    else:
        text = "None of {n} assumptions, each by itself at the ends of its range, reverses the sign of the difference."
        said = tongue(text, n=tried)
    if not found.base.is_clear:
        said += " " + tongue(
            "With these replications the difference itself ({base} t a day) is not clear; more of them may tell.",
            base=format_estimate(found.base.mean, sign=True),
        )  # fmt: skip
    for verdict, text in (
        (NO_LONGER_CLEAR, "With {k} it is no longer clear."),
        (BECOMES_CLEAR, "With {k} it becomes clear."),
    ):
        if n[verdict]:
            said += " " + tongue(text, k=n[verdict])
    return said + " " + tongue(
        "{reruns} reruns: replications 0 to {last} of seed {seed} at each end, on the same luck in both runs; clear "
        "or not at 5 %, the difference as it is and all ends taken together (Holm).",
        reruns=found.reruns, last=found.replications - 1, seed=found.seed,
    )  # fmt: skip


def reversal_rows(found: Reversals, study: Study) -> list[list[str]]:
    """A row for each assumption, with what it names first."""
    tongue, label = study.translate, {run.name: run.label for run in study.runs}
    table = [[tongue(head) for head in HEADINGS]]
    for each in found.tried:
        of = each.assumption
        name = of.settings[0]
        if len(of.settings) > 1:
            name = tongue("{setting} and {n} alike", setting=name, n=len(of.settings) - 1)
        if len(of.runs) == 1:
            name = tongue("{setting} (in “{run}”)", setting=name, run=label[of.runs[0]])
        low, high = ("–" if end is None else format_estimate(end.mean, sign=True) for end in (each.low, each.high))
        within = tongue("{low} to {high}", low=of.ends[0], high=of.ends[1])
        table.append([name, within, low, high, each.mistake or tongue(each.verdict), each.crossing or "–"])
    return table


def terminal_text(found: Reversals, study: Study) -> str:
    table = reversal_rows(found, study)
    short = [
        [f"{row[0][:59]}…" if len(row[0]) > 60 else row[0], *row[1:4], f"{row[4][:40]:<40}", row[5]] for row in table
    ]
    widths = [max(len(row[k]) for row in short) for k in range(len(short[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in short]
    if found.compared:
        lines += ["", f"Not moved, because it is what is compared: {', '.join(found.compared)}."]
    return "\n".join([*lines, "", reversals_sentence(found, study.translate)])


def csv_columns(found: Reversals) -> Columns:
    """A row for each setting."""
    told = []
    for each in found.tried:
        of = each.assumption
        for setting in of.settings:
            ends = [part for end in (each.low, each.high) for part in _difference_cells(end)]
            told.append((setting, of.value, *of.ends, " + ".join(of.runs), *ends, each.verdict, each.crossing,
                         each.mistake))  # fmt: skip
    names = [f"{end}_{part}" for end in ("lowest", "highest") for part in ("t_per_day", "low", "high", "p")]
    return columns_from_rows(
        ("setting", "value", "lowest", "highest", "runs", *names, "found", "crossing", "mistake"), told
    )


def _difference_cells(end: Difference | None) -> tuple[float | None, ...]:
    return (None,) * 4 if end is None else (end.mean.mean, end.mean.low, end.mean.high, end.p)


def decisive_rows(found: Reversals) -> list[int]:
    """Where in the rows those stand that change something."""
    return [
        k for k, each in enumerate(found.tried) if each.verdict in (REVERSES, BECOMES_CLEAR, NO_LONGER_CLEAR, NOT_TRIED)
    ]


def _parse_reversals(told: Mapping[str, Any]) -> Reversals:
    tried = [_parse_tried(each) for each in told["tried"]]
    return Reversals(**{**told, "marks": tuple(told["marks"]), "base": _parse_difference(told["base"]),
                        "tried": tuple(tried), "compared": tuple(told["compared"])})  # fmt: skip


def _parse_tried(told: Mapping[str, Any]) -> TriedAssumption:
    of: dict[str, Any] = {**told["assumption"]}
    assumption = Assumption(**{**of, **{name: tuple(of[name]) for name in ("settings", "ends", "runs")}})
    ends = {end: _parse_difference(told[end]) for end in ("low", "high")}
    return TriedAssumption(**{**told, **ends, "assumption": assumption})


def _parse_difference(told: Mapping[str, Any] | None) -> Any:
    return None if told is None else Difference(**{**told, "mean": MeanInterval(**told["mean"]), "dots": ()})
