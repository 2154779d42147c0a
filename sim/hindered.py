"""Places of the SimPy model that are slow, or shut, until tasks are done. What that does to them is theirs to say."""

from sim.network import Hindrance
from sim.rules import left_until_done


class Hindered:
    """A place that is slow, or shut, until tasks are done."""

    def __init__(self, own: list[Hindrance], done_s: list[int]):
        """`done_s` : of all tasks, known as soon as they are begun."""
        self.own, self.done_s = own, done_s

    def left(self, now_s: int) -> int:
        """The share of its speed that it has left now [per cent]: the least by any of its tasks."""
        least = 100
        for told in self.own:
            least = min(least, left_until_done(told.percent, told.since_s, self.done_s[told.task], now_s))
        return least
