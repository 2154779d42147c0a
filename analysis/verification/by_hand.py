"""Small worlds worked out by hand. Times are in minutes; 0 is midnight of the start date."""

from collections.abc import Sequence

import numpy as np

from analysis.verification.cases import (
    DOCK_CORRIDOR,
    TRACED_FLOW,
    WORKDAYS,
    Case,
    ExactStatistic,
    TraceLoads,
    initial_batch,
    run_settings,
)
from analysis.verification.readings import (
    arrived_by_midnight,
    convoy_sizes,
    measure_reading,
    number_in_service,
    queue_length,
    waits_min,
)
from analysis.verification.worlds import ReplicationResult, in_minutes
from sim import events as e
from sim.laws import Int64Array
from sim.readings.milestones import route_milestones
from sim.units import DAY_S, HOUR_S, MINUTE_S

FAMILY = "by hand"
NINE_LANE_DOCK = "warehouses: {dock: {lanes: 9, time: 1 min}}\n"
CONVOY_CORRIDOR = "corridors: {only: {from: away, to: here, steps: [{convoy: hub}, {offload: dock}]}}\n"
INSPECTED_CORRIDOR = "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}\n"
ALL_VERBS_WORLD = """
sites: {scan: {lanes: 1, time: 7 min, manual: {share: 100 %, bays: 1, time: 11 min}}}
gates: {rim: {border: true}}
bays: {apron: {lanes: 1, time: 13 min}}
platforms: {pad: {}}
yards: {hub: {min: 1, max: 1}}
fleets: {pool: {vehicles: 1, pallets: 20, home: 5 min}}
roads: {away_rim: {time: 17 min}, pad_dock: {length: 15 km, speed: 45 km/h}}
warehouses: {dock: {lanes: 1, time: 19 min}}
corridors:
  only:
    from: away
    to: here
    steps:
      - travel: away_rim
      - inspect: scan
      - pass_gate: rim
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: pad_dock
      - offload: dock
"""


def hand_case(name: str, world: str, *statistics: ExactStatistic, **traces: TraceLoads) -> Case:
    """Returns a case of this family; each keyword is a trace, the name of its file without `.csv`."""
    return Case(FAMILY, name, "by hand", world, statistics, {f"{file}.csv": loads for file, loads in traces.items()})


def arrival_times(*times_min: float) -> ExactStatistic:
    """Returns the statistic of all arrival times [min], in the order of loads."""
    return ExactStatistic("arrivals [min]", list(times_min), ReplicationResult.arrivals_min)


def wait_times(times_min: Sequence[float], place: str = "warehouses.dock") -> ExactStatistic:
    """Returns the statistic of all waits at a place [min], in the order of arrival there."""
    return ExactStatistic("waits [min]", list(times_min), lambda run: waits_min(run, place))


def closing_rule(rule: str, by_midnight: list[int], tenth: int) -> Case:
    """Returns the case of forty trucks at one lane that closes at 16:00 with this rule.

    tenth : the tenth arrival [min].
    """
    return hand_case(
        f"forty trucks of 50 min, closing at 16:00: {rule}",
        DOCK_CORRIDOR + TRACED_FLOW + WORKDAYS + run_settings(6)
        + f"warehouses: {{dock: {{lanes: 1, time: 50 min, calendar: day, rule: {rule}}}}}",
        ExactStatistic("arrived by midnight", by_midnight, lambda run: arrived_by_midnight(run, 4)),
        ExactStatistic("the tenth [min]", tenth, lambda run: run.arrivals_min()[9]),
        arrivals=TraceLoads([480] * 40),
    )  # fmt: skip


def stages_in_series(lanes: int, *times: float) -> Case:
    """Returns the case of three stages in series, the second with `lanes` lanes; `times` are the arrivals [min]."""
    return hand_case(
        f"three stages in a row, the second of {lanes} lanes",
        f"sites: {{scan: {{lanes: 1, time: 10 min}}, search: {{lanes: {lanes}, time: 15 min}}}}\n"
        "warehouses: {dock: {lanes: 1, time: 5 min}}\n"
        "corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {inspect: search}, {offload: dock}]}}\n"
        + initial_batch(6),
        arrival_times(*times),
    )


def blocking(room: int, leaves: list[float], blocked: float) -> Case:
    """Returns the case of two stages with `room` places between them: end of blocking by load, and its total [min]."""

    def left(run: ReplicationResult) -> list[float]:
        return in_minutes(run.visits("sites.scan").left_s)

    def blocked_min(run: ReplicationResult) -> float:
        visits = run.visits("sites.scan")
        return sum(in_minutes(visits.left_s - visits.finished_s))

    return hand_case(
        f"room for {room} between two stages",
        "sites: {scan: {lanes: 1, time: 10 min}}\n"
        f"warehouses: {{dock: {{lanes: 1, time: 30 min, room: {room}}}}}\n" + INSPECTED_CORRIDOR + initial_batch(5),
        arrival_times(40, 70, 100, 130, 160),
        ExactStatistic("left the first stage [min]", leaves, left),
        ExactStatistic("blocked [min]", blocked, blocked_min),
        ExactStatistic("blocked, as measured [h]", blocked / 5 / 60, lambda run: run.dwell("sites.scan")["blocked"]),
    )


def breakdown(after: str, clock: str, then: str, *times: float) -> Case:
    """Returns the case of a lane that is down from 09:30 to 10:30; `times` are the arrivals [min]."""
    return hand_case(
        f"down from 09:30 to 10:30: {then}, after {after} of {clock}",
        DOCK_CORRIDOR + TRACED_FLOW + f"warehouses: {{dock: {{lanes: 1, time: 60 min, breaks: "
        f"{{after: {after}, lasts: 60 min, clock: {clock}, then: {then}}}}}}}",
        arrival_times(*times),
        arrivals=TraceLoads([480, 480]),
    )


def repairs(clock: str, *times: float) -> Case:
    """Returns the case of repairs of 20 min after each 60 min of `clock`; `times` are the arrivals [min].

    Trucks arrive at 0, 65, 85 and 150, and their services take 40, 30, 30 and 10.
    """
    return hand_case(
        f"repairs of 20 min after each 60 of {clock}",
        DOCK_CORRIDOR + TRACED_FLOW
        + f"warehouses: {{dock: {{lanes: 1, time: 1 min, breaks: {{after: 60 min, lasts: 20 min, clock: {clock}}}}}}}",
        arrival_times(*times),
        arrivals=TraceLoads([0, 65, 85, 150], {"warehouses.dock": [40, 30, 30, 10]}),
    )  # fmt: skip


def _closed_day() -> Case:
    """Returns the case of 25 arrivals/h at ten lanes of 3 services/h each that are closed on the second day."""
    opens_s = 2 * DAY_S

    def waits_s(run: ReplicationResult) -> Int64Array:
        visits = run.visits("warehouses.dock")
        return np.asarray(visits.started_s - visits.joined_s, dtype=np.int64)

    def backlog(run: ReplicationResult) -> list[int]:
        visits = run.visits("warehouses.dock")
        waiting = (visits.joined_s < opens_s) & (visits.started_s >= opens_s)
        frozen = (visits.started_s < DAY_S) & (visits.finished_s >= opens_s)  # in service when the day ended
        return [int(waiting.sum()), int(frozen.sum())]

    def first_without_wait(run: ReplicationResult) -> float:
        joined_s = run.visits("warehouses.dock").joined_s
        return float(joined_s[(joined_s > opens_s) & (waits_s(run) == 0)].min() / HOUR_S)

    return hand_case(
        "a day that is shut, worked off as the fluid says",
        DOCK_CORRIDOR + TRACED_FLOW + run_settings(8)
        + "calendars: {shut: {closures: {one: {from: 2024-05-14, to: 2024-05-14}}}}\n"
        "warehouses: {dock: {lanes: 10, time: 20 min, calendar: shut, rule: freeze}}",
        ExactStatistic("wait and are frozen as it opens", [600, 8], backlog),
        ExactStatistic("longest wait [h]", 24.0, lambda run: float(waits_s(run).max() / HOUR_S)),
        ExactStatistic("first without a wait [h]", 167.68, first_without_wait),
        ExactStatistic("all waits [h]", 43_113.6, lambda run: float(waits_s(run).sum() / HOUR_S)),
        ExactStatistic("finished by day", [591, 0, 718, 720, 720, 720, 720, 602],
              lambda run: run.days_at("warehouses.dock").finished.tolist()),
        arrivals=TraceLoads((np.arange(144, 8 * DAY_S, 144) / MINUTE_S).tolist()),
    )  # fmt: skip


def _rank_zero() -> Case:
    """Returns the case of two trucks of an hour each, at 0 and 10, and one of rank 0 that comes at 20 and takes 15."""
    return hand_case(
        "rank 0 goes first and throws nobody off",
        DOCK_CORRIDOR + "warehouses: {dock: {lanes: 1, time: 60 min}}\n"
        "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 1}},"
        " m: {sector: un, cargo: food, trace: urgent.csv, rank: 0, corridors: {only: 1}}}\n",
        ExactStatistic("arrivals in their order [min]", [60, 75, 135], lambda run: sorted(run.arrivals_min())),
        ExactStatistic("the last is B", ["flows.f/0/1"],
            lambda run: [run.load_identity(int(run.rows(e.ARRIVED)["entity"][-1]))]),
        arrivals=TraceLoads([0, 10]), urgent=TraceLoads([20], {"warehouses.dock": [15]}),
    )  # fmt: skip


def _yard_cases() -> list[Case]:
    """Returns the cases of convoys, and of the mean backlog of a yard."""

    def set_out(*times_min: float) -> ExactStatistic:
        return ExactStatistic("convoys set out [min]", list(times_min), lambda run: run.times_min(e.SET_OUT))

    convoy_world = NINE_LANE_DOCK + CONVOY_CORRIDOR + TRACED_FLOW
    return [
        hand_case(
            "convoys of exactly five",
            "yards: {hub: {min: 5, max: 5}}\n" + convoy_world,
            set_out(24, 54, 84, 114, 144, 174),
            wait_times([24, 18, 12, 6, 0] * 6, "yards.hub"),
            ExactStatistic("mean wait, as measured [h]", 0.2, lambda run: run.dwell("yards.hub")["wait"]),
            arrivals=TraceLoads(range(0, 180, 6)),
        ),
        hand_case(
            "convoys of three, or of whoever waits for an hour",
            "yards: {hub: {min: 3, max: 5, patience: 60 min}}\n" + convoy_world,
            set_out(20, 90, 160),
            wait_times([20, 10, 0, 60, 60], "yards.hub"),
            arrivals=TraceLoads([0, 10, 20, 30, 100]),
        ),
        hand_case(
            "convoys of a timetable",
            "yards: {hub: {max: 8, timetable: {first: 1 h, every: 1 h}}}\n" + convoy_world,
            set_out(60, 120, 180, 240, 300, 360, 420, 480),
            ExactStatistic("sizes", [8, 8, 8, 8, 8, 8, 8, 4], lambda run: convoy_sizes(run).tolist()),
            ExactStatistic("first waits [min]", [54, 48, 42], lambda run: waits_min(run, "yards.hub")[:3]),
            ExactStatistic("sum of waits [min]", 4380, lambda run: sum(waits_min(run, "yards.hub"))),
            arrivals=TraceLoads(range(6, 361, 6)),
        ),
        hand_case(
            "a mean over time is none over changes",
            "yards: {hub: {max: 2, timetable: {first: 5 h, every: 5 h}}}\n" + run_settings(1) + convoy_world,
            ExactStatistic(
                "mean backlog of ten hours",
                1.4,
                lambda run: queue_length(run, "yards.hub").time_average(0, 10 * HOUR_S),
            ),
            ExactStatistic("mean backlog, as measured", 1.4 * 10 / 24, measure_reading("backlog_mean:yards.hub")),
            arrivals=TraceLoads([120, 120, 120]),
        ),
    ]


def _vehicle_cases() -> list[Case]:
    """Returns the cases of stock on platforms that waits for vehicles."""
    collection_world = (
        "corridors: {only: {from: away, to: here, steps: [{transfer: {onto: pad, bays: apron}},"
        " {convoy: {yard: hub, from: pad, fleet: pool}}, {offload: dock}]}}\n"
        "yards: {hub: {min: 1, max: 1}}\n"
    )

    def blocked(run: ReplicationResult) -> float:
        visits = run.visits("bays.apron")
        return sum(in_minutes(visits.left_s - visits.finished_s))

    return [
        hand_case(
            "two vehicles, an hour home, one dock of 20 min",
            collection_world + "bays: {apron: {lanes: 1, time: 1 min}}\nplatforms: {pad: {}}\n"
            "fleets: {pool: {vehicles: 2, pallets: 20, home: 1 h}}\nwarehouses: {dock: {lanes: 1, time: 20 min}}\n"
            "flows: {f: {sector: un, cargo: food}}\n"
            "start: {s: {flow: f, corridor: only, loads: 5, at: platforms.pad}}\n",
            arrival_times(20, 40, 100, 120, 180),
        ),
        hand_case(
            "room on a platform for two loads, one vehicle",
            collection_world + "bays: {apron: {lanes: 1, time: 10 min}}\nplatforms: {pad: {room: 40}}\n"
            "fleets: {pool: {vehicles: 1, pallets: 20, home: 30 min}}\n"
            "warehouses: {dock: {lanes: 1, time: 5 min}}\n" + initial_batch(5),
            arrival_times(15, 50, 85, 120, 155),
            ExactStatistic("blocked [min]", 30.0, blocked),
            ExactStatistic("bay taken [min]", [0, 10, 20, 30, 45], lambda run: run.times_min(e.STARTED, "bays.apron")),
        ),
        hand_case(
            "stock that is collected on the next day",
            collection_world + "bays: {apron: {lanes: 1, time: 10 min}}\nplatforms: {pad: {collect: next_day}}\n"
            "fleets: {pool: {vehicles: 3, pallets: 20, home: 30 min}}\n"
            "warehouses: {dock: {lanes: 1, time: 5 min}}\n" + initial_batch(3),
            arrival_times(1445, 1450, 1455),
        ),
    ]


def _gate_site_road_cases() -> list[Case]:
    """Returns the cases of ceilings and calendars of gates, rejections, and closed roads."""
    return [
        hand_case(
            "three trucks a day through a gate",
            "gates: {rim: {border: true}}\nceilings: {most: {gates: [rim], trucks: 3/day}}\n" + run_settings(3)
            + NINE_LANE_DOCK
            + "corridors: {only: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}\n" + TRACED_FLOW,
            arrival_times(481, 481, 481, 1441, 1441, 1441, 2881),
            arrivals=TraceLoads([480] * 7),
        ),
        hand_case(
            "a gate from 8 to 16",
            WORKDAYS + "gates: {rim: {calendar: day}}\n" + NINE_LANE_DOCK
            + "corridors: {only: {from: away, to: here, steps: [{pass_gate: rim}, {offload: dock}]}}\n" + TRACED_FLOW,
            arrival_times(481, 501, 1921),
            arrivals=TraceLoads([420, 500, 970]),
        ),
        hand_case(
            "two inspections that both say no",
            "sites: {scan: {lanes: 1, time: 10 min, rejected: {share: 100 %, after: 30 min, attempts: 2}}}\n"
            + NINE_LANE_DOCK + INSPECTED_CORRIDOR + initial_batch(1),
            arrival_times(),
            ExactStatistic("rejected [min]", [10, 50], lambda run: run.times_min(e.REJECTED)),
            ExactStatistic("returned [min]", [50], lambda run: run.times_min(e.RETURNED)),
        ),
        hand_case(
            "a drive of an hour on a road that closes at 16:00",
            WORKDAYS + "roads: {lane: {time: 60 min, calendar: day}}\n" + NINE_LANE_DOCK
            + "corridors: {only: {from: away, to: here, steps: [{travel: lane}, {offload: dock}]}}\n" + TRACED_FLOW,
            arrival_times(661, 1951),
            arrivals=TraceLoads([600, 930]),
        ),
    ]  # fmt: skip


def _single_truck_cases() -> list[Case]:
    """Returns the cases with one truck and with none."""

    def services(run: ReplicationResult) -> list[float | None]:
        places = ("sites.scan", "sites.scan.manual", "bays.apron", "warehouses.dock")
        return [run.dwell(place)["service"] for place in places]

    def idle(run: ReplicationResult) -> list[str]:
        routes = route_milestones(run.network, run.network.routes[0])
        measures = {measure.name: measure.value for measure in run.measures}
        nonzero = [f"{name}_trucks_per_day" for name in routes if measures[f"{name}_trucks_per_day"] != 0]
        states = ("state_idle:", "state_closed:")  # the states of lanes without work
        compared = {name: value for name, value in measures.items() if not name.startswith(states)}
        return nonzero + [name for name, value in compared.items() if value is not None and value != 0]

    transit_min = 17 + 7 + 11 + 13 + 20 + 19
    no_measures = ExactStatistic("measures that are neither nought nor none", [], idle)
    empty_log = ExactStatistic("rows of the log", 0, lambda run: len(run.log))
    return [
        hand_case(
            "one truck alone, through every verb",
            ALL_VERBS_WORLD + TRACED_FLOW,
            arrival_times(60 + transit_min),
            ExactStatistic(
                "vehicle home [min]", [60 + transit_min + 5], lambda run: run.times_min(e.FINISHED, "fleets.pool")
            ),
            ExactStatistic("transit, as measured [h]", transit_min / 60, measure_reading("transit_h_mean")),
            ExactStatistic("services, as measured [h]", [7 / 60, 11 / 60, 13 / 60, 19 / 60], services),
            arrivals=TraceLoads([60]),
        ),
        hand_case("no flow at all", ALL_VERBS_WORLD, empty_log, no_measures),
        hand_case("a flow of no trucks", ALL_VERBS_WORLD + initial_batch(0), empty_log, no_measures),
        hand_case(
            "a trace without trucks", ALL_VERBS_WORLD + TRACED_FLOW, empty_log, no_measures, arrivals=TraceLoads([])
        ),
    ]


CASES = [
    hand_case(
        "ten trucks at one lane",
        DOCK_CORRIDOR + initial_batch(10) + "warehouses: {dock: {lanes: 1, time: 30 min}}",
        arrival_times(*range(30, 301, 30)),
        ExactStatistic("mean wait [min]", 135.0, lambda run: float(np.mean(waits_min(run)))),
        ExactStatistic("waiting, over time", 4.5, lambda run: queue_length(run).time_average(0, 300 * MINUTE_S)),
        ExactStatistic(
            "lanes busy, over time", 1.0, lambda run: number_in_service(run).time_average(0, 300 * MINUTE_S)
        ),
    ),
    hand_case(
        "ten trucks before the opening",
        DOCK_CORRIDOR + TRACED_FLOW + WORKDAYS + "warehouses: {dock: {lanes: 2, time: 30 min, calendar: day}}",
        arrival_times(510, 510, 540, 540, 570, 570, 600, 600, 630, 630),
        ExactStatistic("sum of waits [min]", 1200, lambda run: sum(waits_min(run))),
        arrivals=TraceLoads([420] * 10),
    ),
    closing_rule("finish", [10, 20, 30, 40], 980),
    closing_rule("freeze", [9, 19, 28, 38], 1940),
    closing_rule("nostart", [9, 18, 27, 36], 1970),
    hand_case(
        "eight hours of work that end just at closing time",
        DOCK_CORRIDOR
        + TRACED_FLOW
        + WORKDAYS
        + "warehouses: {dock: {lanes: 1, time: 60 min, calendar: day, rule: nostart}}",
        arrival_times(*range(540, 961, 60), 1440 + 540),
        arrivals=TraceLoads([480] * 9),
    ),
    hand_case(
        "work that ends just as its lane breaks",
        DOCK_CORRIDOR
        + TRACED_FLOW
        + "warehouses: {dock: {lanes: 1, time: 30 min, breaks: {after: 30 min, lasts: 5 min}}}",
        arrival_times(30, 65, 100),
        arrivals=TraceLoads([0, 0, 0]),
    ),
    hand_case(
        "what is due as the run ends does not happen",
        DOCK_CORRIDOR + TRACED_FLOW + run_settings(1) + "warehouses: {dock: {lanes: 2, time: 10 min}}",
        arrival_times(1439),
        arrivals=TraceLoads([1429, 1430]),
    ),
    hand_case(
        "a lane faster than its arrivals",
        DOCK_CORRIDOR + TRACED_FLOW + "warehouses: {dock: {lanes: 1, time: 10 min}}",
        wait_times([0] * 50),
        ExactStatistic(
            "lanes busy, over time", 5 / 6, lambda run: number_in_service(run).time_average(0, 600 * MINUTE_S)
        ),
        arrivals=TraceLoads(range(0, 600, 12)),
    ),
    hand_case(
        "a lane slower than its arrivals",
        DOCK_CORRIDOR + TRACED_FLOW + "warehouses: {dock: {lanes: 1, time: 12 min}}",
        wait_times(range(0, 121, 2)),
        arrivals=TraceLoads(range(0, 610, 10)),
    ),
    stages_in_series(1, 30, 45, 60, 75, 90, 105),
    stages_in_series(2, 30, 40, 50, 60, 70, 80),
    blocking(1, [10, 20, 40, 70, 100], 50),
    blocking(0, [10, 40, 70, 100, 130], 80),
    *_yard_cases(),
    breakdown("570 min", "always", "resume", 540, 660),
    breakdown("570 min", "always", "restart", 540, 690),
    breakdown("90 min", "work", "resume", 540, 660),
    breakdown("90 min", "work", "restart", 540, 690),
    repairs("always", 40, 110, 140, 170),
    repairs("work", 40, 115, 145, 160),
    _rank_zero(),
    _closed_day(),
    *_vehicle_cases(),
    *_gate_site_road_cases(),
    *_single_truck_cases(),
]
