"""Plots, and the columns of data that are written beside each.

It imports `questions`, `observed`, `statistics` and what is below them, and is alone in knowing matplotlib. Begin with
`comparison`, the plots of a study; `drawing` has the style of all plots.
"""
