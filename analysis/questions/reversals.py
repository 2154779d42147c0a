"""Which assumed numbers would reverse a comparison: paired reruns at both ends of each range, one at a time.

The comparison is what arrives with the option less what arrives with the first run. The ranges come from the
provenance of the two runs. This module runs variants and writes no text; `analysis.page.reversals` reports the result.
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
    """An assumed number, in all settings of a kind that have the same value, range and reason.

    ends : lowest and highest value, as written. runs : names of the runs that have the assumption and are varied.
    """

    settings: tuple[str, ...]
    value: Any
    ends: tuple[Any, Any]
    why: str
    runs: tuple[str, ...]


@dataclass(frozen=True)
class TriedAssumption:
    """An assumption and the difference at both ends of its range; p is adjusted for all ends (Holm).

    low, high : None where the variant cannot be run; `mistake` says why.
    crossing : the value at which the difference is 0; empty where the ends agree in sign or are not numbers.
    """

    assumption: Assumption
    low: Difference | None
    high: Difference | None
    verdict: str
    crossing: str
    mistake: str = ""


@dataclass(frozen=True)
class Reversals:
    """The result for all assumptions that were tried.

    marks : hashes of the first run and the option. reruns : replications that were needed.
    base : the difference as things are, its p adjusted with those of the ends.
    compared : settings that were not varied because they are what is compared.
    """

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
    """Returns the assumptions of two runs, and the settings that are what the runs compare.

    The latter have the same assumed range in both runs, but another value or reason.
    """
    rows = [{row["setting"]: row for row in run.provenance if row["assumed"]} for run in (first, option)]
    groups: dict[str, tuple[Any, list[str]]] = {}
    compared = []
    for setting in sorted({*rows[0], *rows[1]}):
        run_rows = [
            (run.name, by_setting[setting])
            for run, by_setting in zip((first, option), rows, strict=True)
            if setting in by_setting
        ]
        keys = [_assumption_key(row) for _, row in run_rows]
        if len(run_rows) == 2 and keys[0] != keys[1] and run_rows[0][1]["assumed"] == run_rows[1][1]["assumed"]:
            compared.append(setting)
            continue
        kind, _, rest = setting.partition(".")
        for shared_key in dict.fromkeys(keys):
            runs = tuple(name for (name, _), key in zip(run_rows, keys, strict=True) if key == shared_key)
            row = next(row for (_, row), key in zip(run_rows, keys, strict=True) if key == shared_key)
            name = json.dumps([kind, rest.partition(".")[2], shared_key, runs])
            groups.setdefault(name, ((row, runs), []))[1].append(setting)
    return [
        Assumption(tuple(settings), row["value"], tuple(row["assumed"]), row["why"], runs)
        for (row, runs), settings in groups.values()
    ], compared


def prepare_base(run: RunResult, replications: int, data_folders: tuple[Path, ...]) -> PreparedVariant:
    """Returns a run of the study, prepared to run again. Raises StudyError where its results would not be the same."""
    overrides = {"replications": replications, "workers": 0, "engine": "compiled", "log": "none", "precision": None}
    world = prepare_variant(run.name, {**run.config, "run": {**run.config["run"], **overrides}}, data_folders)
    if world.config_hash != run.config_hash:
        raise StudyError(f"{run.name} was made by another version or of other tables; run its study again")
    return world


def find_reversals(
    worlds: Sequence[PreparedVariant], assumptions: Sequence[Assumption], compared: Sequence[str], replications: int,
    run: VariantRunner,
    data_folders: tuple[Path, ...],
) -> Reversals:  # fmt: skip
    """Runs both worlds at both ends of each assumption, and returns differences and verdicts.

    worlds : the first run and the option. Raises Mistakes where nothing arrives.
    """
    marks: set[str] = set()

    def run_and_count(variants: list[PreparedVariant]) -> Iterator[VariantResults]:
        marks.update(variant.config_hash for variant in variants)
        return run(variants)

    base = _run_difference(worlds, run_and_count)
    ends: list[tuple[Difference | None, str]] = []
    for assumption in assumptions:
        for end in assumption.ends:
            ends.append(_difference_at_end(worlds, assumption, end, run_and_count, data_folders))
    adjusted = holm_adjusted([base.p, *(end.p if end else None for end, _ in ends)])
    base = replace(base, p=adjusted[0])
    differences = [(end and replace(end, p=p), mistake) for (end, mistake), p in zip(ends, adjusted[1:], strict=True)]
    tried = [
        TriedAssumption(
            assumption,
            low,
            high,
            reversal_verdict(base, low, high),
            zero_crossing(assumption, base, low, high),
            mistake or other_mistake,
        )
        for assumption, (low, mistake), (high, other_mistake) in zip(
            assumptions, differences[::2], differences[1::2], strict=True
        )
    ]
    tried.sort(key=lambda each: (VERDICTS.index(each.verdict), each.assumption.settings))
    first, option = worlds
    return Reversals(first.name, option.name, (first.config_hash, option.config_hash), replications,
        first.scenario.run.seed,
                     replications * len(marks),
                     base, tuple(tried), tuple(compared))  # fmt: skip


def reversal_verdict(base: Difference, low: Difference | None, high: Difference | None) -> str:
    """Returns which verdict applies: whether the sign of the difference, or its being clear, changes at an end."""
    if low is None or high is None:
        return NOT_TRIED
    was, ends = _sign_if_clear(base), (_sign_if_clear(low), _sign_if_clear(high))
    if was == 0:
        return BECOMES_CLEAR if any(ends) else STAYS_UNCLEAR
    return REVERSES if -was in ends else NO_LONGER_CLEAR if 0 in ends else DOES_NOT_REVERSE


def zero_crossing(assumption: Assumption, base: Difference, low: Difference | None, high: Difference | None) -> str:
    """Returns the value at which the mean difference is 0; empty unless the ends differ in sign.

    Interpolates linearly between the ends and the present value.
    """
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


def config_with_setting(config: Mapping[str, Any], setting: str, value: Any) -> dict[str, Any]:
    """Returns a copy of a configuration with a setting at another value.

    Raises ValueError where the setting is not in the configuration or is not a single value.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(config))
    parent: Any = changed
    path = setting
    while True:
        if not isinstance(parent, dict):
            raise ValueError(f"{setting} is not a setting of the scenario's own")
        inner, rest = into(parent, path)
        if not rest:
            break
        parent, path = inner, rest
    if setting.startswith("flows.") and f".corridors.{path}" in setting:
        parent.update(_shares_with(parent, path, value))
    elif isinstance(parent.get(path), dict):
        if "value" not in parent[path]:
            raise ValueError(f"{setting} is more than one number")
        parent[path]["value"] = value
    else:
        parent[path] = value
    return changed


def _sign_if_clear(difference: Difference) -> int:
    return int(np.sign(difference.mean.mean)) if difference.is_clear else 0


def _assumption_key(row: Mapping[str, Any]) -> str:
    return json.dumps([row["value"], row["assumed"], row["why"]])


def _shares_with(parts: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Returns the shares with one at a value: `rest` takes the difference, else the others in proportion.

    Raises ValueError where no other corridor has a share.
    """
    others = [other for other in parts if other != name]
    if any(parts[other] == "rest" for other in others):
        return {**parts, name: value}
    taken, left = sum(share(parts[other]) for other in others), 1 - share(value)
    if left and not taken:
        raise ValueError("there is no other corridor that takes what is left")
    scaled = {other: f"{100 * left * share(parts[other]) / taken:.6g} %" for other in others} if taken else {}
    return {**scaled, name: "rest"} if scaled else {name: value}


def _format_like_range(value: float, ends: Sequence[Any]) -> str:
    """Returns a value in base units as text, in the unit of the range."""
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
    """Returns the difference with an assumption at one end; or None, and why there is none."""
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
