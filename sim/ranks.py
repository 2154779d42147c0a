"""What a stock is: the sector, the cargo and the rank of its loads, by the flows of the same kind."""

from sim import scenario as written
from sim.scenario import Scenario
from sim.start import Stock

DEFAULT_RANK = int(written.Flow.model_fields["rank"].default)  # of a stock that is no flow's


def kind_of(scenario: Scenario, stock: Stock) -> tuple[tuple[str, str], set[int]]:
    """Sector and cargo of a stock, and the ranks of the flows whose loads it may be: of one, or of all of that kind."""
    if stock.flow is not None:
        flow = scenario.flows[stock.flow]
        return (flow.sector, flow.cargo), {flow.rank}
    assert stock.sector is not None and stock.cargo is not None  # the model's own check
    kind = (stock.sector, stock.cargo)
    return kind, {flow.rank for flow in scenario.flows.values() if (flow.sector, flow.cargo) == kind}


def rank_of(scenario: Scenario, stock: Stock) -> int:
    """Of its loads: as the first of these flows."""
    return min(kind_of(scenario, stock)[1], default=DEFAULT_RANK)
