"""The same model as a loop over arrays, compiled by Numba; with NUMBA_DISABLE_JIT=1 it runs as plain Python.

It imports `network`, `luck` and the rules, and nothing of the SimPy model, whose module names it shares. Begin with
`engine`, then `loop`, which plays the rounds, and `state`, the arrays that it works on.
"""
