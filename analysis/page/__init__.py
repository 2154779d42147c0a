"""What a page says: each section as rows and sentences, filled into the templates in `templates/`.

It imports `plots`, `questions`, `observed`, `statistics` and what is below them. Begin with `report`, which
writes a page.
"""
