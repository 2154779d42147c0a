"""Results of `response`, `binding` and `reversals` for a study's runs, as its page shows them.

`analysis.questions.stored` decides which results belong to a study. A page has at most one of each kind on its first
pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.page import binding as binding_page
from analysis.page import response as response_page
from analysis.page import reversals as reversals_page
from analysis.plots.drawing import Plot
from analysis.plots.files import write_plots
from analysis.questions.reversals import Reversals
from analysis.questions.stored_results import read_binding_results, read_responses
from analysis.results.tables import Study
from analysis.statistics.brief import build_brief
from analysis.statistics.compare import main_milestone


@dataclass(frozen=True)
class LinkedPlot:
    """A plot with its title and text, the path of its own page, and whether it belongs on the first pages."""

    plot: Plot
    title: str
    sentences: tuple[str, ...]
    page_path: str
    on_first_pages: bool


def linked_results(study: Study, folder: Path) -> dict[str, Any]:
    """Writes the linked plots, and returns values for the template: plots, reversals, and notes on stale results."""
    milestone = main_milestone(study)
    brief = build_brief(study, milestone) if milestone else None
    option = brief.option.name if brief else ""
    linked, stale = linked_plots(study, folder, option)
    drawn = write_plots([each.plot for each in linked], folder)
    try:
        reversals = _reversal_tables(study, reversals_page.read_reversals(study, folder, option))
    except ValueError as error:
        reversals, stale = None, [*stale, _stale_note(f"results/{folder.name}/{error}", study)]
    beside = [
        {**plot, "title": each.title, "words": each.sentences, "page": each.page_path, "early": each.on_first_pages}
        for plot, each in zip(drawn, linked, strict=True)
    ]
    return {"beside": beside, "stale": stale, "reversals": reversals}


def linked_plots(study: Study, folder: Path, first: str) -> tuple[list[LinkedPlot], list[str]]:
    """Returns the plots that belong to the study in `folder`, and notes on stale results.

    Those of the run `first` come first; otherwise they are in the order of the folders' names.
    """
    responses, stale = read_responses(study, folder)
    bindings, stale_bindings = read_binding_results(study, folder)
    plots = []
    for response in sorted(responses, key=lambda each: each.run.name != first):
        plots.append((
            response_page.draw_response(response.result, study.translate),
            study.translate("“{run}”: what arrives against {lever}", run=response.run.label,
                         lever=response.result.lever.path),
            response_page.response_sentences(response.result.curves, study.translate),
            response.folder / "response.html",
        ))  # fmt: skip
    for binding in sorted(bindings, key=lambda each: each.run.name != first):
        if (drawn := binding_page.shadow_price_plot(binding.result, study.translate)) is not None:
            sentences = binding_page.binding_sentences(binding.result.rounds, study.translate)
            title = study.translate("“{run}”: what binds", run=binding.run.label)
            plots.append((drawn, title, sentences, binding.folder / "binding.html"))
    return list(_with_unique_stems(plots)), [
        _stale_note(_result_path(page), study) for page in (*stale, *stale_bindings)
    ]


def _stale_note(page: str, study: Study) -> str:
    """Returns the note that a result is stale."""
    return study.translate(
        "{page} is of other settings than the runs here, and not shown; its command, run again, makes it anew.",
        page=page,
    )


def _with_unique_stems(plots: list[tuple[Plot, str, list[str], Path]]) -> Iterator[LinkedPlot]:
    """Yields the plots; from the second of a kind on, each has a number in its stem."""
    seen: dict[str, int] = {}
    for plot, title, words, path in plots:
        n = seen[plot.stem] = seen.get(plot.stem, 0) + 1
        renamed = plot if n == 1 else replace(plot, stem=f"{plot.stem}_{n}")
        yield LinkedPlot(renamed, title, tuple(words), _result_path(path), n == 1)


def _reversal_tables(study: Study, reversals: Reversals | None) -> dict[str, Any] | None:
    """Returns the sentence on reversals, all rows, and those that change something; None without reversals."""
    if reversals is None:
        return None
    head, *rows = reversals_page.reversal_rows(reversals, study)
    early = [rows[k] for k in reversals_page.decisive_rows(reversals)]
    return {
        "sentence": reversals_page.reversals_sentence(reversals, study.translate),
        "rows": [head, *rows],
        "early": [head, *early],
    }


def _result_path(page: Path) -> str:
    return f"results/{page.parent.name}/{page.name}"
