"""Teams and tasks: a task gets permission, waits for a team and its escorts, is worked on, and is done.

All tasks share one queue, at the first place that has teams. A task begins when a team and all its escorts are free, in
the order of (rank, since, number); one that cannot begin does not block those behind it.
"""

from bisect import insort
from collections.abc import Generator
from typing import Any

from simpy import Event

from sim.events import AUTHORISED, CONCLUDED, FINISHED, JOINED, REFUSED, STARTED, UNDERTAKEN
from sim.network.network import Network
from sim.network.tasks import Task, TeamsNode
from sim.rules import FREEZE, TASK_CARRIER, WITHOUT_END_S, finish_s, may_retry, may_start_task
from sim.story.offices import Office
from sim.story.world import CalendarCursor, World

Story = Generator[Event, Any, None]


class Teams:
    """The teams of one place. `free` is below 0 where a phase has left fewer than are out."""

    def __init__(self, world: World, node: TeamsNode):
        self.node, self.size, self.free = node, node.teams, node.teams
        self.calendar = CalendarCursor(world, node.dispatcher, node.calendar)

    def resize(self, number: int) -> None:
        """Changes the number of teams when a phase begins or ends; teams at work finish before they retire."""
        self.free += number - self.size
        self.size = number


class TaskModel:
    """The processes of all tasks, and the teams for which they wait."""

    def __init__(self, world: World, network: Network, loads: int):
        """`loads` : the number of loads; tasks are numbered above them in the log."""
        self.world, self.tasks, self.loads = world, network.tasks, loads
        self.done_s = [WITHOUT_END_S] * len(network.tasks)
        self.teams = {node.number: Teams(world, node) for node in network.nodes if isinstance(node, TeamsNode)}
        self.owner = min(self.teams, default=-1)
        self.queue: list[tuple[int, int, int, Event]] = []
        self.task_done = world.env.event()  # fires whenever a task is done

    def run_task(self, number: int, office: Office | None) -> Story:
        """Follows a task from its request until it is done or given up."""
        task = self.tasks[number]
        yield self.world.env.timeout(task.requested_s)
        if office is not None:
            permitted = yield from self.apply_for_permit(number, task, office)
            if not permitted:
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
        """Applies to the office until it grants permission; returns False after the last refused attempt."""
        for attempts_made, (lead_s, refused) in enumerate(zip(task.leads_s, task.refusals, strict=True), 1):
            self._log(number, JOINED, task.office)
            yield office.apply(task.rank, self.loads + number)
            self._log(number, STARTED, task.office)
            yield self.world.env.timeout(office.answer_s(lead_s) - self.world.now_s)
            self._log(number, FINISHED, task.office)
            self._log(number, REFUSED if refused else AUTHORISED, task.office)
            if not refused:
                return True
            if may_retry(attempts_made, task.attempts):
                yield self.world.env.timeout(task.again_s)
        return False

    def serve(self) -> None:
        """Begins all tasks for which a team and the escorts are free."""
        for entry in list(self.queue):
            *_, number, begins = entry
            task, teams = self.tasks[number], self.teams[self.tasks[number].teams]
            escorts = self.teams.get(task.escorts)
            escorts_free, escorts_open = (escorts.free, escorts.calendar.level()) if escorts else (0, 0)
            if may_start_task(teams.free, teams.calendar.level(), escorts_free, escorts_open, task.escorted):
                self.queue.remove(entry)
                self._adjust_free_teams(task, 1)
                calendar = teams.calendar
                self.done_s[number] = finish_s(self.world.now_s, task.work_s, FREEZE, 0, calendar.at_s, calendar.value)
                self._log(number, UNDERTAKEN, task.teams)
                if self.done_s[number] < WITHOUT_END_S:
                    begins.succeed()
        if self.queue:
            self._schedule_wake()

    def resize_teams(self, place: int, number: int) -> None:
        """Changes the number of teams of a place when a phase begins or ends."""
        self.teams[place].resize(number)
        self.world.touch(self.owner)

    def _adjust_free_teams(self, task: Task, sign: int) -> None:
        self.teams[task.teams].free -= sign
        if task.escorts >= 0:
            self.teams[task.escorts].free -= sign * task.escorted

    def _schedule_wake(self) -> None:
        """Has the queue served again when the working hours of any teams begin or end."""
        for teams in self.teams.values():
            teams.calendar.wake_at(teams.calendar.next_change_s())

    def _log(self, number: int, kind: int, place: int, value: int = -1) -> None:
        self.world.log_row(self.loads + number, kind, place, TASK_CARRIER, value)
