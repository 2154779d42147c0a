"""Faults of one line that others have made, and the test that must notice each: `python -m tests.mutants`.

Every fault is put into a copy of the program in a folder that is thrown away; the work tree is never touched, and
nothing is compiled. A fault that its test does not notice is a hole in the tests. `python -m tests.mutants compiled`
tries those with that word in their names.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
COPIED = ("sim", "analysis", "tests", "pyproject.toml")
PASSED, FAILED = 0, 1  # pytest's codes; any other is neither
VERIFIED = "test_verification.py::test_a_case_without_luck_comes_out_by_both_engines"
ENGINES = "test_engines.py::test_the_engines_agree_on_a_few_awkward_worlds"


class Mutant(NamedTuple):
    """A fault: `old` stands once in sim/`file`, and becomes `new`; `test` (file::function[case]) fails then."""

    name: str
    file: str
    old: str
    new: str
    test: str


MUTANTS = (
    Mutant("lognormal whose logarithm varies by cv", "laws.py",
           "variance = float(np.log1p(self.cv**2))", "variance = self.cv**2",
           "test_durations.py::test_quantiles_are_the_known_ones"),
    Mutant("Weibull whose scale is its mean", "laws.py",
           "return self.mean / gamma(1 + 1 / self.shape)", "return self.mean",
           "test_durations.py::test_quantiles_are_the_known_ones"),
    Mutant("closing rules swapped", "rules.py",
           "    if rule != FREEZE:\n", "    if rule == FREEZE:\n",
           f"{VERIFIED}[four lanes from 8 to 16, traced: freeze]"),
    Mutant("a new shift that starts nobody", "places.py",
           "        if self.queue or self.door:\n            self.opening.wake_at",
           "        if False:\n            self.opening.wake_at",
           f"{VERIFIED}[ten trucks before the opening]"),
    Mutant("wait averaged over those who waited", "metrics.py",
           "number = len(visits.joined_s)", "number = int((visits.started_s > visits.joined_s).sum())",
           f"{VERIFIED}[convoys of exactly five]"),
    Mutant("mean over changes, not over time", "visits.py",
           "return float(above - below) / (to_s - from_s)", "return float(self._sums()[1].mean())",
           f"{VERIFIED}[a mean over time is none over changes]"),
    Mutant("rank 0 goes last", "places.py",
           "place_in_line = (truck.rank, ", "place_in_line = (-truck.rank, ",
           "test_engine.py::test_rank_nought_goes_first"),
    Mutant("last come, first served", "places.py",
           "place_in_line = (truck.rank, self.world.now_s, ", "place_in_line = (truck.rank, -self.world.now_s, ",
           f"{VERIFIED}[2 lanes behind one queue]"),
    Mutant("what is due at the run's end still happens", "corridor.py",
           "self.env.run(until=self.network.horizon_s)", "self.env.run(until=self.network.horizon_s + 1)",
           "test_relations.py::test_what_is_due_as_the_run_ends_does_not_happen"),
    Mutant("seed + replication", "streams.py",
           "SeedSequence(seed, spawn_key=(replication, int", "SeedSequence(seed + replication, spawn_key=(0, int",
           "test_draws.py::test_no_replication_of_one_seed_is_a_replication_of_another"),
    Mutant("a rejected load is lost", "corridor.py",
           "        return step.back_to", "        return GONE",
           "test_engine.py::test_a_rejected_load_comes_back_with_its_next_luck_and_is_returned_in_the_end"),
    Mutant("a load that is sent back has the same luck again", "world.py",
           "self.been[place] = before + 1", "self.been[place] = before",
           "test_engine.py::test_a_load_sent_back_to_an_earlier_step_repeats_the_drive"),
    Mutant("pallets counted once too often", "corridor.py",
           "            for load, pallets in truck.parts:",
           "            for load, pallets in [*truck.parts, truck.parts[0]]:",
           f"{VERIFIED}[one truck alone, through every verb]"),
    Mutant("pallets that leave give no room back", "convoys.py",
           "line.platform.stock -= pallets", "line.platform.stock -= 0",
           "test_engine.py::test_a_bay_is_held_until_the_platform_has_room_for_all_pallets"),
    Mutant("a lane that is given back before the next place has room", "corridor.py",
           "        truck.holds = (pool, lane)", "        pool.leave(lane)",
           f"{VERIFIED}[room for 0 between two lanes, traced]"),
    Mutant("room for one more than there is", "places.py",
           "if len(self.queue) >= self.node.room and", "if len(self.queue) > self.node.room and",
           f"{VERIFIED}[room for 1 between two stages]"),
    Mutant("nothing may end just at closing time", "rules.py",
           "now_s + work_s <= closes_s", "now_s + work_s < closes_s",
           "test_rules.py::test_nothing_starts_that_cannot_end_in_time"),
    Mutant("breaks: work that ends just as the lane breaks is not done", "rules.py",
           "breaks_s[i] < now + left", "breaks_s[i] <= now + left",
           "test_rules.py::test_work_outlasts_breakdowns"),
    Mutant("breaks: what was done before a breakdown is lost", "rules.py",
           "        if not restarts:\n", "        if False:\n",
           "test_breakdowns.py::test_a_scanner_that_is_down_for_an_hour_pauses_the_second_truck_or_begins_it_anew"),
    Mutant("breaks: the clock of work runs while nobody works", "equipment.py",
           "begun_s = self._clock_s[lane]", "begun_s = now_s",
           "test_breakdowns.py::test_a_lane_that_is_down_waits_for_its_repair_and_wakes_its_queue"),
    Mutant("breaks: a repair that ends wakes nobody", "places.py",
           "min(self.opening.next_change_s(), self._next_repaired_s())", "self.opening.next_change_s()",
           "test_breakdowns.py::test_a_lane_that_is_down_waits_for_its_repair_and_wakes_its_queue"),
    Mutant("breaks: all lanes of a place break together", "breakdowns.py",
           "crc(node.key), visit=lane)", "crc(node.key))",
           "test_breakdowns.py::test_every_lane_and_every_replication_has_luck_of_its_own"),
    Mutant("breaks: a lane that is being repaired takes a truck", "rules.py",
           "breaks_s[i] <= now_s < mended_s[i]", "breaks_s[i] < now_s < mended_s[i] - 1",
           "test_rules.py::test_a_lane_that_is_being_repaired_works_again_when_the_repair_ends"),
    Mutant("breaks, compiled: the highest lane that is up", "loop_breaks.py",
           "if lane < found and", "if (found == BEYOND_KEYS or lane > found) and", ENGINES),
    Mutant("breaks, compiled: a lane that is taken stays free", "loop_breaks.py",
           "            board.free[i] = board.free[last]\n", "            pass\n", ENGINES),
    Mutant("reasons: a repaired form is rejected as often as a new one", "reasons.py",
           "(form < reasons.repaired)", "(form < reasons.form)",
           "test_reasons.py::test_a_form_is_repaired_after_it_was_rejected"),
    Mutant("reasons: an item that was not found is removed", "reasons.py",
           "~(self.was_found[who] & (item < reasons.removed))", "~(item < reasons.removed)",
           "test_reasons.py::test_an_item_behind_a_faulty_form_is_found_once_the_form_is_in_order"),
    Mutant("reasons: what was broken off is inspected anew with new luck", "corridor.py",
           "            found_room = yield from self.served(truck, site, work_s)\n        if not",
           "            visit = truck.visit(site)\n"
           "            found_room = yield from self.served(truck, site, work_s)\n        if not",
           "test_engines.py::test_who_is_broken_off_at_closing_hour_meets_the_same_luck_in_both_engines"),
    Mutant("reasons: what would end just at closing hour is broken off", "rules.py",
           "closes_s < start_s + work_s and", "closes_s <= start_s + work_s and",
           "test_reasons.py::test_work_is_broken_off_at_closing_hour_unless_no_window_could_hold_it"),
    Mutant("reasons: who is broken off keeps its lane until it has room", "corridor.py",
           "site, Reason.TIME)\n            truck.lets_go()\n", "site, Reason.TIME)\n",
           "test_reasons.py::test_who_is_broken_off_in_a_full_place_lets_go_of_its_lane"),
    Mutant("reasons, compiled: the log tells none", "loop_lanes.py",
           'step["place"], reason_told(verdict))', 'step["place"], NOBODY)', ENGINES),
    Mutant("reasons, compiled: work goes on after it was broken off", "loop_closing.py",
           "    return int(closes_s)\n", "    return ends_s\n",
           "test_reasons.py::test_who_is_broken_off_joins_again_behind_those_who_wait_and_begins_anew"),
    Mutant("repacking: what is just as large as it may be", "rules.py",
           "pallets > most and inspections", "pallets >= most and inspections",
           "test_repacking.py::test_a_load_is_repacked_once_if_it_has_too_many_pallets"),
    Mutant("repacking: by the time of the inspection", "building.py",
           '= site.repacking.time', '= site.time',
           "test_repacking.py::test_large_loads_are_repacked_one_after_the_other_and_small_ones_go_ahead"),
    Mutant("repacking, compiled: again at each inspection", "loop_lanes.py",
           'step["most_pallets"], truck["visit"])', 'step["most_pallets"], ZERO)',
           "test_repacking.py::test_what_was_repacked_is_not_repacked_when_it_comes_again"),
    Mutant("patience that must be exceeded", "rules.py",
           "(ready > 0 and longest_wait_s >= patience_s)", "(ready > 0 and longest_wait_s > patience_s)",
           "test_rules.py::test_a_convoy_leaves_when_it_is_large_enough_or_has_waited_too_long"),
    Mutant("as many convoys at one departure as there are trucks for", "convoys.py",
           "departs_s != now or self._departed_s == now", "departs_s != now",
           f"{VERIFIED}[a timetable behind three lanes]"),
    Mutant("vehicles that are home at once", "corridor.py",
           "self.luck[Purpose.HOME, line.fleet][0][truck.load]", "0",
           f"{VERIFIED}[two vehicles, an hour home, one dock of 20 min]"),
    Mutant("a closed gate that lets pass", "places.py",
           "        if self.opening.level():", "        if True:",
           "test_engine.py::test_nothing_starts_where_it_is_closed"),
    Mutant("what is there by age, the youngest first", "draws.py",
           "np.lexsort((-loads.age_s,", "np.lexsort((loads.age_s,",
           "test_start.py::test_the_older_goes_first_among_equals_and_rank_before_age"),
    Mutant("ages that all loads of a stock share", "arrivals.py",
           "[Name(Purpose.AGE, crc(source.key))]).span(0, 0, loads)",
           "[Name(Purpose.AGE, crc(source.key))]).span(0, 0, max(1, loads))[:1].repeat(loads)",
           "test_start.py::test_age_is_luck_of_the_load_and_moves_nobody_elses"),
    Mutant("lines of a CSV that say the same, of which the last holds", "start.py",
           '{"loads": found[same].loads + stock.loads}', '{"loads": stock.loads}',
           "test_start.py::test_the_order_of_the_lines_of_a_csv_changes_nothing_and_lines_that_say_the_same_add_up"),
    Mutant("a kind's stock that has no rank of its flows", "building.py",
           "min(ranks, default=DEFAULT_RANK)", "DEFAULT_RANK",
           "test_start.py::test_the_older_goes_first_among_equals_and_rank_before_age"),
    Mutant("a platform whose stock has no luck", "start_checks.py",
           "mean + SURE * spread", "mean", "test_start.py::test_luck_may_not_take_more_room_than_there_is"),
    Mutant("each stock of a platform by itself", "start_checks.py",
           "on.setdefault(platform, []).append((stock.loads, cargo.pallets))",
           "on[platform] = [(stock.loads, cargo.pallets)]",
           "test_start.py::test_luck_may_not_take_more_room_than_there_is"),
    Mutant("who is through a gate still stands at it", "whereabouts.py",
           "return visits.started_s == horizon_s\n", "return visits.started_s <= horizon_s\n",
           "test_whereabouts.py::test_a_load_waits_at_a_gate_or_behind_one_for_room"),
    Mutant("what is held for room waits", "whereabouts.py",
           "np.where(done, HELD, np.where(", "np.where(done, WAITING, np.where(",
           "test_whereabouts.py::test_a_load_waits_is_served_or_is_held_for_room"),
    Mutant("what was collected still stands on its platform", "whereabouts.py",
           "(pallets - taken)[on_pad]", "pallets[on_pad]",
           "test_whereabouts.py::test_a_load_may_be_on_a_platform_on_two_vehicles_and_here_at_once"),
    Mutant("who has stood since the start has stood for no longer", "whereabouts.py",
           "np.where(unmoved, -age_s[there.load], there.since_s)", "there.since_s",
           "test_whereabouts.py::test_what_has_not_moved_since_the_start_has_stood_there_for_its_age_too"),
    Mutant("counters by corridor, whatever its gate", "../analysis/counters.py",
           "next((gate for gate in passed if gate in border), name)", "name",
           "test_counters.py::test_counts_stand_side_by_side_by_sector_cargo_and_crossing"),
    Mutant("counters of all moments taken together", "../analysis/counters.py",
           'BEGAN if moment == "start" else state', "state",
           "test_counters.py::test_what_began_is_somewhere_to_the_pallet"),
    Mutant("counters that are sums and not a day's", "../analysis/counters.py",
           "values[:, 0] / run.days", "values[:, 0]",
           "test_counters.py::test_the_counts_close_in_pallets_for_each_sector_cargo_and_crossing"),
    Mutant("a shock that leaves all as it is", "calendars.py",
           "value[own] = np.minimum(value[own], _scaled(calendar.at(at_s[own]), share))", "value[own] = value[own]",
           "test_closures.py::test_a_shock_costs_what_the_fluid_says_whenever_it_comes"),
    Mutant("frozen work that begins anew when its lane opens", "rules.py",
           "                return now + left\n            left -= ends - now", "                return now + left",
           "test_closures.py::test_a_day_that_is_shut_costs_what_was_worked_out"),
    Mutant("all layers of demand come at the rate of the first", "arrivals.py",
           "layer * LAYER + height < rate.at(at_s)", "height < rate.at(at_s)",
           "test_draws.py::test_loads_come_at_their_rate_in_every_hour"),
    Mutant("visits during warm-up count", "metrics.py",
           "np.searchsorted(visits.joined_s, after_s)", "np.searchsorted(visits.joined_s, 0)",
           "test_metrics.py::test_warm_up_drops_loads_from_dwell_and_clips_integrals"),
    Mutant("what has not come through is left out of transit times", "metrics.py",
           "elapsed = travelled.seconds[came | inside] / HOUR_S", "elapsed = travelled.seconds[came] / HOUR_S",
           "test_metrics.py::test_quantiles_of_transit_know_nothing_beyond_those_that_arrived"),
    Mutant("a yard's stock loses patience without vehicles", "convoys.py",
           "return max(self.oldest[0][0], self.fleet.free_since_s)", "return self.oldest[0][0]", ENGINES),
    Mutant("each vehicle that comes home begins the wait anew", "convoys.py",
           "        if self.free == 0:\n", "        if True:\n", ENGINES),
    Mutant("a vehicle that forgets its load's rank", "convoys.py",
           "self.fleet.first_pallet_left(load, left), rank_here", "self.fleet.first_pallet_left(load, left), 1",
           ENGINES),
    Mutant("a platform that is never quite full", "places.py",
           "0 <= self.room < self.stock + pallets", "0 <= self.room <= self.stock + pallets", ENGINES),
    Mutant("no room where nobody waits, though a lane is free", "places.py",
           "and (self.queue or self._lane_for(visit.work_s) < 0):", "and True:", ENGINES),
    Mutant("a convoy with the luck of its last", "corridor.py",
           "        first = trucks[0]\n        free_s", "        first = trucks[-1]\n        free_s", ENGINES),
    Mutant("manual bays by the luck of the first visit", "corridor.py",
           "self.luck[Purpose.MANUAL, site][visit][truck.load]", "self.luck[Purpose.MANUAL, site][0][truck.load]",
           ENGINES),
    Mutant("a bay that is given back before there is room", "corridor.py",
           "            yield self.platforms[step.platform].place(truck",
           "            truck.lets_go()\n            yield self.platforms[step.platform].place(truck", ENGINES),
    Mutant("daylight of a planet that stands more upright", "daylight.py",
           "radians(23 + (26", "radians(22 + (26",
           "test_daylight.py::test_the_sun_stands_where_the_book_says"),
    Mutant("daylight by the clock of Greenwich", "daylight.py",
           "ahead_min * MINUTE_S + at.utc", "ahead_min * MINUTE_S",
           "test_daylight.py::test_the_sun_rises_and_sets_within_two_minutes_of_published_times"),
    Mutant("daylight without what the air bends", "daylight.py",
           "ZENITH = 90.833", "ZENITH = 90.0",
           "test_daylight.py::test_the_sun_rises_and_sets_within_two_minutes_of_published_times"),
    Mutant("daylight whose margin is taken at dawn alone", "calendars.py",
           "sets - round(self.margin)", "sets",
           "test_daylight.py::test_a_margin_is_taken_from_both_ends_and_may_leave_nothing"),
    Mutant("holidays that are included and forgotten", "calendars.py",
           'update={"closures": {**self.closures, **more}}', 'update={"closures": {**self.closures}}',
           "test_daylight.py::test_a_calendar_is_closed_on_the_days_that_it_includes"),
    Mutant("holidays that close on every weekday", "calendars.py",
           "return day.weekday() in self.days and super().holds(day)", "return super().holds(day)",
           "test_daylight.py::test_a_calendar_is_closed_on_the_days_that_it_includes"),
    Mutant("compiled: queues that know no ranks", "loop_trucks.py",
           'since = (truck["rank"] << clock["time_bits"]) | clock["now_s"]', 'since = clock["now_s"]', ENGINES),
    Mutant("compiled: what is far off comes too late", "loop_clock.py",
           '["key"] - len(board.ring) + 1', '["key"] + 1', ENGINES),
    Mutant("compiled: room for one more than there is", "loop_lanes.py",
           'if pool["queued"] >= pool["room"] and', 'if pool["queued"] > pool["room"] and', ENGINES),
    Mutant("compiled: each vehicle that comes home begins anew", "loop_fleets.py",
           '    if fleet["free"] == 0:\n        fleet["free_since_s"]', '    if True:\n        fleet["free_since_s"]',
           ENGINES),
    Mutant("compiled: vehicles that are named by their load", "loop_fleets.py",
           'trucks[first]["number"] + trucks[first]["pallets"] - trucks[first]["left"]', 'trucks[first]["number"]',
           ENGINES),
    Mutant("compiled: calendars that are read a second late", "loop_clock.py",
           'board.at_s[own["now"] + 1] <= now_s', 'board.at_s[own["now"] + 1] < now_s', ENGINES),
    Mutant("compiled: two convoys of a line at one departure", "loop_yards.py",
           '    line["departed_s"] = now_s\n    first, last, pallets', '    first, last, pallets', ENGINES),
    Mutant("compiled: a queue that forgets some who wait", "queues.py",
           "rest = melded(trucks, rest, pairs)", "rest = pairs", ENGINES),
    Mutant("compiled: rejections counted over all sites", "packing.py",
           'column.setdefault(("rejections", step.site)', 'column.setdefault(("rejections", 0)', ENGINES),
    Mutant("compiled: sent back to a step of another corridor", "packing.py",
           'row["back_to"] = first[number] + step.back_to', 'row["back_to"] = step.back_to', ENGINES),
    Mutant("compiled: the rows of a second, the last first", "ties.py",
           "if other < key or (other == key", "if other > key or (other == key", ENGINES),
    Mutant("a ceiling that lasts for a day from its last use", "rules.py",
           "used if since_s // DAY_S == now_s // DAY_S else 0", "used if now_s - since_s < DAY_S else 0",
           "test_ceilings.py::test_a_daily_ceiling_begins_anew_at_midnight"),
    Mutant("a ceiling that is never quite used", "rules.py",
           "return used + amount <= limit", "return used + amount < limit",
           "test_ceilings.py::test_what_is_over_a_daily_ceiling_waits_for_midnight"),
    Mutant("turns that take no account of weights", "rules.py",
           "turns, others = passed * others_weight, others_passed * weight", "turns, others = passed, others_passed",
           "test_ceilings.py::test_turns_are_shared_by_weights_and_those_that_nobody_uses_go_to_others"),
    Mutant("whoever fails at one ceiling uses the other up", "ceilings.py",
           "        if not all(ceiling.has_room_for(n) for", "        if not any(ceiling.has_room_for(n) for",
           "test_ceilings.py::test_whoever_needs_two_ceilings_takes_both_or_none"),
    Mutant("compiled: room that a returned load keeps", "loop_lanes.py",
           'RETURNED, step["place"], NOBODY)\n        gives_up_room(board, i)\n', 'RETURNED, step["place"], NOBODY)\n',
           "test_ceilings.py::test_room_is_given_up_by_a_load_that_is_returned"),
    Mutant("compiled: stock that leaves lets nobody enter", "loop_ceilings.py",
           'if ceiling["behind"] == platform:', 'if ceiling["behind"] == NOBODY:',
           "test_ceilings.py::test_what_enters_follows_what_is_collected"),
    Mutant("compiled: classes that take turns as they come", "loop_ceilings.py",
           'if desk["end_group"] - desk["first_group"] > 1:', 'if desk["end_group"] - desk["first_group"] > 9:',
           "test_ceilings.py::test_turns_are_shared_by_weights_and_those_that_nobody_uses_go_to_others"),
    Mutant("shocks that begin at midnight", "days.py",
           "days * DAY_S + (at[days] * DAY_S).astype(np.int64)", "days * DAY_S",
           "test_days.py::test_shocks_begin_on_the_days_and_at_the_times_that_luck_gives"),
    Mutant("days whose levels spread as they go on", "days.py",
           "np.sqrt(1 - level.persistence**2)", "1.0",
           "test_days.py::test_levels_have_their_mean_their_variation_and_their_persistence"),
    Mutant("a shock that opens what is closed", "calendars.py",
           "value[own] = np.minimum(value[own], _scaled(calendar.at(at_s[own]), share))", "value[own] = 1",
           "test_days.py::test_a_shock_leaves_a_share_of_the_lanes_that_would_be_open"),
    Mutant("phases: of two the one that began earlier counts", "phases.py",
           "in reversed(held) if", "in held if",
           "test_phases.py::test_of_phases_that_hold_at_once_the_one_that_began_later_counts"),
    Mutant("phases: they hold for a second too long", "phases.py",
           "if begins_s <= at_s < ends_s), without", "if begins_s <= at_s <= ends_s), without",
           "test_phases.py::test_of_phases_that_hold_at_once_the_one_that_began_later_counts"),
    Mutant("phases: the order of keys, whoever began later", "phases.py",
           "key=lambda pair: pair[1][0]):", "key=lambda pair: 0):",
           "test_phases.py::test_a_drawn_phase_that_begins_later_counts_whatever_its_key"),
    Mutant("phases: those that would begin after their last day do", "phases.py",
           "return begins_s, max(begins_s, min(phase.to_s, begins_s + lasts_s))",
           "return begins_s, begins_s + lasts_s",
           "test_phases.py::test_a_phase_begins_and_ends_as_it_says"),
    Mutant("phases: one step function a second early", "phases.py",
           'slice(np.searchsorted(at_s, begins_s, side="right"), np.searchsorted(at_s, ends_s))',
           'slice(np.searchsorted(at_s, begins_s, side="right"), np.searchsorted(at_s, ends_s, side="right"))',
           "test_phases.py::test_step_functions_follow_each_other_at_the_second"),
    Mutant("phases: vehicles that are out do not hear of it", "convoys.py",
           "        self.free += vehicles - self.vehicles\n",
           "        self.free = max(0, self.free + vehicles - self.vehicles)\n",
           "test_phases.py::test_vehicles_that_are_out_retire_as_they_come_home"),
    Mutant("phases: a vehicle that was there before it was", "convoys.py",
           "        if before <= 0 < self.free:\n", "        if False:\n",
           "test_phases.py::test_a_vehicle_that_a_phase_brings_waits_from_then_on"),
    Mutant("phases: more vehicles that nobody notices", "convoys.py",
           "            self.free_since_s = self.world.now_s\n        self.world.touch(self.node.number)",
           "            self.free_since_s = self.world.now_s",
           "test_phases.py::test_more_vehicles_than_there_ever_were_leave_in_the_second_in_which_they_come"),
    Mutant("phases: room that only grows", "places.py",
           "        self.room = room\n", "        self.room = max(room, self.room)\n",
           "test_phases.py::test_nothing_is_put_down_while_a_phase_leaves_less_room_than_stock"),
    Mutant("phases: more room that nobody notices", "places.py",
           "        self.room = room\n        self.world.touch(self.node.number)", "        self.room = room",
           "test_phases.py::test_more_room_is_taken_at_once_and_what_stands_there_stays"),
    Mutant("phases: lanes that close and never open again", "phases.py",
           'numbers = over_time(lanes, held.get((node.number, "lanes"), ()))',
           'numbers = over_time(lanes, held.get((node.number, "lanes"), ()))[:2]',
           "test_phases.py::test_a_lane_that_a_phase_closes_keeps_to_the_closing_rule"),
    Mutant("phases: no lanes but those that are always there", "building.py",
           "    most = max(many for _, many in may_have)", "    most = lanes",
           "test_phases.py::test_lanes_beyond_those_that_are_always_there_open_for_the_phase_alone"),
    Mutant("phases: work that waits for a phase to end", "hours.py",
           "np.minimum(longest[:full]", "np.maximum(longest[:full]",
           "test_phases.py::test_work_longer_than_the_windows_of_a_phase_starts_as_one_opens"),
    Mutant("phases: a level of lanes is one of hours", "phases.py",
           "    if not isinstance(node, GateNode | YardNode):", "    if False:",
           "test_phases.py::test_the_level_of_lanes_and_of_a_road_is_a_share_of_what_is_open"),
    Mutant("phases: a level of hours is counted over the whole day", "phases.py",
           "    cuts = np.union1d(days, [at_s for at_s, _ in levels if at_s < days[-1]])", "    cuts = days",
           "test_phases.py::test_a_gate_whose_level_falls_closes_earlier_on_each_day_of_the_phase"),
    Mutant("phases: manual bays that keep other hours", "phasing.py",
           "for part in BESIDE) if setting in HOURS else ()", "for part in BESIDE) if not HOURS else ()",
           "test_phases.py::test_manual_bays_keep_the_hours_of_their_site_in_a_phase"),
    Mutant("phases: the smallest convoy changes, and nobody looks", "corridor.py",
           "self.world.touch(line.line.fleet if line.line.fleet >= 0 else place)", "self.world.touch(place)",
           "test_phases.py::test_a_convoy_of_vehicles_forms_by_them_as_well"),
    Mutant("phases: patience as it was", "convoys.py",
           "runs_out_s = min(entry[1] for entry in self.queue) + self.yard.patience_s",
           "runs_out_s = min(entry[1] for entry in self.queue) + self.yard.node.patience_s",
           "test_phases.py::test_convoys_form_by_the_numbers_that_hold_in_that_second"),
    Mutant("phases: shares that change a second late", "variates.py",
           'created_s, side="right")', 'created_s, side="left")',
           "test_phases.py::test_a_load_takes_the_corridor_by_the_shares_of_the_second_in_which_it_is_requested"),
    Mutant("phases: other shares with the luck turned round", "variates.py",
           "(u * cumulative[then, -1])[:, None]", "((1 - u) * cumulative[then, -1])[:, None]",
           "test_phases.py::test_other_shares_send_the_loads_with_the_same_luck"),
    Mutant("phases: a rate that stays", "phases.py",
           "in over_time(None, own)]", "in over_time(None, own[:0])]",
           "test_phases.py::test_a_higher_rate_adds_loads_while_the_phase_holds_and_moves_none"),
    Mutant("phases: a rate that never goes back", "phases.py",
           "demand if value is None else value)", "own[0].value)",
           "test_phases.py::test_a_higher_rate_adds_loads_while_the_phase_holds_and_moves_none"),
    Mutant("phases: vehicles that are paid for though they are gone", "metrics.py",
           "np.diff(node.over_time(Setting.vehicles).integral(midnights(days)))",
           "np.diff(node.vehicles * midnights(days))",
           "test_phases.py::test_vehicles_that_are_out_retire_as_they_come_home"),
    Mutant("phases: rho of the first day", "expected.py",
           "    network = in_the_mean(network)\n    arrivals", "    arrivals",
           "test_phases.py::test_rho_counts_what_phases_leave_over_the_time_of_the_run"),
    Mutant("phases: room for one more than there was", "conservation.py",
           "(limit >= 0) & (level > limit)", "(limit >= 0) & (level > limit + 1)",
           "test_phases.py::test_what_took_in_more_than_it_had_room_for_is_not_conserved"),
    Mutant("phases: inputs that know nothing of them", "draws.py",
           "            if node.changes:\n", "            if False:\n",
           "test_phases.py::test_a_dated_phase_draws_no_luck_and_its_step_functions_are_inputs"),
    Mutant("phases: luck that no digest knows", "phases.py",
           "            told.update(names.data)\n            told.update(luck.data)\n", "",
           "test_phases.py::test_another_phase_moves_nobody_s_luck"),
    Mutant("phases: two that meet at midnight overlap", "phase_checks.py",
           "return max(begins, begins_other) < min", "return max(begins, begins_other) <= min",
           "test_phases.py::test_phases_of_known_dates_do_not_change_a_setting_at_the_same_time"),
    Mutant("phases, compiled: vehicles that are out do not hear of it", "loop_phases.py",
           '        place["free"] += value\n', '        place["free"] = max(0, place["free"] + value)\n',
           "test_phases.py::test_vehicles_that_are_out_retire_as_they_come_home"),
    Mutant("phases, compiled: a vehicle that was there before it was", "loop_phases.py",
           '        if place["free"] <= 0 < place["free"] + value:\n', "        if False:\n",
           "test_phases.py::test_a_vehicle_that_a_phase_brings_waits_from_then_on"),
    Mutant("phases, compiled: changes wait for something else", "loop.py",
           'clock["far_s"], clock["change_s"])', 'clock["far_s"])',
           "test_phases.py::test_more_room_is_taken_at_once_and_what_stands_there_stays"),
    Mutant("phases, compiled: the smallest convoy, and nobody looks", "loop_phases.py",
           'touch(board, board.lines[line]["owner"])', "touch(board, number)",
           "test_phases.py::test_a_convoy_of_vehicles_forms_by_them_as_well"),
    Mutant("phases, compiled: as many more vehicles as there shall be", "packing.py",
           "value - had[setting] if setting == Setting.vehicles else value", "value",
           "test_phases.py::test_vehicles_that_are_out_retire_as_they_come_home"),
    Mutant("phases, compiled: no vehicles but those of always", "packing.py",
           "min(int(node.over_time(Setting.vehicles).value.max()), pallets)", "min(node.vehicles, pallets)",
           "test_phases.py::test_more_vehicles_than_there_ever_were_leave_in_the_second_in_which_they_come"),
)  # fmt: skip


def mutate(mutant: Mutant, folder: Path) -> None:
    """Puts the fault into the program in `folder`. Raises ValueError unless its old text stands there once."""
    path = folder / "sim" / mutant.file
    text = path.read_text(encoding="utf-8")
    if (times := text.count(mutant.old)) != 1:
        raise ValueError(f"{mutant.name}: its old text stands {times} times in sim/{mutant.file}")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def outcome(folder: Path, *tests: str) -> int:
    """Pytest's code for these tests of the program in `folder`."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    command += [f"tests/{test}" for test in tests]
    alone = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_DISABLE_JIT": "1"}
    return subprocess.run(command, cwd=folder, env=alone, capture_output=True, check=False).returncode


def copied(folder: Path) -> Path:
    """A copy of the program and its tests within `folder`."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "golden"))
        else:
            shutil.copy(source, folder / name)
    return folder


def main() -> int:
    """Prints a table: fault, the test that noticed it, seconds. 1 if one went unnoticed, 2 if that cannot be said."""
    chosen = [mutant for mutant in MUTANTS if all(word in mutant.name for word in sys.argv[1:])]
    with TemporaryDirectory() as name:
        if outcome(copied(Path(name)), *sorted({mutant.test for mutant in chosen})) != PASSED:
            print("the tests fail without any fault: see `make test`")
            return 2
    unnoticed = 0
    for mutant in chosen:
        began = monotonic()
        with TemporaryDirectory() as name:
            folder = copied(Path(name))
            try:
                mutate(mutant, folder)
            except ValueError as error:
                print(error)
                return 2
            code = outcome(folder, mutant.test)
        said = {FAILED: mutant.test, PASSED: "NOT NOTICED"}.get(code, f"cannot be run (code {code}): {mutant.test}")
        unnoticed += code != FAILED
        print(f"{mutant.name:<58} {monotonic() - began:5.1f} s  {said}", flush=True)
    print(f"{len(chosen) - unnoticed} of {len(chosen)} faults noticed")
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main())
