"""The network of a scenario: numbered places, corridors as steps, whole seconds, and checks across several settings.

It imports `scenario` and the modules at the top of `sim`; a feature has the same module name in both packages. Begin
with `network`, the type that engines and draws start from. `building` makes one from a checked scenario.
"""
