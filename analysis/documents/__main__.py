"""`python -m analysis.documents` writes what is generated in the documents (`make docs`).

Documents that are committed have generated parts between marks. Pages under docs/reference/ are generated as a whole
and not committed. No scenario is run: figures of runs are written by `make readme`.
"""

import sys
from collections.abc import Callable, Mapping

from analysis.documents import definitions, planned, program
from analysis.documents.marked import filled
from analysis.files import ROOT, write

PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/model/objectives.md": {"experiments": planned.experiments},
    "docs/model/measures.md": {"measures": definitions.measures},
    "docs/model/inputs.md": {"inputs": planned.inputs},
    "docs/model/implementation.md": {"versions": program.versions},
    "docs/model/verification.md": {"verification": program.verification},
    "docs/model/credibility.md": {"credibility": program.credibility},
    "docs/settings.md": {"phases": program.phases},
}
PAGES: Mapping[str, Callable[[], str]] = {"docs/reference/data.md": planned.data}


def made(document: str) -> tuple[str, str]:
    """The text of a document now, and with its generated parts up to date."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return text, filled(text, {name: part() for name, part in PARTS[document].items()})


def main() -> int:
    for document in PARTS:
        old, new = made(document)
        if old != new:
            print(write(ROOT / document, new).relative_to(ROOT))
    for page, text in PAGES.items():
        path = ROOT / page
        path.parent.mkdir(exist_ok=True)
        print(write(path, text()).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
