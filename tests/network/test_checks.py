"""Mistakes in a planner's file: all of them at once, where, what was wanted, what was found, and the nearest name."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sim.network.checks import SCENARIO_CHECKS
from sim.scenario.base import Mistakes, suggest_name
from sim.scenario.parsing import read_scenario
from tests.worlds.running import WORLD, config_of, mistakes_in, run, write_trace

GOOD = yaml.safe_load(WORLD)


def changed(**settings: Any) -> str:
    """The good world with some settings changed: `sites__scan__lanes=0`; None takes one out."""
    config = yaml.safe_load(WORLD)
    for path, value in settings.items():
        *way, last = path.split("__")
        part = config
        for step in way:
            part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
        if value is None:
            del part[last]
        elif isinstance(part, list):
            part[int(last)] = value
        else:
            part[last] = value
    return yaml.safe_dump(config, sort_keys=False)


def test_a_good_world_has_no_mistakes() -> None:
    assert mistakes_in(WORLD) == []


# What one place or setting tells alone


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"sitse": 3}, "sitse: no such setting; did you mean sites?"),
        ({"sites__scan__lnes": 3}, "sites.scan.lnes: no such setting; did you mean lanes?"),
        ({"sites__scan__manual__bay": 3}, "sites.scan.manual.bay: no such setting; did you mean bays?"),
        ({"sites__scan__manual__xyz": 3}, "sites.scan.manual.xyz: no such setting (there is: bays, share, time)"),
        ({"sites__scan__time__vc": 3}, "sites.scan.time.vc: no such setting (there is: cv, law, mean)"),
        ({"corridors__south__steps__1": {"inspect": {"site": "scan", "sight": 1}}},
         "corridors.south.steps[1].inspect.sight: no such setting; did you mean site?"),
        ({"sites__scan__lanes": None}, "sites.scan.lanes: missing"),
        ({"corridors__south__to": None}, "corridors.south.to: missing"),
        ({"flows__aid__sector": None}, "flows.aid.sector: missing"),
        ({"sites__scan__lanes": 0}, "sites.scan.lanes: must be greater than 0, is 0"),
        ({"sites__scan__lanes": "many"},
         "sites.scan.lanes: must be a valid integer, unable to parse string as an integer, is 'many'"),
        ({"sites__scan": 3}, "sites.scan: wanted settings (name: value), found 3"),
        ({"gates": [1]}, "gates: wanted settings (name: value), found [1]"),
        ({"corridors": {}}, "corridors: there is none"),
        ({"corridors__south__steps": []}, "corridors.south.steps: there is none"),
        ({"flows__aid__rate": "1 km"}, "flows.aid.rate: 'km' is no unit here; write e.g. '150/day' or '6/h'"),
        ({"flows__aid__rate": 150}, "flows.aid.rate: 150 has no unit; write e.g. '150/day' or '6/h'"),
        ({"ceilings__few": {"gates": ["rim"], "trucks": "5/day", "share": {"unn": 3}}},
         "ceilings.few.share.unn: wanted 'un', 'bilateral', 'ngo' or 'commercial', found 'unn'; did you mean un?"),
        ({"flows__aid__sector": "army"},
         "flows.aid.sector: must be 'un', 'bilateral', 'ngo' or 'commercial', is 'army'"),
        ({"flows__aid__trace": "a.csv"}, "flows.aid: wanted one of rate, interval and trace, found rate and trace"),
        ({"flows__aid__corridors": {"north": "60 %", "south": "140 %"}},
         "flows.aid.corridors.south: 140 % is not between 0 and 1; write e.g. '12 %' or 0.12"),
        ({"flows__aid__pattern": {"hours": {"late": 2}}},
         "flows.aid.pattern: 'late' are no hours; write e.g. '08:00-16:00'"),
        ({"flows__aid__pattern": {"weekdays": {"monday": 2}}},
         "flows.aid.pattern: 'monday' names no weekdays; write e.g. 'sun-thu' or 'fri, sat'"),
        ({"yards__hub__min": 9}, "yards.hub: min (9) is above max (6)"),
        ({"roads__in__time": "1 h"}, "roads.in: wanted length and speed, or time"),
        ({"roads__in__speed": None}, "roads.in: wanted length and speed, or time"),
        ({"run__days": 0}, "run.days: must be greater than 0, is 0"),
        ({"run": {"days": 3, "warm_up": 3}}, "run: warm_up (3) leaves nothing of days (3)"),
        ({"run": {"days": 10_001}}, "run: days (10001) are more than 10000"),
        ({"run__start": "soon"}, "run.start: wanted a date, e.g. 2024-05-13, found 'soon'"),
        ({"study": "../x"}, "study: wanted a name of letters, digits and . = + -, found '../x'"),
        ({"calendars__day__windows__all__days": "daily"},
         "calendars.day.windows.all.days: 'daily' names no weekdays; write e.g. 'sun-thu' or 'fri, sat'"),
        ({"calendars__day__windows__all__level": -1},
         "calendars.day.windows.all.level: wanted lanes (3) or a share ('50 %'), found -1"),
        ({"corridors__south__steps__1": {"inspct": "scan"}},
         "corridors.south.steps[1]: wanted one verb of travel, pass_gate, inspect, convoy, offload, permit, slot, "
         "transfer, found inspct"),
        ({"corridors__south__steps__1": {"inspect": "scan", "travel": "in"}},
         "corridors.south.steps[1]: wanted one verb of travel, pass_gate, inspect, convoy, offload, permit, slot, "
         "transfer, found inspect, travel"),
        ({"corridors__north__steps__3": {"transfer": "pad"}},
         "corridors.north.steps[3]: wanted transfer: {onto: ..., bays: ...}, found 'pad'"),
        ({"corridors__north__steps__4": {"convoy": {"yard": "hub", "from": "pad"}}},
         "corridors.north.steps[4].convoy: wanted both from (a platform) and fleet, or neither"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_setting_that_cannot_be_is_said_where_it_stands(settings: dict[str, Any], line: str) -> None:
    assert mistakes_in(changed(**settings)) == [line]


def test_all_mistakes_of_a_file_are_said_at_once() -> None:
    lines = mistakes_in(changed(
        sites__scan__lanes=0, flows__aid__rate="1 km", yards__hub__mni=1, gates__rim__border="perhaps", run__days=0
    ))  # fmt: skip
    assert [line.partition(":")[0] for line in lines] == [
        "run.days", "gates.rim.border", "sites.scan.lanes", "yards.hub.mni", "flows.aid.rate",
    ]  # fmt: skip


def test_what_is_no_mapping_at_all_is_a_mistake() -> None:
    with pytest.raises(Mistakes) as mistakes:
        read_scenario({})
    assert "corridors: missing" in mistakes.value.lines
    assert "run: missing" in mistakes.value.lines
    assert str(mistakes.value) == "\n".join(mistakes.value.lines)


def test_the_nearest_name_is_offered_or_what_there_is() -> None:
    assert suggest_name("rafa", ["rafah", "zikim"]) == "; did you mean rafah?"
    assert suggest_name("x", ["rafah", "zikim"]) == " (there is: rafah, zikim)"
    assert suggest_name("x", []) == " (there is none)"


def test_a_place_may_be_called_as_a_setting_is() -> None:
    text = changed(sites__time={"lanes": 1, "time": "5 min", "lnes": 2})
    assert mistakes_in(text) == ["sites.time.lnes: no such setting; did you mean lanes?"]


# What needs two places


def corridor(*steps: dict[str, Any]) -> dict[str, Any]:
    """A corridor of these steps."""
    return {"from": "away", "to": "here", "steps": list(steps)}


TRANSFER = {"transfer": {"onto": "pad", "bays": "apron"}}
COLLECT = {"convoy": {"yard": "hub", "from": "pad", "fleet": "pool"}}
OFFLOAD = {"offload": "dock"}


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({"sites__scan__calendar": "dya"}, ["sites.scan.calendar: there is no calendars.dya; did you mean day?"]),
        ({"yards__hub__calendar": "x"}, ["yards.hub.calendar: there is no calendars.x (there is: always, day, never)"]),
        ({"fleets__pool__drivers": "veted", "crews": {"vetted": {"people": 9}}},
         ["fleets.pool.drivers: there is no crews.veted; did you mean vetted?"]),
        ({"yards__hub__escorts": {"crew": "x", "vehicles": 3}},
         ["yards.hub.escorts.crew: there is no crews.x (there is none)"]),
        ({"fleets__pool__drivers": "vetted", "crews": {"vetted": {"people": 1}}},
         ["corridors.north: yards.hub.min (2) is above crews.vetted.people (1)"]),
        ({"yards__hub__escorts": {"crew": "few", "vehicles": 1}, "crews": {"few": {"people": 1}}},
         [f"corridors.{way}: yards.hub.min (2) is above what crews.few can escort (1)" for way in ("north", "south")]),
        ({"yards__hub__escorts": {"crew": "all", "vehicles": 1}, "crews": {"all": {"people": 9}},
          "fleets__pool__drivers": "all"},
         ["corridors.north: crews.all would drive and escort the same convoy; wanted two crews"]),
        ({"corridors__south__from": "afar"}, ["corridors.south.from: there is no origins.afar (there is: away)"]),
        ({"corridors__south__to": "her"}, ["corridors.south.to: there is no areas.her; did you mean here?"]),
        ({"corridors__south__steps__1": {"inspect": "scann"}},
         ["corridors.south.steps[1] (inspect): there is no sites.scann; did you mean scan?"]),
        ({"corridors__south__steps__0": {"travel": "inn", "as": "drive"}},
         ["corridors.south.steps[0] (travel): there is no roads.inn; did you mean in?"]),
        ({"corridors__north__steps__2": {"pass_gate": "rimm"}},
         ["corridors.north.steps[2] (pass_gate): there is no gates.rimm; did you mean rim?"]),
        ({"corridors__south__steps__4": {"offload": "dok"}},
         ["corridors.south.steps[4] (offload): there is no warehouses.dok; did you mean dock?"]),
        ({"corridors__south__steps__2": {"convoy": "hubb"}},
         ["corridors.south.steps[2] (convoy): there is no yards.hubb; did you mean hub?"]),
        ({"corridors__north__steps__4": {"convoy": {"yard": "hub", "from": "pad", "fleet": "poool"}}},
         ["corridors.north.steps[4] (convoy): there is no fleets.poool; did you mean pool?"]),
        ({"corridors__north__steps__3": {"transfer": {"onto": "pad", "bays": "bay"}}},
         ["corridors.north.steps[3] (transfer): there is no bays.bay (there is: apron)"]),
        ({"flows__aid__cargo": "foood"}, ["flows.aid.cargo: there is no cargos.foood; did you mean food?"]),
        ({"flows__trade__corridors": {"sooth": 1}},
         ["flows.trade.corridors: there is no corridors.sooth; did you mean south?"]),
        ({"start__left_over__flow": "aids"},
         ["start.left_over.flow: there is no flows.aids; did you mean aid?"]),
        ({"start__left_over__corridor": "nord"},
         ["start.left_over.corridor: there is no corridors.nord; did you mean north?"]),
        ({"start__left_over__at": "platforms.pads"},
         ["start.left_over.at: platforms.pads is not on corridors.north; did you mean platforms.pad?"]),
        ({"start__left_over__at": "fleets.pool"},
         ["start.left_over.at: fleets.pool is not on corridors.north (there is: bays.apron, gates.rim, "
          "origins.away, platforms.pad, roads.in, roads.out, sites.scan, warehouses.dock, yards.hub)"]),
        ({"corridors__south__steps": [{"travel": "in", "as": "drive"}]},
         ["corridors.south.steps[0]: a corridor ends with offload, and has no other; found travel here"]),
        ({"corridors__extra": corridor(OFFLOAD, OFFLOAD)},
         ["corridors.extra.steps[0]: a corridor ends with offload, and has no other; found offload here"]),
        ({"corridors__extra": corridor(TRANSFER, OFFLOAD)},
         ["corridors.extra.steps[0]: what is put on pad is collected there: wanted convoy from pad next"]),
        ({"corridors__extra": corridor(TRANSFER, {"convoy": "hub"}, OFFLOAD)},
         ["corridors.extra.steps[0]: what is put on pad is collected there: wanted convoy from pad next"]),
        ({"corridors__extra": corridor({"travel": "in"}, COLLECT, OFFLOAD)},
         ["corridors.extra.steps[1]: a convoy that collects from pad comes right after a transfer onto it"]),
        ({"corridors__extra": corridor(TRANSFER, COLLECT, {"convoy": "hub"}, OFFLOAD)},
         ["corridors.extra.steps[2]: behind a platform vehicles only travel, pass_gate and offload; found convoy"]),
        ({"corridors__extra": corridor(TRANSFER, COLLECT, {"pass_gate": "rim"}, OFFLOAD)},
         ["corridors.extra.steps[2]: gates.rim is the border, and lies behind the platform"]),
        ({"corridors__extra": corridor({"travel": "in", "as": "x"}, {"travel": "out", "as": "x"}, OFFLOAD)},
         ["corridors.extra: two steps are called x"]),
        ({"sites__scan__rejected__back_to": "driv"},
         ["corridors.north: sites.scan.rejected.back_to names no earlier step; did you mean drive?",
          "corridors.south: sites.scan.rejected.back_to names no earlier step; did you mean drive?"]),
        ({"flows__aid__corridors": {"north": "60 %", "south": "30 %"}},
         ["flows.aid.corridors: shares must add up to 100 %, are 90.0000%"]),
        ({"flows__aid__corridors": {}}, ["flows.aid.corridors: shares must add up to 100 %, are 0.0000%"]),
        ({"gates__rim__key": "sites.scan"},
         ["sites.scan.key: 'sites.scan' cannot be told from the key of gates.rim; give it another"]),
        ({"flows__aid__key": "flows.trade"},
         ["flows.trade.key: 'flows.trade' cannot be told from the key of flows.aid; give it another"]),
        ({"corridors__north__key": "south"},
         ["corridors.south.key: 'south' cannot be told from the key of corridors.north; give it another"]),
        # two keys of one CRC-32, which is what luck knows them by
        ({"gates__rim__key": "plumless", "fleets__pool__key": "buckeroo"},
         ["fleets.pool.key: 'buckeroo' cannot be told from the key of gates.rim; give it another"]),
        ({"platforms__pad__room": 20},
         ["cargos.food.pallets: loads of flows.aid reach 22, platforms.pad has room for 20"]),
        ({"start__left_over__loads": 2, "platforms__pad__room": 55, "yards__hub__patience": None, "yards__hub__min": 2,
          "fleets__pool__pallets": 17},
         []),  # 33 pallets are too few for a convoy of two; 22 more still fit
        ({"start__left_over__loads": 2, "platforms__pad__room": 54, "yards__hub__patience": None, "yards__hub__min": 2,
          "fleets__pool__pallets": 17},
         ["corridors.north: platforms.pad.room (54) must be at least 55 where yards.hub has no patience"]),
        ({"yards__hub__min": 5, "fleets__pool__vehicles": 4},
         ["corridors.north: yards.hub.min (5) is above fleets.pool.vehicles (4)"]),
        ({"warehouses__dock__room": 3, "warehouses__dock__overflow": "turn_away"},
         ["corridors.north: its warehouse must block where it has no room, vehicles cannot turn back"]),
        ({"sites__scan__sources": {"lnes": "a report"}}, ["sites.scan.sources: there is no setting lnes here"]),
        ({"sites__scan__sources": {"lanes": {"assumed": ["few", 3]}}},
         ["sites.scan.sources.lanes.assumed: 'few' is no quantity"]),
        ({"flows__trade__rate": "0/day", "flows__trade__trace": "none.csv"},
         ["flows.trade.trace: there is no file 'none.csv' in "]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_parts_that_do_not_fit_each_other_are_said(settings: dict[str, Any], lines: list[str]) -> None:
    assert mistakes_in(changed(**settings)) == lines


def test_every_rule_reports_and_all_at_once() -> None:
    west = [
        {"convoy": "hub"}, {"pass_gate": "rim"}, {"transfer": {"onto": "pad", "bays": "apron"}},
        {"convoy": {"yard": "hub", "from": "pad", "fleet": "pool"}}, {"pass_gate": "inner"}, {"offload": "dock"},
    ]  # fmt: skip
    text = changed(
        corridors__west={"from": "away", "to": "here", "steps": west, "costs": {"per_truck": "1 USD"}},
        gates__inner={"on_map": {"north": 1, "east": 1}}, gates__rim__on_map={"north": 2, "east": 1},
        corridors__relay=corridor(
            {"transfer": {"onto": "pol", "bays": "apron"}}, {"travel": "in", "as": "driv"},
            {"transfer": {"onto": "trucks", "bays": "apron"}}, {"inspect": "scan"}, OFFLOAD,
        ),
        fleets__trucks={"vehicles": 1, "pallets": 22, "home": "1 h", "fuel": {"depot": "fuel", "litres": "1 l"}},
        depots={"fuel": {"cargo": "food"}},
        flows__trade__corridors={"west": "100 %"}, areas__there={},
        distribution={
            "relay": {"of": "here", "share": "70 %"}, "west": {"of": "here", "share": "70 %"},
            "south": {"of": "there", "share": "1 %"},
        },
        slots__late={"trucks": "9/day", "allotted": "18:00", "no_show": {"per_hour_waited": "1 %", "at": "gates.rm"}},
        slots__early={"trucks": "9/day", "allotted": "18:00", "no_show": {"per_hour_waited": 0.1, "at": "sites.scan"}},
        ceilings__few={"gates": ["rim"], "trucks": "5/day", "share": {"un": 1}},
        ceilings__room={"gates": ["inner"], "pallets": 10, "behind": "pad"},
        shocks__closed={"places": ["platforms.pad"], "rate": "1/day", "lasts": "1 h"},
        sites__scan__calendar="dya", corridors__south__steps=[{"travel": "in"}], sites__scan__rejected__back_to="driv",
        flows__aid__corridors={"north": "60 %"}, gates__rim__key="sites.scan", platforms__pad__room=20,
        yards__hub__min=5, yards__hub__patience=None, fleets__pool__vehicles=4,
        warehouses__dock={"lanes": 1, "time": "1 min", "room": 1, "overflow": "turn_away", "store": "floor"},
        stores__floor={"room": 1, "outflow": "1/day"},
        start__left_over__at="gates.x", sites__scan__sources={"lnes": "a report"},
        flows__trade__rate="0/day", flows__trade__trace="none.csv",
        crews={"vetted": {"people": 4}}, fleets__pool__drivers="vetted", teams={"eod": {"teams": 1}},
        tasks={"x": {"what": "repair", "teams": "eod", "escorts": {"teams": "eod"}, "time": "1 h",
                     "requested": "2024-06-01", "until_done": {"roads.x": 0, "roads.in": 0}}},
        phases={"p": {"from": "2024-05-14", "changes": {"sites.scan.time": "1 min"}}},
        flows__relief={"sector": "un", "cargo": "food", "choice": {"rule": "least_wait", "among": ["relay"]},
                       "divert": {"after": "1 day", "to": "relay"}},
        people={"some": {"direction": "out", "corridor": "sout", "party": 1},
                "more": {"direction": "out", "corridor": "relay", "party": 1}},
        ceilings__persons={"gates": ["rim"], "persons": "9/day"},
        needs={name: {"of": ["food"], "per_person": "1 kg/day"} for name in ("meals", "rations")},
        areas__here__stock={"meals": "1 t"},
    )  # fmt: skip
    scenario, lines = read_scenario(config_of(text)), mistakes_in(text)
    said = [list(rule(scenario)) for rule in SCENARIO_CHECKS]
    assert all(said)
    assert {line for of_rule in said for line in of_rule} < set(lines)  # and one of the trace


def test_a_trace_whose_loads_have_no_room_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,pallets\n1 h,22\n2 h,201\n")
    text = changed(flows__aid__rate="0/day", flows__aid__trace="a.csv")
    assert mistakes_in(text, tmp_path) == [
        "flows.aid.trace: loads of flows.aid reach 201, platforms.pad has room for 200"
    ]


def test_opening_stock_that_has_no_room_is_refused_even_where_its_flow_does_not_go() -> None:
    text = changed(flows__aid__corridors={"south": 1}, platforms__pad__room=20)
    assert mistakes_in(text) == ["cargos.food.pallets: loads of flows.aid reach 22, platforms.pad has room for 20"]


def test_a_flow_without_a_rate_needs_no_corridors() -> None:
    assert mistakes_in(changed(flows__aid__rate="0/day", flows__aid__corridors={})) == []


def test_the_rest_of_a_flow_takes_the_corridor_that_says_so() -> None:
    text = changed(flows__aid__corridors={"north": "rest", "south": "40 %"})
    assert mistakes_in(text) == []
    assert run(text).digests == run(WORLD).digests
    assert mistakes_in(changed(flows__aid__corridors={"north": "rest", "south": "rest"})) == [
        "flows.aid: corridors: only one can take the rest"
    ]


def test_a_good_trace_is_no_mistake(tmp_path: Path) -> None:
    write_trace(tmp_path, [1, 2, 3], "a.csv")
    assert mistakes_in(changed(flows__aid__rate="0/day", flows__aid__trace="a.csv"), tmp_path) == []


def test_what_is_read_is_what_was_written() -> None:
    scenario = read_scenario(config_of(WORLD))
    assert scenario.model_config["frozen"]
    assert set(scenario.flows) == set(GOOD["flows"])
    assert [step.verb for step in scenario.corridors["south"].steps] == [
        "travel", "inspect", "convoy", "travel", "offload",
    ]  # fmt: skip
