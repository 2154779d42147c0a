"""Says what binds: single places on the planner's own terminal, and in files by kind of stage and corridor alone.

A table that names the places at which one thing more brings most, read backwards, says where one thing less costs most.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis import credibility, lever_plots
from analysis.binding import Price, Step, binding_share, by_week, stage_of
from analysis.columns import Columns
from analysis.compare import Difference
from analysis.drawing import laid_out
from analysis.report import as_csv, template_of, write_plots
from analysis.words import BANNER, estimate, interval
from analysis.writing import write
from sim.scenario import Scenario

NOTES = (
    "Mean differences of replications on the same luck, with their 95 % interval: luck only, not the parameters.",
    "“Clear” is whether a difference stands out from luck at 5 %, all levers of a step taken together (Holm).",
    "A stage stands for its place at which one thing more brings most; a place that corridors share counts in each.",
    "What brings nothing today may bind tomorrow: prices hold for what is there now, and for one thing more at a time.",
)


def on_terminal(steps: Sequence[Step], top: int) -> str:
    """Every step with its `top` levers by falling tonnes, and the days on which places held traffic back."""
    lines = []
    for number, step in enumerate(steps, 1):
        lines += [f"{number}. {_as_it_is(steps, number)}: {estimate(step.arrived['tonnes'])} t a day arrive", ""]
        rows = [["one more", "t/day more", "trucks/day more", "clear", "in use", "days with a queue"]]
        rows += [
            [price.lever.path, estimate(price.tonnes.mean, sign=True), estimate(price.trucks.mean, sign=True),
             _clear(price.tonnes), _per_cent(price.used), _per_cent(price.binding)]
            for price in step.prices[:top]
        ]  # fmt: skip
        lines += [*_lined(rows), *([f"  and {len(step.prices) - top} more"] if len(step.prices) > top else []), ""]
        shares = {place: binding_share(waiting) or 0.0 for place, waiting in step.waiting.items()}
        queues = sorted(((share, place) for place, share in shares.items() if share >= 0.005), reverse=True)[:top]
        if queues:
            lines += ["  a queue nearly all day on: " + ", ".join(f"{place} {_per_cent(s)}" for s, place in queues), ""]
        lines += [f"  {_next(step, step.prices[0].lever.path if step.prices else '')}", ""]
    return "\n".join([*lines, NOTES[0]])


def write_report(
    steps: Sequence[Step], scenario: Scenario, folder: Path, replications: int, command: Sequence[str]
) -> Path:
    """binding.html, binding.csv and the plots. Returns the page's path."""
    calibrated = scenario.scenario.calibrated and scenario.regime.calibrated
    whose = f"{scenario.scenario.title}, {scenario.regime.title}; {replications} replications"
    weeks = [
        (_as_it_is_by_stage(steps, number), by_week(step.waiting, stage_of)) for number, step in enumerate(steps, 1)
    ]
    run = scenario.run
    best = {stage: (price.lever.more, price.tonnes) for stage, price in _best(steps[0]).items()}
    drawn = [laid_out(lambda: lever_plots.prices(best, whose, calibrated))] if best else []
    drawn.append(laid_out(lambda: lever_plots.migration(weeks, run.start, run.warm_up, whose, calibrated)))
    write(folder / "binding.csv", as_csv(columns(steps)))
    page = template_of("levers.html.j2").render(
        study=folder.name,
        title="what binds",
        first_words=[f"{scenario.scenario.title}, {scenario.regime.title}.", *sentences(steps)],
        banners=[BANNER] * (not calibrated),
        credibility=credibility.lowest(),
        plots=write_plots([plot for plot in drawn if plot], folder),
        tables=list(_tables(steps, scenario)),
        notes=NOTES,
        command=command,
    )
    return write(folder / "binding.html", page)


def sentences(steps: Sequence[Step]) -> list[str]:
    """What binds, step by step, by stage."""
    first = steps[0].arrived["tonnes"]
    said = [f"As it is, {estimate(first)} t a day arrive."]
    return said + [_next(step, step.prices[0].lever.stage if step.prices else "") for step in steps]


def columns(steps: Sequence[Step]) -> Columns:
    """A row for each step, corridor and stage: what one thing more brings there at most."""
    rows = [
        (number, way, stage, price.lever.more,
         *(value for mean in (price.trucks.mean, price.tonnes.mean) for value in (mean.mean, mean.low, mean.high)),
         price.tonnes.mean.n, price.tonnes.p)
        for number, step in enumerate(steps, 1)
        for way in sorted({way for price in step.prices for way in price.lever.corridors})
        for stage, price in _best(step, way).items()
    ]  # fmt: skip
    names = ["step", "corridor", "stage", "more"]
    names += [f"{unit}_per_day{end}" for unit in ("trucks", "tonnes") for end in ("", "_low", "_high")]
    columns_ = zip(*rows, strict=True) if rows else [()] * (len(names) + 2)
    return dict(zip([*names, "replications", "p"], columns_, strict=True))


def _best(step: Step, way: str | None = None) -> dict[str, Price]:
    """Of each stage the price that is highest, on one corridor or on any; in the order of the prices."""
    found: dict[str, Price] = {}
    for price in step.prices:
        if way is None or way in price.lever.corridors:
            found.setdefault(price.lever.stage, price)
    return found


def _tables(steps: Sequence[Step], scenario: Scenario) -> list[dict[str, Any]]:
    """For each step the stages with what one thing more brings, and the first step's by corridor."""
    told = []
    for number, step in enumerate(steps, 1):
        rows = [["stage", "one thing more", "t a day more", "95 % interval", "trucks a day more", "clear"]]
        rows += [
            [stage, price.lever.more, estimate(price.tonnes.mean, sign=True), interval(price.tonnes.mean),
             estimate(price.trucks.mean, sign=True), _clear(price.tonnes)]
            for stage, price in _best(step).items()
        ]  # fmt: skip
        words = f"{estimate(step.arrived['tonnes'])} t and {estimate(step.arrived['trucks'])} vehicles a day arrive."
        told.append({"title": _as_it_is_by_stage(steps, number), "words": words, "rows": rows})
    first = steps[0]
    ways = sorted({way for price in first.prices for way in price.lever.corridors})
    by_way = {way: _best(first, way) for way in ways}
    stages = list(_best(first))
    rows = [["t a day more", *(scenario.corridors[way].title or way.replace("_", " ") for way in ways)]]
    rows += [
        [stage, *(estimate(by_way[way][stage].tonnes.mean, sign=True) if stage in by_way[way] else "–" for way in ways)]
        for stage in stages
    ]
    words = "As it is: what one thing more brings in all, at a place that the corridor uses."
    told.append({"title": "By corridor", "words": words, "rows": rows})
    return told


def _next(step: Step, what: str) -> str:
    if step.relieved is not None:
        lever, gained = step.relieved.lever, step.relieved.gained
        by = f"{step.relieved.times} × “{lever.more}”" if step.relieved.times > 1 else lever.more
        return f"What binds is {what}: relieved by {by}, {estimate(gained, sign=True)} t a day arrive."
    if step.prices and step.prices[0].tonnes.clear and step.prices[0].tonnes.mean.mean > 0:
        return f"What binds then is {what}, which was not relieved."
    return "Nothing more of one thing alone brings clearly more: demand binds, or several things do at once."


def _as_it_is(steps: Sequence[Step], number: int) -> str:
    done = [f"{step.relieved.times} × {step.relieved.lever.path}" for step in steps[: number - 1] if step.relieved]
    return f"After relief of {' and '.join(done)}" if done else "As it is"


def _as_it_is_by_stage(steps: Sequence[Step], number: int) -> str:
    done = [step.relieved.lever.stage for step in steps[: number - 1] if step.relieved]
    return f"After relief of: {', then '.join(done)}" if done else "As it is"


def _clear(found: Difference) -> str:
    return "clear" if found.clear else "not clear"


def _per_cent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


def _lined(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
