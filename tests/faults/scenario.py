"""Known faults in sim/scenario: what planners write and how it is read."""

from tests.faults.fault import Fault

FAULTS = (
    Fault("map: coordinates as fine as one likes", "sim/scenario/base.py",
           "if abs(degrees - rounded) > 1e-9:", "if abs(degrees - rounded) > 1:",
           "network/test_map.py::test_finer_or_half_coordinates_are_refused_in_words"),
    Fault("lines of a CSV that say the same, of which the last holds", "sim/scenario/start.py",
           '{"loads": stocks_by_name[same].loads + stock.loads}', '{"loads": stock.loads}',
           "network/test_start.py::test_the_order_of_the_lines_of_a_csv_changes_nothing_and_lines_that_say_the_same_add_up"),
    Fault("daylight of a planet that stands more upright", "sim/scenario/calendars.py",
           "radians(23 + (26", "radians(22 + (26",
           "scenario/test_daylight.py::test_the_sun_stands_where_the_book_says"),
    Fault("daylight by the clock of Greenwich", "sim/scenario/calendars.py",
           "equation_min * MINUTE_S + at.utc", "equation_min * MINUTE_S",
           "scenario/test_daylight.py::test_the_sun_rises_and_sets_within_two_minutes_of_published_times"),
    Fault("daylight without what the air bends", "sim/scenario/calendars.py",
           "ZENITH = 90.833", "ZENITH = 90.0",
           "scenario/test_daylight.py::test_the_sun_rises_and_sets_within_two_minutes_of_published_times"),
    Fault("daylight whose margin is taken at dawn alone", "sim/scenario/calendars.py",
           "sets - round(self.margin)", "sets",
           "scenario/test_daylight.py::test_a_margin_is_taken_from_both_ends_and_may_leave_nothing"),
    Fault("holidays that are included and forgotten", "sim/scenario/calendars.py",
           'update={"closures": {**self.closures, **more}}', 'update={"closures": {**self.closures}}',
           "scenario/test_daylight.py::test_a_calendar_is_closed_on_the_days_that_it_includes"),
    Fault("holidays that close on every weekday", "sim/scenario/calendars.py",
           "return day.weekday() in self.days and super().holds(day)", "return super().holds(day)",
           "scenario/test_daylight.py::test_a_calendar_is_closed_on_the_days_that_it_includes"),
    Fault("classes rounded one by one", "sim/scenario/people.py",
           "round(cumulative * self.waiting) - assigned", "round(share * self.waiting)",
           "readings/test_people.py::test_shares_of_classes_are_whole_parties_that_add_up"),
)  # fmt: skip
