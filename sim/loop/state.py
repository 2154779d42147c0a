"""What the compiled loop has before it: trucks, places, lines and steps as arrays, a row each. No rules, no loops.

Truck numbers: load i comes on truck i; from the number of loads on they are a fleet's vehicles. Once load i has been
put on a platform nobody drives truck i any more, and its row stands for what is left of the load there. NOBODY, -1,
ends every list and stands wherever a column does not apply. The last rows stand for tasks, and for the lines that ask
an office, in its queue and until its answer; they have no step.
"""

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from sim.events import Kind, Log, Reason

# Of one type for Numba, which would compile each function apart for each plain constant that it is called with.
TYPED_INTEGERS = [cast(int, np.int64(i)) for i in range(32)]
_, KG, PALLETS_BEHIND, LITRES = TYPED_INTEGERS[:4]  # what a ceiling counts, see nodes.py
ZERO, ONE, NONE, NEVER_S = TYPED_INTEGERS[0], TYPED_INTEGERS[1], cast(int, np.int64(-1)), cast(int, np.int64(1 << 60))
KEY_BITS = 62
ABOVE_ALL_KEYS = cast(int, np.int64(1 << KEY_BITS))  # above the place of anyone in any queue

TRAVEL, PASS_GATE, INSPECT, TRANSFER, CONVOY, OFFLOAD, PERMIT, TAKE_SLOT = TYPED_INTEGERS[:8]  # verbs
# kinds of places
GATE, POOL, PLATFORM, YARD, FLEET, ROAD, CEILING, STORE, OFFICE, SLOTS, CREW, TEAMS, DEPOT = TYPED_INTEGERS[:13]
# what ends next of a truck
(
    DRIVING,
    IN_SERVICE,
    AWAITING_RETRY,
    DRIVING_HOME,
    IN_SERVICE_UNTIL_CLOSING,
    AWAITING_ANSWER,
    DELAYED,
    AWAITING_PERMISSION,
    BLOCKED_BY_TASKS,
    TASK_BEFORE_REQUEST,
    TASK_AWAITING_ANSWER,
    TASK_IN_PROGRESS,
) = TYPED_INTEGERS[:12]  # fmt: skip; the last three of a task
# what a truck learns when a round is over
EVENT_ADMITTED, EVENT_TURNED_AWAY, EVENT_PASSED, EVENT_UNLOADED, EVENT_SET_OUT, EVENT_STORED = TYPED_INTEGERS[:6]

# what phases change, in the order of changes.Setting
VEHICLES, MIN, MAX, PATIENCE, ROOM, REQUESTS, MISSIONS, WITHIN, PEOPLE = TYPED_INTEGERS[:9]
TEAM_COUNT = TYPED_INTEGERS[12]

(
    REQUESTED,
    STOCKED,
    FINISHED,
    REJECTED,
    RETURNED,
    TURNED_AWAY,
    OFFLOADED,
    JOINED,
    PASSED,
    COLLECTED,
    SET_OUT,
    STARTED,
    ARRIVED,
    AUTHORISED,
    REFUSED,
    MANIFESTED,
    NO_SHOW,
    MISSION,
    INTERCEPTED,
    EXPIRED,
    ROUTED,
    FUELLED,
    DRAWN,
    TANKED,
    BARRED,
    UNDERTAKEN,
    CONCLUDED,
) = (TYPED_INTEGERS[kind] for kind in Kind)
REASON_TIME = TYPED_INTEGERS[Reason.TIME]

TRUCK = np.dtype(
    [
        ("load", "i8"),  # a load's own, or a vehicle's first
        ("carrier", "i8"),  # a vehicle's name in the log
        ("pallet_number", "i8"),  # of its first pallet, over all loads: who comes first among equals
        ("pallets", "i8"),  # of the load
        ("rank", "i8"),  # 0, 1, ... in the order of the ranks that there are
        ("step", "i8"),  # where it is in `steps`
        ("activity", "i8"),  # what ends next
        ("next_due", "i8"),  # the next of those whose time comes in the same second, or who go on at this moment
        ("event", "i8"),  # what it learns when the round is over
        ("next_fired", "i8"),  # the next in the list of those who learn something then
        ("pool", "i8"),  # the pool that serves it
        ("lane", "i8"),
        ("visit", "i8"),  # how often it had been at this step's place before
        ("work_s", "i8"),
        ("held_pool", "i8"),  # the pool whose lane it still stands in
        ("held_lane", "i8"),
        ("line", "i8"),
        ("next_in_convoy", "i8"),  # the next of its convoy
        ("key", "i8"),  # its place in a queue: rank, joined, number; among those far off the second that is due
        ("child", "i8"),  # links of the queue, see queues.py
        ("sibling", "i8"),
        ("previous_in_line", "i8"),  # links of the line, in the order of joining
        ("next_in_line", "i8"),
        ("since_s", "i8"),  # a load's: joined the line, or can be collected
        ("pallets_left", "i8"),  # pallets of the load that still stand on the platform
        ("first_part", "i8"),  # a vehicle's first part; parts are rows as well: the last part of load i is row i,
        ("part_load", "i8"),  # the part of a load that a vehicle could not take whole is the vehicle's own row
        ("part_pallets", "i8"),  # pallets
        ("next_part", "i8"),
        ("reserved_ceiling", "i8"),  # the ceiling under which room is kept for it on a platform
        ("fleet", "i8"),  # a vehicle's
        ("carried_by", "i8"),  # the vehicle onto which a load was transferred, NOBODY on its own truck,
        ("taken_over_by", "i8"),  # and the one that takes it over at a bay
        ("is_lost", "i8"),  # what it carries will not get further than the end of its road
        ("escorts", "i8"),  # that ride with the convoy that it leads
        ("road_step", "i8"),  # where the road on which it drives is in `steps`
        ("task", "i8"),  # for which the row stands, NOBODY of trucks
    ],
    align=True,
)
PLACE = np.dtype(
    [
        ("kind", "i8"),
        ("first", "i8"),  # calendar: from `first` up to `end` in `at_s` and `level`
        ("end", "i8"),
        ("calendar_now", "i8"),  # the step of it that holds, found lazily
        ("has_turn", "i8"),  # in this round or the next
        ("wake_s", "i8"),  # when waiting alone may let something start
        ("queue", "i8"),  # gate, pool, platform, store: the first in its queue
        ("queue_length", "i8"),
        ("entry_queue", "i8"),  # pool: the first of those who wait for room to wait in
        ("room", "i8"),  # pool: trucks that may wait; platform, store: pallets; depot: litres; NOBODY: no limit
        ("closing_rule", "i8"),  # pool: what happens at closing time, see rules.py
        ("turns_away", "i8"),
        ("heap_first", "i8"),  # the pool's heap of free lanes: from here in `free`
        ("free", "i8"),  # how many lanes, or vehicles, are free
        ("first_lane", "i8"),  # its row in `lanes`, where it must be known for how long a lane is open
        ("equipment", "i8"),  # the row of its first lane in `equipment`, NOBODY where nothing breaks
        ("breaks_while_idle", "i8"),  # and not by work alone
        ("restarts", "i8"),  # work in hand begins anew after a repair
        ("fleet", "i8"),  # whose vehicles take over what is served here, NOBODY where none do
        ("next_day", "i8"),  # platform: collected from the next midnight
        ("stock", "i8"),  # pallets
        ("content", "i8"),  # depot: litres; store: pallets x seconds of a day,
        ("since_s", "i8"),  # at this second
        ("min", "i8"),  # yard: trucks or vehicles of a convoy
        ("max", "i8"),
        ("patience_s", "i8"),
        ("first_s", "i8"),  # of its timetable, NOBODY where it has none; slots: of a day's calls
        ("every_s", "i8"),  # office: from a refusal until a load asks again
        ("capacity", "i8"),  # fleet: pallets of a vehicle
        ("home_luck", "i8"),  # its row of luck
        ("depot", "i8"),  # from which each trip takes fuel, NOBODY where none does,
        ("litres", "i8"),  # so much; depot: of one pallet that comes
        ("reserve_litres", "i8"),  # and leaves this there for others
        ("fuelled_since_s", "i8"),  # since when there has been some for one trip
        ("next_ration_s", "i8"),  # depot: when its users draw the next time, NEVER_S where it has none,
        ("ration_time_of_day_s", "i8"),  # at which time of day,
        ("first_user", "i8"),  # and who: from here up to `end_user` in `users`
        ("end_user", "i8"),
        ("owner", "i8"),  # yard, fleet, crew: who gives the turns
        ("drivers", "i8"),  # fleet: the crew of which each vehicle takes one, NOBODY where it takes none
        ("escorts", "i8"),  # yard: the crew of which so many vehicles need one
        ("escorted", "i8"),
        ("again_s", "i8"),  # from a denial until it asks again
        ("office", "i8"),  # which each of its lines asks, NOBODY where none does,
        ("lead_s", "i8"),  # and which answers after that
        ("first_answer", "i8"),  # from here up to `end_outcome` in `answers`, NOBODY where it does not ask
        ("end_outcome", "i8"),
        ("current_outcome", "i8"),  # the one that holds, found lazily
        ("free_since_s", "i8"),  # fleet, crew: since when one at least has been free
        ("held", "i8"),  # how many more are free
        ("held_until_s", "i8"),  # from then on, which is a midnight
        ("rest_s", "i8"),  # crew: after each trip,
        ("first_rest", "i8"),  # in a circle that begins here in `rests`
        ("rest_capacity", "i8"),  # and is so long,
        ("next_rest", "i8"),  # the next that ends,
        ("resting", "i8"),  # and how many there are
        ("first_parked", "i8"),  # a vehicle that is at home; `next_in_convoy` is the next
        ("desk", "i8"),  # gate, ceiling: the ceiling that gives the turns, NOBODY where all may pass
        ("unit", "i8"),  # ceiling: what it counts,
        ("behind", "i8"),  # and the platform on which that stands; NOBODY: so much a day
        ("used", "i8"),
        ("last_used_s", "i8"),  # when it was last used
        ("period_s", "i8"),  # for how long its limit holds
        ("first_queue", "i8"),  # desk: from here up to `end_queue` in `gate_lines`
        ("end_queue", "i8"),
        ("first_group", "i8"),  # and in `passed` and `weights`
        ("end_group", "i8"),
        ("last_turns_s", "i8"),  # when it last gave turns
        ("requests_per_day", "i8"),  # office: that it takes up a day, NOBODY where there is no limit
        ("slots_at_full", "i8"),  # slots: of a day at 100 %
        ("allotted_s", "i8"),  # time of day at which the next day's are given
        ("batch", "i8"),  # the most of one call
        ("refilled", "i8"),
        ("manifest", "i8"),  # queue of those who are called from today on,
        ("next_manifest", "i8"),  # and from tomorrow on
        ("manifest_day", "i8"),  # which day today is, as far as it has been looked at,
        ("last_round_s", "i8"),  # and the second
        ("first_no_show_ppm", "i8"),  # its first row in `first_no_show_ppm`, NOBODY where all come
        ("no_show_ppm_per_hour", "i8"),  # what each hour of waiting adds to a chance,
        ("watched_place", "i8"),  # at this place
        ("max_no_shows", "i8"),  # times that a load does not come
        ("records_waits", "i8"),  # gate, pool: somebody looks at how long those waited who passed, or began:
        ("wait_day", "i8"),  # the last day of it,
        ("waited_s", "i8"),
        ("waits", "i8"),
        ("waited_before_s", "i8"),  # and the day before that one
        ("waits_before", "i8"),
        ("mean_wait_s", "i8"),  # the mean wait as it was known on that day
        ("intercepts", "i8"),  # road: whether anything may be lost there,
        ("missions", "i8"),  # and the parts per million of convoys, and of trucks within them, see rules.py
        ("within", "i8"),
        ("mean_s", "i8"),  # road: of a drive at free flow,
        ("free_flow_vehicles", "i8"),  # vehicles that drive freely, NOBODY where none slow down others,
        ("slowdown_per_vehicle", "i8"),  # and what each more takes from the speed, see rules.py,
        ("min_speed_pct", "i8"),
        ("vehicles", "i8"),  # how many there are now,
        ("vehicles_before", "i8"),  # and as that second began
        ("vehicles_changed_s", "i8"),
        ("first_impairment", "i8"),  # road, office: what it is until tasks are done, from here up to
        ("end_impairment", "i8"),  # `end_impairment` in `hindrances`
    ],
    align=True,
)
LANE = np.dtype(  # the stretch in `opens_s` and `closes_s` in which the lane is open, found lazily
    [("current_span", "i8"), ("longest_s", "i8")], align=True
)
EQUIPMENT = np.dtype(  # of a lane that breaks
    [
        ("first", "i8"),  # breakdowns: from `first` up to `end` in `breaks_s` and `mended_s`
        ("end", "i8"),
        ("operated_s", "i8"),  # of its work and repairs so far
    ],
    align=True,
)
LINE = np.dtype(
    [
        ("owner", "i8"),  # who gives the turns
        ("fleet", "i8"),  # NOBODY: arriving trucks gather
        ("yard", "i8"),
        ("platform", "i8"),
        ("tail_step", "i8"),  # a vehicle's first step
        ("departed_s", "i8"),
        ("not_before_s", "i8"),  # may it ask again
        ("request", "i8"),  # whether its next mission has permission of its office, see rules.py
        ("applicant", "i8"),  # the row of `trucks` that stands for it there, NOBODY where it asks none
        ("queue", "i8"),  # the first that may go
        ("waiting", "i8"),  # trucks, or pallets that can be collected
        ("oldest", "i8"),  # in the order of joining
        ("newest", "i8"),
        ("first_pending", "i8"),  # the first whose stock cannot be collected yet
    ],
    align=True,
)
STEP = np.dtype(
    [
        ("verb", "i8"),
        ("place", "i8"),
        ("stock_place", "i8"),  # where opening stock of this step is: a platform, else where it queues
        ("second_place", "i8"),
        # inspect: manual bays; transfer: platform, NOBODY where it is onto vehicles; offload: store
        ("line", "i8"),  # of the convoy, or of the one that collects what a transfer puts down
        ("attempts", "i8"),
        ("back_to", "i8"),
        ("visit_column", "i8"),
        # column of `visit_column` that counts the visits to its place; NOBODY: its luck is that of one visit
        ("trip_column", "i8"),  # column of `visit_column` that counts the trips of the fleet onto which it transfers
        ("rejection_column", "i8"),  # column of `visit_column` that counts rejections there
        ("required_visits", "i8"),
        # visits that need no rejection; their luck is in rows of `luck`, that of others in `again`:
        ("work", "i8"),  # the first visit's row of the drive or the work, NOBODY where there is none
        ("work_repeat", "i8"),  # what to add a later visit's number to
        ("repacking", "i8"),  # bays for loads that are too large
        ("repacking_work", "i8"),  # 0 s for the others
        ("manual", "i8"),
        ("manual_repeat", "i8"),
        ("manual_work", "i8"),
        ("manual_work_repeat", "i8"),
        ("rejected", "i8"),
        ("rejected_repeat", "i8"),
        ("rejected_after_repeat", "i8"),  # the delay of who was rejected
        ("first_refusal", "i8"),  # permit: whom its office refuses, from here up to `end_refusal` in `refusals`
        ("end_refusal", "i8"),
        ("choice_rule", "i8"),  # travel: how one of its roads is chosen, see rules.py;
        ("first_road", "i8"),  # these are rows as well, from here up to `end_road`, each with its place and luck
        ("end_road", "i8"),
        ("drive_column", "i8"),
        # travel: column of `visit_column` that counts each truck's drives, where anything may be lost
        ("stopped", "i8"),
        ("stopped_repeat", "i8"),
        ("taken", "i8"),
        ("taken_repeat", "i8"),
    ],
    align=True,
)
TASK = np.dtype(
    [
        ("truck", "i8"),  # that stands for it in `trucks`
        ("requested_s", "i8"),
        ("teams", "i8"),  # the place of which it takes one,
        ("escorts", "i8"),  # and so many of another, NOBODY where it takes none
        ("escorted", "i8"),
        ("office", "i8"),  # NOBODY where it asks none
        ("again_s", "i8"),
        ("attempts", "i8"),
        ("first_answer", "i8"),  # of its office, in `task_answers`
        ("refusals", "i8"),  # refusals so far
        ("work_s", "i8"),
        ("done_s", "i8"),  # NEVER_S until a team is at work
        ("next_in_queue", "i8"),  # behind it in the queue for teams
    ],
    align=True,
)
IMPAIRMENT = np.dtype([("task", "i8"), ("percent", "i8"), ("since_s", "i8")], align=True)
GATE_QUEUE = np.dtype(
    [
        ("gate", "i8"),
        ("first", "i8"),  # the ceilings over it: from here up to `end` in `over`
        ("end", "i8"),
        ("group", "i8"),
        ("queue", "i8"),  # the first in it
        ("is_closed", "i8"),  # nobody passes at this moment
    ],
    align=True,
)
ROUTE_OPTION = np.dtype(
    [("first_step", "i8"), ("place", "i8")], align=True
)  # first step of a corridor; whose waits count there
SLOT_QUEUE = np.dtype([("queue", "i8"), ("kept", "i8")], align=True)  # of those who wait for slots; the others first
CLOCK = np.dtype(
    [
        ("horizon_s", "i8"),
        ("now_s", "i8"),
        ("log_rows", "i8"),  # of the log
        ("wake_s", "i8"),  # the first of all places' wakes
        ("next_change_s", "i8"),  # when the next of `changes` comes about,
        ("changes_applied", "i8"),  # of which so many have
        ("refill_s", "i8"),  # when the first of the far is near enough for `ring`
        ("far_queue", "i8"),  # queue of those whose time comes later than `ring` reaches
        ("ready", "i8"),  # the list of those who go on at this moment
        ("fired", "i8"),  # and of those who learn something when the round is over
        ("serving", "i8"),  # the place whose turn it is in this round
        ("turns", "i8"),  # how many places have a turn to come in this round,
        ("next_round_turns", "i8"),  # and in the next
        ("time_bits", "i8"),  # of a key
        ("number_bits", "i8"),
        ("blocked_by_tasks", "i8"),  # the list of those who wait until a task opens a road
    ],
    align=True,
)

Table = NDArray[Any]  # of one of the types above


class EngineState(NamedTuple):
    """One replication, before and while it runs.

    luck : (rows, loads) int32. again : (rows, loads that were rejected) int32. again_of : (loads,) int32, which of
    those a load is. been : (loads, columns) int16, and a row for each vehicle where those may choose among roads.
    created_s : (loads,) int64, ascending. begins : (loads,) int64, the step at which each begins, NOBODY where it looks
    at waits. stocked : (loads,) bool.
    at_s, level : calendars of places and roads. opens_s, closes_s : open stretches of lanes.
    breaks_s, mended_s : when lanes break and work again. free : heaps of lanes; without order where lanes break.
    turns : (2, places) int64, places with a turn to come in this round, the last in order first, and in the next.
    gate_lines : lines at gates under ceilings, desk by desk. gate_line : (places, sources) int64, which of those a load
    joins. over : the ceilings over each. kept : the ceilings that count what stands on platforms. passed, weights : of
    each class that shares turns. source, kg : (loads,) int32.
    options : corridors that may be chosen, source by source; choosers : (sources, 3) int64, from which one on, up to
    which, and the one to which loads are diverted; closed : (loads,) int64, a bit for each option from which a load is.
    slot_lines : queues for slots, place by place. slot_line : (places, sources), which of those a load joins.
    refusals : (n, 3) int64: source, from and to [s]. chances : of not coming, by day, place by place.
    factors : (places, sources) int64, of losses on a road. keeps_until_s : (loads,) int64, its shelf life.
    changes : (n, 4) int64, what phases change: when [s], place, which number, its value or, of vehicles, how many more.
    answers : (n, 3) int64, of each yard what comes of asking: from when on [s], the outcome, the delay [s].
    rests : when those who rest are free again [s].
    users : (n, 3) int64, depot by depot in order: rank, litres a day, what it leaves. litres : (sources,) int64, of a
    pallet.
    tasks, hindrances : a row each. task_answers : (n, 2) int64, of each request the lead time [s] and 1 for a refusal.
    ring : trucks whose time comes in each of the next seconds; its length is a power of two. clock : one row.
    """

    trucks: Table
    places: Table
    lanes: Table
    equipment: Table
    lines: Table
    steps: Table
    clock: Table
    luck: NDArray[np.int32]
    repeat_luck: NDArray[np.int32]
    repeat_index: NDArray[np.int32]
    visit_counts: NDArray[np.int16]
    created_s: NDArray[np.int64]
    initial_step: NDArray[np.int64]
    stocked: NDArray[np.bool_]
    calendar_at_s: NDArray[np.int64]
    calendar_value: NDArray[np.int64]
    lane_opens_s: NDArray[np.int64]
    lane_closes_s: NDArray[np.int64]
    breaks_s: NDArray[np.int64]
    repaired_s: NDArray[np.int64]
    free_lanes: NDArray[np.int64]
    turns: NDArray[np.int64]
    gate_queues: Table
    gate_queue_index: NDArray[np.int64]
    ceilings_over_queue: NDArray[np.int64]
    platform_ceilings: NDArray[np.int64]
    passed_by_group: NDArray[np.int64]
    group_weights: NDArray[np.int64]
    source: NDArray[np.int32]
    kg: NDArray[np.int32]
    route_options: Table
    choice_ranges: NDArray[np.int64]
    closed_border_bits: NDArray[np.int64]
    slot_queues: Table
    slot_queue_index: NDArray[np.int64]
    refusals: NDArray[np.int64]
    daily_no_show_ppm: NDArray[np.int64]
    loss_factors: NDArray[np.int64]
    keeps_until_s: NDArray[np.int64]
    setting_changes: NDArray[np.int64]
    mission_outcomes: NDArray[np.int64]
    rest_ends_s: NDArray[np.int64]
    fuel_users: NDArray[np.int64]
    litres_per_pallet: NDArray[np.int64]
    tasks: Table
    impairments: Table
    task_answers: NDArray[np.int64]
    timing_wheel: NDArray[np.int32]
    log: Log
