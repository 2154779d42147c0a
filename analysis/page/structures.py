"""What a scenario adds under each ceiling structure: a ceiling for each gate, one over all, or one on collection.

Which structure holds is not known, so a conclusion is stated with the structures under which it holds.
"""

from dataclasses import dataclass, replace

from analysis.language.numbers import format_estimate
from analysis.language.translator import ENGLISH, Translator
from analysis.page.sentences import headline
from analysis.results.tables import RunResult, Study
from analysis.statistics.compare import Difference, difference, holm_adjusted, main_milestone

OVERRIDE_PREFIX = "structure="


@dataclass(frozen=True)
class StructureComparison:
    """The difference of a scenario to the first one, both under the same ceiling structure."""

    structure: str
    scenario: str
    reference: str
    effect: Difference


def structure_of(run: RunResult) -> str | None:
    """Returns the ceiling structure that the run's command chose; None where it chose none."""
    return next(
        (text.removeprefix(OVERRIDE_PREFIX) for text in run.overrides if text.startswith(OVERRIDE_PREFIX)), None
    )


def compare_under_structures(study: Study, measure: str) -> list[StructureComparison]:
    """Returns each scenario's difference to the first under each structure, p adjusted by Holm over all of them.

    Empty where there are fewer than two structures.
    """
    groups: dict[str, list[RunResult]] = {}
    for run in study.runs:
        if (structure := structure_of(run)) is not None:
            groups.setdefault(structure, []).append(run)
    if len(groups) < 2:
        return []
    rows = [
        StructureComparison(structure, _scenario_title(run), _scenario_title(first), effect)
        for structure, (first, *others) in groups.items()
        for run in others
        if (effect := difference(run, first, measure)) is not None
    ]
    adjusted = holm_adjusted([row.effect.p for row in rows])
    return [replace(row, effect=replace(row.effect, p=p)) for row, p in zip(rows, adjusted, strict=True)]


def opening_sentences(study: Study) -> list[str]:
    """Returns the sentences that a reader needs first: on ceiling structures if they differ, else on the result."""
    return structure_sentences(study) or [headline(study)]


def structure_sentences(study: Study) -> list[str]:
    """Returns a sentence for each scenario where ceiling structures differ, else none."""
    milestone = main_milestone(study)
    return (
        comparison_sentences(compare_under_structures(study, f"{milestone}_tonnes_per_day"), study.translate)
        if milestone
        else []
    )


def comparison_sentences(rows: list[StructureComparison], tongue: Translator = ENGLISH) -> list[str]:
    """Returns for each scenario the structures under which it brings more or less.

    Scenarios whose difference is clear under only one structure come first.
    """
    sentences = []
    for scenario in dict.fromkeys(row.scenario for row in rows):
        scenario_rows = [row for row in rows if row.scenario == scenario]
        clear = [row for row in scenario_rows if row.effect.is_clear]
        each = "; ".join(
            tongue(
                "{structure} {amount} t a day",
                structure=row.structure,
                amount=format_estimate(row.effect.mean, sign=True),
            )
            for row in scenario_rows
        )
        n_structures = len(scenario_rows)
        comparison = tongue("“{scenario}” against “{first}”", scenario=scenario, first=scenario_rows[0].reference)
        signs = {row.effect.mean.mean > 0 for row in clear}
        amount = tongue("more" if True in signs else "less")
        if not clear:
            text = "{what}: no clear difference under any of the {many} ceiling structures"
        elif len(signs) == 2:
            text = "{what}: more under some of the {many} ceiling structures, less under others"
        elif len(clear) == 1:
            text = "Only under one of {many} ceiling structures ({structure}): {what} brings {amount}"
        elif len(clear) == n_structures:
            text = "{what} brings {amount} under all {many} ceiling structures"
        else:
            text = "{what} brings {amount} under {n} of {many} ceiling structures"
        structure = clear[0].structure if clear else ""
        start = tongue(text, what=comparison, many=n_structures, structure=structure, amount=amount, n=len(clear))
        sentences.append((len(clear) != 1, f"{start} ({each})."))
    return [text for _, text in sorted(sentences, key=lambda pair: pair[0])]


def _scenario_title(run: RunResult) -> str:
    return str(run.config["scenario"]["title"])
