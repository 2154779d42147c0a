"""What the page's section of the map is made of: the flow map, names, and the replay with its script."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from analysis.files import TEMPLATES
from analysis.page import replay
from analysis.plots.map import title_lines
from analysis.results.tables import Study
from analysis.statistics import layout
from analysis.statistics.atlas import Atlas
from analysis.statistics.layout import Point

SCRIPT = (TEMPLATES / "replay.js").read_text(encoding="utf-8")
_MARK = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
# nothing is loaded, and no script runs but this one
POLICY = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{_MARK}'"
_OF_THE_REST = 30_000  # bytes of script and drawing beside what is packed
_SIZE = 3.0  # of names, as in the style


def section(study: Study, atlas: Atlas, figure: dict[str, Any] | None, room: int) -> dict[str, Any]:
    """For the template; with the replay only if it has room, in bytes."""
    tongue, drawn = study.tongue, atlas.layout
    lines = {name: title_lines(spot.title) for name, spot in atlas.spots.items()}
    labels = layout.labels(drawn, {name: [*own, "8" * 14] for name, own in lines.items()}, _SIZE)
    packed = replay.told(study, atlas, room - _OF_THE_REST) if room > _OF_THE_REST else None
    text = (
        "There is no replay: with it the page would be larger than a megabyte."
        if all(replay.is_kept(run) for run in study.runs if run.name in atlas.ways)
        else "There is no replay: a run of this study kept nothing of replication 0 to be watched. The same command in "
        "an empty folder makes it anew."
    )
    runs = [run for run in study.runs if run.name in atlas.ways]
    return {
        "surveyed": drawn.projection is not None,
        "outline": [_line(ring) for ring in atlas.outline],
        "figure": figure,
        "names": list(_names(study, atlas)),
        "height": round(drawn.height, 1),
        "ways": [_curve(drawn.at[start], drawn.at[end]) for start, end in atlas.pairs],
        "spots": [
            {"x": drawn.at[name][0], "y": drawn.at[name][1], "lines": own, "label": labels[name],
             "beyond": name in drawn.beyond}
            for name, own in lines.items()
        ],
        "runs": [run.label for run in runs],
        "left_out": len(runs) < len(study.runs),
        "sectors": [tongue(name) for name in replay.SECTORS.values()],
        "alt": tongue(
            "Map of {n} spots on which the loads of one simulated replication move; the tables tell what it shows.",
            n=len(atlas.spots),
        ),
        "replay": packed,
        "thinned": bool(packed and packed.pop("thinned")),
        "script": Markup(SCRIPT),
        "why_not": tongue(text),
    }  # fmt: skip


def _names(study: Study, atlas: Atlas) -> Iterator[list[str]]:
    """Of each spot its name, its other names, and the titles of the places that are there, in any run."""
    tongue = study.tongue
    titles = {name: place.title for run in study.runs for name, place in run.places.items()}
    yield [tongue("on the map"), tongue("other names"), tongue("what stands there")]
    for spot in sorted(atlas.spots.values(), key=lambda spot: spot.title):
        there = dict.fromkeys(titles[place] for place in spot.places if place in titles)
        yield [spot.title, ", ".join(spot.also) or "–", ", ".join(there) or "–"]


def _line(points: list[Point]) -> str:
    return "L".join(f"{x:g} {y:g}" for x, y in points)


def _curve(start: Point, end: Point) -> str:
    (x, y), (u, v), (p, q) = start, layout.bend(start, end), end
    return f"M{x:g} {y:g}Q{u:g} {v:g} {p:g} {q:g}"
