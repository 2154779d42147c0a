"""Says what binds: single places on the planner's own terminal, and in files by kind of stage and corridor alone.

A table that names the places at which one thing more brings most, read backwards, says where one thing less costs most.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from analysis.files import write_file
from analysis.language.numbers import BANNER, format_estimate, format_interval
from analysis.language.translator import ENGLISH, Translator
from analysis.page import credibility
from analysis.page.response import subject_caption
from analysis.plots import levers
from analysis.plots.drawing import Plot, draw_in_style
from analysis.plots.files import csv_text, load_template, write_plots
from analysis.questions.binding import PricingStep, ShadowPrice, binding_share, stage_of_place, weekly_binding_share
from analysis.questions.stored_results import BindingResult, BindingRound, StageGain, StageRelief
from analysis.results.columns import Columns
from analysis.statistics.compare import Difference
from sim.scenario.scenario import Scenario

NOTES = (
    "Mean differences of replications on the same luck, with their 95 % interval: luck only, not the parameters.",
    "“Clear” is whether a difference stands out from luck at 5 %, all levers of a step taken together (Holm).",
    "A stage stands for its place at which one thing more brings most; a place that corridors share counts in each.",
    "What brings nothing today may bind tomorrow: prices hold for what is there now, and for one thing more at a time.",
)
NOTHING_BINDS = "Nothing more of one thing alone brings clearly more: demand binds, or several things do at once."
HEADINGS = ("stage", "one thing more", "t a day more", "95 % interval", "trucks a day more", "clear")


def terminal_text(steps: Sequence[PricingStep], top: int) -> str:
    """Every step with its `top` levers by falling tonnes, and the days on which places held traffic back."""
    lines = []
    rounds = [_round_by_place(step) for step in steps]
    for number, (step, found) in enumerate(zip(steps, rounds, strict=True), 1):
        at = _relieved_so_far(rounds[: number - 1])
        lines += [f"{number}. {at}: {format_estimate(step.arrived['tonnes'])} t a day arrive", ""]
        rows = [["one more", "t/day more", "trucks/day more", "clear", "in use", "days with a queue"]]
        rows += [
            [price.lever.path, format_estimate(price.tonnes.mean, sign=True), format_estimate(price.trucks.mean,
                sign=True),
             _clear_label(price.tonnes), _format_percent(price.utilisation), _format_percent(price.binding_days_share)]
            for price in step.prices[:top]
        ]  # fmt: skip
        lines += [
            *_aligned_lines(rows),
            *([f"  and {len(step.prices) - top} more"] if len(step.prices) > top else []),
            "",
        ]
        shares = {place: binding_share(waiting) or 0.0 for place, waiting in step.queue_share.items()}
        queues = sorted(((share, place) for place, share in shares.items() if share >= 0.005), reverse=True)[:top]
        if queues:
            lines += [
                "  a queue nearly all day on: " + ", ".join(f"{place} {_format_percent(s)}" for s, place in queues),
                "",
            ]
        lines += [f"  {_constraint_sentence(found)}", ""]
    return "\n".join([*lines, NOTES[0]])


def write_report(
    steps: Sequence[PricingStep], found: BindingResult, scenario: Scenario, folder: Path, tongue: Translator = ENGLISH
) -> Path:
    """binding.html, binding.csv and the plots. Returns the page's path."""
    of, run = found.subject, scenario.run
    weeks = [
        (_relieved_so_far(found.rounds[:k], tongue), weekly_binding_share(step.queue_share, stage_of_place))
        for k, step in enumerate(steps)
    ]
    drawn = shadow_price_plot(found, tongue)
    held = draw_in_style(
        lambda: levers.weekly_binding_plot(
            weeks, run.start, run.warm_up, subject_caption(of, tongue), of.calibrated, tongue
        )
    )
    write_file(folder / "binding.csv", csv_text(csv_columns(steps)))
    page = load_template("levers.html.j2").render(
        _=tongue,
        study=folder.name,
        title=tongue("what binds"),
        first_words=[f"{of.scenario}, {of.regime}.", *binding_sentences(found.rounds, tongue)],
        banners=[tongue(BANNER)] * (not of.calibrated),
        credibility=credibility.lowest_score_sentence(tongue),
        plots=write_plots([plot for plot in (drawn, held) if plot], folder),
        tables=list(_report_tables(steps, found.rounds, scenario, tongue)),
        notes=[tongue(note) for note in NOTES],
        command=of.command,
    )
    return write_file(folder / "binding.html", page)


def shadow_price_plot(found: BindingResult, tongue: Translator) -> Plot | None:
    """The picture of the first step; None where there is no lever."""
    of, best = found.subject, {stage.name: (stage.more, stage.tonnes) for stage in found.rounds[0].stages}
    if not best:
        return None
    return draw_in_style(lambda: levers.shadow_price_plot(best, subject_caption(of, tongue), of.calibrated, tongue))


def binding_sentences(rounds: Sequence[BindingRound], tongue: Translator = ENGLISH) -> list[str]:
    """What binds, step by step, by stage."""
    said = [tongue("As it is, {tonnes} t a day arrive.", tonnes=format_estimate(rounds[0].arrived))]
    return said + [_constraint_sentence(found, tongue) for found in rounds]


def csv_columns(steps: Sequence[PricingStep]) -> Columns:
    """A row for each step, corridor and stage: what one thing more brings there at most."""
    rows = [
        (number, way, stage, price.lever.step_text,
         *(value for mean in (price.trucks.mean, price.tonnes.mean) for value in (mean.mean, mean.low, mean.high)),
         price.tonnes.mean.n, price.tonnes.p)
        for number, step in enumerate(steps, 1)
        for way in sorted({way for price in step.prices for way in price.lever.corridors})
        for stage, price in _best_price_by_stage(step, way).items()
    ]  # fmt: skip
    names = ["step", "corridor", "stage", "more"]
    names += [f"{unit}_per_day{end}" for unit in ("trucks", "tonnes") for end in ("", "_low", "_high")]
    columns_ = zip(*rows, strict=True) if rows else [()] * (len(names) + 2)
    return dict(zip([*names, "replications", "p"], columns_, strict=True))


def _round_by_place(step: PricingStep) -> BindingRound:
    """A step in which places stand in place of their kinds, for the terminal."""
    prices = tuple(
        StageGain(price.lever.path, price.lever.step_text, price.tonnes, price.trucks) for price in step.prices
    )
    done = step.relief
    relief = None if done is None else StageRelief(done.lever.path, done.lever.step_text, done.added, done.gain)
    return BindingRound(step.arrived["tonnes"], prices, relief)


def _best_price_by_stage(step: PricingStep, way: str) -> dict[str, ShadowPrice]:
    """Of each stage the price that is highest on one corridor, in the order of the prices."""
    found: dict[str, ShadowPrice] = {}
    for price in step.prices:
        if way in price.lever.corridors:
            found.setdefault(price.lever.stage, price)
    return found


def _report_tables(
    steps: Sequence[PricingStep], rounds: Sequence[BindingRound], scenario: Scenario, tongue: Translator
) -> Iterator[dict[str, Any]]:
    """For each step the stages with what one thing more brings, and the first step's by corridor."""
    for k, (step, found) in enumerate(zip(steps, rounds, strict=True)):
        rows = [[tongue(head) for head in HEADINGS]]
        rows += [
            [tongue(stage.name), tongue(stage.more), format_estimate(stage.tonnes.mean, sign=True),
             format_interval(stage.tonnes.mean, tongue), format_estimate(stage.trucks.mean, sign=True),
             tongue(_clear_label(stage.tonnes))]
            for stage in found.stages
        ]  # fmt: skip
        words = tongue("{tonnes} t and {trucks} vehicles a day arrive.",
                       tonnes=format_estimate(step.arrived["tonnes"]),
                       trucks=format_estimate(step.arrived["trucks"]))  # fmt: skip
        yield {"title": _relieved_so_far(rounds[:k], tongue), "words": words, "rows": rows}
    first = steps[0]
    ways = sorted({way for price in first.prices for way in price.lever.corridors})
    by_way = {way: _best_price_by_stage(first, way) for way in ways}
    rows = [[tongue("t a day more"), *(scenario.corridors[way].title or way.replace("_", " ") for way in ways)]]
    for stage in rounds[0].stages:
        own = [by_way[way].get(stage.name) for way in ways]
        rows.append(
            [tongue(stage.name), *("–" if p is None else format_estimate(p.tonnes.mean, sign=True) for p in own)]
        )
    words = tongue("As it is: what one thing more brings in all, at a place that the corridor uses.")
    yield {"title": tongue("By corridor"), "words": words, "rows": rows}


def _constraint_sentence(found: BindingRound, tongue: Translator = ENGLISH) -> str:
    """What binds at a step, and what its relief brings."""
    if found.relieved is not None:
        done = found.relieved
        more = tongue.term(done.more)
        by = f"{done.times} × “{more}”" if done.times > 1 else more
        return tongue(
            "What binds is {what}: relieved by {by}, {gained} t a day arrive.", what=tongue.term(done.name), by=by,
            gained=format_estimate(done.gained, sign=True),
        )  # fmt: skip
    best = found.stages[0] if found.stages else None
    if best is not None and best.tonnes.is_clear and best.tonnes.mean.mean > 0:
        return tongue("What binds then is {what}, which was not relieved.", what=tongue.term(best.name))
    return tongue(NOTHING_BINDS)


def _relieved_so_far(before: Sequence[BindingRound], tongue: Translator = ENGLISH) -> str:
    """What was relieved by then."""
    done = [tongue.term(found.relieved.name) for found in before if found.relieved]
    return tongue("After relief of: {what}", what=tongue(", then ").join(done)) if done else tongue("As it is")


def _clear_label(found: Difference) -> str:
    return "clear" if found.is_clear else "not clear"


def _format_percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


def _aligned_lines(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
