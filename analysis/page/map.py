"""The page's section on the map: the flow map, names of stops, and the replay with its script."""

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
# the page loads nothing, and runs no script but this one
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{_SCRIPT_HASH}'"
)
_RESERVED_BYTES = 30_000  # for script and drawing beside the packed replay
_LABEL_SIZE = 3.0  # as in style.html.j2


def map_section(study: Study, atlas: StudyMap, figure: dict[str, Any] | None, room: int) -> dict[str, Any]:
    """Returns the section's values for the template; with the replay only if it fits into `room` bytes."""
    tongue, map_layout = study.translate, atlas.layout
    lines = {name: title_lines(stop.title) for name, stop in atlas.stops.items()}
    labels = layout.place_labels(
        map_layout, {name: [*stop_lines, "8" * 14] for name, stop_lines in lines.items()}, _LABEL_SIZE
    )
    packed = replay.pack_replay(study, atlas, room - _RESERVED_BYTES) if room > _RESERVED_BYTES else None
    text = (
        "There is no replay: with it the page would be larger than a megabyte."
        if all(replay.has_replay(run) for run in study.runs if run.name in atlas.legs)
        else "There is no replay: a run of this study kept nothing of replication 0 to be watched. The same command in "
        "an empty folder makes it anew."
    )
    runs = [run for run in study.runs if run.name in atlas.legs]
    return {
        "surveyed": map_layout.projection is not None,
        "outline": [_ring_path(ring) for ring in atlas.outline_rings],
        "figure": figure,
        "names": list(_name_rows(study, atlas)),
        "height": round(map_layout.height, 1),
        "ways": [_leg_path(map_layout.positions[start], map_layout.positions[end]) for start, end in atlas.links],
        "spots": [
            {"x": map_layout.positions[name][0], "y": map_layout.positions[name][1], "lines": stop_lines,
             "label": labels[name], "beyond": name in map_layout.off_map}
            for name, stop_lines in lines.items()
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
    """Yields the headings, and for each stop its name, its other names, and the titles of its places in any run."""
    tongue = study.translate
    titles = {name: place.title for run in study.runs for name, place in run.places.items()}
    yield [tongue("on the map"), tongue("other names"), tongue("what stands there")]
    for stop in sorted(atlas.stops.values(), key=lambda stop: stop.title):
        place_titles = dict.fromkeys(titles[place] for place in stop.places if place in titles)
        yield [stop.title, ", ".join(stop.other_names) or "–", ", ".join(place_titles) or "–"]


def _ring_path(points: list[Point]) -> str:
    return "L".join(f"{x:g} {y:g}" for x, y in points)


def _leg_path(start: Point, end: Point) -> str:
    (x, y), (u, v), (p, q) = start, layout.curve_control_point(start, end), end
    return f"M{x:g} {y:g}Q{u:g} {v:g} {p:g} {q:g}"
