"""Known faults in sim/study: studies and their files."""

from tests.faults.fault import Fault

FAULTS = (
    Fault("map: where a place is drawn makes another run of it", "sim/study/job.py",
           '"why", "on_map"}', '"why"}',
           "network/test_map.py::test_where_a_place_is_drawn_changes_neither_luck_nor_results"),
    Fault("phases: rho of the first day", "sim/study/offered_load.py",
           "    network = with_mean_phases(network)\n    arrivals", "    arrivals",
           "engines/test_phases.py::test_rho_counts_what_phases_leave_over_the_time_of_the_run"),
    Fault("transfers: rho of a fleet that is empty as soon as it has loaded", "sim/study/offered_load.py",
           "for j in range(i, ends + 1)]", "for j in range(i, i + 1)]",
           "engines/test_transfers.py::test_rho_of_a_fleet_counts_its_whole_trips"),
    Fault("levers: an hour more that makes a whole day an empty one", "sim/study/levers.py",
           "if closes - opens >= DAY_S else", "if closes - opens > DAY_S else",
           "analysis/test_levers.py::test_an_hour_more_closes_an_hour_later"),
    Fault("levers: variants that are run again although they were kept", "sim/study/variants.py",
           "for number in range(len(rows), replications)", "for number in range(replications)",
           "analysis/test_levers.py::test_a_command_that_is_repeated_runs_only_what_is_missing"),
)  # fmt: skip
