"""Days that authorities counted, each series read by its own rule, beside the model.

It imports `statistics` and what is below it. Begin with `rules`, then `comparison`.
"""
