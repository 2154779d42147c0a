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
from analysis.questions.stored_results import read_binding_results, read_responses
from analysis.results.tables import Study
from analysis.statistics.brief import build_brief
from analysis.statistics.compare import main_milestone


@dataclass(frozen=True)
class LinkedPlot:
    """A picture with its title and text, where its own page lies, and whether it belongs to the first pages."""

    plot: Plot
    title: str
    sentences: tuple[str, ...]
    page_path: str
    on_first_pages: bool


def linked_results(study: Study, folder: Path) -> dict[str, Any]:
    """All that a page needs: drawn plots with their words, reversals, and what is said of the stale."""
    milestone = main_milestone(study)
    told = build_brief(study, milestone) if milestone else None
    option = told.option.name if told else ""
    found, stale = linked_plots(study, folder, option)
    drawn = write_plots([each.plot for each in found], folder)
    try:
        reversals = _reversal_tables(study, reversals_told.read_reversals(study, folder, option))
    except ValueError as error:
        reversals, stale = None, [*stale, _stale_note(f"results/{folder.name}/{error}", study)]
    beside = [
        {**plot, "title": each.title, "words": each.sentences, "page": each.page_path, "early": each.on_first_pages}
        for plot, each in zip(drawn, found, strict=True)
    ]
    return {"beside": beside, "stale": stale, "reversals": reversals}


def linked_plots(study: Study, folder: Path, first: str) -> tuple[list[LinkedPlot], list[str]]:
    """All that belongs to the study in `folder`, that of the run `first` before others; and what is said of the stale.

    Of equals the order is that of the folders' names.
    """
    against, stale = read_responses(study, folder)
    bound, stale_too = read_binding_results(study, folder)
    pictures = []
    for response in sorted(against, key=lambda each: each.run.name != first):
        pictures.append((
            response_told.draw_response(response.result, study.translate),
            study.translate("“{run}”: what arrives against {lever}", run=response.run.label,
                         lever=response.result.lever.path),
            response_told.response_sentences(response.result.curves, study.translate),
            response.folder / "response.html",
        ))  # fmt: skip
    for binding in sorted(bound, key=lambda each: each.run.name != first):
        if (drawn := binding_told.shadow_price_plot(binding.result, study.translate)) is not None:
            said = binding_told.binding_sentences(binding.result.rounds, study.translate)
            title = study.translate("“{run}”: what binds", run=binding.run.label)
            pictures.append((drawn, title, said, binding.folder / "binding.html"))
    return list(_with_unique_stems(pictures)), [_stale_note(_result_path(page), study) for page in (*stale, *stale_too)]


def _stale_note(page: str, study: Study) -> str:
    """What is said of a result that is stale."""
    return study.translate(
        "{page} is of other settings than the runs here, and not shown; its command, run again, makes it anew.",
        page=page,
    )


def _with_unique_stems(pictures: list[tuple[Plot, str, list[str], Path]]) -> Iterator[LinkedPlot]:
    """Of several of a kind each further one has a number in its name."""
    seen: dict[str, int] = {}
    for plot, title, words, path in pictures:
        n = seen[plot.stem] = seen.get(plot.stem, 0) + 1
        named = plot if n == 1 else replace(plot, stem=f"{plot.stem}_{n}")
        yield LinkedPlot(named, title, tuple(words), _result_path(path), n == 1)


def _reversal_tables(study: Study, found: Reversals | None) -> dict[str, Any] | None:
    """What would reverse the comparison: the sentence, all rows, and those that change something."""
    if found is None:
        return None
    head, *rows = reversals_told.reversal_rows(found, study)
    early = [rows[k] for k in reversals_told.decisive_rows(found)]
    return {
        "sentence": reversals_told.reversals_sentence(found, study.translate),
        "rows": [head, *rows],
        "early": [head, *early],
    }


def _result_path(page: Path) -> str:
    return f"results/{page.parent.name}/{page.name}"
