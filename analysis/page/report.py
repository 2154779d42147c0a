"""Writes what a planner opens: comparison.html, and beside it each plot as SVG, PNG and CSV.

The page is one file: no script but the replay's, no request to a network, the same bytes for the same results. It
decides nothing about numbers; it arranges what compare.py and words.py say.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis.files import write
from analysis.language.numbers import BANNER, estimate, interval, number
from analysis.language.tongue import Tongue
from analysis.observed.rules import read_rules
from analysis.page import brief as brief_told
from analysis.page import credibility, distribution, fuel, headlines, how_sure, map
from analysis.page.counters import section
from analysis.page.credibility import grade_of
from analysis.page.needs import section as of_needs
from analysis.page.settings import changed_settings, merged_provenance
from analysis.page.structures import structure_words, under_structures
from analysis.page.tasks import FATES, places_of, tasks_of
from analysis.page.words import TWO_PERIODS, caveats
from analysis.plots.files import template_of, write_plots
from analysis.results.tables import RunResult, Study, read_study
from analysis.statistics import people
from analysis.statistics.atlas import atlas_of
from analysis.statistics.brief import brief_of
from analysis.statistics.compare import COMPARED, differences, main_milestone, summarise, two_periods
from analysis.statistics.missions import OUTCOMES as OF_MISSIONS
from analysis.statistics.missions import rows as of_missions
from analysis.statistics.needs import AID
from analysis.statistics.phases import phases_of
from analysis.statistics.ranking import PRECISION

_MOST_SETTINGS = 60
_MOST_BYTES = 1_000_000  # of a page that is sent around
_OTHER_COMMANDS = ("response", "binding", "reversals")
_NOTHING_FURTHER: Mapping[str, Any] = MappingProxyType({"beside": (), "stale": (), "reversals": None})
_ON_THE_FIRST_PAGE, _ON_THE_MAP = ("waterfall",), ("flow_map",)
_MOST_ROWS = 8  # of a table on the first two pages; all stand further below


def compare_study(folder: Path, tongue: Tongue | None = None) -> Path:
    """Compare the runs in `folder`: writes plots/ and comparison.html, and returns the page's path.

    Raises StudyError where there is nothing to compare.
    """
    return write_comparison(read_study(folder, tongue), folder)


def write_comparison(study: Study, folder: Path) -> Path:
    from analysis.plots import comparison as plots

    return write(
        folder / "comparison.html", page(study, write_plots(plots.draw(study), folder), _further(study, folder))
    )


def _further(study: Study, folder: Path) -> Mapping[str, Any]:
    """What other commands found of the runs (beside.py), which is read only where there is such a file."""
    if not any(any(folder.resolve().parent.glob(f"*/{name}.json")) for name in _OTHER_COMMANDS):
        return _NOTHING_FURTHER
    from analysis.page import other_results as beside

    return beside.further(study, folder)


def page(study: Study, drawn: list[dict[str, Any]], further: Mapping[str, Any] = _NOTHING_FURTHER) -> str:
    """The page, around plots that are drawn already, and with what other commands found."""
    template, tongue = template_of("page.html.j2"), study.tongue
    milestone = main_milestone(study)
    changed, provenance = changed_settings(study), merged_provenance(study)
    brief = brief_of(study, milestone) if milestone else None
    found = list(differences(study, f"{milestone}_tonnes_per_day")) if milestone else []
    rendered = partial(
        template.render,
        study=study,
        _=tongue,
        brief={
            "sentence": brief_told.sentence(study, brief),
            "beside": headlines.sentences(study),
            "runs": brief_told.runs(study, brief),
            "facts": list(brief_told.facts(study, brief)),
            "grade": brief_told.grade(study),
            "credibility": credibility.lowest(tongue),
            "notes": brief_told.notes(study),
            "plots": [plot for plot in drawn if plot["stem"] in _ON_THE_FIRST_PAGE],
            "assumptions": brief_told.assumptions(study, provenance["assumed"], [path for path, _ in changed]),
        },
        **further,
        grade_of=grade_of,
        factors=credibility.factors(),
        most=_MOST_ROWS,
        first_words=structure_words(study),
        banners=[
            tongue(text) for text, so in ((BANNER, not study.calibrated), (TWO_PERIODS, two_periods(study))) if so
        ],
        milestone=milestone,
        said_milestone=milestone and tongue.known(milestone).replace("_", " "),
        runs=[_row(study, run, milestone) for run in study.runs],
        compared=list(how_sure.compared(study)),
        candidates=list(how_sure.most_likely(study, milestone)),
        quantiles=how_sure.quantiles(study, milestone),
        precision=f"{100 * PRECISION:g} %",
        caveats=caveats(study, found),
        periods=_periods(study),
        structures=list(_under_structures(study)),
        phases=list(phases_of(study)),
        missions=list(of_missions(study)),
        of_missions=[tongue(outcome) for outcome in OF_MISSIONS],
        tasks=list(tasks_of(study)),
        fates=[tongue(fate) for fate in FATES],
        freed=list(places_of(study)),
        crossings=list(people.crossings(study)),
        lists=list(people.lists(study)),
        people_counted=list(people.beside(study)),
        within=[tongue("all left within {n} days", n=n) for n in people.within(study)],
        fuel={"depots": list(fuel.depots(study)), "users": list(fuel.users(study)), "fleets": list(fuel.fleets(study))},
        needs=of_needs(study),
        distribution=distribution.ways(study),
        plots=[plot for plot in drawn if plot["stem"] not in (*_ON_THE_FIRST_PAGE, *_ON_THE_MAP)],
        counters=section(study, read_rules()),
        settings=changed[:_MOST_SETTINGS],
        n_settings=len(changed),
        provenance=provenance,
        versions=sorted({f"{name} {version}" for run in study.runs for name, version in run.versions.items()}),
        seeds=sorted({run.seed for run in study.runs}),
        policy=map.POLICY,
    )
    atlas, figure = atlas_of(study), next((plot for plot in drawn if plot["stem"] in _ON_THE_MAP), None)
    if atlas is None:
        return rendered(map=None)
    without = rendered(map=map.section(study, atlas, figure, room=0))
    return rendered(map=map.section(study, atlas, figure, _MOST_BYTES - len(without.encode())))


def _under_structures(study: Study) -> Iterator[list[str]]:
    """Each scenario against the first, measure by measure, under each ceiling structure."""
    for measure, title in COMPARED.items():
        for row in under_structures(study, measure):
            mean, clear = row.found.mean, study.tongue("clear" if row.found.clear else "not clear")
            cells = (estimate(mean, sign=True), interval(mean, study.tongue), clear)
            yield [study.tongue(title), row.structure, row.scenario, *cells]


def _row(study: Study, run: RunResult, milestone: str | None) -> dict[str, Any]:
    """The run's line in the first table; None where it has no such number."""
    trucks, tonnes = (summarise(run, f"{milestone}_{unit}_per_day") for unit in ("trucks", "tonnes"))
    delta = next((d for d in differences(study, f"{milestone}_tonnes_per_day") if d.run == run.name), None)
    half_within, kcal = summarise(run, "transit_h_p50"), summarise(run, f"kcal_per_person_day:{AID}")
    return {
        "run": run,
        "trucks": trucks and number(trucks.mean.mean),
        "days": trucks
        and trucks.days
        and study.tongue("{low} to {high}", low=number(trucks.days.p05), high=number(trucks.days.p95)),
        "tonnes": tonnes and number(tonnes.mean.mean, tonnes.mean.half),
        "interval": tonnes and interval(tonnes.mean, study.tongue),
        "delta": delta and estimate(delta.mean, sign=True),
        "half_within": half_within and number(half_within.mean.mean),
        "kcal": kcal and number(kcal.mean.mean),
    }


def _periods(study: Study) -> list[str]:
    """Each period that the runs stand for, once; with the runs where there are several."""
    periods: dict[str, list[str]] = {}
    tongue = study.tongue
    for run in study.runs:
        text = "{regime}, {days} days from {start}" if run.days != 1 else "{regime}, 1 day from {start}"
        period = tongue(text, regime=run.regime, days=run.days, start=tongue.day(run.start))
        if run.warm_up:
            text = "of which the first {n} are not counted" if run.warm_up != 1 else "of which the first is not counted"
            period += ", " + tongue(text, n=run.warm_up)
        periods.setdefault(period, []).append(tongue("“{run}”", run=run.label))
    if len(periods) == 1:
        return [tongue("Period: {period}.", period=period) for period in periods]
    return [
        tongue("Period of {runs}: {period}.", runs=", ".join(labels), period=period)
        for period, labels in periods.items()
    ]
