"""What a scenario means: numbered places, corridors as steps, whole seconds, and the checks that need several settings.

It imports `scenario` and the modules at the top of `sim`; a feature has the same module name in both packages. Begin
with `network`, the type that engines and luck start from. `building` makes one from a checked scenario.
"""
