"""The equipment of a pool's lanes in the SimPy model: what is being repaired, and when work ends in spite of it."""

from sim.nodes import Breaks
from sim.rules import outlasts_s, up_again_s


class Equipment:
    """Breaks in each lane by itself, at moments that were drawn before the clock started.

    A lane whose time up runs always may stand idle and be down. Of another the clock stands while nobody works there,
    so what breaks is seen by whoever is in it, or comes next.
    """

    def __init__(self, breaks: Breaks):
        self.always, self.restarts = breaks.always, breaks.restarts
        self.spans = [(breaks_s.tolist(), mended_s.tolist()) for breaks_s, mended_s in breaks.spans]
        self._clock_s = [0] * len(self.spans)

    def up_again_s(self, lane: int, now_s: int) -> int:
        """When a free lane can be started in; `now_s` if it can now."""
        return up_again_s(now_s, *self.spans[lane]) if self.always else now_s

    def ends_s(self, lane: int, now_s: int, work_s: int) -> int:
        """When work that starts now ends."""
        if self.always:
            return outlasts_s(now_s, work_s, self.restarts, *self.spans[lane])
        begun_s = self._clock_s[lane]
        self._clock_s[lane] = outlasts_s(begun_s, work_s, self.restarts, *self.spans[lane])
        return now_s + self._clock_s[lane] - begun_s
