"""The figures of runs that the documents quote; `make readme` runs the commands behind them and writes them.

`docs/figures.json` holds the values behind the README's sentences, replication by replication, the digest of the
picture drawn with them, and the rows of the validation tables in docs/model/. The suite generates the parts again from
there, and runs the first replication of each command; only `make readme` runs the other 29. A sentence whose words no
longer agree with the figures is refused, and must be rewritten by hand.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.documents.generated_parts import fill_parts, markdown_table
from analysis.files import write_file
from analysis.intervals import MeanInterval, mean_interval
from analysis.language.numbers import format_number
from analysis.observed.comparison import FIT_TOLERANCE_SE, WindowComparison, compare_with_observed
from analysis.observed.series import read_rules
from analysis.page.observed import sorted_by_window
from analysis.results.tables import read_study
from sim import MODEL

ROOT = Path(__file__).parent.parent
FIGURES, PICTURE, RESULTS = ROOT / "docs" / "figures.json", ROOT / "docs" / "differences.png", ROOT / "results"
MEASURE, VEHICLES = "arrived_tonnes_per_day", "fleets.south_aid"
STEADY = "operating_levels.collection.cv=0"  # collection is the same on all days
COMMANDS = {  # by study
    "rafah": ("experiment=rafah",),
    "steady_closed": ("scenario=rafah_closed", "run.days=28", STEADY),
    "steady_open": ("scenario=rafah_open", "run.days=28", STEADY, "operating_levels.collection_rafah.cv=0"),
    "spring_2024": ("scenario=rafah_open", "regime=spring_2024"),
    "summer_2024": ("scenario=rafah_closed", "regime=summer_2024"),
    "ceasefire_2025": ("experiment=ceasefire_2025",),
}
OBSERVED = ("spring_2024", "summer_2024", "ceasefire_2025")  # the studies that are held against what was observed
SENTENCES = """
In the circumstances of early summer 2024 (13 May to 9 June), about {opened:.0f} tonnes a day more arrive with Rafah
open than with it closed (95 % interval {of_opened}), and {extra:.0f} more with extra corridors ({of_extra}), of some
{base:,.0f} a day: on the same demand, vehicles and luck, {n} replications. Another gate adds little here because what
binds lies behind the gates: the rates ask {asked:.1f} times what the aid vehicles of the south can do. Most of what it
adds comes from days on which one gate is hardly collected from and the other is: were collection the same on all days,
{steady:.0f} tonnes a day. The intervals cover luck only: demand, vehicles, how much days differ and the share by Rafah
are assumed, and `experiment=vehicles` shows how much hangs on them.
"""
WINDOWS = ("window", "series, by authority", "observed", "s.e. (weeks)", "model", "residual", "in s.e.")
DAYS = ("window", "series, by authority", "cv", "model", "cv of rest", "model", "lag one", "model")
REPORTED = ("reported by", "what", "days", "reported", "model")


def main() -> int:
    runs: dict[str, Any] = {}
    compared: list[WindowComparison] = []
    for study, words in COMMANDS.items():
        subprocess.run([sys.executable, "-m", "sim", *words, f"study={study}"], check=True, cwd=ROOT)
        found = read_study(RESULTS / study)
        compared += sorted_by_window(compare_with_observed(found, read_rules())) if study in OBSERVED else []
        for run in found.runs:
            runs[f"{study}/{run.name}" if len(found.runs) > 1 else study] = {
                "command": [*(text for text in run.overrides if text not in (*words, f"study={study}")), *words],
                "asked_of_vehicles": run.places[VEHICLES].rho,
                MEASURE: run.arrays.measures[MEASURE].values.tolist(),
            }
    shutil.copy(RESULTS / "rafah" / "plots" / PICTURE.name, PICTURE)
    listed = [each for each in compared if each.variation is not None]
    figures = {
        "model": MODEL,
        "picture": sha256(PICTURE),
        "runs": runs,
        "windows": [_window(each) for each in listed],
        "days": [_days(each) for each in listed],
        "reported": [_reported(each) for each in compared if each.variation is None],
    }
    write_file(FIGURES, json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(FIGURES.relative_to(ROOT), PICTURE.relative_to(ROOT), sep="\n")
    for document, parts in made(figures).items():
        path = ROOT / document
        print(write_file(path, fill_parts(path.read_text(encoding="utf-8"), parts)).relative_to(ROOT))
    return 0


def made(figures: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The parts of each document that quote them."""
    windows, days, reported = (
        markdown_table(head, figures[name])
        for name, head in (("windows", WINDOWS), ("days", DAYS), ("reported", REPORTED))
    )
    return {
        "README.md": {"figures": sentences(figures)},
        "docs/model/validation.md": {"windows": windows, "reported": reported},
        "docs/model/validation_days.md": {"days": days},
    }


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sentences(figures: Mapping[str, Any]) -> str:
    """What the README says of them. ValueError where the words no longer hold."""
    runs = figures["runs"]
    opened, extra, steady = (
        _more(runs, *pair)
        for pair in (("rafah/rafah_open", "rafah/rafah_closed"), ("rafah/extra_corridors", "rafah/rafah_closed"),
                     ("steady_open", "steady_closed"))
    )  # fmt: skip
    base, asked = float(np.mean(runs["rafah/rafah_closed"][MEASURE])), runs["rafah/rafah_open"]["asked_of_vehicles"]
    claims = {
        "both add something": min(opened.low or 0, extra.low or 0) > 0,
        "Rafah adds little": opened.mean < base / 20,
        "the rates ask more than the vehicles can do": asked > 1,
        "most of what Rafah adds comes from uneven days": 0 < steady.mean < opened.mean / 2,
    }
    if untrue := [claim for claim, holds in claims.items() if not holds]:
        raise ValueError(
            f"the README's words no longer hold: {'; '.join(untrue)}. Write them anew in tests/figures.py."
        )
    told = SENTENCES.format(
        opened=opened.mean, of_opened=_interval(opened), extra=extra.mean, of_extra=_interval(extra), n=opened.n,
        base=round(base, -2), asked=asked, steady=steady.mean,
    )  # fmt: skip
    return textwrap.fill(" ".join(told.split()), width=120)


def _more(runs: Mapping[str, Any], run: str, first: str) -> MeanInterval:
    """How much more arrives, replication by replication on the same luck [t/day]."""
    found = mean_interval(np.array(runs[run][MEASURE]) - np.array(runs[first][MEASURE]))
    assert found is not None
    return found


def _interval(mean: MeanInterval) -> str:
    return f"{mean.low:.0f} to {mean.high:.0f}"


def _window(each: WindowComparison) -> Sequence[str]:
    """A series in a window beside the model; in bold where they are further apart than WITHIN standard errors."""
    apart = "none" if each.residual_in_se is None else format_number(each.residual_in_se, 1, sign=True)
    return [
        _between(each), _series(each), format_number(each.observed, 1),
        f"{format_number(each.standard_error or 0, 1)} ({each.weeks})",
        _model(each), format_number(each.residual, 1, sign=True),
        f"**{apart}**" if each.residual_in_se is not None and abs(each.residual_in_se) > FIT_TOLERANCE_SE else apart,
    ]  # fmt: skip


def _days(each: WindowComparison) -> Sequence[str]:
    """How much the days differ and hang together, observed and in the model."""
    assert each.variation is not None
    observed, model = each.variation
    pairs = (
        (observed.cv, model.cv),
        (observed.cv_of_residuals, model.cv_of_residuals),
        (observed.lag_one_correlation, model.lag_one_correlation),
    )
    numbers = ("none" if value is None else format_number(value, 0.1) for pair in pairs for value in pair)
    return [_between(each), _series(each), *numbers]


def _reported(each: WindowComparison) -> Sequence[str]:
    return [
        each.rule.authority,
        _uncapped(each.rule.title),
        _between(each),
        format_number(each.observed, 100),
        _model(each),
    ]


def _series(each: WindowComparison) -> str:
    return f"{each.rule.authority}, {_uncapped(each.rule.title)}"


def _uncapped(title: str) -> str:
    return title[0].lower() + title[1:]


def _model(each: WindowComparison) -> str:
    return format_number(each.model.mean, 1) + (
        "" if each.model.half is None else f" ± {format_number(each.model.half, 1)}"
    )


def _between(each: WindowComparison) -> str:
    """`13-30 May`, or `7 April-4 May`."""
    window = each.rule.windows[each.window]
    first = f"{window.since.day}" + (f" {window.since:%B}" if window.since.month != window.until.month else "")
    return f"{first}-{window.until.day} {window.until:%B}"


if __name__ == "__main__":
    sys.exit(main())
