"""Teams in the SimPy model: tasks ask for permission, wait for a team and its escorts, are worked at, and are done.

All tasks stand in one queue, at the first of all places that have teams: whoever finds its team and all its escorts
free begins, in the order of (rank, since, number); who does not find them bars nobody behind it.
"""

from bisect import insort
from collections.abc import Generator
from typing import Any

from simpy import Event

from sim.events import AUTHORISED, CONCLUDED, FINISHED, JOINED, REFUSED, STARTED, UNDERTAKEN
from sim.network.network import Network
from sim.network.tasks import Task, TeamsNode
from sim.rules import FREEZE, TASK, WITHOUT_END_S, finishes_s, may_try_again, may_undertake
from sim.story.offices import Office
from sim.story.world import CalendarCursor, World

Story = Generator[Event, Any, None]


class Teams:
    """Of one place: how many are free, below 0 where a phase has left fewer than are out, and their hours."""

    def __init__(self, world: World, node: TeamsNode):
        self.node, self.size, self.free = node, node.teams, node.teams
        self.calendar = CalendarCursor(world, node.owner, node.calendar)

    def resize(self, number: int) -> None:
        """A phase changes how many there are; those that are out end their work before they go."""
        self.free += number - self.size
        self.size = number


class TaskModel:
    """The stories of all tasks, and the teams that they wait for."""

    def __init__(self, world: World, network: Network, loads: int):
        """`loads` : how many there are; tasks are numbered above them."""
        self.world, self.tasks, self.loads = world, network.tasks, loads
        self.done_s = [WITHOUT_END_S] * len(network.tasks)
        self.teams = {node.number: Teams(world, node) for node in network.nodes if isinstance(node, TeamsNode)}
        self.owner = min(self.teams, default=-1)
        self.queue: list[tuple[int, int, int, Event]] = []
        self.task_done = world.env.event()  # fires whenever a task is done

    def run_task(self, number: int, office: Office | None) -> Story:
        """A task from its request until it is done or given up."""
        task = self.tasks[number]
        yield self.world.env.timeout(task.requested_s)
        if office is not None:
            allowed = yield from self.apply_for_permit(number, task, office)
            if not allowed:
                self._log(number, CONCLUDED, task.teams, 0)
                return
        begins = self.world.env.event()
        insort(self.queue, (task.rank, self.world.now_s, number, begins))
        self.world.touch(self.owner)
        yield begins
        yield self.world.env.timeout(self.done_s[number] - self.world.now_s)
        self._log(number, CONCLUDED, task.teams, 1)
        self._adjust_free_teams(task, -1)
        self.world.touch(self.owner)
        done, self.task_done = self.task_done, self.world.env.event()
        done.succeed()

    def apply_for_permit(self, number: int, task: Task, office: Office) -> Generator[Event, Any, bool]:
        """Asks the office until it says yes, or for the last time no."""
        for made, (lead_s, refused) in enumerate(zip(task.leads_s, task.refusals, strict=True), 1):
            self._log(number, JOINED, task.office)
            yield office.apply(task.rank, self.loads + number)
            self._log(number, STARTED, task.office)
            yield self.world.env.timeout(office.answer_s(lead_s) - self.world.now_s)
            self._log(number, FINISHED, task.office)
            self._log(number, REFUSED if refused else AUTHORISED, task.office)
            if not refused:
                return True
            if may_try_again(made, task.attempts):
                yield self.world.env.timeout(task.again_s)
        return False

    def serve(self) -> None:
        """Whoever finds a team and its escorts free begins."""
        for entry in list(self.queue):
            *_, number, begins = entry
            task, teams = self.tasks[number], self.teams[self.tasks[number].teams]
            escorts = self.teams.get(task.escorts)
            ready = (escorts.free, escorts.calendar.level()) if escorts else (0, 0)
            if may_undertake(teams.free, teams.calendar.level(), *ready, task.escorted):
                self.queue.remove(entry)
                self._adjust_free_teams(task, 1)
                calendar = teams.calendar
                self.done_s[number] = finishes_s(
                    self.world.now_s, task.work_s, FREEZE, 0, calendar.at_s, calendar.value
                )
                self._log(number, UNDERTAKEN, task.teams)
                if self.done_s[number] < WITHOUT_END_S:
                    begins.succeed()
        if self.queue:
            self._schedule_wake()

    def resize_teams(self, place: int, number: int) -> None:
        """A phase changes how many teams there are."""
        self.teams[place].resize(number)
        self.world.touch(self.owner)

    def _adjust_free_teams(self, task: Task, sign: int) -> None:
        self.teams[task.teams].free -= sign
        if task.escorts >= 0:
            self.teams[task.escorts].free -= sign * task.escorted

    def _schedule_wake(self) -> None:
        """Looks again as soon as hours of work begin or end anywhere."""
        for teams in self.teams.values():
            teams.calendar.wake_at(teams.calendar.next_change_s())

    def _log(self, number: int, kind: int, place: int, told: int = -1) -> None:
        self.world.rows.append((self.world.now_s, self.loads + number, kind, place, TASK, told))
