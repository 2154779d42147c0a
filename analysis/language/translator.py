"""In which language a study is told. English is written where it is said; `catalogue.py` has every text in French.

Numbers are written alike in all languages, so that two pages of a study can be laid side by side. Titles, names of
settings and sources stay as their authors wrote them.
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
    """Says texts in its language: `tongue("from {day} on", day="9 May")`."""

    language: str = "en"

    def __call__(self, english: str, **values: Any) -> str:
        """The text in this language, with its values. A text that the catalogue lacks is a KeyError: a test has all."""
        text = english if self.language == "en" else french_catalogue()[english]
        return text.format(**values) if values else text

    def term(self, word: str) -> str:
        """A word of the results (a milestone, a state); what no catalogue has, such as a name, stays as it is."""
        return word if self.language == "en" else french_catalogue().get(word, word)

    def long_date(self, on: date) -> str:
        first = "er" if self.language == "fr" and on.day == 1 else ""
        return f"{on.day}{first} {_MONTHS[self.language][on.month - 1]} {on.year}"

    def short_date(self, on: date) -> str:
        """For the axis of a plot."""
        return f"{on.day} {_SHORT_MONTHS[self.language][on.month - 1]}"


ENGLISH = Translator()
