"""The model as a loop over arrays, compiled by Numba; with NUMBA_DISABLE_JIT=1 it runs as plain Python.

It imports the network, the draws and the rules, and nothing of the SimPy model, whose module names it shares. Begin
with `engine`, then `loop`, which has the main loop, and `state`, the arrays on which it works.
"""
