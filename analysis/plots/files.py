"""What every page is made of: its template, drawings in it and beside it, columns as CSV. It says nothing itself."""

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
    """A page that escapes all text, and refuses what it is not given."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    ).get_template(name)  # fmt: skip


def write_plots(drawn: Iterable["Plot"], folder: Path) -> list[dict[str, Any]]:
    """Each plot as SVG, PNG and CSV in plots/, and what a page needs of it."""
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
    """An SVG as part of a page: without its prolog, its ids its own, and with words for who does not see it."""
    text = svg.decode()
    text = text[text.index("<svg") :]
    tag = re.compile(r"<[a-zA-Z][^>]*>")
    own = re.compile(r'(\bid="|href="#|url\(#)')
    text = tag.sub(lambda found: own.sub(rf"\g<1>{stem}-", found[0]), text)
    return Markup(text.replace("<svg", Markup('<svg role="img" aria-label="{}"').format(alt), 1))


def csv_text(columns: Columns) -> str:
    """Columns as CSV; what is not there is empty."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows([_csv_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue()


def _csv_cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value.isoformat() if isinstance(value, date) else str(value)
