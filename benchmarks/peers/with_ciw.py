"""The tandem job in Ciw: a network of nodes, whose records of each service are read at the end."""

import ciw

from benchmarks.peers.job import DAY_MIN, FIRST, FOURTH, LANES, PER_MIN, SECOND, THIRD, Outcome, outcome


def run(seed: int, days: int) -> Outcome:
    """One run."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(PER_MIN), None, None, None],
        service_distributions=[
            ciw.dists.Lognormal(*FIRST),
            ciw.dists.Gamma(*SECOND),
            ciw.dists.Lognormal(*THIRD),
            ciw.dists.Lognormal(*FOURTH),
        ],
        number_of_servers=list(LANES),
        routing=[[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(days * DAY_MIN)
    records = simulation.get_all_records()
    began = {record.id_number: record.arrival_date for record in records if record.node == 1}
    return outcome([record.exit_date - began[record.id_number] for record in records if record.node == 4])
