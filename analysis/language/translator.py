"""The language of a study's texts. English texts stand in the code where they are used; the catalogue translates them.

Numbers have the same format in all languages, so that two pages of a study can be compared. Titles, names of settings
and sources stay as their authors wrote them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from analysis.language.catalogue import french_catalogue

LANGUAGES = ("en", "fr")
_MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
}  # fmt: skip
_SHORT_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}  # fmt: skip


@dataclass(frozen=True)
class Translator:
    """A translator into one language: `translate("from {day} on", day="9 May")`."""

    language: str = "en"

    def __call__(self, english: str, **values: Any) -> str:
        """Returns the text in this language with its values filled in. Raises KeyError if the catalogue lacks it."""
        text = english if self.language == "en" else french_catalogue()[english]
        return text.format(**values) if values else text

    def term(self, word: str) -> str:
        """Returns the word in this language; words that the catalogue lacks, such as names, stay as they are."""
        return word if self.language == "en" else french_catalogue().get(word, word)

    def long_date(self, day: date) -> str:
        """Returns a date in words: `9 May 2024`."""
        ordinal = "er" if self.language == "fr" and day.day == 1 else ""
        return f"{day.day}{ordinal} {_MONTHS[self.language][day.month - 1]} {day.year}"

    def short_date(self, day: date) -> str:
        """Returns a date for the axis of a plot: `9 May`."""
        return f"{day.day} {_SHORT_MONTHS[self.language][day.month - 1]}"


ENGLISH = Translator()
