"""Reads the output of runs, compares the runs and reports on them. It computes no measures of its own inside a run.

Packages, each of which imports only those before it: `language`, `results`, `statistics`, `observed`, `questions`,
`plots`, `page`, `verification`, `regression`, `documents`, `commands`. Begin with `page.report`, which writes the
comparison page, and `__main__`, the commands.
"""
