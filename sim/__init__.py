"""Simulates aid corridors: scenario files in, tables of results out.

Layers, each of which imports only those before it: the modules beside this one (rules, events, laws, units, calendars),
`scenario`, `network`, `luck`, the engines `story` and `loop`, `readings`, `study`. Begin with `story.corridor`, which
reads as the journey of one truck; `__main__` is the command line.
"""

MODEL = 2  # raised whenever the same scenario and seed give other results (CHANGELOG: Regression)
DIGEST_FORMAT = 3  # raised whenever digests are computed otherwise: results of two formats never stand in one run
TABLE_FORMAT = 2  # raised whenever a table of results gets or loses a column: its runs are made anew
