"""The languages of texts and the formats of numbers: English in the code, other languages from a catalogue.

It imports only the modules at the top of `analysis`. Begin with `tongue`.
"""
