"""All random numbers of a replication, drawn before the run: arrivals, what loads meet, and the days of places.

It imports `network` and what is below it; only `streams` makes random numbers. Begin with `draws`, which holds all that
is drawn for the loads of one replication; `places` does so for places.
"""
