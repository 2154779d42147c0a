"""Formats numbers, estimates and intervals."""

from analysis.intervals import MeanInterval
from analysis.language.translator import ENGLISH, Translator

BANNER = "illustrative; not calibrated; do not cite"


def format_number(value: float, half: float | None = None, sign: bool = False) -> str:
    """Returns a value with as many decimals as its precision supports, with a no-break space every three digits.

    half : half width of its interval, which sets the decimals; three figures without one.  sign : writes + as well.
    """
    figures = abs(value) if half is None or half == 0 else half * 100 / 3
    decimals = 0 if figures >= 100 else 1 if figures >= 10 else 2
    text = f"{abs(value):,.{decimals}f}".replace(",", "\u202f") if value else "0"
    rounded_to_zero = not text.strip("0.\u202f")
    return ("" if rounded_to_zero else "−" if value < 0 else "+" if sign else "") + text


def format_estimate(mean: MeanInterval, sign: bool = False) -> str:
    """Returns `+81.2 ± 0.8`; the mean alone without an interval."""
    if mean.half is None:
        return format_number(mean.mean, sign=sign)
    return f"{format_number(mean.mean, mean.half, sign)} ± {format_number(mean.half, mean.half)}"


def format_interval(mean: MeanInterval, translate: Translator = ENGLISH) -> str:
    """Returns `80.4 to 82.0`, with the decimals of the half width."""
    if mean.low is None or mean.high is None:
        return translate("no interval")
    return translate(
        "{low} to {high}", low=format_number(mean.low, mean.half), high=format_number(mean.high, mean.half)
    )
