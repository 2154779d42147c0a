"""The small worlds of the tests: what they are read and run by is `analysis/verification/worlds.py`."""

from pathlib import Path

from analysis.verification.worlds import (
    BASE_SETTINGS,
    ReplicationResult,
    config_of,
    in_minutes,
    network_of,
    run_network,
    scenario_of,
    write_trace,
)
from sim.network.building import build_network
from sim.network.network import Network
from sim.readings.distribution import allocate_routes, distribution_network_with_loads
from sim.scenario.base import Mistakes

__all__ = [
    "BASE_SETTINGS",
    "WORLD",
    "ReplicationResult",
    "config_of",
    "in_minutes",
    "mistakes_in",
    "network_of",
    "onward_of",
    "run",
    "run_network",
    "scenario_of",
    "write_trace",
]

# A world with every verb and every kind of luck
WORLD = """
calendars: {day: {windows: {all: {hours: "06:00-18:00"}}}}
cargos:
  food: {pallets: {law: uniform, low: 10, high: 22}, weight: {law: gamma, mean: 18 t, cv: 0.2}}
  flour: {pallets: 22, weight: {law: lognormal, mean: 22 t, cv: 0.1}}
sites:
  scan:
    lanes: 2
    time: {law: gamma, mean: 12 min, cv: 0.7}
    calendar: day
    manual: {share: 30 %, bays: 2, time: {law: exponential, mean: 40 min}}
    rejected: {share: 20 %, after: 2 h, attempts: 3, back_to: drive}
gates: {rim: {border: true, calendar: day}}
bays: {apron: {lanes: 2, time: {law: lognormal, mean: 20 min, cv: 0.4}}}
platforms: {pad: {room: 200}}
yards: {hub: {min: 2, max: 6, patience: 2 h}}
fleets: {pool: {vehicles: 8, pallets: 17, home: {law: gamma, mean: 1 h, cv: 0.5}}}
roads:
  in: {length: 40 km, speed: 40 km/h, variation: 0.3}
  out: {time: {law: triangular, low: 20 min, mode: 30 min, high: 90 min}}
warehouses: {dock: {lanes: 3, time: {law: gamma, mean: 20 min, cv: 0.5}}}
corridors:
  north:
    from: away
    to: here
    steps:
      - {travel: in, as: drive}
      - inspect: scan
      - pass_gate: rim
      - transfer: {onto: pad, bays: apron}
      - convoy: {yard: hub, from: pad, fleet: pool}
      - travel: out
      - offload: dock
  south:
    from: away
    to: here
    steps: [{travel: in, as: drive}, {inspect: scan}, {convoy: hub}, {travel: out}, {offload: dock}]
flows:
  aid: {sector: un, cargo: food, rate: 40/day, rank: 0, corridors: {north: 60 %, south: 40 %}}
  trade:
    sector: commercial
    cargo: flour
    rate: 30/day
    pattern: {hours: {"04:00-10:00": 2}}
    corridors: {south: 100 %}
start: {left_over: {flow: aid, corridor: north, at: platforms.pad, loads: 3}}
run: {days: 3}
"""


def run(text: str, *folders: Path, replication: int = 0) -> ReplicationResult:
    """One replication of a planner's file; conservation is checked, as it is in every run."""
    scenario = scenario_of(text, folders)
    return run_network(build_network(scenario, folders), scenario.run.seed, replication)


def onward_of(ran: ReplicationResult) -> Network:
    """What takes up the goods that arrived in that run, and they as its loads."""
    arrived = ran.milestones["arrived"]
    return distribution_network_with_loads(
        ran.network, ran.draws, arrived, allocate_routes(ran.network, ran.draws, arrived)
    )


def mistakes_in(text: str, *folders: Path) -> list[str]:
    """What is said of a planner's file; nothing of a good one."""
    try:
        scenario_of(text, folders)
    except Mistakes as mistakes:
        return mistakes.lines
    return []
