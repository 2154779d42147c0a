"""Every text of a study's page in French, by its English. Texts with a place for a value have it in both languages."""

FRENCH: dict[str, str] = {}
