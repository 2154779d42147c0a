"""Operating levels and shocks: what a day's luck leaves of a calendar, and whose luck it is."""

import numpy as np
import pytest

from sim.calendars import StepFunction, capped_in_spans, scaled_by_day, shortened_by_day
from sim.laws import Constant
from sim.loop import engine as compiled
from sim.luck.draws import draw_loads
from sim.luck.places import daily_shares, draw_network, expected_availability, shock_spans
from sim.network.base import TimedNode
from sim.network.building import build_network
from sim.network.changes import OperatingLevel, Shock
from sim.scenario.parsing import read_scenario
from sim.story import corridor
from sim.study.describe import describe_scenario
from sim.study.offered_load import offered_loads
from sim.units import DAY_S, HOUR_S
from tests.worlds.running import WORLD, ReplicationResult, config_of, mistakes_in, network_of, run

SHIFT = StepFunction(
    np.array([0, 8, 16, 32, 40, 48]) * HOUR_S, np.array([0, 4, 0, 4, 0, 4])
)  # 08-16 twice, and then for ever

HAZARDS = """
shocks:
  closed: {places: [gates.rim], rate: 2/week, lasts: {law: exponential, mean: 10 h}}
operating_levels:
  pace: {places: [sites.scan], mean: 60 %, cv: 0.4, persistence: 0.5}
"""


def hours(calendar: StepFunction) -> list[tuple[float, int]]:
    """(from, value) with the time in hours."""
    return list(zip((calendar.at_s / HOUR_S).tolist(), calendar.value.tolist(), strict=True))


def calendar_of(ran: ReplicationResult, name: str) -> StepFunction:
    node = ran.node(name)
    assert isinstance(node, TimedNode)
    return node.calendar


# What is left of a calendar, worked by hand


@pytest.mark.parametrize(
    ("spans", "share", "left"),
    [
        ([], 0, [(0, 0), (8, 4), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([(10, 12)], 0, [(0, 0), (8, 4), (10, 0), (12, 4), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([(8, 16)], 0, [(0, 0), (32, 4), (40, 0), (48, 4)]),
        ([(15, 33)], 0, [(0, 0), (8, 4), (15, 0), (33, 4), (40, 0), (48, 4)]),
        ([(10, 12), (11, 13)], 0, [(0, 0), (8, 4), (10, 0), (13, 4), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([(10, 12)], 0.5, [(0, 0), (8, 4), (10, 2), (12, 4), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([(10, 12), (11, 13)], 0.5, [(0, 0), (8, 4), (10, 2), (13, 4), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([(10, 12)], 0.01, [(0, 0), (8, 4), (10, 1), (12, 4), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([(50, 60)], 0, [(0, 0), (8, 4), (16, 0), (32, 4), (40, 0), (48, 4), (50, 0), (60, 4)]),
    ],
)  # fmt: skip
def test_a_shock_leaves_a_share_of_the_lanes_that_would_be_open(
    spans: list[tuple[int, int]], share: float, left: list[tuple[float, int]]
) -> None:
    seconds = [(begins * HOUR_S, ends * HOUR_S) for begins, ends in spans]
    assert hours(capped_in_spans(SHIFT, seconds, share)) == left


@pytest.mark.parametrize(
    ("share", "left"),
    [
        ([1, 1], [(0, 0), (8, 4), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([0.5, 1], [(0, 0), (8, 2), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([0.6, 0.7], [(0, 0), (8, 2), (16, 0), (32, 3), (40, 0), (48, 4)]),  # 2.4 and 2.8 lanes
        ([0.01, 0], [(0, 0), (8, 1), (16, 0), (48, 4)]),
    ],
)
def test_a_level_of_lanes_is_a_share_of_each_day(share: list[float], left: list[tuple[float, int]]) -> None:
    assert hours(scaled_by_day(SHIFT, np.array(share))) == left


@pytest.mark.parametrize(
    ("share", "left"),
    [
        ([1, 1], [(0, 0), (8, 4), (16, 0), (32, 4), (40, 0), (48, 4)]),
        ([0.5, 0.25], [(0, 0), (8, 4), (12, 0), (32, 4), (34, 0), (48, 4)]),
        ([0, 1], [(0, 0), (32, 4), (40, 0), (48, 4)]),
        ([1, 0], [(0, 0), (8, 4), (16, 0), (48, 4)]),
    ],
)
def test_a_level_of_hours_ends_each_day_earlier(share: list[float], left: list[tuple[float, int]]) -> None:
    assert hours(shortened_by_day(SHIFT, np.array(share))) == left


def test_a_day_with_two_windows_loses_the_end_of_the_second_and_then_the_first() -> None:
    twice = StepFunction(np.array([0, 6, 10, 14, 18, 24]) * HOUR_S, np.array([0, 1, 0, 1, 0, 0]))
    assert hours(shortened_by_day(twice, np.array([0.75]))) == [(0, 0), (6, 1), (10, 0), (14, 1), (16, 0)]
    assert hours(shortened_by_day(twice, np.array([0.25]))) == [(0, 0), (6, 1), (8, 0)]


def test_a_window_over_midnight_counts_on_both_days() -> None:
    night = StepFunction(np.array([0, 22, 26]) * HOUR_S, np.array([0, 1, 0]))
    assert hours(shortened_by_day(night, np.array([0.5, 0.5]))) == [(0, 0), (22, 1), (23, 0), (24, 1), (25, 0)]


# Luck of days


def test_shocks_begin_on_the_days_and_at_the_times_that_luck_gives() -> None:
    shock = Shock("s", (0,), 0.3, Constant(value=3600), 0.0)
    begins, at, length = np.array([0.1, 0.3, 0.29]), np.array([0.5, 0, 0]), np.zeros(3)
    assert shock_spans(shock, begins, at, length) == [(43_200, 46_800), (2 * DAY_S, 2 * DAY_S + 3600)]


def test_a_higher_rate_only_adds_shocks() -> None:
    luck = np.random.default_rng(1).random((3, 500))
    few, many = (shock_spans(Shock("s", (0,), chance, Constant(value=60), 0.0), *luck) for chance in (0.1, 0.4))
    assert set(few) < set(many)


def test_levels_have_their_mean_their_variation_and_their_persistence() -> None:
    """20,000 days; each bound is 5 standard errors wide, so this fails by chance once in a million seeds."""
    luck = np.random.default_rng(7).random(20_000)
    drawn = daily_shares(OperatingLevel("l", (0,), 0.7, 0.35, 0.6, True), luck)
    assert drawn.mean() == pytest.approx(0.7, abs=5 * 0.245 * 2 / 20_000**0.5)  # (1 + .6) / (1 - .6) = 2 squared
    assert drawn.std() / drawn.mean() == pytest.approx(0.35, abs=0.02)
    assert np.corrcoef(drawn[1:], drawn[:-1])[0, 1] == pytest.approx(0.57, abs=0.04)  # the scores have .6
    assert drawn.min() >= 0 and drawn.max() <= 1


def test_a_level_without_variation_is_its_mean_and_an_extreme_day_is_no_error() -> None:
    assert daily_shares(OperatingLevel("l", (0,), 0.7, 0.0, 0.0, True), np.zeros(3)).tolist() == [0.7] * 3
    assert np.isfinite(daily_shares(OperatingLevel("l", (0,), 0.7, 0.5, 0.9, True), np.array([0, 1 - 2.0**-53]))).all()


# Whose luck it is


def test_without_hazards_a_network_is_drawn_as_it_is() -> None:
    network = network_of(WORLD)
    assert draw_network(network, 1, 0) is network


def test_a_place_has_other_days_in_each_replication_and_the_same_in_a_longer_run() -> None:
    network, longer = (network_of(WORLD + HAZARDS + extra) for extra in ("", "\nrun: {days: 9}"))
    number = next(node.number for node in network.nodes if node.name == "sites.scan")
    one, other, same = (
        draw_network(world, 1, replication).nodes[number]
        for world, replication in ((network, 0), (network, 1), (longer, 0))
    )
    assert isinstance(one, TimedNode) and isinstance(other, TimedNode) and isinstance(same, TimedNode)
    assert hours(one.calendar) != hours(other.calendar)
    inside = same.calendar.at_s < 18 * DAY_S
    assert hours(one.calendar)[: inside.sum() - 2] == hours(same.calendar)[: inside.sum() - 2]


def test_another_shock_moves_nobody_s_luck() -> None:
    more = HAZARDS.replace(
        "operating_levels:", "  storm: {places: [roads.out], rate: 1/day, lasts: 3 h}\noperating_levels:"
    )
    one, other = run(WORLD + HAZARDS), run(WORLD + more)
    for name in ("gates.rim", "sites.scan"):
        assert hours(calendar_of(one, name)) == hours(calendar_of(other, name))
    assert (one.draws.luck == other.draws.luck).all()
    assert one.digests["luck"] != other.digests["luck"]


def test_a_renamed_shock_that_keeps_its_key_keeps_all_three_digests() -> None:
    renamed = HAZARDS.replace("closed: {", "shut: {key: shocks.closed, ")
    assert run(WORLD + renamed).digests == run(WORLD + HAZARDS).digests


def test_members_of_a_shock_are_closed_together() -> None:
    both = HAZARDS.replace("[gates.rim]", "[gates.rim, warehouses.dock]").replace("2/week", "2/day")
    ran = run(WORLD + both)
    gate, dock = (calendar_of(ran, name) for name in ("gates.rim", "warehouses.dock"))
    assert (dock.value == 0).any()
    at_s = np.arange(0, 3 * DAY_S, 60)
    assert (gate.at(at_s)[dock.at(at_s) == 0] == 0).all()


def test_the_two_engines_agree_under_hazards_and_nobody_passes_a_gate_that_a_shock_has_closed() -> None:
    network = network_of(WORLD + HAZARDS.replace("2/week", "2/day"))
    for replication in range(5):
        drawn = draw_network(network, 1, replication)
        draws = draw_loads(drawn, 1, replication)
        log = corridor.run(drawn, draws)
        assert (log == compiled.run(drawn, draws)).all()
        gate = next(node for node in drawn.nodes if node.name == "gates.rim")
        assert isinstance(gate, TimedNode)
        passed = log["time_s"][(log["kind"] == 8) & (log["place"] == gate.number)]
        assert gate.calendar.at(passed).all()


# What may be said of it before a run


def test_rho_counts_what_hazards_leave_in_the_mean() -> None:
    plain, befallen = network_of(WORLD), network_of(WORLD + HAZARDS)
    scan = next(node.number for node in plain.nodes if node.name == "sites.scan")
    without, within = (offered_loads(network)[scan].rho for network in (plain, befallen))
    assert without is not None and within == pytest.approx(without / 0.6)


def test_the_share_that_shocks_leave_is_that_of_many_replications() -> None:
    """4,000 days of two shocks a day; the mean's standard error is about 1 %, and the bound is five of them."""
    shock = HAZARDS.replace("2/week", "2/day")
    network = network_of(WORLD.replace("rim: {border: true, calendar: day}", "rim: {border: true}") + shock)
    gate = next(node.number for node in network.nodes if node.name == "gates.rim")
    opened = []
    for replication in range(400):
        node = draw_network(network, 1, replication).nodes[gate]
        assert isinstance(node, TimedNode)
        first, last = node.calendar.integral(np.array([3, 13]) * DAY_S)  # after three days in which shocks gather
        opened.append((last - first) / (10 * DAY_S))
    assert np.mean(opened) == pytest.approx(expected_availability(network, gate), abs=5 * np.std(opened) / 20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shocks: {s: {places: [gates.rimm], rate: 1/day, lasts: 1 h}}", "there is no gates.rimm"),
        ("shocks: {s: {places: [platforms.pad], rate: 1/day, lasts: 1 h}}", "platforms.pad has no hours"),
        ("shocks: {s: {places: [gates.rim], rate: 1/day, lasts: 1 h, level: 50 %}}", "gates.rim is open or closed"),
        ("operating_levels: {l: {places: [yards.hub], mean: 50 %, cv: 0.1, of: lanes}}", "yards.hub is open or closed"),
        ("operating_levels: {l: {places: [sites.scan], mean: 50 %, cv: 1.5}}", "cv (1.5) must be below 1"),
    ],
)  # fmt: skip
def test_what_cannot_befall_a_place_is_said(text: str, said: str) -> None:
    assert any(said in line for line in mistakes_in(f"{WORLD}\n{text}"))


@pytest.mark.parametrize(("rate", "told"), [("1/day", False), ("24/day", True)])
def test_check_points_out_a_shock_that_is_to_come_more_than_once_a_day(rate: str, told: bool) -> None:
    config = config_of(f"{WORLD}\nshocks: {{s: {{places: [gates.rim], rate: {rate}, lasts: 1 h}}}}")
    scenario = read_scenario(config)
    text = describe_scenario(scenario, build_network(scenario), config)
    assert ("To look at" in text) == ("shocks.s.rate: 24 a day, but at most one begins on a day" in text) == told
