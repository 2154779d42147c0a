"""All chance of a replication, drawn before the clock starts: loads and what they meet, places and their days.

It imports `network` and what is below it; `streams` alone makes random numbers. Begin with `draws`, which holds
everything that is drawn for one replication.
"""
