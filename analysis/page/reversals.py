"""Reports which assumptions would reverse a comparison: on a terminal, as a CSV, and on the page of the study.

The result is kept as JSON beside the study. It is stale if it is of other runs than the page's, and then only named.
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


def write_reversals(result: Reversals, folder: Path) -> None:
    """Writes the result as JSON into the folder of the study."""
    files.write_json(folder / REVERSALS_FILE, asdict(result))


def read_reversals(study: Study, folder: Path, option: str) -> Reversals | None:
    """Returns the result for the study's first run and `option`, as they are now; None where there is no file.

    Raises ValueError where the result is of other runs or of other settings.
    """
    record = files.read_json(folder / REVERSALS_FILE)
    if record is None:
        return None
    marks = {run.name: run.config_hash for run in study.runs}
    try:
        result = _parse_reversals(record)
    except (KeyError, TypeError):
        raise ValueError(REVERSALS_FILE) from None
    names = (study.reference.name, option)
    if (result.first, result.option) != names or result.marks != tuple(marks[name] for name in names):
        raise ValueError(REVERSALS_FILE)
    return result


def reversals_sentence(result: Reversals, tongue: Translator = ENGLISH) -> str:
    """Returns how many assumptions have each verdict, how that was computed, and how sure it is."""
    n = Counter(each.verdict for each in result.tried)
    tried = len(result.tried) - n[NOT_TRIED]
    if n[REVERSES]:
        template = "{k} of {n} assumptions, each by itself at an end of its range, reverse the sign of the difference."
        text = tongue(template, k=n[REVERSES], n=tried)
    else:
        template = (
            "None of {n} assumptions, each by itself at the ends of its range, reverses the sign of the difference."
        )
        text = tongue(template, n=tried)
    if not result.base.is_clear:
        text += " " + tongue(
            "With these replications the difference itself ({base} t a day) is not clear; more of them may tell.",
            base=format_estimate(result.base.mean, sign=True),
        )  # fmt: skip
    for verdict, template in (
        (NO_LONGER_CLEAR, "With {k} it is no longer clear."),
        (BECOMES_CLEAR, "With {k} it becomes clear."),
    ):
        if n[verdict]:
            text += " " + tongue(template, k=n[verdict])
    return text + " " + tongue(
        "{reruns} reruns: replications 0 to {last} of seed {seed} at each end, on the same luck in both runs; clear "
        "or not at 5 %, the difference as it is and all ends taken together (Holm).",
        reruns=result.reruns, last=result.replications - 1, seed=result.seed,
    )  # fmt: skip


def reversal_rows(result: Reversals, study: Study) -> list[list[str]]:
    """Returns the headings and a row for each assumption, named by the first of its settings."""
    tongue, label = study.translate, {run.name: run.label for run in study.runs}
    table = [[tongue(head) for head in HEADINGS]]
    for each in result.tried:
        assumption = each.assumption
        name = assumption.settings[0]
        if len(assumption.settings) > 1:
            name = tongue("{setting} and {n} alike", setting=name, n=len(assumption.settings) - 1)
        if len(assumption.runs) == 1:
            name = tongue("{setting} (in “{run}”)", setting=name, run=label[assumption.runs[0]])
        low, high = ("–" if end is None else format_estimate(end.mean, sign=True) for end in (each.low, each.high))
        within = tongue("{low} to {high}", low=assumption.ends[0], high=assumption.ends[1])
        table.append([name, within, low, high, each.mistake or tongue(each.verdict), each.crossing or "–"])
    return table


def decisive_rows(result: Reversals) -> list[int]:
    """Returns the positions of the assumptions that change something or could not be tried."""
    return [
        k
        for k, each in enumerate(result.tried)
        if each.verdict in (REVERSES, BECOMES_CLEAR, NO_LONGER_CLEAR, NOT_TRIED)
    ]


def terminal_text(result: Reversals, study: Study) -> str:
    """Returns the table for a terminal, the settings that were not varied, and the sentence on the result."""
    table = reversal_rows(result, study)
    short = [
        [f"{row[0][:59]}…" if len(row[0]) > 60 else row[0], *row[1:4], f"{row[4][:40]:<40}", row[5]] for row in table
    ]
    widths = [max(len(row[k]) for row in short) for k in range(len(short[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in short]
    if result.compared:
        lines += ["", f"Not moved, because it is what is compared: {', '.join(result.compared)}."]
    return "\n".join([*lines, "", reversals_sentence(result, study.translate)])


def csv_columns(result: Reversals) -> Columns:
    """Returns a row for each setting of each assumption."""
    rows = []
    for each in result.tried:
        assumption = each.assumption
        for setting in assumption.settings:
            ends = [part for end in (each.low, each.high) for part in _difference_cells(end)]
            runs = " + ".join(assumption.runs)
            rows.append(
                (setting, assumption.value, *assumption.ends, runs, *ends, each.verdict, each.crossing, each.mistake)
            )
    names = [f"{end}_{part}" for end in ("lowest", "highest") for part in ("t_per_day", "low", "high", "p")]
    return columns_from_rows(
        ("setting", "value", "lowest", "highest", "runs", *names, "found", "crossing", "mistake"), rows
    )


def _difference_cells(end: Difference | None) -> tuple[float | None, ...]:
    return (None,) * 4 if end is None else (end.mean.mean, end.mean.low, end.mean.high, end.p)


def _parse_reversals(record: Mapping[str, Any]) -> Reversals:
    tried = [_parse_tried(each) for each in record["tried"]]
    return Reversals(**{**record, "marks": tuple(record["marks"]), "base": _parse_difference(record["base"]),
                        "tried": tuple(tried), "compared": tuple(record["compared"])})  # fmt: skip


def _parse_tried(record: Mapping[str, Any]) -> TriedAssumption:
    fields: dict[str, Any] = {**record["assumption"]}
    assumption = Assumption(**{**fields, **{name: tuple(fields[name]) for name in ("settings", "ends", "runs")}})
    ends = {end: _parse_difference(record[end]) for end in ("low", "high")}
    return TriedAssumption(**{**record, **ends, "assumption": assumption})


def _parse_difference(record: Mapping[str, Any] | None) -> Any:
    return None if record is None else Difference(**{**record, "mean": MeanInterval(**record["mean"]), "dots": ()})
