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
from analysis.statistics.layout import Point
from analysis.statistics.study_map import StudyMap

REPLAY_SCRIPT = (TEMPLATES / "replay.js").read_text(encoding="utf-8")
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(REPLAY_SCRIPT.encode()).digest()).decode()
# nothing is loaded, and no script runs but this one
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{_SCRIPT_HASH}'"
)
_RESERVED_BYTES = 30_000  # bytes of script and drawing beside what is packed
_LABEL_SIZE = 3.0  # of names, as in the style


def map_section(study: Study, atlas: StudyMap, figure: dict[str, Any] | None, room: int) -> dict[str, Any]:
    """For the template; with the replay only if it has room, in bytes."""
    tongue, drawn = study.translate, atlas.layout
    lines = {name: title_lines(spot.title) for name, spot in atlas.stops.items()}
    labels = layout.place_labels(drawn, {name: [*own, "8" * 14] for name, own in lines.items()}, _LABEL_SIZE)
    packed = replay.pack_replay(study, atlas, room - _RESERVED_BYTES) if room > _RESERVED_BYTES else None
    text = (
        "There is no replay: with it the page would be larger than a megabyte."
        if all(replay.has_replay(run) for run in study.runs if run.name in atlas.legs)
        else "There is no replay: a run of this study kept nothing of replication 0 to be watched. The same command in "
        "an empty folder makes it anew."
    )
    runs = [run for run in study.runs if run.name in atlas.legs]
    return {
        "surveyed": drawn.projection is not None,
        "outline": [_ring_path(ring) for ring in atlas.outline_rings],
        "figure": figure,
        "names": list(_name_rows(study, atlas)),
        "height": round(drawn.height, 1),
        "ways": [_leg_path(drawn.positions[start], drawn.positions[end]) for start, end in atlas.links],
        "spots": [
            {"x": drawn.positions[name][0], "y": drawn.positions[name][1], "lines": own, "label": labels[name],
             "beyond": name in drawn.off_map}
            for name, own in lines.items()
        ],
        "runs": [run.label for run in runs],
        "left_out": len(runs) < len(study.runs),
        "sectors": [tongue(name) for name in replay.SECTORS.values()],
        "alt": tongue(
            "Map of {n} spots on which the loads of one simulated replication move; the tables tell what it shows.",
            n=len(atlas.stops),
        ),
        "replay": packed,
        "thinned": bool(packed and packed.pop("thinned")),
        "script": Markup(REPLAY_SCRIPT),
        "why_not": tongue(text),
    }  # fmt: skip


def _name_rows(study: Study, atlas: StudyMap) -> Iterator[list[str]]:
    """Of each spot its name, its other names, and the titles of the places that are there, in any run."""
    tongue = study.translate
    titles = {name: place.title for run in study.runs for name, place in run.places.items()}
    yield [tongue("on the map"), tongue("other names"), tongue("what stands there")]
    for spot in sorted(atlas.stops.values(), key=lambda spot: spot.title):
        there = dict.fromkeys(titles[place] for place in spot.places if place in titles)
        yield [spot.title, ", ".join(spot.other_names) or "–", ", ".join(there) or "–"]


def _ring_path(points: list[Point]) -> str:
    return "L".join(f"{x:g} {y:g}" for x, y in points)


def _leg_path(start: Point, end: Point) -> str:
    (x, y), (u, v), (p, q) = start, layout.curve_control_point(start, end), end
    return f"M{x:g} {y:g}Q{u:g} {v:g} {p:g} {q:g}"
