"""The arrays of the compiled engine: trucks, places, lines and steps, a row each. No rules, no loops.

Rows of `trucks`: load i comes on truck i; then come the vehicles of fleets, the tasks, and last the applicants, which
stand for lines in the queues of offices. Tasks and applicants have no step. Once load i is on a platform, nobody drives
truck i, and its row stands for what is left of the load there. NONE (-1) ends every list and fills every column that
does not apply. A queue is the row of its first member; see queues.py. Ranges are half-open: from `first` up to `end`.
"""

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from sim.events import Kind, Log, Reason

# All of type int64: Numba compiles a function anew for each plain constant that it is called with.
TYPED_INTEGERS = [cast(int, np.int64(i)) for i in range(32)]
_, KG, PALLETS_BEHIND, LITRES = TYPED_INTEGERS[:4]  # units of ceilings, see network/gates.py
ZERO, ONE, NONE, NEVER_S = TYPED_INTEGERS[0], TYPED_INTEGERS[1], cast(int, np.int64(-1)), cast(int, np.int64(1 << 60))
KEY_BITS = 62
ABOVE_ALL_KEYS = cast(int, np.int64(1 << KEY_BITS))  # greater than the key of anyone in a queue

TRAVEL, PASS_GATE, INSPECT, TRANSFER, CONVOY, OFFLOAD, PERMIT, TAKE_SLOT = TYPED_INTEGERS[:8]  # verbs
# kinds of places, in the order of PLACE_TYPES in packing.py
GATE, POOL, PLATFORM, YARD, FLEET, ROAD, CEILING, STORE, OFFICE, SLOTS, CREW, TEAMS, DEPOT = TYPED_INTEGERS[:13]
# activities: what ends when a truck is due
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
) = TYPED_INTEGERS[:12]  # fmt: skip; the last three are those of tasks
# events that trucks get at the end of a round
EVENT_ADMITTED, EVENT_TURNED_AWAY, EVENT_PASSED, EVENT_UNLOADED, EVENT_SET_OUT, EVENT_STORED = TYPED_INTEGERS[:6]

# settings that phases change, numbered as Setting in network/base.py
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
        ("load", "i8"),  # its own number for a load; for a vehicle, the load of its first pallet
        ("carrier", "i8"),  # column of the log
        ("pallet_number", "i8"),  # number of its first pallet over all loads, which decides between equals
        ("pallets", "i8"),  # of the load
        ("rank", "i8"),  # index in the sorted ranks of the run
        ("step", "i8"),  # row of `steps`
        ("activity", "i8"),  # what ends when it is due
        ("next_due", "i8"),  # next in a slot of `timing_wheel`, in the list `ready` or in `blocked_by_tasks`
        ("event", "i8"),  # that it gets at the end of the round
        ("next_fired", "i8"),  # next in the list `fired`
        ("pool", "i8"),  # place whose queue it has joined, or that serves it
        ("lane", "i8"),  # in which it is served
        ("visit", "i8"),  # number of its earlier visits to the place of its step; of a trip home: earlier trips
        ("work_s", "i8"),  # service time
        ("held_pool", "i8"),  # pool of the lane that it occupies until the next place has room, NONE if there is none
        ("held_lane", "i8"),
        ("line", "i8"),  # row of `lines`
        ("next_in_convoy", "i8"),  # next truck of its convoy; next parked vehicle of its fleet
        ("key", "i8"),  # its order in a queue: (rank, second of joining, pallet number); in `far_queue` the due second
        ("child", "i8"),  # links of its queue, see queues.py
        ("sibling", "i8"),
        ("previous_in_line", "i8"),  # links of its line, in the order of joining
        ("next_in_line", "i8"),
        ("since_s", "i8"),  # of a load: when it joined the line, or from when on it can be collected
        ("pallets_left", "i8"),  # pallets of the load that still stand on the platform
        (
            "first_part",
            "i8",
        ),  # first part that a vehicle carries. Parts are rows too: the last part of load i is row i,
        ("part_load", "i8"),  # and a part that leaves some of its load behind is the row of the vehicle that takes it
        ("part_pallets", "i8"),
        ("next_part", "i8"),
        ("reserved_ceiling", "i8"),  # ceiling that reserves room for it on a platform
        ("fleet", "i8"),  # place, of a vehicle
        ("carried_by", "i8"),  # vehicle onto which a load was transferred, NONE on its own truck
        ("taken_over_by", "i8"),  # vehicle that takes it over at a bay
        ("is_lost", "i8"),  # 1 if its load is lost at the end of the present road
        ("escorts", "i8"),  # number of escorts of the convoy that it leads
        ("road_step", "i8"),  # row of `steps` of the road on which it drives
        ("task", "i8"),  # row of `tasks` for which it stands, NONE for trucks
    ],
    align=True,
)
PLACE = np.dtype(
    [
        ("kind", "i8"),
        ("first", "i8"),  # range of its calendar in `calendar_at_s` and `calendar_value`
        ("end", "i8"),
        ("calendar_now", "i8"),  # step of the calendar that holds at the last look
        ("has_turn", "i8"),  # 1 if it has a turn in this round or the next
        ("wake_s", "i8"),  # when it is to be served although nothing happens there
        ("queue", "i8"),
        ("queue_length", "i8"),
        ("entry_queue", "i8"),  # pool: queue of those outside, for whom there is no room in `queue`
        ("room", "i8"),  # pool: trucks that may wait; platform, store: pallets; depot: litres; NONE: no limit
        ("closing_rule", "i8"),  # pool: what happens to work at closing time, see rules.py
        ("turns_away", "i8"),  # pool: 1 if trucks that find no room are turned away
        ("heap_first", "i8"),  # pool: where its heap begins in `free_lanes`
        ("free", "i8"),  # number of free lanes, vehicles, people or teams; below 0 if a phase leaves fewer than are out
        ("first_lane", "i8"),  # pool: its first row of `lanes`, if its closing rule needs open spans
        ("equipment", "i8"),  # pool: row of its first lane in `equipment`, NONE if its lanes never break
        ("breaks_while_idle", "i8"),  # 1 if time to failure also runs while a lane is idle
        ("restarts", "i8"),  # 1 if interrupted work starts anew after a repair
        ("fleet", "i8"),  # pool: fleet whose vehicles take over what is served here, NONE if there is none
        ("next_day", "i8"),  # platform: 1 if loads can be collected only from the next midnight on
        ("stock", "i8"),  # platform: pallets
        ("content", "i8"),  # depot: litres; store: pallets x DAY_S
        ("since_s", "i8"),  # store: second of the last update of `content`
        ("min", "i8"),  # yard: trucks or vehicles of a convoy
        ("max", "i8"),
        ("patience_s", "i8"),
        ("first_s", "i8"),  # yard: first departure of the timetable, NONE if it has none; slots: first call of a day
        ("every_s", "i8"),  # interval of the timetable, or of the calls; office: from a refusal to the next request
        ("capacity", "i8"),  # fleet: pallets of a vehicle
        ("home_luck", "i8"),  # fleet: first row in `luck` of drives home
        ("depot", "i8"),  # fleet: depot that fuels each trip, NONE if there is none
        ("litres", "i8"),  # fleet: fuel of a trip; depot: fuel of one pallet that is unloaded
        ("reserve_litres", "i8"),  # fleet: fuel that it leaves in the depot for others
        ("fuelled_since_s", "i8"),  # fleet: since when there has been fuel for a trip
        ("next_ration_s", "i8"),  # depot: when its users draw next, NEVER_S if it has none
        ("ration_time_of_day_s", "i8"),
        ("first_user", "i8"),  # depot: range of its users in `fuel_users`
        ("end_user", "i8"),
        ("owner", "i8"),  # yard, fleet, crew, teams: place that decides who gets it
        ("drivers", "i8"),  # fleet: crew of which each vehicle takes one, NONE if it takes none
        ("escorts", "i8"),  # yard: crew that gives one escort for every `escorted` vehicles, NONE if there is none
        ("escorted", "i8"),
        ("again_s", "i8"),  # yard: from a denial to the next attempt
        ("office", "i8"),  # yard: office that permits the missions of its lines, NONE if there is none
        ("lead_s", "i8"),  # yard: lead time of that office
        ("first_answer", "i8"),  # yard: range in `mission_outcomes`; NONE if it needs no permission
        ("end_outcome", "i8"),
        ("current_outcome", "i8"),  # row that holds at the last look
        ("free_since_s", "i8"),  # fleet, crew: since when at least one has been free
        ("held", "i8"),  # fleet, crew: number that become free at `held_until_s`, a midnight
        ("held_until_s", "i8"),
        ("rest_s", "i8"),  # crew: rest after each trip
        ("first_rest", "i8"),  # crew: its circular buffer in `rest_ends_s` begins here,
        ("rest_capacity", "i8"),  # has this length,
        ("next_rest", "i8"),  # its first entry at this index,
        ("resting", "i8"),  # and this number of entries
        ("first_parked", "i8"),  # fleet: first vehicle that is at home
        ("desk", "i8"),  # gate, ceiling: ceiling whose row is their desk; NONE for a gate without ceilings
        ("unit", "i8"),  # ceiling: what it counts
        ("behind", "i8"),  # ceiling: platform whose stock it limits; NONE if it limits what passes in a period
        ("used", "i8"),  # ceiling: amount in this period, or on the way to the platform; office: requests of today
        ("last_used_s", "i8"),  # second of the last update of `used`
        ("period_s", "i8"),  # ceiling: length of its period
        ("first_queue", "i8"),  # desk: range of its queues in `gate_queues`; slots: in `slot_queues`
        ("end_queue", "i8"),
        ("first_group", "i8"),  # desk: range of its groups in `passed_by_group` and `group_weights`
        ("end_group", "i8"),
        ("last_turns_s", "i8"),  # desk: second of the last update of `passed_by_group`
        ("requests_per_day", "i8"),  # office: daily limit of requests, negative if there is none
        ("slots_at_full", "i8"),  # slots: of a day at 100 %
        ("allotted_s", "i8"),  # slots: time of day at which those of the next day are assigned
        ("batch", "i8"),  # slots: most trucks of one call
        ("refilled", "i8"),  # slots: 1 if slots of no-shows go to others at once
        ("manifest", "i8"),  # slots: queue of those who may be called on `manifest_day`,
        ("next_manifest", "i8"),  # and of those who may be called from the next day on
        ("manifest_day", "i8"),
        ("last_round_s", "i8"),  # slots: second of the last call or assignment
        ("first_no_show_ppm", "i8"),  # slots: first row in `daily_no_show_ppm`, NONE if all trucks come
        ("no_show_ppm_per_hour", "i8"),  # slots: rise of the chance per hour of yesterday's mean wait
        ("watched_place", "i8"),  # at this place, NONE if there is none
        ("max_no_shows", "i8"),  # slots: most no-shows of a load
        ("records_waits", "i8"),  # gate, pool: 1 if the waits of those who pass, or start service, are recorded:
        ("wait_day", "i8"),  # last day with any,
        ("waited_s", "i8"),  # total wait of that day,
        ("waits", "i8"),  # number of waits,
        ("waited_before_s", "i8"),  # the same of the day before `wait_day`,
        ("waits_before", "i8"),
        ("mean_wait_s", "i8"),  # and the mean wait of the last earlier day with any
        ("intercepts", "i8"),  # road: 1 if loads may be lost there
        ("missions", "i8"),  # road: convoys that are stopped [ppm],
        ("within", "i8"),  # and trucks of these that lose their load [ppm]
        ("mean_s", "i8"),  # road: mean driving time at free flow
        ("free_flow_vehicles", "i8"),  # road: vehicles up to which there is no slowdown, NONE if there never is any
        ("slowdown_per_vehicle", "i8"),  # road: speed that each further vehicle takes, see traffic_speed_pct
        ("min_speed_pct", "i8"),
        ("vehicles", "i8"),  # road: vehicles on it now,
        ("vehicles_before", "i8"),  # and before the changes of second `vehicles_changed_s`
        ("vehicles_changed_s", "i8"),
        ("first_impairment", "i8"),  # road, office: range of its rows in `impairments`
        ("end_impairment", "i8"),
    ],
    align=True,
)
LANE = np.dtype(  # a lane whose pool has a closing rule that needs open spans
    [
        ("current_span", "i8"),  # row of `lane_opens_s` and `lane_closes_s` that holds at the last look
        ("longest_s", "i8"),  # longest span
    ],
    align=True,
)
EQUIPMENT = np.dtype(  # a lane that breaks
    [
        ("first", "i8"),  # range of its breakdowns in `breaks_s` and `repaired_s`
        ("end", "i8"),
        ("operated_s", "i8"),  # total time of its services and repairs, if it breaks only during service
    ],
    align=True,
)
LINE = np.dtype(
    [
        ("owner", "i8"),  # place that decides which of its lines sends a convoy
        ("fleet", "i8"),  # NONE: arriving trucks gather
        ("yard", "i8"),
        ("platform", "i8"),
        ("tail_step", "i8"),  # first step of its vehicles
        ("departed_s", "i8"),  # second of the last departure
        ("not_before_s", "i8"),  # earliest second of the next attempt
        ("request", "i8"),  # whether the next mission has its office's permission, see rules.py
        ("applicant", "i8"),  # row of `trucks` that stands for the line at the office, NONE if it needs none
        ("queue", "i8"),  # trucks that wait, or loads whose stock is ready
        ("waiting", "i8"),  # number of trucks, or of pallets that are ready
        ("oldest", "i8"),  # first in the order of joining
        ("newest", "i8"),
        ("first_pending", "i8"),  # first load whose stock cannot be collected yet
    ],
    align=True,
)
STEP = np.dtype(
    [
        ("verb", "i8"),
        ("place", "i8"),
        ("stock_place", "i8"),  # where opening stock of this step stands, for the log
        ("second_place", "i8"),  # inspect: manual bays; transfer: platform, NONE if onto vehicles; offload: store
        ("line", "i8"),  # convoy: its line; transfer: the line that collects from its platform
        ("attempts", "i8"),
        ("back_to", "i8"),  # step of those who are rejected here
        ("visit_column", "i8"),  # column of `visit_counts` for visits to its place, NONE if they need no counting
        ("trip_column", "i8"),  # for trips of the fleet onto which it transfers
        ("rejection_column", "i8"),  # for rejections, refusals or no-shows here
        ("required_visits", "i8"),  # visits that occur without any rejection
        # The luck of visit n, from 0, is in row n + `work` of `luck`; from visit `required_visits` on it is in row
        # n + `work_repeat` of `repeat_luck`. NONE: there is none. Work is the service, the drive or the lead time.
        ("work", "i8"),
        ("work_repeat", "i8"),
        ("repacking", "i8"),  # inspect: bays where loads that are too large are repacked
        ("repacking_work", "i8"),  # 0 s for loads that need no repacking
        ("manual", "i8"),  # inspect: whether a manual inspection follows
        ("manual_repeat", "i8"),
        ("manual_work", "i8"),
        ("manual_work_repeat", "i8"),
        ("rejected", "i8"),  # inspect: the verdict
        ("rejected_repeat", "i8"),
        ("rejected_after_repeat", "i8"),  # inspect: delay after a rejection
        ("first_refusal", "i8"),  # permit: range in `refusals`
        ("end_refusal", "i8"),
        ("choice_rule", "i8"),  # travel: how a road is chosen, see rules.py
        ("first_road", "i8"),  # travel: range of its roads in `steps`, each with its place and luck
        ("end_road", "i8"),
        ("drive_column", "i8"),  # travel: column of `visit_counts` for a truck's drives, where loads may be lost
        ("stopped", "i8"),  # travel: luck of the convoy, and of each truck, where loads may be lost
        ("stopped_repeat", "i8"),
        ("taken", "i8"),
        ("taken_repeat", "i8"),
    ],
    align=True,
)
TASK = np.dtype(
    [
        ("truck", "i8"),  # row of `trucks` that stands for it
        ("requested_s", "i8"),
        ("teams", "i8"),  # place of which it takes one team
        ("escorts", "i8"),  # place of which it takes `escorted` teams as escorts, NONE if it takes none
        ("escorted", "i8"),
        ("office", "i8"),  # NONE if it needs no permission
        ("again_s", "i8"),  # from a refusal to the next request
        ("attempts", "i8"),
        ("first_answer", "i8"),  # row in `task_answers` of its first request
        ("refusals", "i8"),  # so far
        ("work_s", "i8"),
        ("done_s", "i8"),  # NEVER_S until it begins
        ("next_in_queue", "i8"),  # task behind it in the queue for teams
    ],
    align=True,
)
IMPAIRMENT = np.dtype([("task", "i8"), ("percent", "i8"), ("since_s", "i8")], align=True)  # speed left until it is done
GATE_QUEUE = np.dtype(
    [
        ("gate", "i8"),
        ("first", "i8"),  # range of its ceilings in `ceilings_over_queue`
        ("end", "i8"),
        ("group", "i8"),  # row of `passed_by_group` and `group_weights`
        ("queue", "i8"),
        ("is_closed", "i8"),  # 1 if no more can pass in this round
    ],
    align=True,
)
ROUTE_OPTION = np.dtype([("first_step", "i8"), ("place", "i8")], align=True)  # of a corridor; place: whose waits count
SLOT_QUEUE = np.dtype([("queue", "i8"), ("kept", "i8")], align=True)  # kept: slots reserved for it on a full day
CLOCK = np.dtype(
    [
        ("horizon_s", "i8"),
        ("now_s", "i8"),
        ("log_rows", "i8"),  # rows of the log so far
        ("wake_s", "i8"),  # least `wake_s` of all places
        ("next_change_s", "i8"),  # when the next of `setting_changes` applies, NEVER_S if none is left
        ("changes_applied", "i8"),
        ("refill_s", "i8"),  # when `timing_wheel` reaches the first in `far_queue`
        ("far_queue", "i8"),  # queue of those who are due later than `timing_wheel` reaches
        ("ready", "i8"),  # list of those who begin a step now
        ("fired", "i8"),  # list of those who get an event at the end of the round
        ("serving", "i8"),  # place that is served now
        ("turns", "i8"),  # number of places with a turn to come in this round
        ("next_round_turns", "i8"),  # and in the next
        ("time_bits", "i8"),  # of a key
        ("number_bits", "i8"),
        ("blocked_by_tasks", "i8"),  # list of those who wait until a task opens a road
    ],
    align=True,
)

Table = NDArray[Any]  # rows of one of the types above


class EngineState(NamedTuple):
    """The state of one replication. Units: seconds, pallets and litres; int64 unless stated otherwise.

    luck : (rows, loads) int32. Draws for the visits that every load makes.
    repeat_luck : (rows, rejected loads) int32. Draws for visits after a rejection.
    repeat_index : (loads,) int32. The column of each load in `repeat_luck`.
    visit_counts : (loads, columns) int16. Has a row for each truck where vehicles may choose among roads.
    created_s : (loads,), ascending.
    initial_step : (loads,). The step at which each load begins, NONE if it chooses its corridor by waits.
    stocked : (loads,) bool. Whether a load belongs to the opening stock.
    calendar_at_s, calendar_value : calendars, place by place.
    lane_opens_s, lane_closes_s : open spans, lane by lane.
    breaks_s, repaired_s : beginnings and ends of breakdowns, lane by lane.
    free_lanes : a heap of the free lanes of each pool; in no order where lanes break.
    turns : (2, places). Places with a turn to come: in this round, the next one last; and in the next round.
    gate_queues : queues at gates under ceilings, desk by desk.
    gate_queue_index : (places, sources). The queue that a source's loads join at a gate.
    ceilings_over_queue : ceilings, queue by queue.
    platform_ceilings : the ceilings that limit the stock of platforms.
    passed_by_group, group_weights : passages today, and weights, of the groups that share turns, desk by desk.
    source, kg : (loads,) int32.
    route_options : corridors that may be chosen, source by source.
    choice_ranges : (sources, 3). The range in `route_options`, and the row of it to which loads are diverted.
    closed_border_bits : (loads,). A bit for each option whose border diverts the load.
    slot_queues : queues for slots, place by place; the queue of sectors without reserved slots is the first.
    slot_queue_index : (places, sources). The queue that a source's loads join.
    refusals : (n, 3). Source, and from and to [s], step by step.
    daily_no_show_ppm : by day, place by place.
    loss_factors : (places, sources), empty if nothing can be lost.
    keeps_until_s : (loads,). The end of the shelf life.
    setting_changes : (n, 4), in time order. Second, place, setting, and its value: an increment for vehicles, people
        and teams.
    mission_outcomes : (n, 3), yard by yard. From when on [s], the outcome, and the delay [s].
    rest_ends_s : circular buffers of the ends of rests, crew by crew.
    fuel_users : (n, 3), depot by depot. Rank, litres per day, and the litres that a user leaves.
    litres_per_pallet : (sources,).
    tasks, impairments : a row each.
    task_answers : (n, 2), task by task. The lead time [s] of each request, and 1 for a refusal.
    timing_wheel : (2**k,) int32. The first truck that is due in each of the next seconds.
    clock : one row.
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
