"""`python -m analysis.documents` rewrites the generated parts and pages of the documents (`make docs`).

Committed documents have generated parts between marks. Pages under docs/reference/ are generated as a whole and not
committed. No scenario is run: figures that need a run are written by `make readme`.
"""

import sys
from collections.abc import Callable, Mapping

from analysis.documents import definitions, program, scenarios
from analysis.documents.generated_parts import fill_parts
from analysis.files import ROOT, write_file

GENERATED_PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/model/objectives.md": {"experiments": scenarios.experiments_table},
    "docs/model/measures.md": {"measures": definitions.measures_table},
    "docs/model/inputs.md": {"inputs": scenarios.inputs_table},
    "docs/model/implementation.md": {"versions": program.versions_table},
    "docs/model/verification.md": {"verification": program.verification_table},
    "docs/model/credibility.md": {"credibility": program.credibility_table},
    "docs/settings.md": {"phases": program.phases_table},
}
GENERATED_PAGES: Mapping[str, Callable[[], str]] = {"docs/reference/data.md": scenarios.data_page}


def regenerate(document: str) -> tuple[str, str]:
    """Returns the text of a document as it is, and with its generated parts up to date."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return text, fill_parts(text, {name: part() for name, part in GENERATED_PARTS[document].items()})


def main() -> int:
    """Rewrites the documents that are out of date, prints their names and returns the exit code."""
    for document in GENERATED_PARTS:
        old, new = regenerate(document)
        if old != new:
            print(write_file(ROOT / document, new).relative_to(ROOT))
    for page, text in GENERATED_PAGES.items():
        path = ROOT / page
        path.parent.mkdir(exist_ok=True)
        print(write_file(path, text()).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
