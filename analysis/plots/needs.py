"""Plots of people's needs: food in each area day by day, and the share of each need that is met."""

import textwrap

import numpy as np

from analysis.plots.drawing import (
    FOOT_IN,
    Plot,
    hide_unused_panels,
    is_crowded,
    label_days,
    label_rows,
    new_figure,
    run_colour,
    run_dash,
    run_line_width,
    run_text_colour,
    wrap_label,
)
from analysis.results import columns
from analysis.results.tables import Study
from analysis.statistics.needs import (
    AID,
    DAYS_PER_WEEK,
    TRADE_LEAST,
    TRADE_MOST,
    UN,
    areas_of,
    daily_kcal_per_person,
    measure_spread,
    needs_of,
    planner_title,
    trailing_week_mean,
)

_MAX_BANDS = 3  # more bands would hide each other


def food_plot(study: Study) -> Plot | None:
    """Draws kilocalories a person and day from all aid, a panel for each area and a line for each run.

    Values are means of a week; bands cover 80 % of replications. None without areas or below a week of days.
    """
    kcal_by_run = {run.name: daily_kcal_per_person(run) for run in study.runs}
    areas = sorted({area for by_area in kcal_by_run.values() for area in by_area})
    if not areas or min(run.days for run in study.runs) < DAYS_PER_WEEK:
        return None
    tongue = study.translate
    title = tongue("Food that a person uses of all aid, in each area")
    foot = tongue("Each day with the six before it: mean over replications, and 80 % of them where runs are few.")
    across, below_in = min(len(areas), 2), 0.15 + 0.21 * -(-len(study.runs) // 3)
    down = -(-len(areas) // across)
    figure = new_figure(study, title, foot, 1.0 + 2.7 * down + below_in, below_in=below_in)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    lines, rows, has_bands = {}, [], len(study.runs) <= _MAX_BANDS
    for axes, area in zip(panels.ravel(), areas, strict=False):
        for k, run in enumerate(study.runs):
            if area not in kcal_by_run[run.name]:
                continue
            weeks, x = trailing_week_mean(kcal_by_run[run.name][area]), np.arange(DAYS_PER_WEEK - 1, run.days)
            low, high = np.quantile(weeks, (0.1, 0.9), axis=0)
            if has_bands:
                axes.fill_between(
                    x, low, high, color=run_colour(k), alpha=0.2, linewidth=0, rasterized=is_crowded(study)
                )
            (lines[k],) = axes.plot(
                x, weeks.mean(axis=0), color=run_colour(k), linestyle=run_dash(k), linewidth=run_line_width(k)
            )
            rows += [(area, run.name, *row) for row in
                     zip(run.dates[DAYS_PER_WEEK - 1 :], weeks.mean(axis=0), low, high, strict=True)]  # fmt: skip
        titled = next(run for run in study.runs if area in kcal_by_run[run.name])
        axes.set_title(wrap_label(planner_title(titled, "areas", area), 44))
    hide_unused_panels(panels, [across] * (down - 1) + [len(areas) - across * (down - 1)])
    label_days(panels[0, 0], study)
    panels[0, 0].set_ylim(bottom=0)
    figure.supylabel(tongue("kcal a person and day"), size=10)
    labels = [textwrap.shorten(study.runs[k].label, 40, placeholder=" …") for k in sorted(lines)]
    figure.legend([lines[k] for k in sorted(lines)], labels, loc="lower left", ncols=3, fontsize=9,
                  bbox_to_anchor=(0, FOOT_IN / figure.get_figheight()))  # fmt: skip
    alt = tongue("{title}, for {n} runs.", title=title, n=len(study.runs))
    names = ("area", "run", "date", "kcal_per_person_mean_of_week", "p10", "p90")
    return Plot("food", title, alt, figure, columns.columns_from_rows(names, rows))


def needs_met_plot(study: Study) -> Plot | None:
    """Draws the share of each need that is met in each area, a row for each run.

    Dot and thick bar: all aid. Thin line: from aid of the UN alone to all goods. None where no run has needs.
    """
    runs = [run for run in study.runs if needs_of(run)]
    if not runs:
        return None
    tongue, needs = study.translate, sorted({need for run in runs for need in needs_of(run)})
    areas = sorted({area for run in runs for area in areas_of(run)})
    title = tongue("Share of what people need that is met, by area")
    foot = tongue("Dot: all aid, mean; thick: 80 % of replications. Thin: from the UN alone to all people may get.")
    figure = new_figure(study, title, foot, 1.2 + (0.5 + 0.3 * len(runs)) * len(needs))
    panels = figure.subplots(len(needs), len(areas), sharex=True, sharey=True, squeeze=False)
    order, rows = {run.name: k for k, run in enumerate(study.runs)}, []
    for across, need in zip(panels, needs, strict=True):
        for axes, area in zip(across, areas, strict=True):
            for row, run in enumerate(runs):
                spreads = {
                    name: measure_spread(run, f"fill_rate:{need}:{name}:{area}")
                    for name in (UN, AID, TRADE_LEAST, TRADE_MOST)
                }
                if (aid := spreads[AID]) is None:
                    continue
                colour = run_colour(order[run.name])
                ends = [each.mean for each in spreads.values() if each is not None]
                axes.hlines(row, min(ends), max(ends), color=colour, linewidth=1.4)
                axes.hlines(row, aid.low, aid.high, color=colour, linewidth=5)
                axes.plot(aid.mean, row, "o", color="white", markeredgecolor=run_text_colour(order[run.name]),
                    markersize=6,
                          markeredgewidth=1.8, clip_on=False)  # fmt: skip
                rows.append((need, area, run.name, *aid, min(ends), max(ends)))
            panel_title = f"{planner_title(runs[0], 'needs', need)}: {planner_title(runs[0], 'areas', area)}"
            axes.set_title(wrap_label(panel_title, 88 // len(areas)))
            axes.grid(visible=False, axis="y")
            axes.tick_params(axis="y", length=0)
    panels[0, 0].set(xlim=(0, 1.02), ylim=(len(runs) - 0.5, -0.6))
    panels[0, 0].set_xticks(np.linspace(0, 1, 6), [f"{share * 100:.0f} %" for share in np.linspace(0, 1, 6)])
    for axes in panels[:, 0]:
        label_rows(axes, [run.label for run in runs])
    alt = tongue("{title}, for {n} runs.", title=title, n=len(runs))
    names = ("need", "area", "run", "aid_mean", "aid_p10", "aid_p90", "lowest_supply_mean", "highest_supply_mean")
    return Plot("needs_met", title, alt, figure, columns.columns_from_rows(names, rows))
