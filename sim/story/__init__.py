"""The model in SimPy, written to be read: every verb of a corridor is one method.

It imports `network`, `luck` and the rules, and nothing of the compiled engine, which must give the same log. Begin with
`corridor`, the journey of one load, and `world`, the clock with its two halves of each second.
"""
