"""The languages of texts and how numbers are written: English in the code, other languages from a catalogue.

It imports only the modules at the top of `analysis`. Begin with `tongue`.
"""
