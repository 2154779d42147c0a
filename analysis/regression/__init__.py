"""The regression gate: runs the same worlds with the same random numbers as the committed baseline and compares them.

It imports `plots`, `verification` and what is below them. Begin with `judging`.
"""
