"""Daily counts by authorities, each series with its own counting rule, beside the model.

It imports `statistics` and what is below it. Begin with `series`, then `comparison`.
"""
