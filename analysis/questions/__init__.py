"""Questions that need further runs: what binds, the response to a lever, which assumption reverses a comparison.

It imports `statistics` and the layers before it, and runs variants of a scenario through `sim.study.variants`. Begin
with `binding`.
"""
