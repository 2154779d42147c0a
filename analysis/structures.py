"""What a scenario adds under each ceiling structure: its own ceiling for each gate, one over all, or what is collected.

Which of them holds is not known, so a conclusion is said with the structures under which it stands.
"""

from dataclasses import dataclass, replace

from analysis.compare import Difference, adjusted_by_holm, difference, main_milestone
from analysis.tables import RunResult, Study
from analysis.words import estimate, headline

CHOICE = "structure="


@dataclass(frozen=True)
class Under:
    """A scenario against the first one, both under the same ceiling structure."""

    structure: str
    scenario: str
    reference: str
    found: Difference


def structure_of(run: RunResult) -> str | None:
    """The ceiling structure that its command chose; None where it chose none."""
    return next((text.removeprefix(CHOICE) for text in run.overrides if text.startswith(CHOICE)), None)


def under_structures(study: Study, measure: str) -> list[Under]:
    """Each scenario against the first under each structure, p by Holm over all; nothing below two structures."""
    groups: dict[str, list[RunResult]] = {}
    for run in study.runs:
        if (structure := structure_of(run)) is not None:
            groups.setdefault(structure, []).append(run)
    if len(groups) < 2:
        return []
    rows = [
        Under(structure, _title(run), _title(first), found)
        for structure, (first, *others) in groups.items()
        for run in others
        if (found := difference(run, first, measure)) is not None
    ]
    adjusted = adjusted_by_holm([row.found.p for row in rows])
    return [replace(row, found=replace(row.found, p=p)) for row, p in zip(rows, adjusted, strict=True)]


def first_words(study: Study) -> list[str]:
    """What a reader has to know first: a sentence a scenario where ceiling structures differ, else on the result."""
    milestone = main_milestone(study)
    rows = under_structures(study, f"{milestone}_tonnes_per_day") if milestone else []
    return sentences(rows) or [headline(study)]


def sentences(rows: list[Under]) -> list[str]:
    """Under which structures a scenario brings more or less; what stands under one of them alone comes first."""
    said = []
    for scenario in dict.fromkeys(row.scenario for row in rows):
        own = [row for row in rows if row.scenario == scenario]
        clear = [row for row in own if row.found.clear]
        each = "; ".join(f"{row.structure} {estimate(row.found.mean, sign=True)} t a day" for row in own)
        what, many = f"“{scenario}” against “{own[0].reference}”", len(own)
        signs = {row.found.mean.mean > 0 for row in clear}
        amount = "more" if True in signs else "less"
        if not clear:
            start = f"{what}: no clear difference under any of the {many} ceiling structures"
        elif len(signs) == 2:
            start = f"{what}: more under some of the {many} ceiling structures, less under others"
        elif len(clear) == 1:
            start = f"Only under one of {many} ceiling structures ({clear[0].structure}): {what} brings {amount}"
        else:
            of = "all" if len(clear) == many else f"{len(clear)} of"
            start = f"{what} brings {amount} under {of} {many} ceiling structures"
        said.append((len(clear) != 1, f"{start} ({each})."))
    return [text for _, text in sorted(said, key=lambda pair: pair[0])]


def _title(run: RunResult) -> str:
    return str(run.config["scenario"]["title"])
