"""Parts of the documents that are generated from the code and the scenario files, so that they stay current.

It imports the page, the verification and the simulator's declarations, and runs no scenario. Begin with `__main__`.
"""
