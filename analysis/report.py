"""Writes what a planner opens: comparison.html, and beside it each plot as SVG, PNG and CSV.

The page is one file: no script, no request to a network, the same bytes for the same results. It decides nothing about
numbers; it arranges what compare.py and words.py say.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analysis.choosing import PRECISION, candidates
from analysis.columns import Columns
from analysis.compare import Difference, differences, main_milestone, summarise, two_periods
from analysis.counters_told import section
from analysis.missions import OUTCOMES as OF_MISSIONS
from analysis.missions import rows as of_missions
from analysis.observed_rules import read_rules
from analysis.phases import phases_of
from analysis.structures import first_words, under_structures
from analysis.tables import RunResult, Study, read_study
from analysis.words import BANNER, TWO_PERIODS, caveats, estimate, interval, number
from analysis.writing import write

if TYPE_CHECKING:
    from analysis.drawing import Plot

_MOST_SETTINGS = 60
_NOT_SETTINGS = ("scenario", "regime", "study", "sources")  # titles and sources, which the page shows elsewhere
_COMPARED = {
    "entered_tonnes_per_day": "entered [t/day]",
    "offloaded_tonnes_per_day": "offloaded [t/day]",
    "collected_tonnes_per_day": "collected [t/day]",
    "arrived_tonnes_per_day": "arrived [t/day]",
    "arrived_trucks_per_day": "arrived [vehicles/day]",
    "transit_h_p50": "half of the loads arrive within [h]",
}


def compare_study(folder: Path) -> Path:
    """Compare the runs in `folder`: writes plots/ and comparison.html, and returns the page's path.

    Raises StudyError where there is nothing to compare.
    """
    return write_comparison(read_study(folder), folder)


def write_comparison(study: Study, folder: Path) -> Path:
    from analysis import plots  # matplotlib takes a second to import: only once there is something to draw

    return write(folder / "comparison.html", page(study, write_plots(plots.draw(study), folder)))


def write_plots(drawn: Iterable["Plot"], folder: Path) -> list[dict[str, Any]]:
    """Each plot as SVG, PNG and CSV in plots/, and what a page needs of it."""
    (folder / "plots").mkdir(exist_ok=True)
    shown = []
    for plot in drawn:
        svg = plot.svg()
        write(folder / "plots" / f"{plot.stem}.svg", svg)
        write(folder / "plots" / f"{plot.stem}.png", plot.png())
        write(folder / "plots" / f"{plot.stem}.csv", as_csv(plot.columns))
        shown.append({"stem": plot.stem, "title": plot.title, "svg": inline(svg, plot.stem, plot.alt)})
    return shown


def page(study: Study, drawn: list[dict[str, Any]]) -> str:
    """The page, around plots that are drawn already."""
    template = template_of("page.html.j2")
    milestone = main_milestone(study)
    found = list(differences(study, f"{milestone}_tonnes_per_day")) if milestone else []
    return template.render(
        study=study,
        first_words=first_words(study),
        banners=[*[BANNER] * (not study.calibrated), *[TWO_PERIODS] * two_periods(study)],
        milestone=milestone,
        runs=[_row(study, run, milestone) for run in study.runs],
        compared=list(_compared(study)),
        candidates=list(_candidates(study, milestone)),
        precision=f"{100 * PRECISION:g} %",
        caveats=caveats(study, found),
        periods=_periods(study),
        structures=list(_under_structures(study)),
        phases=list(phases_of(study)),
        missions=list(of_missions(study)),
        of_missions=OF_MISSIONS,
        plots=drawn,
        counters=section(study, read_rules()),
        settings=changed_settings(study)[:_MOST_SETTINGS],
        n_settings=len(changed_settings(study)),
        provenance=merged_provenance(study),
        versions=sorted({f"{name} {version}" for run in study.runs for name, version in run.versions.items()}),
        seeds=sorted({run.seed for run in study.runs}),
    )


def template_of(name: str) -> Template:
    """A page that escapes all text, and refuses what it is not given."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    ).get_template(name)  # fmt: skip


def _under_structures(study: Study) -> Iterator[dict[str, str]]:
    """Each scenario against the first, measure by measure, under each ceiling structure."""
    for measure, title in _COMPARED.items():
        for row in under_structures(study, measure):
            yield {
                "title": title,
                "structure": row.structure,
                "scenario": row.scenario,
                "difference": estimate(row.found.mean, sign=True),
                "interval": interval(row.found.mean),
                "stands_out": "clear" if row.found.clear else "not clear",
            }


def _gain(found: Difference) -> str:
    """How much the pairing helps, where there are replications enough to say so."""
    if found.variance_reduction is None or found.mean.n < 10:
        return "–"
    return "> 100 ×" if found.variance_reduction > 100 else f"{number(found.variance_reduction)} ×"


def inline(svg: bytes, stem: str, alt: str) -> Markup:
    """An SVG as part of a page: without its prolog, its ids its own, and with words for who does not see it."""
    text = svg.decode()
    text = text[text.index("<svg") :]
    tag = re.compile(r"<[a-zA-Z][^>]*>")
    own = re.compile(r'(\bid="|href="#|url\(#)')
    text = tag.sub(lambda found: own.sub(rf"\g<1>{stem}-", found[0]), text)
    return Markup(text.replace("<svg", Markup('<svg role="img" aria-label="{}"').format(alt), 1))


def as_csv(columns: Columns) -> str:
    """Columns as CSV; what is not there is empty."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue()


def changed_settings(study: Study) -> list[tuple[str, list[str]]]:
    """Settings that are not the same in all runs, by dotted path, with a value for each run."""
    return list(_changed("", [_settings(run.config) for run in study.runs]))


def merged_provenance(study: Study) -> dict[str, list[dict[str, Any]]]:
    """What the runs' settings rest on, each entry once: `sources` and `assumed`, with the runs that it holds for."""
    merged: dict[str, dict[str, Any]] = {}
    for run in study.runs:
        for entry in run.provenance:
            known = merged.setdefault(json.dumps(entry, sort_keys=True), {**entry, "runs": []})
            known["runs"].append(run.label)
    entries = sorted(merged.values(), key=lambda entry: str(entry["setting"]))
    for entry in entries:
        entry["value"] = _said(entry["value"])
        entry["runs"] = "" if len(entry["runs"]) == len(study.runs) else ", ".join(entry["runs"])
        entry["range"] = " to ".join(_said(end) for end in entry["assumed"]) if entry["assumed"] else ""
    return {
        "sources": [entry for entry in entries if entry["source"]],
        "assumed": [entry for entry in entries if not entry["source"]],
    }


def _row(study: Study, run: RunResult, milestone: str | None) -> dict[str, Any]:
    """The run's line in the first table; None where it has no such number."""
    trucks, tonnes = (summarise(run, f"{milestone}_{unit}_per_day") for unit in ("trucks", "tonnes"))
    delta = next((d for d in differences(study, f"{milestone}_tonnes_per_day") if d.run == run.name), None)
    half_within = summarise(run, "transit_h_p50")
    return {
        "run": run,
        "trucks": trucks and number(trucks.mean.mean),
        "days": trucks and trucks.days and f"{number(trucks.days.p05)} to {number(trucks.days.p95)}",
        "tonnes": tonnes and number(tonnes.mean.mean, tonnes.mean.half),
        "interval": tonnes and interval(tonnes.mean),
        "delta": delta and estimate(delta.mean, sign=True),
        "half_within": half_within and number(half_within.mean.mean),
    }


def _periods(study: Study) -> list[str]:
    """Each period that the runs stand for, once; with the runs where there are several."""
    periods: dict[str, list[str]] = {}
    for run in study.runs:
        of_which = "the first day is" if run.warm_up == 1 else f"the first {run.warm_up} are"
        dropped = f", of which {of_which} not counted" if run.warm_up else ""
        period = f"{run.regime}, {run.days} day{'s' * (run.days != 1)} from {run.start.day} {run.start:%B %Y}{dropped}"
        periods.setdefault(period, []).append(f"“{run.label}”")
    if len(periods) == 1:
        return [f"Period: {period}." for period in periods]
    return [f"Period of {', '.join(labels)}: {period}." for period, labels in periods.items()]


def _compared(study: Study) -> Iterator[dict[str, Any]]:
    """Differences to the reference on every measure of the second table."""
    label = {run.name: run.label for run in study.runs}
    for measure, title in _COMPARED.items():
        for each in differences(study, measure):
            yield {
                "title": title,
                "run": label[each.run],
                "difference": estimate(each.mean, sign=True),
                "interval": interval(each.mean),
                "stands_out": "–" if each.p is None else "yes" if each.clear else "no",
                "n": each.mean.n,
                "correlation": "–" if each.correlation is None else f"{each.correlation:.2f}",
                "gain": _gain(each),
            }


def _candidates(study: Study, milestone: str | None) -> Iterator[dict[str, Any]]:
    """Which run brings most: whether it may be the one, how likely, and how many replications its own mean takes."""
    for each in candidates(study, f"{milestone}_tonnes_per_day") if milestone else ():
        yield {
            "run": each.run.label,
            "kept": {None: "–", True: "yes", False: "no"}[each.kept],
            "best": "–" if each.best is None else _percent(each.best),
            "needed": "–" if each.needed is None else each.needed,
            "n": each.mean.n,
        }


def _percent(share: float) -> str:
    return "< 1 %" if share < 0.01 else "> 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _settings(part) if isinstance(part, dict) else part
        for key, part in config.items()
        if key not in _NOT_SETTINGS
    }


def _changed(path: str, values: list[Any]) -> Iterator[tuple[str, list[str]]]:
    """Goes down only where every run has a mapping; a whole part that some runs lack is one line."""
    if all(value == values[0] for value in values):
        return
    if all(isinstance(value, dict) for value in values):
        for key in sorted({key for value in values for key in value}):
            yield from _changed(f"{path}.{key}".lstrip("."), [value.get(key) for value in values])
        return
    yield path, [_said(value) for value in values]


def _said(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return f"{len(value)} settings: {', '.join(map(str, value))}" if value else "none"
    if isinstance(value, list):
        return ", ".join(_said(part) for part in value)
    if isinstance(value, bool):
        return ("no", "yes")[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value.isoformat() if isinstance(value, date) else str(value)
