"""Numbers about the runs of a study: means, differences, rankings, reliability, counts side by side.

It imports `results`, `language` and the modules at the top of `analysis`, and neither draws nor writes. Begin with
`compare`.
"""
