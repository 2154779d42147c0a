"""Everything that is computed from the log of a replication: measures, days of places, needs, where goods are.

It imports `network`, `luck` and the events, and no engine: nothing is counted while the clock runs. Begin with
`visits`, which arranges the log, and `measures`, which lists what is reported.
"""
