"""Questions that need further runs: what binds, what a lever brings, which assumption would reverse a comparison.

It imports `statistics` and what is below it, and runs variants of a scenario through `sim.study.variants`. Begin with
`binding`.
"""
