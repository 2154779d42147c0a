"""Sections of the pages as rows and sentences, which fill the templates in `templates/`.

It imports `plots`, `questions`, `observed`, `statistics` and the layers before them. Begin with `report`, which
writes a page.
"""
