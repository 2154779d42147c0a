"""The plot of the first page: the waterfall from requested to arrived. It computes nothing."""

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from analysis.language.numbers import format_number
from analysis.plots.drawing import Plot, new_figure, run_colour, wrap_label
from analysis.results.tables import Study
from analysis.statistics import waterfall
from analysis.statistics.brief import OptionBrief
from analysis.statistics.waterfall import LOSS_STATES, WaterfallStep

MAX_PANELS = 3
_LEFT_COLOUR, _ON_THE_WAY_COLOUR = "#b5423c", "#b8b8b8"


def waterfall_plot(study: Study, brief: OptionBrief | None) -> Plot | None:
    """Draws pallets a day at each milestone and the losses between milestones, a panel for each run.

    It shows the first run and the option of `brief`; without a brief the first runs. None where no run has pallets.
    """
    first = study.reference
    shown = [run for run in study.runs if brief is None or run in (first, brief.option)][:MAX_PANELS]
    all_steps = {run.name: waterfall.waterfall_steps(run) for run in study.runs}
    steps = {run.name: all_steps[run.name] for run in shown}
    if not any(step.pallets for each in steps.values() for step in each):
        return None
    tongue = study.translate
    rows = _waterfall_rows(list(steps.values()))
    title = tongue("From requested to arrived: pallets a day")
    foot = tongue("Red: refused, returned or lost. Grey: still on the way at the end, less the same at the start.")
    figure = new_figure(study, title, foot, 1.25 + 0.235 * len(rows))
    panels = figure.subplots(1, len(shown), sharex=True, sharey=True, squeeze=False)[0]
    top = max(step.pallets for each in steps.values() for step in each)
    for axes, run in zip(panels, shown, strict=True):
        _draw_panel(axes, steps[run.name], rows, run_colour(study.runs.index(run)), top)
        axes.set_title(wrap_label(run.label, 100 // len(shown)))
    panels[0].set_yticks(
        range(len(rows)), [tongue.term(loss or milestone).replace("_", " ") for milestone, loss in rows]
    )
    for label, (_, loss) in zip(panels[0].get_yticklabels(), rows, strict=True):
        label.set(
            fontweight="normal" if loss else "bold", color="#595959" if loss else "black", size=8.5 if loss else 9
        )
    panels[0].set(xlim=(0, top * 1.2), ylim=(len(rows) - 0.4, -0.6))
    ends = "; ".join(
        f"{run.label} {format_number(steps[run.name][0].pallets)} → {format_number(steps[run.name][-1].pallets)}"
        for run in shown
    )
    return Plot("waterfall", title, f"{title}; {ends}.", figure, waterfall.waterfall_columns(all_steps))


def _waterfall_rows(steps: list[list[WaterfallStep]]) -> list[tuple[str, str]]:
    """Returns (milestone, loss) in the order of the chain; the loss is empty for the milestone itself."""
    rows = {(step.milestone, "") for each in steps for step in each}
    rows |= {(step.milestone, state) for each in steps for step in each for state, n in step.losses.items() if n}
    rows |= {(step.milestone, waterfall.ON_THE_WAY) for each in steps for step in each if step.on_the_way}
    order = (*LOSS_STATES, waterfall.ON_THE_WAY, "")
    return sorted(rows, key=lambda row: (waterfall.MILESTONE_CHAIN.index(row[0]), order.index(row[1])))


def _draw_panel(axes: Axes, steps: list[WaterfallStep], rows: list[tuple[str, str]], colour: str, top: float) -> None:
    """Draws the waterfall of one run; `top` is the largest number of pallets of any run."""
    level = 0.0
    for step in steps:
        losses = {**step.losses, waterfall.ON_THE_WAY: step.on_the_way}
        for loss, amount in losses.items():
            if amount and (step.milestone, loss) in rows:
                row = rows.index((step.milestone, loss))
                axes.barh(
                    row,
                    -amount,
                    left=level,
                    height=0.6,
                    color=_ON_THE_WAY_COLOUR if loss == waterfall.ON_THE_WAY else _LEFT_COLOUR,
                )
                label = format_number(-amount, 0.03 * top, sign=True)
                axes.text(max(level, level - amount) + 0.015 * top, row, label, va="center", size=8, color="#595959")
                level -= amount
        row = rows.index((step.milestone, ""))
        axes.barh(row, step.pallets, height=0.74, color=colour)
        axes.text(
            step.pallets + 0.015 * top, row, format_number(step.pallets, 0.03 * top), va="center", size=9, weight="bold"
        )
        level = step.pallets
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value)))
    axes.locator_params(axis="x", nbins=4)
