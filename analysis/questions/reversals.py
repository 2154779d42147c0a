"""Which assumed numbers would reverse a comparison: paired reruns at both ends of each range, one at a time.

The comparison is what arrives with the option less what arrives with the first run. It reads the ranges off the two
runs' provenance, runs the variants and says nothing; `reversals_told.py` says what was found.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analysis.questions.binding import VariantRunner
from analysis.results.tables import RunResult, StudyError
from analysis.statistics.compare import Difference, holm_adjusted, paired_difference
from sim.scenario.base import Mistakes
from sim.scenario.provenance import in_base_unit, into
from sim.study.variants import PreparedVariant, VariantResults, prepare_variant
from sim.units import share

REVERSES, BECOMES_CLEAR, NO_LONGER_CLEAR, STAYS_UNCLEAR, DOES_NOT_REVERSE, NOT_TRIED = (
    "reverses", "becomes clear", "is no longer clear", "stays unclear", "does not reverse within its range",
    "not tried",
)  # fmt: skip
VERDICTS = (REVERSES, BECOMES_CLEAR, NO_LONGER_CLEAR, NOT_TRIED, STAYS_UNCLEAR, DOES_NOT_REVERSE)
_QUANTITY = re.compile(r"\s*([-+]?[\d.]+)(\s*\D*)")


@dataclass(frozen=True)
class Assumption:
    """A number that nobody measured, at every place of a kind that says the same of it; ends as they are written.

    runs : the names of those of the two runs that have it, in which it is moved.
    """

    settings: tuple[str, ...]
    value: Any
    ends: tuple[Any, Any]
    why: str
    runs: tuple[str, ...]


def reversal_verdict(base: Difference, low: Difference | None, high: Difference | None) -> str:
    """Whether the side of the difference, or that it is clear, changes at an end."""
    if low is None or high is None:
        return NOT_TRIED
    was, ends = _sign_if_clear(base), (_sign_if_clear(low), _sign_if_clear(high))
    if was == 0:
        return BECOMES_CLEAR if any(ends) else STAYS_UNCLEAR
    return REVERSES if -was in ends else NO_LONGER_CLEAR if 0 in ends else DOES_NOT_REVERSE


def zero_crossing(assumption: Assumption, base: Difference, low: Difference | None, high: Difference | None) -> str:
    """Where the mean difference is 0, by lines between the ends and the value now; empty unless the ends differ."""
    if low is None or high is None or low.mean.mean * high.mean.mean >= 0:
        return ""
    try:
        ends = [in_base_unit(end) for end in assumption.ends]
    except ValueError:  # hours, or days of the week
        return ""
    points = [(ends[0], low.mean.mean), (ends[1], high.mean.mean)]
    try:
        now = in_base_unit(assumption.value)
    except ValueError:  # `rest`
        now = ends[0]
    if ends[0] < now < ends[1]:
        points.insert(1, (now, base.mean.mean))
    (a, at_a), (b, at_b) = next((p, q) for p, q in pairwise(points) if p[1] * q[1] <= 0)
    return _format_like_range(a + (b - a) * at_a / (at_a - at_b), assumption.ends)


@dataclass(frozen=True)
class TriedAssumption:
    """The difference at both ends, None where `mistake` says why one cannot be run; p adjusted for all ends (Holm).

    crossing : the value at which it passes 0, where the ends lie on different sides of it and are numbers.
    """

    assumption: Assumption
    low: Difference | None
    high: Difference | None
    verdict: str
    crossing: str
    mistake: str = ""


@dataclass(frozen=True)
class Reversals:
    """What was found. `base` is the difference as things are, p adjusted with those of the ends."""

    first: str
    option: str
    marks: tuple[str, str]
    replications: int
    seed: int
    reruns: int
    base: Difference
    tried: tuple[TriedAssumption, ...]
    compared: tuple[str, ...]


def find_assumptions(first: RunResult, option: RunResult) -> tuple[list[Assumption], list[str]]:
    """What is assumed of either run, and the settings that are what is compared: same range, another value."""
    rows = [{row["setting"]: row for row in run.provenance if row["assumed"]} for run in (first, option)]
    found: dict[str, tuple[Any, list[str]]] = {}
    compared = []
    for setting in sorted({*rows[0], *rows[1]}):
        there = [(run.name, own[setting]) for run, own in zip((first, option), rows, strict=True) if setting in own]
        says = [_assumption_key(row) for _, row in there]
        if len(there) == 2 and says[0] != says[1] and there[0][1]["assumed"] == there[1][1]["assumed"]:
            compared.append(setting)
            continue
        kind, _, rest = setting.partition(".")
        for same in dict.fromkeys(says):
            runs = tuple(name for (name, _), told in zip(there, says, strict=True) if told == same)
            row = next(row for (_, row), told in zip(there, says, strict=True) if told == same)
            name = json.dumps([kind, rest.partition(".")[2], same, runs])
            found.setdefault(name, ((row, runs), []))[1].append(setting)
    return [
        Assumption(tuple(settings), row["value"], tuple(row["assumed"]), row["why"], runs)
        for (row, runs), settings in found.values()
    ], compared


def config_with_setting(config: Mapping[str, Any], setting: str, value: Any) -> dict[str, Any]:
    """A copy of a configuration with a setting at another value. ValueError where it is not one value of its own."""
    changed: dict[str, Any] = copy.deepcopy(dict(config))
    at: Any = changed
    path = setting
    while True:
        if not isinstance(at, dict):
            raise ValueError(f"{setting} is not a setting of the scenario's own")
        inner, rest = into(at, path)
        if not rest:
            break
        at, path = inner, rest
    if setting.startswith("flows.") and f".corridors.{path}" in setting:
        at.update(_shares_with(at, path, value))
    elif isinstance(at.get(path), dict):
        if "value" not in at[path]:
            raise ValueError(f"{setting} is more than one number")
        at[path]["value"] = value
    else:
        at[path] = value
    return changed


def prepare_base(run: RunResult, replications: int, data_folders: tuple[Path, ...]) -> PreparedVariant:
    """The run of the study, to be run again. StudyError where that would not give the same."""
    ours = {"replications": replications, "workers": 0, "engine": "compiled", "log": "none", "precision": None}
    world = prepare_variant(run.name, {**run.config, "run": {**run.config["run"], **ours}}, data_folders)
    if world.config_hash != run.config_hash:
        raise StudyError(f"{run.name} was made by another version or of other tables; run its study again")
    return world


def find_reversals(
    worlds: Sequence[PreparedVariant], wanted: Sequence[Assumption], compared: Sequence[str], replications: int,
    run: VariantRunner,
    data_folders: tuple[Path, ...],
) -> Reversals:  # fmt: skip
    """Of the first of two worlds and the option. Runs what is missing. Raises Mistakes where nothing arrives."""
    marks: set[str] = set()

    def counted(variants: list[PreparedVariant]) -> Iterator[VariantResults]:
        marks.update(variant.config_hash for variant in variants)
        return run(variants)

    base = _run_difference(worlds, counted)
    ends: list[tuple[Difference | None, str]] = []
    for assumption in wanted:
        for end in assumption.ends:
            ends.append(_difference_at_end(worlds, assumption, end, counted, data_folders))
    adjusted = holm_adjusted([base.p, *(end.p if end else None for end, _ in ends)])
    base = replace(base, p=adjusted[0])
    told = [(end and replace(end, p=p), why) for (end, why), p in zip(ends, adjusted[1:], strict=True)]
    tried = [
        TriedAssumption(
            assumption,
            low,
            high,
            reversal_verdict(base, low, high),
            zero_crossing(assumption, base, low, high),
            why or why_too,
        )
        for assumption, (low, why), (high, why_too) in zip(wanted, told[::2], told[1::2], strict=True)
    ]
    tried.sort(key=lambda each: (VERDICTS.index(each.verdict), each.assumption.settings))
    first, option = worlds
    return Reversals(first.name, option.name, (first.config_hash, option.config_hash), replications,
        first.scenario.run.seed,
                     replications * len(marks),
                     base, tuple(tried), tuple(compared))  # fmt: skip


def _sign_if_clear(found: Difference) -> int:
    return int(np.sign(found.mean.mean)) if found.is_clear else 0


def _assumption_key(row: Mapping[str, Any]) -> str:
    return json.dumps([row["value"], row["assumed"], row["why"]])


def _shares_with(parts: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Shares with one at a value: the `rest` gives way, else the others in proportion."""
    others = [other for other in parts if other != name]
    if any(parts[other] == "rest" for other in others):
        return {**parts, name: value}
    taken, left = sum(share(parts[other]) for other in others), 1 - share(value)
    if left and not taken:
        raise ValueError("there is no other corridor that takes what is left")
    scaled = {other: f"{100 * left * share(parts[other]) / taken:.6g} %" for other in others} if taken else {}
    return {**scaled, name: "rest"} if scaled else {name: value}


def _format_like_range(value: float, ends: Sequence[Any]) -> str:
    """A value in base units as its range is written."""
    for end in ends:
        match = _QUANTITY.fullmatch(str(end))
        if match and float(match[1]):
            return f"{value * float(match[1]) / in_base_unit(end):.3g}{match[2]}"
    return f"{value:.3g}"


def _difference_at_end(
    worlds: Sequence[PreparedVariant],
    assumption: Assumption,
    end: Any,
    run: VariantRunner,
    data_folders: tuple[Path, ...],
) -> tuple[Difference | None, str]:
    """The difference with an assumption at one end, or why there is none."""
    pair = []
    for world in worlds:
        config = world.config
        try:
            for setting in assumption.settings if world.name in assumption.runs else ():
                config = config_with_setting(config, setting, end)
            pair.append(
                world if config is world.config else prepare_variant(assumption.settings[0], config, data_folders)
            )
        except (Mistakes, ValueError) as error:
            return None, f"{end}: {str(error).splitlines()[0]}"
    try:
        return _run_difference(pair, run), ""
    except Mistakes as error:  # gridlock
        return None, f"{end}: {error.lines[0]}"


def _run_difference(pair: Sequence[PreparedVariant], run: VariantRunner) -> Difference:
    first, option = (outcome.arrived_per_day["tonnes"] for outcome in run(list(pair)))
    if np.isnan(first).any() or np.isnan(option).any():
        raise Mistakes(["no corridor ends at a warehouse, so nothing arrives: there is nothing to reverse"])
    return paired_difference("", "arrived_tonnes_per_day", "tonnes/day", option, first)
