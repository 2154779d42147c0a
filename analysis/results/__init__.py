"""The files of a study as records and arrays.

It imports `language` and the modules at the top of `analysis`. Begin with `tables`, which reads a study.
"""
