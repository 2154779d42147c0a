"""Reads what runs have written, compares them and reports; it never counts anything inside a run.

Packages, each of which imports only those before it: `language`, `results`, `statistics`, `observed`, `questions`,
`plots`, `page`, `verification`, `regression`, `documents`, `commands`. Begin with `page.report`, which writes the
comparison page, and `__main__`, the commands.
"""
