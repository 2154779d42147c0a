"""The decisions of the operation against tables worked by hand, both sides of every boundary."""

import pytest

from sim.rules import (
    FASTEST,
    FINISH,
    FIRST_OPEN,
    FREEZE,
    NO_START,
    WITHOUT_END_S,
    collectable_s,
    convoy_size,
    finish_despite_breaks_s,
    finish_s,
    first_open,
    has_expired,
    is_call_time,
    is_diverted,
    is_lost,
    is_no_show,
    is_refused,
    is_road_preferred,
    is_shorter_wait,
    is_time_of_day,
    last_mean_wait_s,
    last_step,
    may_retry,
    may_start,
    may_start_request,
    next_call_s,
    next_departure_s,
    next_time_of_day_s,
    no_show_ppm,
    reached_in_traffic_s,
    reached_s,
    repair_end_s,
    scaled_number,
    slots_kept,
    sum_of_previous_day,
    traffic_speed_pct,
    vehicles_to_load,
)

DAY = 86_400
SHIFTS = ([0, 100, 200, 300, 400], [0, 2, 1, 0, 2])  # two lanes from 100, one from 200, none from 300, two from 400
ENDING = ([0, 100], [2, 0])  # closes for ever at 100


@pytest.mark.parametrize(
    ("start_s", "work_s", "rule", "lane", "ends_s"),
    [
        (100, 50, FINISH, 0, 150),
        (290, 50, FINISH, 0, 340),
        (290, 50, NO_START, 0, 340),
        (290, 9, FREEZE, 0, 299),
        (290, 10, FREEZE, 0, 300),
        (290, 11, FREEZE, 0, 401),
        (290, 50, FREEZE, 0, 440),
        (150, 50, FREEZE, 1, 200),
        (150, 51, FREEZE, 1, 401),
        (150, 51, FREEZE, 0, 201),
        (399, 1, FREEZE, 0, 401),
        (100, 100, FREEZE, 0, 200),
        (100, 200, FREEZE, 0, 300),
        (100, 201, FREEZE, 0, 401),
        (100, 101, FREEZE, 1, 401),
    ],
)
def test_work_ends_as_the_closing_rule_says(start_s: int, work_s: int, rule: int, lane: int, ends_s: int) -> None:
    assert finish_s(start_s, work_s, rule, lane, *SHIFTS) == ends_s


@pytest.mark.parametrize(("work_s", "ends_s"), [(99, 99), (100, 100), (101, WITHOUT_END_S)])
def test_frozen_work_in_a_lane_that_never_opens_again_never_ends(work_s: int, ends_s: int) -> None:
    assert finish_s(0, work_s, FREEZE, 0, *ENDING) == ends_s


@pytest.mark.parametrize(
    ("now_s", "work_s", "rule", "may"),
    [
        # open from 100 to 200; the longest window is 150
        (150, 49, NO_START, True),
        (150, 50, NO_START, True),
        (150, 51, NO_START, False),
        (150, 51, FINISH, True),
        (150, 51, FREEZE, True),
        (100, 100, NO_START, True),
        (100, 101, NO_START, False),
        (100, 150, NO_START, False),
        (100, 151, NO_START, True),
        (101, 151, NO_START, False),
    ],
)
def test_nothing_starts_that_cannot_end_in_time(now_s: int, work_s: int, rule: int, may: bool) -> None:
    assert may_start(now_s, work_s, rule, opened_s=100, closes_s=200, longest_s=150) is may


# down from 100 to 130, at 150 for a second, and from 200 to 300
BREAKS = ([100, 150, 200], [130, 151, 300])


@pytest.mark.parametrize(
    ("start_s", "work_s", "resumes", "restarts"),
    [
        (0, 99, 99, 99),
        (0, 100, 100, 100),
        (0, 101, 131, 401),  # begins anew at 130, 151 and 300
        (90, 11, 131, 141),
        (90, 20, 140, 150),
        (90, 21, 141, 172),  # begins anew at 130, and at 150 with a second to go
        (90, 30, 150, 181),
        (90, 31, 152, 182),
        (99, 49, 179, 200),
        (99, 50, 180, 350),
        (100, 1, 131, 131),  # breaks just as it starts
        (120, 5, 135, 135),
        (130, 20, 150, 150),
        (130, 21, 152, 172),
        (151, 49, 200, 200),
        (151, 50, 301, 350),
        (300, 999, 1299, 1299),
        (0, 200, 331, 500),
    ],
)
def test_work_outlasts_breakdowns(start_s: int, work_s: int, resumes: int, restarts: int) -> None:
    assert finish_despite_breaks_s(start_s, work_s, False, *BREAKS) == resumes
    assert finish_despite_breaks_s(start_s, work_s, True, *BREAKS) == restarts


def test_work_that_never_breaks_ends_in_time() -> None:
    assert finish_despite_breaks_s(5, 7, True, [], []) == finish_despite_breaks_s(5, 7, False, [], []) == 12


@pytest.mark.parametrize(
    ("now_s", "up_s"),
    [(0, 0), (99, 99), (100, 130), (129, 130), (130, 130), (149, 149), (150, 151), (151, 151), (199, 199), (200, 300),
     (299, 300), (300, 300), (301, 301)],
)  # fmt: skip
def test_a_lane_that_is_being_repaired_works_again_when_the_repair_ends(now_s: int, up_s: int) -> None:
    assert repair_end_s(now_s, *BREAKS) == up_s


def test_a_lane_that_never_breaks_is_never_repaired() -> None:
    assert repair_end_s(7, [], []) == 7


@pytest.mark.parametrize(
    ("start_s", "free_s", "reached"),
    [
        # free flow from 0, half speed from 100, closed from 200, free flow from 300 for ever
        (0, 1, 1),
        (0, 100, 100),
        (0, 101, 102),
        (0, 150, 200),
        (0, 151, 301),
        (100, 1, 102),
        (99, 2, 102),
        (199, 1, 301),
        (200, 1, 301),
        (299, 7, 307),
        (300, 7, 307),
        (1000, 7, 1007),
    ],
)
def test_a_drive_takes_the_speed_of_each_hour(start_s: int, free_s: int, reached: int) -> None:
    assert reached_s(start_s, free_s, [0, 100, 200, 300], [100, 50, 0, 100]) == reached


@pytest.mark.parametrize(
    ("percent", "free_s", "reached"), [(100, 10, 10), (33, 10, 31), (34, 10, 30), (1, 1, 100), (120, 12, 10)]
)
def test_a_drive_at_part_speed_is_rounded_up_to_a_second(percent: int, free_s: int, reached: int) -> None:
    assert reached_s(0, free_s, [0], [percent]) == reached


@pytest.mark.parametrize(("free_s", "reached"), [(99, 99), (100, 100), (101, WITHOUT_END_S)])
def test_a_drive_on_a_road_that_closes_for_ever_never_ends(free_s: int, reached: int) -> None:
    assert reached_s(0, free_s, [0, 100], [100, 0]) == reached


def test_leaving_later_never_arrives_earlier() -> None:
    calendar = ([0, 97, 211, 300, 401], [100, 37, 0, 61, 100])
    for free_s in (1, 50, 130):
        reached = [reached_s(start_s, free_s, *calendar) for start_s in range(500)]
        assert reached == sorted(reached)


@pytest.mark.parametrize(
    ("pallets", "wait_s", "vehicles"),
    [(0, 0, 0), (0, 100, 0), (16, 99, 0), (16, 100, 1), (17, 0, 1), (17, 100, 1), (18, 99, 1), (18, 100, 2),
     (33, 99, 1), (34, 0, 2), (34, 100, 2), (35, 101, 3)],
)  # fmt: skip
def test_vehicles_load_full_until_patience_has_run_out(pallets: int, wait_s: int, vehicles: int) -> None:
    assert vehicles_to_load(pallets, capacity=17, longest_wait_s=wait_s, patience_s=100) == vehicles


@pytest.mark.parametrize(
    ("ready", "wait_s", "size"),
    [(0, 0, 0), (0, 7200, 0), (1, 7199, 0), (1, 7200, 1), (5, 7199, 0), (5, 7200, 5), (6, 0, 6), (7, 0, 7),
     (20, 0, 20), (21, 0, 20), (21, 7200, 20)],
)  # fmt: skip
def test_a_convoy_leaves_when_it_is_large_enough_or_has_waited_too_long(ready: int, wait_s: int, size: int) -> None:
    assert convoy_size(ready, wait_s, least=6, most=20, patience_s=7200) == size


@pytest.mark.parametrize(
    ("offloaded_s", "next_day", "from_s"),
    [(0, False, 0), (5, False, 5), (0, True, DAY), (DAY - 1, True, DAY), (DAY, True, 2 * DAY), (DAY, False, DAY)],
)
def test_a_load_can_be_collected_at_once_or_from_the_next_midnight(
    offloaded_s: int, next_day: bool, from_s: int
) -> None:
    assert collectable_s(offloaded_s, next_day) == from_s


@pytest.mark.parametrize(
    ("now_s", "departs_s"), [(0, 50), (49, 50), (50, 50), (51, 80), (79, 80), (80, 80), (81, 110), (110, 110)]
)
def test_the_timetable_gives_the_next_departure(now_s: int, departs_s: int) -> None:
    assert next_departure_s(now_s, first_s=50, every_s=30) == departs_s


@pytest.mark.parametrize(("made", "attempts", "again"), [(1, 1, False), (1, 2, True), (2, 2, False), (2, 3, True)])
def test_may_try_again(made: int, attempts: int, again: bool) -> None:
    assert may_retry(made, attempts) is again


@pytest.mark.parametrize(("time_s", "index"), [(0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (29, 2), (30, 3), (999, 3)])
def test_a_step_holds_from_its_start_until_the_next(time_s: int, index: int) -> None:
    assert last_step(time_s, [0, 10, 20, 30]) == index


@pytest.mark.parametrize(
    ("number", "percent", "left"),
    [(60, 100, 60), (60, 50, 30), (5, 50, 3), (5, 49, 2), (1, 1, 1), (1, 0, 0), (0, 50, 0), (200, 1, 2), (149, 1, 1)],
)
def test_a_share_of_a_number_is_rounded_half_up_and_one_at_least(number: int, percent: int, left: int) -> None:
    assert scaled_number(number, percent) == left


@pytest.mark.parametrize(
    ("used", "requests", "percent", "may"),
    [
        (0, 2, 100, True), (1, 2, 100, True), (2, 2, 100, False), (0, 2, 0, False), (0, 2, 50, True),
        (1, 2, 50, False), (3, 2, 100, False), (99, -1, 100, True), (99, -1, 1, True), (0, -1, 0, False),
    ],
)  # fmt: skip
def test_an_office_takes_up_what_the_day_has_left_while_it_is_open(
    used: int, requests: int, percent: int, may: bool
) -> None:
    assert may_start_request(used, requests, percent) is may


def test_an_answer_is_a_refusal_from_the_first_second_of_the_period_and_before_its_end() -> None:
    assert [is_refused(now, 100, 200) for now in (99, 100, 199, 200)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("kept", "slots", "full", "left"),
    [(20, 60, 60, 20), (20, 30, 60, 10), (20, 1, 60, 0), (20, 2, 60, 0), (20, 3, 60, 1), (20, 0, 60, 0),
     (20, 120, 60, 40)],
)  # fmt: skip
def test_what_is_kept_goes_with_the_day_s_slots(kept: int, slots: int, full: int, left: int) -> None:
    assert slots_kept(kept, slots, full) == left


def test_a_time_of_day_comes_once_a_day() -> None:
    assert [is_time_of_day(now, 60) for now in (59, 60, 61, DAY + 60)] == [False, True, False, True]
    assert [next_time_of_day_s(now, 60) for now in (-1, 0, 59, 60, DAY - 1)] == [60, 60, 60, DAY + 60, DAY + 60]
    assert [next_time_of_day_s(now, 0) for now in (-1, 0, DAY - 1, DAY)] == [0, DAY, DAY, 2 * DAY]


@pytest.mark.parametrize(
    ("now_s", "first_s", "every_s", "call", "next_s"),
    [
        (-1, 3600, 0, False, 3600), (3599, 3600, 0, False, 3600), (3600, 3600, 0, True, DAY + 3600),
        (-1, 3600, 40_000, False, 3600), (3600, 3600, 40_000, True, 43_600), (43_599, 3600, 40_000, False, 43_600),
        (43_600, 3600, 40_000, True, 83_600), (83_600, 3600, 40_000, True, DAY + 3600),  # the next were after midnight
        (-1, 0, 43_200, False, 0), (43_200, 0, 43_200, True, DAY),  # and at midnight it is the first of the next day
        (DAY - 1, 43_200, 43_199, True, DAY + 43_200), (DAY - 1, 43_200, 43_200, False, DAY + 43_200),
    ],
)  # fmt: skip
def test_batches_are_called_from_the_first_until_midnight(
    now_s: int, first_s: int, every_s: int, call: bool, next_s: int
) -> None:
    assert is_call_time(now_s, first_s, every_s) is call
    assert next_call_s(now_s, first_s, every_s) == next_s


def test_a_sum_by_day_knows_that_of_yesterday() -> None:
    assert [sum_of_previous_day(5, 70, 40, today) for today in (5, 6, 7)] == [40, 70, 0]


@pytest.mark.parametrize(
    ("day", "waited_s", "waits", "before_s", "today", "known_s"),
    [
        (5, 70, 3, 40, 5, 40), (5, 70, 3, 40, 6, 23), (5, 70, 3, 40, 60, 23), (5, 0, 3, 40, 6, 0),
        (0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 9, 0), (4, 70, 1, 0, 4, 0),
    ],
)  # fmt: skip
def test_a_wait_is_known_from_the_last_day_before_on_which_there_was_one(
    day: int, waited_s: int, waits: int, before_s: int, today: int, known_s: int
) -> None:
    assert last_mean_wait_s(day, waited_s, waits, before_s, today) == known_s


def test_of_corridors_with_one_wait_the_first_is_taken() -> None:
    assert [is_shorter_wait(wait_s, 60) for wait_s in (59, 60, 61)] == [True, False, False]


def test_where_no_corridor_opens_the_first_of_all_is_taken() -> None:
    lists = [(True, True), (False, True), (False, False, True), (False, False)]
    assert [first_open(opens) for opens in lists] == [0, 1, 2, 0]


def test_a_border_diverts_once_it_has_been_closed_for_that_long() -> None:
    assert [is_diverted(100, now_s, 50) for now_s in (149, 150, 151)] == [False, True, True]
    assert not is_diverted(WITHOUT_END_S, 1 << 31, 1)  # open


@pytest.mark.parametrize(
    ("share", "per_hour", "waited_s", "waits", "chance"),
    [
        (300_000, 0, 99_999, 1, 300_000), (300_000, 20_000, 0, 0, 300_000), (300_000, 20_000, 36_000, 2, 400_000),
        (0, 1, 3599, 1, 0), (0, 1, 3600, 1, 1), (0, 1, 7199, 1, 1), (0, 1, 7200, 2, 1),
        (500_000, 125_000, 4 * 3600, 1, 1_000_000), (500_000, 125_000, 5 * 3600, 1, 1_000_000),
    ],
)  # fmt: skip
def test_more_do_not_come_for_each_hour_of_yesterday_s_mean_wait(
    share: int, per_hour: int, waited_s: int, waits: int, chance: int
) -> None:
    assert no_show_ppm(share, per_hour, waited_s, waits) == chance


@pytest.mark.parametrize(
    ("luck", "chance", "times", "absent"),
    [(299_999, 300_000, 0, True), (300_000, 300_000, 0, False), (0, 0, 0, False), (999_999, 1_000_000, 2, True),
     (0, 1_000_000, 3, False)],
)  # fmt: skip
def test_who_did_not_come_often_enough_is_sure_to_come(luck: int, chance: int, times: int, absent: bool) -> None:
    assert is_no_show(luck, chance, times, 3) is absent


M = 1_000_000


@pytest.mark.parametrize(
    ("mission", "missions", "truck", "within", "factor", "lost"),
    [
        (399_999, 400_000, 0, M, M, True),
        (400_000, 400_000, 0, M, M, False),
        (0, 0, 0, M, M, False),
        (999_999, M, 999_999, M, M, True),
        (0, M, 299_999, 300_000, M, True),
        (0, M, 300_000, 300_000, M, False),
        (0, M, 359_999, 300_000, 1_200_000, True),
        (0, M, 360_000, 300_000, 1_200_000, False),
        (0, M, 149_999, 300_000, 500_000, True),
        (0, M, 150_000, 300_000, 500_000, False),
        (0, M, 999_999, 900_000, 1_200_000, True),  # more than all is all
        (0, M, 0, 900_000, 0, False),
        (0, M, 0, 0, M, False),
        (0, M, 0, 1, 500_000, True),  # half a millionth is more than nothing, and less than one
        (0, M, 1, 1, 500_000, False),
    ],
)  # fmt: skip
def test_a_truck_is_lost_if_its_convoy_is_stopped_and_it_is_among_those_that_lose(
    mission: int, missions: int, truck: int, within: int, factor: int, lost: bool
) -> None:
    assert is_lost(mission, missions, truck, within, factor) == lost


@pytest.mark.parametrize(("now_s", "expired"), [(99, False), (100, False), (101, True)])
def test_a_load_expires_in_the_second_after_its_shelf_life(now_s: int, expired: bool) -> None:
    assert has_expired(now_s, 100) == expired


@pytest.mark.parametrize(
    ("vehicles", "free", "each", "least", "left"),
    [
        (0, 0, 10_000, 10, 100), (40, 40, 10_000, 10, 100), (41, 40, 10_000, 10, 99), (60, 40, 10_000, 10, 80),
        (129, 40, 10_000, 10, 11), (130, 40, 10_000, 10, 10), (131, 40, 10_000, 10, 10), (1000, 40, 10_000, 1, 1),
        (1, 0, 4_999, 1, 100), (1, 0, 5_000, 1, 99), (3, 0, 4_999, 1, 99), (4, 0, 3_000, 1, 99), (5, 0, 3_000, 1, 98),
        (1, 0, M, 50, 50), (1, 0, M, 100, 100),
    ],
)  # fmt: skip
def test_each_vehicle_beyond_those_that_drive_freely_takes_its_part_of_the_speed(
    vehicles: int, free: int, each: int, least: int, left: int
) -> None:
    assert traffic_speed_pct(vehicles, free, each, least) == left


@pytest.mark.parametrize(
    ("free_s", "left", "reached"),
    [
        (1, 100, 1),
        (600, 100, 600),
        (600, 60, 1000),
        (600, 70, 858),
        (500, 50, 1000),
        (501, 50, 1004),
        (601, 50, 1404),
        (1, 1, 100),
    ],
)
def test_a_drive_in_traffic_has_its_share_of_the_speed_of_each_hour(free_s: int, left: int, reached: int) -> None:
    """From 1000 s on half the speed: 601 s at 50 % are 1202, of which the last 202 take twice as long."""
    assert reached_in_traffic_s(0, free_s, left, [0, 1000], [100, 50]) == reached


@pytest.mark.parametrize(
    ("choose", "free_s", "speed", "other_free_s", "other_speed", "rather"),
    [
        (FASTEST, 600, 10_000, 600, 10_000, False), (FASTEST, 599, 10_000, 600, 10_000, True),
        (FASTEST, 601, 10_000, 600, 10_000, False), (FASTEST, 600, 5_000, 1200, 10_000, False),
        (FASTEST, 600, 5_001, 1200, 10_000, True), (FASTEST, 9000, 100, 1, 0, True), (FASTEST, 1, 0, 9000, 100, False),
        (FASTEST, 1, 0, 2, 0, False),
        (FIRST_OPEN, 1, 10_000, 600, 100, False), (FIRST_OPEN, 600, 100, 1, 0, True), (FIRST_OPEN, 1, 0, 600, 0, False),
        (FIRST_OPEN, 1, 0, 600, 100, False),
    ],
)  # fmt: skip
def test_a_road_is_taken_rather_than_an_earlier_one_if_it_is_faster_or_that_one_is_closed(
    choose: int, free_s: int, speed: int, other_free_s: int, other_speed: int, rather: bool
) -> None:
    assert is_road_preferred(choose, free_s, speed, other_free_s, other_speed) is rather
