"""`python -m analysis.documents` rewrites the generated parts of the documents (`make docs`).

It runs no scenario. Figures that need a run are not made here; those of the README come from `make readme`.
"""

import sys
from collections.abc import Callable, Mapping

from analysis.documents import definitions, program, scenarios
from analysis.documents.generated_parts import fill_parts
from analysis.files import ROOT, write_file

GENERATED_PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "MODEL.md": {
        "measures": definitions.measures_table,
        "experiments": scenarios.experiments_table,
        "inputs": scenarios.inputs_table,
        "versions": program.versions_table,
        "verification": program.verification_table,
        "credibility": program.credibility_table,
    },
    "docs/data.md": {"data": scenarios.data_tables},
    "docs/settings.md": {"phases": program.phases_table},
}


def regenerate(document: str) -> tuple[str, str]:
    """Returns the document as it is, and as it should be."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return text, fill_parts(text, {name: part() for name, part in GENERATED_PARTS[document].items()})


def main() -> int:
    """Rewrites the documents that are out of date, prints their names and returns the exit code."""
    for document in GENERATED_PARTS:
        old, new = regenerate(document)
        if old != new:
            print(write_file(ROOT / document, new).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
