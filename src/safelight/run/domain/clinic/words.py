"""A quantity of a drug in figures and in words, as a prescription has to state it.

Regulation 15 of the Misuse of Drugs Regulations 2001 wants the total in both; where they differ,
somebody made a slip, and the order is refused until it is known which one is meant.
"""

import re
from typing import Final

MILLIGRAM: Final = 1_000  # micrograms
ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
TENS: Final = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
GROUPS: Final = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))


def in_figures(micrograms: int) -> str:
    """Return milligrams without a needless nought, such as ``200`` or ``0.5`` (never ``.5``)."""
    whole, rest = divmod(micrograms, MILLIGRAM)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def in_words(micrograms: int) -> str:
    """Return milligrams in words, such as ``two hundred`` or ``one point five``."""
    whole, rest = divmod(micrograms, MILLIGRAM)
    words = _words(whole)
    if rest:
        digits = f"{rest:03d}".rstrip("0")
        words += " point " + " ".join(ONES[int(digit)] for digit in digits)
    return words


def says(words: str, micrograms: int) -> bool:
    """Tell whether words state a quantity; hyphens, 'and', case and the unit do not matter."""
    return _plain(words) == _plain(in_words(micrograms))


def _plain(words: str) -> list[str]:
    said = re.findall(r"[^\s,-]+", words.casefold())
    if said[-1:] in (["milligrams"], ["milligram"], ["mg"]):
        said.pop()
    return [word for word in said if word != "and"]


def _words(number: int) -> str:
    if number < len(ONES):
        return ONES[number]
    for size, name in GROUPS:
        if number >= size:
            many, rest = divmod(number, size)
            joint = " and " if 0 < rest < GROUPS[-1][0] else " "
            return f"{_words(many)} {name}" + (f"{joint}{_words(rest)}" if rest else "")
    tens, one = divmod(number, 10)
    return TENS[tens] + (f"-{ONES[one]}" if one else "")
