"""The model in SimPy, written to be read: each step of a corridor is one method.

It imports `network`, `luck` and the rules, and nothing of the compiled engine `loop`, which must give the same log.
Begin with `corridor`, the process of one load, then `world`, the clock and the two halves of each second.
"""
