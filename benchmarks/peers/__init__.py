"""The tandem job in each simulation library, as its own users would write it: `run(seed, days)` in each module."""
