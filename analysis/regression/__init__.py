"""The regression gate: the same worlds on the same luck as in the committed baseline, and what differs.

It imports `plots`, `verification` and what is below them. Begin with `judging`.
"""
