"""Shared parts of all pages: templates, plots in files and in the page, columns as CSV. It has no text of its own."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analysis.files import TEMPLATES, write_file
from analysis.results.columns import Columns

if TYPE_CHECKING:
    from analysis.plots.drawing import Plot


@cache
def load_template(name: str) -> Template:
    """Returns a template that escapes all text and raises where a value is missing."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    ).get_template(name)  # fmt: skip


def write_plots(drawn: Iterable["Plot"], folder: Path) -> list[dict[str, Any]]:
    """Writes each plot as SVG, PNG and CSV into plots/ below `folder`.

    Returns for each its stem, title and inline SVG, for a template.
    """
    (folder / "plots").mkdir(exist_ok=True)
    shown = []
    for plot in drawn:
        svg = plot.svg()
        write_file(folder / "plots" / f"{plot.stem}.svg", svg)
        write_file(folder / "plots" / f"{plot.stem}.png", plot.png())
        write_file(folder / "plots" / f"{plot.stem}.csv", csv_text(plot.columns))
        shown.append({"stem": plot.stem, "title": plot.title, "svg": inline_svg(svg, plot.stem, plot.alt)})
    return shown


def inline_svg(svg: bytes, stem: str, alt: str) -> Markup:
    """Returns an SVG for inclusion in a page: without prolog, ids beginning with `stem`, and `alt` as its label."""
    text = svg.decode()
    text = text[text.index("<svg") :]
    tag = re.compile(r"<[a-zA-Z][^>]*>")
    reference = re.compile(r'(\bid="|href="#|url\(#)')
    text = tag.sub(lambda match: reference.sub(rf"\g<1>{stem}-", match[0]), text)
    return Markup(text.replace("<svg", Markup('<svg role="img" aria-label="{}"').format(alt), 1))


def csv_text(columns: Columns) -> str:
    """Returns columns as CSV; None and nan become empty cells."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows([_csv_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue()


def _csv_cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value.isoformat() if isinstance(value, date) else str(value)
