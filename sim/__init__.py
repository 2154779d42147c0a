"""Simulates aid corridors and writes results; imports nothing from analysis but for the call after a sweep."""

MODEL = 2  # raised whenever the same scenario and seed give other results (CHANGELOG: Regression)
