"""All known faults, package by package."""

from tests.faults import analysis, ground, loop, luck, network, readings, scenario, story, study

FAULTS = tuple(
    fault
    for package in (ground, scenario, network, luck, story, loop, readings, study, analysis)
    for fault in package.FAULTS
)
