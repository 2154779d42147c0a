"""Simulates aid corridors: reads scenario files, runs replications and writes tables of results.

Each layer imports only those before it: the modules beside this one (rules, events, laws, units, calendars),
`scenario`, `network`, `luck`, the engines `story` and `loop`, `readings`, `study`. Begin with `story.corridor`, the
journey of one truck; `__main__` is the command line.
"""

MODEL = 2  # raised whenever the same scenario and seed give other results (CHANGELOG: Regression)
DIGEST_FORMAT = 3  # raised whenever digests are computed differently: one run never mixes two formats
TABLE_FORMAT = 2  # raised whenever a table of results gets or loses a column: older runs are then run again
