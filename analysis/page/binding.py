"""Reports what binds: by place on the terminal, by stage type and corridor alone in files.

Files name no places: a table of the places where one thing more brings most also shows where one less costs most.
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
    """Returns for each step its `top` levers by falling tonnes, and the share of days on which places bind."""
    lines = []
    rounds = [_round_by_place(step) for step in steps]
    for number, (step, round_) in enumerate(zip(steps, rounds, strict=True), 1):
        heading = _relieved_so_far(rounds[: number - 1])
        lines += [f"{number}. {heading}: {format_estimate(step.arrived['tonnes'])} t a day arrive", ""]
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
                "  a queue nearly all day on: "
                + ", ".join(f"{place} {_format_percent(share)}" for share, place in queues),
                "",
            ]
        lines += [f"  {_constraint_sentence(round_)}", ""]
    return "\n".join([*lines, NOTES[0]])


def write_report(
    steps: Sequence[PricingStep], result: BindingResult, scenario: Scenario, folder: Path, tongue: Translator = ENGLISH
) -> Path:
    """Writes binding.html, binding.csv and the plots; returns the page's path."""
    subject, run = result.subject, scenario.run
    weeks = [
        (_relieved_so_far(result.rounds[:k], tongue), weekly_binding_share(step.queue_share, stage_of_place))
        for k, step in enumerate(steps)
    ]
    price_plot = shadow_price_plot(result, tongue)
    weekly_plot = draw_in_style(
        lambda: levers.weekly_binding_plot(
            weeks, run.start, run.warm_up, subject_caption(subject, tongue), subject.calibrated, tongue
        )
    )
    write_file(folder / "binding.csv", csv_text(csv_columns(steps)))
    page = load_template("levers.html.j2").render(
        _=tongue,
        study=folder.name,
        title=tongue("what binds"),
        first_words=[f"{subject.scenario}, {subject.regime}.", *binding_sentences(result.rounds, tongue)],
        banners=[tongue(BANNER)] * (not subject.calibrated),
        credibility=credibility.lowest_score_sentence(tongue),
        plots=write_plots([plot for plot in (price_plot, weekly_plot) if plot], folder),
        tables=list(_report_tables(steps, result.rounds, scenario, tongue)),
        notes=[tongue(note) for note in NOTES],
        command=subject.command,
    )
    return write_file(folder / "binding.html", page)


def shadow_price_plot(result: BindingResult, tongue: Translator) -> Plot | None:
    """Draws the shadow prices of the first step; None where there is no lever."""
    subject, gains = result.subject, {stage.name: (stage.more, stage.tonnes) for stage in result.rounds[0].stages}
    if not gains:
        return None
    return draw_in_style(
        lambda: levers.shadow_price_plot(gains, subject_caption(subject, tongue), subject.calibrated, tongue)
    )


def binding_sentences(rounds: Sequence[BindingRound], tongue: Translator = ENGLISH) -> list[str]:
    """Returns a sentence on what arrives, and one for each step on the stage that binds."""
    sentences = [tongue("As it is, {tonnes} t a day arrive.", tonnes=format_estimate(rounds[0].arrived))]
    return sentences + [_constraint_sentence(each, tongue) for each in rounds]


def csv_columns(steps: Sequence[PricingStep]) -> Columns:
    """Returns a row for each step, corridor and stage: the largest gain from one thing more."""
    rows = [
        (number, corridor, stage, price.lever.step_text,
         *(value for mean in (price.trucks.mean, price.tonnes.mean) for value in (mean.mean, mean.low, mean.high)),
         price.tonnes.mean.n, price.tonnes.p)
        for number, step in enumerate(steps, 1)
        for corridor in sorted({corridor for price in step.prices for corridor in price.lever.corridors})
        for stage, price in _best_price_by_stage(step, corridor).items()
    ]  # fmt: skip
    names = ["step", "corridor", "stage", "more"]
    names += [f"{unit}_per_day{end}" for unit in ("trucks", "tonnes") for end in ("", "_low", "_high")]
    values = zip(*rows, strict=True) if rows else [()] * (len(names) + 2)
    return dict(zip([*names, "replications", "p"], values, strict=True))


def _round_by_place(step: PricingStep) -> BindingRound:
    """Returns a step with places in place of stages, for the terminal."""
    prices = tuple(
        StageGain(price.lever.path, price.lever.step_text, price.tonnes, price.trucks) for price in step.prices
    )
    lever_relief = step.relief
    relief = (
        None
        if lever_relief is None
        else StageRelief(lever_relief.lever.path, lever_relief.lever.step_text, lever_relief.added, lever_relief.gain)
    )
    return BindingRound(step.arrived["tonnes"], prices, relief)


def _best_price_by_stage(step: PricingStep, corridor: str) -> dict[str, ShadowPrice]:
    """Returns the highest price of each stage on one corridor, in the order of the prices."""
    best: dict[str, ShadowPrice] = {}
    for price in step.prices:
        if corridor in price.lever.corridors:
            best.setdefault(price.lever.stage, price)
    return best


def _report_tables(
    steps: Sequence[PricingStep], rounds: Sequence[BindingRound], scenario: Scenario, tongue: Translator
) -> Iterator[dict[str, Any]]:
    """Yields for each step a table of the gains by stage, and one of the first step's gains by corridor."""
    for k, (step, round_) in enumerate(zip(steps, rounds, strict=True)):
        rows = [[tongue(head) for head in HEADINGS]]
        rows += [
            [tongue(stage.name), tongue(stage.more), format_estimate(stage.tonnes.mean, sign=True),
             format_interval(stage.tonnes.mean, tongue), format_estimate(stage.trucks.mean, sign=True),
             tongue(_clear_label(stage.tonnes))]
            for stage in round_.stages
        ]  # fmt: skip
        intro = tongue("{tonnes} t and {trucks} vehicles a day arrive.",
                       tonnes=format_estimate(step.arrived["tonnes"]),
                       trucks=format_estimate(step.arrived["trucks"]))  # fmt: skip
        yield {"title": _relieved_so_far(rounds[:k], tongue), "words": intro, "rows": rows}
    first = steps[0]
    corridors = sorted({corridor for price in first.prices for corridor in price.lever.corridors})
    by_corridor = {corridor: _best_price_by_stage(first, corridor) for corridor in corridors}
    rows = [
        [
            tongue("t a day more"),
            *(scenario.corridors[corridor].title or corridor.replace("_", " ") for corridor in corridors),
        ]
    ]
    for stage in rounds[0].stages:
        prices = [by_corridor[corridor].get(stage.name) for corridor in corridors]
        rows.append(
            [tongue(stage.name), *("–" if p is None else format_estimate(p.tonnes.mean, sign=True) for p in prices)]
        )
    intro = tongue("As it is: what one thing more brings in all, at a place that the corridor uses.")
    yield {"title": tongue("By corridor"), "words": intro, "rows": rows}


def _constraint_sentence(round_: BindingRound, tongue: Translator = ENGLISH) -> str:
    """Returns the sentence on what binds at a step, and on the gain from its relief."""
    if round_.relieved is not None:
        relief = round_.relieved
        more = tongue.term(relief.more)
        amount = f"{relief.times} × “{more}”" if relief.times > 1 else more
        return tongue(
            "What binds is {what}: relieved by {by}, {gained} t a day arrive.", what=tongue.term(relief.name),
            by=amount, gained=format_estimate(relief.gained, sign=True),
        )  # fmt: skip
    best = round_.stages[0] if round_.stages else None
    if best is not None and best.tonnes.is_clear and best.tonnes.mean.mean > 0:
        return tongue("What binds then is {what}, which was not relieved.", what=tongue.term(best.name))
    return tongue(NOTHING_BINDS)


def _relieved_so_far(rounds: Sequence[BindingRound], tongue: Translator = ENGLISH) -> str:
    """Returns a heading that names the stages that were relieved in these rounds."""
    names = [tongue.term(each.relieved.name) for each in rounds if each.relieved]
    return tongue("After relief of: {what}", what=tongue(", then ").join(names)) if names else tongue("As it is")


def _clear_label(difference: Difference) -> str:
    return "clear" if difference.is_clear else "not clear"


def _format_percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


def _aligned_lines(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
