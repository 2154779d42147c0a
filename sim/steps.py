"""The places that a step of a corridor names."""

from sim import scenario as s
from sim.scenario import Scenario


def places_of(scenario: Scenario, step: s.Step) -> list[tuple[str, str]]:
    """(kind, name) of each place that a step names; a receiver only if there is one."""
    match step:
        case s.Travel():
            return [("roads", road) for road in step.ways]
        case s.PassGate():
            return [("gates", step.gate)]
        case s.Inspect():
            return [("sites", step.site)]
        case s.Transfer():
            kind = "fleets" if scenario.is_onto_fleet(step) else "platforms"
            known = step.onto in getattr(scenario, kind)
            return [*([(kind, step.onto)] if known else []), ("bays", step.bays)]
        case s.Convoy(platform=None) | s.Convoy(fleet=None):
            return [("yards", step.yard)]
        case s.Convoy():
            return [("yards", step.yard), ("platforms", step.platform or ""), ("fleets", step.fleet or "")]
        case s.Offload():
            return [("warehouses", step.warehouse)]
        case s.Permit():
            return [("offices", step.office)]
        case s.TakeSlot():
            return [("slots", step.slots)]
