"""Everything computed from the log of a replication: measures, daily readings of places, needs, positions of goods.

It imports `network`, `luck` and the events, but no engine: nothing is counted while the clock runs. Begin with
`visits`, which arranges the log, and `measures`, which lists what is reported.
"""
