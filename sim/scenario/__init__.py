"""What planners write: strict models of every setting, with its unit, source and description.

It imports only the modules at the top of `sim`. Begin with `scenario`, which lists all sections of a scenario file, and
`reading`, which turns composed YAML into a `Scenario` or into a list of mistakes.
"""
