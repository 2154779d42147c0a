"""Worlds whose results are known, from a formula and not from a run, and the comparison of the program with them.

It imports the simulator and the modules at the top of `analysis`. Begin with `cases`; each other module is a family of
cases.
"""
