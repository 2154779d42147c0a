"""Reads what runs have written and compares them; never inside a run."""
