"""Words, numbers and dates of a print, as its layout wants them."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from safelight.run.domain.clinic.words import MILLIGRAM
from safelight.run.register.layout import WORD, Layout

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
MINUS = "\u2212"  # no hyphen, which a spreadsheet could take for the start of a formula

Told = Callable[[str], str]
Fill = Callable[[Told], str]


def milligrams(micrograms: int, layout: Layout) -> str:
    """Return a quantity exactly, in milligrams."""
    whole, rest = divmod(abs(micrograms), MILLIGRAM)
    text = f"{whole:,}".replace(",", layout.group)
    if rest:
        text += layout.decimal + f"{rest:03d}".rstrip("0")
    return MINUS + text if micrograms < 0 else text


class Dates:
    """Days as a layout writes them; each is written once and remembered."""

    def __init__(self, layout: Layout) -> None:
        """Take the layout's pattern."""
        pattern, months = layout.date, layout.months

        def write(day: date) -> str:
            month = months[day.month - 1] if months else f"{day.month:02d}"
            parts = {"day": f"{day.day:02d}", "month": month, "year": f"{day.year:04d}"}
            return WORD.sub(lambda found: parts[found[1]], pattern)

        self.told = lru_cache(maxsize=4096)(write)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its values; what is in brackets goes where one of its values is empty."""
    return filling(text)(values.__getitem__)


@lru_cache(maxsize=1024)
def filling(text: str) -> Fill:
    """Return a function that fills a text from a look-up of its values by name."""
    pieces: list[Fill] = []
    place = 0
    for found in _OPTIONAL.finditer(text):
        pieces += _plain(text[place : found.start()])
        pieces.append(_if_all(found[1]))
        place = found.end()
    pieces += _plain(text[place:])
    if len(pieces) == 1:
        return pieces[0]
    return lambda told: "".join([piece(told) for piece in pieces])


def _plain(text: str) -> list[Fill]:
    pieces: list[Fill] = []
    for nth, piece in enumerate(WORD.split(text)):
        if nth % 2:
            pieces.append(_named(piece))
        elif piece:
            pieces.append(_always(piece))
    return pieces


def _named(name: str) -> Fill:
    return lambda told: told(name)


def _always(text: str) -> Fill:
    return lambda _: text


def _if_all(text: str) -> Fill:
    names, fill = WORD.findall(text), _plain(text)

    def piece(told: Told) -> str:
        if not all(told(name) for name in names):
            return ""
        return "".join([part(told) for part in fill])

    return piece
