"""How a mistake is told to a planner: every one at once, and the nearest right name."""

from collections.abc import Iterable
from difflib import get_close_matches


class Mistakes(Exception):  # noqa: N818
    """What is wrong with a scenario: a line for each mistake, where, what was wanted, what was found."""

    def __init__(self, lines: Iterable[str]):
        self.lines = list(lines)
        super().__init__("\n".join(self.lines))


def nearest(name: str, names: Iterable[str]) -> str:
    """`; did you mean x?` or, where nothing is near, what there is."""
    names = sorted(set(names))
    if close := get_close_matches(name, names, n=1, cutoff=0.6):
        return f"; did you mean {close[0]}?"
    return f" (there is: {', '.join(names)})" if names else " (there is none)"
