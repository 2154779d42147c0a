"""Plots, and the columns of data that are written beside each.

It imports `questions`, `observed`, `statistics` and the layers before them. Only it and `analysis.regression.plots`
import matplotlib. Begin with `comparison`, the plots of a study; `drawing` has the style of all plots.
"""
