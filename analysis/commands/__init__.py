"""The commands of `python -m analysis` other than the comparison: one module each.

It imports all other packages of `analysis`. Begin with the module that has the name of the command.
"""
