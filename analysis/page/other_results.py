"""What `response`, `binding` and `reversals` found of a study's runs, as its page shows it.

Which results belong to a study says levers_kept.py. A page has at most one of each kind on its first pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.page import binding as binding_told
from analysis.page import response as response_told
from analysis.page import reversals as reversals_told
from analysis.plots.drawing import Plot
from analysis.plots.files import write_plots
from analysis.questions.reversals import Reversals
from analysis.questions.stored import bounds, responses
from analysis.results.tables import Study
from analysis.statistics.brief import brief_of
from analysis.statistics.compare import main_milestone


@dataclass(frozen=True)
class Shown:
    """A picture with its title and text, where its own page lies, and whether it belongs to the first pages."""

    plot: Plot
    title: str
    words: tuple[str, ...]
    page: str
    early: bool


def further(study: Study, folder: Path) -> dict[str, Any]:
    """All that a page needs: drawn plots with their words, reversals, and what is said of the stale."""
    milestone = main_milestone(study)
    told = brief_of(study, milestone) if milestone else None
    option = told.option.name if told else ""
    found, stale = shown(study, folder, option)
    drawn = write_plots([each.plot for each in found], folder)
    try:
        reversals = _reversals(study, reversals_told.kept(study, folder, option))
    except ValueError as error:
        reversals, stale = None, [*stale, _not_shown(f"results/{folder.name}/{error}", study)]
    beside = [
        {**plot, "title": each.title, "words": each.words, "page": each.page, "early": each.early}
        for plot, each in zip(drawn, found, strict=True)
    ]
    return {"beside": beside, "stale": stale, "reversals": reversals}


def shown(study: Study, folder: Path, first: str) -> tuple[list[Shown], list[str]]:
    """All that belongs to the study in `folder`, that of the run `first` before others; and what is said of the stale.

    Of equals the order is that of the folders' names.
    """
    against, stale = responses(study, folder)
    bound, stale_too = bounds(study, folder)
    pictures = []
    for response in sorted(against, key=lambda each: each.run.name != first):
        pictures.append((
            response_told.plot(response.result, study.tongue),
            study.tongue("“{run}”: what arrives against {lever}", run=response.run.label,
                         lever=response.result.lever.path),
            response_told.sentences(response.result.curves, study.tongue), response.folder / "response.html",
        ))  # fmt: skip
    for binding in sorted(bound, key=lambda each: each.run.name != first):
        if (drawn := binding_told.prices(binding.result, study.tongue)) is not None:
            said = binding_told.sentences(binding.result.rounds, study.tongue)
            title = study.tongue("“{run}”: what binds", run=binding.run.label)
            pictures.append((drawn, title, said, binding.folder / "binding.html"))
    return list(_numbered(pictures)), [_not_shown(_told(page), study) for page in (*stale, *stale_too)]


def _not_shown(page: str, study: Study) -> str:
    """What is said of a result that is stale."""
    return study.tongue(
        "{page} is of other settings than the runs here, and not shown; its command, run again, makes it anew.",
        page=page,
    )


def _numbered(pictures: list[tuple[Plot, str, list[str], Path]]) -> Iterator[Shown]:
    """Of several of a kind each further one has a number in its name."""
    seen: dict[str, int] = {}
    for plot, title, words, path in pictures:
        n = seen[plot.stem] = seen.get(plot.stem, 0) + 1
        named = plot if n == 1 else replace(plot, stem=f"{plot.stem}_{n}")
        yield Shown(named, title, tuple(words), _told(path), n == 1)


def _reversals(study: Study, found: Reversals | None) -> dict[str, Any] | None:
    """What would reverse the comparison: the sentence, all rows, and those that change something."""
    if found is None:
        return None
    head, *rows = reversals_told.rows(found, study)
    early = [rows[k] for k in reversals_told.worth_a_look(found)]
    return {"sentence": reversals_told.sentence(found, study.tongue), "rows": [head, *rows], "early": [head, *early]}


def _told(page: Path) -> str:
    return f"results/{page.parent.name}/{page.name}"
