"""The text of a command's settings, `name.name=value`: what they set, how they are shown, which folder they name."""

import hashlib
import re
from collections.abc import Collection

NOT_IN_NAME = {
    "study", "experiment", "run.workers", "run.replications", "run.precision", "run.log", "run.engine",
    "report.language", "report.notes",
}  # fmt: skip


def key(override: str) -> str:
    """The setting or group that an override is about."""
    return override.lstrip("+~").partition("=")[0]


def shown(overrides: Collection[str]) -> list[str]:
    """As a planner would write them."""
    return [override.lstrip("+") for override in overrides]


def added(overrides: Collection[str], groups: Collection[str]) -> list[str]:
    """Settings marked so that they may be set though no file mentions them; they are checked afterwards."""

    def is_setting(override: str) -> bool:
        name = key(override).partition("@")[0]
        return override[0] not in "+~" and "/" not in name and not name.startswith("hydra") and name not in groups

    return [f"++{override}" if is_setting(override) else override for override in overrides]


def quoted(text: str) -> str:
    """A text, such as a path with blanks or brackets, that Hydra's grammar takes as it is."""
    escaped = text.replace("'", "\\'")
    return f"'{escaped}'"


def run_name(scenario: str, overrides: Collection[str]) -> str:
    """The folder of a run: its scenario, and whatever else changes its results."""
    told = {key(override): override.lstrip("+") for override in overrides}
    told.pop("scenario", None)
    rest = sorted(text for name, text in told.items() if name not in NOT_IN_NAME and not name.startswith("hydra"))
    name = ",".join([scenario, *rest])
    safe = re.sub(r"[^\w.=,~+%-]", "_", name)
    if safe != name or len(safe) > 120:
        safe = f"{safe[:110]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return safe


def differing(own: Collection[str], of_all: Collection[Collection[str]]) -> str:
    """Those overrides that not all runs of a sweep share, to say which run is meant; empty where there is one run."""
    common = set.intersection(*(set(overrides) for overrides in of_all))
    return ", ".join(shown([override for override in own if override not in common]))
