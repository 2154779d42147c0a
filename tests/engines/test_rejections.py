"""Why inspections say no: the verdicts of a load's luck, by hand, and the whole program. In minutes."""

from pathlib import Path

import numpy as np
import pytest

from sim import events as e
from sim.loop.engine import run
from sim.luck.variates import NO_REASONS, Inspections, shares_still_rejected
from sim.network.base import Purpose, Slot
from sim.network.lanes import Reasons
from sim.network.network import Network
from sim.rules import WITHOUT_END_S, is_broken_off, logged_reason
from sim.study.offered_load import offered_loads
from tests.worlds.running import WORLD, ReplicationResult, mistakes_in, network_of, run_network, write_trace

FORM, ITEM, TIME = e.Reason.FORM, e.Reason.ITEM, e.Reason.TIME
SITE = """
calendars: {day: {windows: {all: {hours: "08:00-16:00"}}}}
warehouses: {dock: {lanes: 9, time: 1 min}}
corridors: {only: {from: away, to: here, steps: [{inspect: scan}, {offload: dock}]}}
"""
TRACED = "flows: {f: {sector: un, cargo: food, trace: arrivals.csv, corridors: {only: 100 %}}}\n"


def both(text: str, *folders: Path) -> ReplicationResult:
    """A replication by the SimPy model; the other engine has the same log."""
    ran = run_network(network_of(text, *folders))
    assert (run(ran.network, ran.draws) == ran.log).all()
    return ran


def scan(settings: str, rejected: str) -> str:
    return f"{SITE}sites: {{scan: {{{settings}, rejected: {{{rejected}}}}}}}\n"


def said(reasons: Reasons, form: list[float], item: list[float], other: list[int] | None = None) -> list[int]:
    """What the inspections of one load say, one after the other, by its luck."""
    inspections, who = Inspections(reasons, 1), np.zeros(1, dtype=np.int64)
    return [
        int(inspections.inspect(visit, who, np.array([f]), np.array([i]), np.array([o], dtype=np.int32))[0])
        for visit, (f, i, o) in enumerate(zip(form, item, other or [0] * len(form), strict=True))
    ]


# By hand


@pytest.mark.parametrize(
    ("luck", "verdicts"),
    [
        ([0.30, 0.0, 0.0], [0, 0, 0]),  # in order, and stays so
        ([0.29, 0.10, 0.0], [FORM, 0, 0]),  # repaired, and stays so
        ([0.29, 0.09, 0.10], [FORM, FORM, 0]),
        ([0.29, 0.09, 0.09], [FORM, FORM, FORM]),
    ],
)
def test_a_form_is_repaired_after_it_was_rejected(luck: list[float], verdicts: list[int]) -> None:
    assert said(Reasons(0.3, 0.1, 0, 0), luck, [0.99] * 3) == verdicts


@pytest.mark.parametrize(
    ("luck", "verdicts"),
    [
        ([0.20, 0.0, 0.0], [0, 0, 0]),  # carries none
        ([0.19, 0.99, 0.99], [ITEM, ITEM, ITEM]),
        ([0.19, 0.40, 0.39], [ITEM, ITEM, 0]),
        ([0.19, 0.39, 0.99], [ITEM, 0, 0]),
    ],
)
def test_an_item_is_refused_until_it_is_removed(luck: list[float], verdicts: list[int]) -> None:
    assert said(Reasons(0, 0, 0.2, 0.4), [0.99] * 3, luck) == verdicts


def test_an_item_behind_a_faulty_form_is_found_once_the_form_is_in_order() -> None:
    assert said(Reasons(0.5, 0.5, 0.5, 1.0), [0.1, 0.1, 0.9, 0.9], [0.1, 0.1, 0.1, 0.1]) == [FORM, FORM, ITEM, 0]


def test_what_has_no_reason_comes_last() -> None:
    assert said(Reasons(0.5, 0, 0, 0), [0.1, 0.9, 0.9], [0.9] * 3, [1, 1, 0]) == [FORM, 1, 0]


@pytest.mark.parametrize(("verdict", "told"), [(1, -1), (2, 2), (3, 3)])
def test_the_log_tells_a_reason_where_there_is_one(verdict: int, told: int) -> None:
    assert logged_reason(verdict) == told


@pytest.mark.parametrize(
    ("start_s", "work_s", "broken"),
    [
        # closes at 200; the longest window is 150
        (150, 50, False),
        (150, 51, True),
        (199, 1, False),
        (199, 2, True),
        (100, 150, True),
        (100, 151, False),
    ],
)
def test_work_is_broken_off_at_closing_hour_unless_no_window_could_hold_it(
    start_s: int, work_s: int, broken: bool
) -> None:
    assert is_broken_off(start_s, work_s, closes_s=200, longest_s=150) is broken


def test_a_lane_that_never_closes_breaks_nothing_off() -> None:
    assert not is_broken_off(0, 1 << 40, WITHOUT_END_S, WITHOUT_END_S)


# The whole program


def test_who_is_broken_off_joins_again_behind_those_who_wait_and_begins_anew(tmp_path: Path) -> None:
    """One lane from 08:00 to 16:00; trucks at 15:00, 15:30 and 15:45, 40 minutes each. Two days."""
    write_trace(tmp_path, [900, 930, 945])
    ran = both(scan("lanes: 1, time: 40 min, calendar: day", "reasons: {time: true}") + TRACED, tmp_path)
    assert ran.times_min(e.FINISHED, "sites.scan") == [940, 960, 1440 + 560, 1440 + 520]
    assert ran.measure("rejected_time:sites.scan") == 0.5  # a day
    rows = ran.rows(e.REJECTED)
    assert rows[["time_s", "entity", "value"]].tolist() == [(960 * 60, 1, TIME)]
    assert ran.times_min(e.JOINED, "sites.scan") == [900, 930, 960, 945]
    assert not len(ran.rows(e.RETURNED))
    assert len(ran.rows(e.ARRIVED)) == 3


def test_work_that_ends_at_closing_hour_or_fits_no_day_is_done(tmp_path: Path) -> None:
    for time, ends in (("60 min", 960), ("481 min", 900 + 481), ("480 min", 1440 + 960)):
        write_trace(tmp_path, [900])
        ran = both(scan(f"lanes: 1, time: {time}, calendar: day", "reasons: {time: true}") + TRACED, tmp_path)
        assert ran.times_min(e.FINISHED, "sites.scan")[-1] == ends


def test_who_is_broken_off_in_a_full_place_lets_go_of_its_lane(tmp_path: Path) -> None:
    write_trace(tmp_path, [900, 950])
    ran = both(scan("lanes: 1, time: 80 min, calendar: day, room: 0", "reasons: {time: true}") + TRACED, tmp_path)
    assert sorted(ran.times_min(e.STARTED, "sites.scan")) == [900, 1440 + 480, 1440 + 560]


def test_an_item_that_nobody_removes_uses_up_all_attempts() -> None:
    text = scan("lanes: 1, time: 1 min", "attempts: 3, after: 1 h, reasons: {item: {share: 100 %}}")
    ran = both(text + "flows: {f: {sector: un, cargo: food}}\nstart: {s: {flow: f, corridor: only, loads: 2}}\n")
    assert ran.rows(e.REJECTED)["value"].tolist() == [ITEM] * 6
    assert [m.name for m in ran.measures if "rejected_item" in m.name] == ["rejected_item:sites.scan"]
    assert not [m.name for m in ran.measures if "rejected_form" in m.name or "rejected_time" in m.name]
    assert len(ran.rows(e.RETURNED)) == 2


def test_each_reason_has_its_share_and_a_repaired_form_another() -> None:
    """4,000 loads; five standard errors each, so this fails by chance once in a million seeds."""
    rejected = (
        "share: 10 %, attempts: 3, reasons: {form: {share: 30 %, repaired: 20 %}, item: {share: 20 %, removed: 50 %}}"
    )
    ran = both(stocked(rejected, 4000))
    said = ran.draws.luck_by_slot[Slot(Purpose.REJECTED, ran.node("sites.scan").number)]
    first = said[0]
    again = said[1]
    for found, among, share in (
        (first == FORM, first >= 0, 0.3),
        (first == ITEM, first != FORM, 0.2),
        (first == 1, first < 2, 0.1),
        (again == FORM, first == FORM, 0.2),
        (again == ITEM, first == ITEM, 0.5),
        (again == 1, first == 1, 0.1),
    ):
        assert (found & among).sum() / among.sum() == pytest.approx(share, abs=5 * 0.5 / among.sum() ** 0.5)
    assert not (again == FORM)[first != FORM].any()
    told, many = np.unique(ran.rows(e.REJECTED)["value"], return_counts=True)
    assert told.tolist() == [-1, FORM, ITEM]
    made = np.append(np.ones_like(said[:1]), (said > 0)[:-1], axis=0).cumprod(axis=0) > 0  # inspections that came about
    assert many.tolist() == [(said[made] == value).sum() for value in (1, FORM, ITEM)]


def stocked(rejected: str, loads: int) -> str:
    return scan("lanes: 9, time: 1 s", rejected) + (
        f"flows: {{f: {{sector: un, cargo: food}}}}\nstart: {{s: {{flow: f, corridor: only, loads: {loads}}}}}\n"
    )


def test_a_stricter_form_only_adds_rejections_and_moves_no_other_luck() -> None:
    loose, strict = (drawn(f"form: {{share: {share}}}, item: {{share: 20 %}}") for share in ("10 %", "30 %"))
    slot = Slot(Purpose.REJECTED, loose.node("sites.scan").number)
    one, other = (ran.draws.luck_by_slot[slot][0] for ran in (loose, strict))
    assert set(np.flatnonzero(one == FORM)) < set(np.flatnonzero(other == FORM))
    assert (one == other)[other != FORM].all()


def drawn(reasons: str) -> ReplicationResult:
    return both(stocked(f"attempts: 2, reasons: {{{reasons}}}", 200))


# What may be said of it before a run


def test_the_share_that_is_still_rejected_is_that_of_the_chain() -> None:
    assert shares_still_rejected(NO_REASONS, 0.2, 3) == pytest.approx([1, 0.2, 0.04, 0.008])
    assert shares_still_rejected(Reasons(0.3, 0.1, 0, 0), 0, 3) == pytest.approx([1, 0.3, 0.03, 0.003])
    assert shares_still_rejected(Reasons(0, 0, 0.2, 0.4), 0, 3) == pytest.approx([1, 0.2, 0.12, 0.072])
    assert shares_still_rejected(Reasons(1, 0, 1, 1), 0, 3) == pytest.approx([1, 1, 1, 0])


def test_rho_counts_inspections_that_are_made_again() -> None:
    rejected = "attempts: 3, reasons: {form: {share: 30 %, repaired: 10 %}}"
    text = (
        scan("lanes: 1, time: 10 min", rejected)
        + "flows: {f: {sector: un, cargo: food, rate: 6/day, corridors: {only: 1}}}\n"
    )
    network: Network = network_of(text)
    number = {node.name: node.number for node in network.nodes}
    assert offered_loads(network)[number["sites.scan"]].arrivals_per_day == pytest.approx(6 * 1.33)
    assert offered_loads(network)[number["warehouses.dock"]].arrivals_per_day == pytest.approx(6 * 0.997)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("rejected: {attempts: 2}", "wanted share, reasons, or both"),
        ("rule: freeze, rejected: {reasons: {time: true}}", "needs rule: finish, found freeze"),
        ("breaks: {after: 1 h, lasts: 1 h}, rejected: {reasons: {time: true}}", "equipment that breaks"),
        ("rejected: {reasons: {item: {shre: 1 %}}}", "did you mean share"),
    ],
)
def test_reasons_that_make_no_sense_are_said(settings: str, said: str) -> None:
    lines = mistakes_in(f"{WORLD}\nsites: {{spare: {{lanes: 1, time: 1 min, {settings}}}}}")
    assert any(said in line for line in lines), lines
