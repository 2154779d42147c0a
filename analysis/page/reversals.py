"""Says which assumed numbers would reverse a comparison: for a terminal, as a CSV, and on the page of the study.

It keeps what was found beside the study as JSON; of other runs than the page's it is stale, and only named.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.intervals import Mean
from analysis.language.numbers import estimate
from analysis.language.tongue import ENGLISH, Tongue
from analysis.questions.reversals import CLEAR, REVERSES, UNCLEAR, UNTRIED, Assumption, Reversals, Tried
from analysis.results.columns import Columns, of_rows
from analysis.results.tables import Study
from analysis.statistics.compare import Difference
from sim.study import files

KEPT = "reversals.json"
HEADS = ("assumption", "may lie in", "t a day more, at its lowest", "at its highest", "found", "passes 0 at about")


def keep(found: Reversals, folder: Path) -> None:
    files.write_json(folder / KEPT, asdict(found))


def kept(study: Study, folder: Path, option: str) -> Reversals | None:
    """What was found of the study's first run and `option`, as they are now; None where there is no such file.

    Raises ValueError where it is of other runs, or of other settings.
    """
    told = files.read_json(folder / KEPT)
    if told is None:
        return None
    marks = {run.name: run.mark for run in study.runs}
    try:
        found = _read(told)
    except (KeyError, TypeError):
        raise ValueError(KEPT) from None
    names = (study.reference.name, option)
    if (found.first, found.option) != names or found.marks != tuple(marks[name] for name in names):
        raise ValueError(KEPT)
    return found


def sentence(found: Reversals, tongue: Tongue = ENGLISH) -> str:
    """How many assumptions do what, how it was found, and how sure that is."""
    n = Counter(each.verdict for each in found.tried)
    tried = len(found.tried) - n[UNTRIED]
    if n[REVERSES]:
        text = "{k} of {n} assumptions, each by itself at an end of its range, reverse the sign of the difference."
        said = tongue(text, k=n[REVERSES], n=tried)
    else:
        text = "None of {n} assumptions, each by itself at the ends of its range, reverses the sign of the difference."
        said = tongue(text, n=tried)
    if not found.base.clear:
        said += " " + tongue(
            "With these replications the difference itself ({base} t a day) is not clear; more of them may tell.",
            base=estimate(found.base.mean, sign=True),
        )  # fmt: skip
    for verdict, text in ((UNCLEAR, "With {k} it is no longer clear."), (CLEAR, "With {k} it becomes clear.")):
        if n[verdict]:
            said += " " + tongue(text, k=n[verdict])
    return said + " " + tongue(
        "{reruns} reruns: replications 0 to {last} of seed {seed} at each end, on the same luck in both runs; clear "
        "or not at 5 %, the difference as it is and all ends taken together (Holm).",
        reruns=found.reruns, last=found.replications - 1, seed=found.seed,
    )  # fmt: skip


def rows(found: Reversals, study: Study) -> list[list[str]]:
    """A row for each assumption, with what it names first."""
    tongue, label = study.tongue, {run.name: run.label for run in study.runs}
    table = [[tongue(head) for head in HEADS]]
    for each in found.tried:
        of = each.assumption
        name = of.settings[0]
        if len(of.settings) > 1:
            name = tongue("{setting} and {n} alike", setting=name, n=len(of.settings) - 1)
        if len(of.runs) == 1:
            name = tongue("{setting} (in “{run}”)", setting=name, run=label[of.runs[0]])
        low, high = ("–" if end is None else estimate(end.mean, sign=True) for end in (each.low, each.high))
        within = tongue("{low} to {high}", low=of.ends[0], high=of.ends[1])
        table.append([name, within, low, high, each.mistake or tongue(each.verdict), each.crossing or "–"])
    return table


def on_terminal(found: Reversals, study: Study) -> str:
    table = rows(found, study)
    short = [
        [f"{row[0][:59]}…" if len(row[0]) > 60 else row[0], *row[1:4], f"{row[4][:40]:<40}", row[5]] for row in table
    ]
    widths = [max(len(row[k]) for row in short) for k in range(len(short[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in short]
    if found.compared:
        lines += ["", f"Not moved, because it is what is compared: {', '.join(found.compared)}."]
    return "\n".join([*lines, "", sentence(found, study.tongue)])


def columns(found: Reversals) -> Columns:
    """A row for each setting."""
    told = []
    for each in found.tried:
        of = each.assumption
        for setting in of.settings:
            ends = [part for end in (each.low, each.high) for part in _numbers(end)]
            told.append((setting, of.value, *of.ends, " + ".join(of.runs), *ends, each.verdict, each.crossing,
                         each.mistake))  # fmt: skip
    names = [f"{end}_{part}" for end in ("lowest", "highest") for part in ("t_per_day", "low", "high", "p")]
    return of_rows(("setting", "value", "lowest", "highest", "runs", *names, "found", "crossing", "mistake"), told)


def _numbers(end: Difference | None) -> tuple[float | None, ...]:
    return (None,) * 4 if end is None else (end.mean.mean, end.mean.low, end.mean.high, end.p)


def worth_a_look(found: Reversals) -> list[int]:
    """Where in the rows those stand that change something."""
    return [k for k, each in enumerate(found.tried) if each.verdict in (REVERSES, CLEAR, UNCLEAR, UNTRIED)]


def _read(told: Mapping[str, Any]) -> Reversals:
    tried = [_tried(each) for each in told["tried"]]
    return Reversals(**{**told, "marks": tuple(told["marks"]), "base": _difference(told["base"]),
                        "tried": tuple(tried), "compared": tuple(told["compared"])})  # fmt: skip


def _tried(told: Mapping[str, Any]) -> Tried:
    of: dict[str, Any] = {**told["assumption"]}
    assumption = Assumption(**{**of, **{name: tuple(of[name]) for name in ("settings", "ends", "runs")}})
    ends = {end: _difference(told[end]) for end in ("low", "high")}
    return Tried(**{**told, **ends, "assumption": assumption})


def _difference(told: Mapping[str, Any] | None) -> Any:
    return None if told is None else Difference(**{**told, "mean": Mean(**told["mean"]), "dots": ()})
