"""Statistics of the runs of a study: means, differences, rankings, reliability, and counts side by side.

It imports `results`, `language` and the modules at the top of `analysis`. It draws no plots and writes no files. Begin
with `compare`.
"""
