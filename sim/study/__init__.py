"""From a command to files of results: composing, running replications in parallel, tables, manifests, resuming.

It imports everything below it in `sim`. Begin with `study`, which runs the replications of one scenario, and
`replication`, which turns one replication into tables.
"""
