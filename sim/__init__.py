"""Simulates aid corridors and writes results; imports nothing from analysis but for the call after a sweep."""
