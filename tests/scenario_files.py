"""Whether YAML keeps to the schema of scenarios, before it is composed: `python -m tests.scenario_files [FILE...]`.

Without a name it looks at all that is shipped. An editor marks the same as one types; a hook before each commit asks
this.
"""

import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parent.parent
SCENARIOS = ROOT / "scenarios"
EXAMPLES = ROOT / "examples"
SCHEMA = ROOT / "schemas" / "scenario.json"
PARTS = {"run": "run"}  # a folder whose files are one part of a scenario, and no whole


class Plain(yaml.SafeLoader):
    """Dates stay text, as an editor has them."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def faults(written: str, part: str = "") -> list[str]:
    """What the schema says of a file, or of one part of a scenario."""
    whole = json.loads(SCHEMA.read_text(encoding="utf-8"))
    wanted = {"$defs": whole["$defs"], **whole["properties"][part]} if part else whole
    loaded: Any = yaml.load(written, Plain)
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(wanted).iter_errors(loaded)]


def shipped() -> list[Path]:
    """Returns the shipped files and the examples; config.yaml, where a command starts, is Hydra's own."""
    return sorted([*SCENARIOS.rglob("*/*.yaml"), *EXAMPLES.rglob("*/*.yaml")])


def main(words: Sequence[str]) -> int:
    files = [Path(word) for word in words] or shipped()
    wrong = 0
    for file in files:
        try:
            found = faults(file.read_text(encoding="utf-8"), PARTS.get(file.parent.name, ""))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            found = [" ".join(str(error).split())]
        for fault in found:
            print(f"error: {file}: {textwrap.shorten(fault, 300)}", file=sys.stderr)
        wrong += bool(found)
    if not wrong:
        print(f"{len(files)} files keep to {SCHEMA.relative_to(ROOT)}")
    return 2 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
