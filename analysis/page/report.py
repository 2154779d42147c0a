"""Writes a study's page, comparison.html, and beside it each plot as SVG, PNG and CSV.

The page is one file: no script but the replay's, no network request, the same bytes for the same results. This module
computes nothing; it arranges the sections that the other modules of `page` return.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis.files import write_file
from analysis.language.numbers import BANNER, format_estimate, format_interval, format_number
from analysis.language.translator import Translator
from analysis.observed.series import read_rules
from analysis.page import brief as brief_page
from analysis.page import credibility, distribution, fuel, headlines, how_sure, map
from analysis.page.counters import counters_section
from analysis.page.credibility import grade_of
from analysis.page.needs import needs_section
from analysis.page.sentences import TWO_PERIODS_BANNER, caveats
from analysis.page.settings import changed_settings, merged_provenance
from analysis.page.structures import compare_under_structures, structure_sentences
from analysis.page.tasks import TASK_STATES, cleared_place_rows, task_rows
from analysis.plots.files import load_template, write_plots
from analysis.results.tables import RunResult, Study, read_study
from analysis.statistics import people
from analysis.statistics.brief import build_brief
from analysis.statistics.compare import COMPARED_MEASURES, differences, has_two_periods, main_milestone, summarise
from analysis.statistics.missions import OUTCOMES, mission_rows
from analysis.statistics.needs import AID
from analysis.statistics.phases import phase_rows
from analysis.statistics.ranking import TARGET_PRECISION
from analysis.statistics.study_map import build_study_map

_MAX_SETTINGS = 60
_MAX_BYTES = 1_000_000  # so that a page can be sent around
_OTHER_COMMANDS = ("response", "binding", "reversals")
_NO_LINKED_RESULTS: Mapping[str, Any] = MappingProxyType({"beside": (), "stale": (), "reversals": None})
_ON_THE_FIRST_PAGE, _ON_THE_MAP = ("waterfall",), ("flow_map",)
_MAX_ROWS = 8  # of a table on the first two pages; later tables have all rows


def compare_study(folder: Path, tongue: Translator | None = None) -> Path:
    """Compares the runs in `folder`: writes plots/ and comparison.html, and returns the page's path.

    Raises StudyError where there is nothing to compare.
    """
    return write_comparison(read_study(folder, tongue), folder)


def write_comparison(study: Study, folder: Path) -> Path:
    """Writes the plots and the page of a study into `folder`; returns the page's path."""
    from analysis.plots import comparison as plots

    return write_file(
        folder / "comparison.html",
        render_page(study, write_plots(plots.draw_plots(study), folder), _linked_results(study, folder)),
    )


def _linked_results(study: Study, folder: Path) -> Mapping[str, Any]:
    """Returns the results of other commands for these runs; imports their modules only where there are any."""
    if not any(any(folder.resolve().parent.glob(f"*/{name}.json")) for name in _OTHER_COMMANDS):
        return _NO_LINKED_RESULTS
    from analysis.page import linked_results as other_results

    return other_results.linked_results(study, folder)


def render_page(study: Study, drawn: list[dict[str, Any]], linked: Mapping[str, Any] = _NO_LINKED_RESULTS) -> str:
    """Returns the page as HTML, with plots that are already drawn and the results of other commands."""
    template, tongue = load_template("page.html.j2"), study.translate
    milestone = main_milestone(study)
    changed, provenance = changed_settings(study), merged_provenance(study)
    brief = build_brief(study, milestone) if milestone else None
    effects = list(differences(study, f"{milestone}_tonnes_per_day")) if milestone else []
    rendered = partial(
        template.render,
        study=study,
        _=tongue,
        brief={
            "sentence": brief_page.option_sentence(study, brief),
            "beside": headlines.headline_sentences(study),
            "runs": brief_page.run_rows(study, brief),
            "facts": list(brief_page.fact_sentences(study, brief)),
            "grade": brief_page.grade_sentence(study),
            "credibility": credibility.lowest_score_sentence(tongue),
            "notes": brief_page.planner_notes(study),
            "plots": [plot for plot in drawn if plot["stem"] in _ON_THE_FIRST_PAGE],
            "assumptions": brief_page.critical_assumptions(study, provenance["assumed"], [path for path, _ in changed]),
        },
        **linked,
        grade_of=grade_of,
        factors=credibility.read_factors(),
        most=_MAX_ROWS,
        first_words=structure_sentences(study),
        banners=[
            tongue(text)
            for text, applies in ((BANNER, not study.calibrated), (TWO_PERIODS_BANNER, has_two_periods(study)))
            if applies
        ],
        milestone=milestone,
        milestone_title=milestone and tongue.term(milestone).replace("_", " "),
        runs=[_run_row(study, run, milestone) for run in study.runs],
        compared=list(how_sure.difference_rows(study)),
        candidates=list(how_sure.candidate_rows(study, milestone)),
        quantiles=how_sure.quantile_rows(study, milestone),
        precision=f"{100 * TARGET_PRECISION:g} %",
        caveats=caveats(study, effects),
        periods=_period_sentences(study),
        structures=list(_structure_rows(study)),
        phases=list(phase_rows(study)),
        missions=list(mission_rows(study)),
        mission_outcomes=[tongue(outcome) for outcome in OUTCOMES],
        tasks=list(task_rows(study)),
        task_states=[tongue(state) for state in TASK_STATES],
        cleared=list(cleared_place_rows(study)),
        crossings=list(people.crossing_rows(study)),
        lists=list(people.list_rows(study)),
        people_counted=list(people.observed_rows(study)),
        within=[tongue("all left within {n} days", n=n) for n in people.clearance_days(study)],
        fuel={
            "depots": list(fuel.depot_rows(study)),
            "users": list(fuel.user_rows(study)),
            "fleets": list(fuel.fleet_rows(study)),
        },
        needs=needs_section(study),
        distribution=distribution.distribution_rows(study),
        plots=[plot for plot in drawn if plot["stem"] not in (*_ON_THE_FIRST_PAGE, *_ON_THE_MAP)],
        counters=counters_section(study, read_rules()),
        settings=changed[:_MAX_SETTINGS],
        n_settings=len(changed),
        provenance=provenance,
        versions=sorted({f"{name} {version}" for run in study.runs for name, version in run.versions.items()}),
        seeds=sorted({run.seed for run in study.runs}),
        policy=map.CONTENT_SECURITY_POLICY,
    )
    atlas, figure = build_study_map(study), next((plot for plot in drawn if plot["stem"] in _ON_THE_MAP), None)
    if atlas is None:
        return rendered(map=None)
    without = rendered(map=map.map_section(study, atlas, figure, room=0))
    return rendered(map=map.map_section(study, atlas, figure, _MAX_BYTES - len(without.encode())))


def _structure_rows(study: Study) -> Iterator[list[str]]:
    """Yields each scenario's difference to the first on each measure, under each ceiling structure."""
    for measure, title in COMPARED_MEASURES.items():
        for row in compare_under_structures(study, measure):
            mean, clear = row.effect.mean, study.translate("clear" if row.effect.is_clear else "not clear")
            cells = (format_estimate(mean, sign=True), format_interval(mean, study.translate), clear)
            yield [study.translate(title), row.structure, row.scenario, *cells]


def _run_row(study: Study, run: RunResult, milestone: str | None) -> dict[str, Any]:
    """Returns a run's row of the first table; None for each number that it lacks."""
    trucks, tonnes = (summarise(run, f"{milestone}_{unit}_per_day") for unit in ("trucks", "tonnes"))
    delta = next((each for each in differences(study, f"{milestone}_tonnes_per_day") if each.run == run.name), None)
    half_within, kcal = summarise(run, "transit_h_p50"), summarise(run, f"kcal_per_person_day:{AID}")
    return {
        "run": run,
        "trucks": trucks and format_number(trucks.mean.mean),
        "days": trucks
        and trucks.day_percentiles
        and study.translate(
            "{low} to {high}",
            low=format_number(trucks.day_percentiles.p05),
            high=format_number(trucks.day_percentiles.p95),
        ),
        "tonnes": tonnes and format_number(tonnes.mean.mean, tonnes.mean.half),
        "interval": tonnes and format_interval(tonnes.mean, study.translate),
        "delta": delta and format_estimate(delta.mean, sign=True),
        "half_within": half_within and format_number(half_within.mean.mean),
        "kcal": kcal and format_number(kcal.mean.mean),
    }


def _period_sentences(study: Study) -> list[str]:
    """Returns a sentence for each period that runs cover, with their labels where there are several."""
    periods: dict[str, list[str]] = {}
    tongue = study.translate
    for run in study.runs:
        text = "{regime}, {days} days from {start}" if run.days != 1 else "{regime}, 1 day from {start}"
        period = tongue(text, regime=run.regime, days=run.days, start=tongue.long_date(run.start))
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
