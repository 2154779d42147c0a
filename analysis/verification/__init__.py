"""Small worlds whose results are known from a formula or by hand, and the comparison of the program with them.

It imports the simulator and the modules at the top of `analysis`. Begin with `cases`; most other modules hold a family
of cases each.
"""
