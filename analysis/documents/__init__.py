"""Parts of the documents that are made from the code and the scenario files, so that they cannot rot."""
