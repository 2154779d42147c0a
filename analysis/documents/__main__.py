"""`python -m analysis.documents` writes the generated parts of the documents anew (`make docs`).

It runs no scenario. Figures that a run gives are not made here: those of the README are made by `make readme`.
"""

import sys
from collections.abc import Callable, Mapping

from analysis.documents import definitions, planned, program
from analysis.documents.marked import filled
from analysis.files import ROOT, write

PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "MODEL.md": {
        "measures": definitions.measures,
        "experiments": planned.experiments,
        "inputs": planned.inputs,
        "versions": program.versions,
        "verification": program.verification,
        "credibility": program.credibility,
    },
    "docs/data.md": {"data": planned.data},
    "docs/settings.md": {"phases": program.phases},
}


def made(document: str) -> tuple[str, str]:
    """A document as it stands, and as it should."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return text, filled(text, {name: part() for name, part in PARTS[document].items()})


def main() -> int:
    for document in PARTS:
        old, new = made(document)
        if old != new:
            print(write(ROOT / document, new).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
