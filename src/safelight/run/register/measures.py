"""Sizes on paper, and texts in lines: in points, as everything about a page."""

from functools import lru_cache
from typing import Final

from safelight.run.register.layout import Layout
from safelight.run.register.letters import Face, Letters, Lines, Whole

PAPERS: Final = {"a4": (595.28, 841.89), "a3": (841.89, 1190.55), "us-letter": (612.0, 792.0)}
SIDE, TOP, BOTTOM = 30.0, 46.0, 40.0
SIZE, LEADING, INSET_X, INSET_Y = 7.5, 1.2, 3.0, 2.6  # of tables and footnotes
RISE: Final = 0.8  # of a letter's size that is above the line it stands on


class Breaker:
    """Breaks texts into lines, and remembers how: most of them come again and again."""

    def __init__(self, letters: Letters, face: Face, size: float = SIZE) -> None:
        """Use one weight and size of the letters; a text that is set whole has the usual size."""
        self._letters, self.face, self.size = letters, face, size
        self._widest = size * face.widest
        self._broken = lru_cache(maxsize=1 << 16)(self._break)

    def of(self, text: str, width: float) -> Lines:
        """Return a text in lines that are no wider than that."""
        if len(text) * self._widest <= width and not self.face.missing(text):
            return text
        return self._broken(text, width)

    def _break(self, text: str, width: float) -> Lines:
        if self.face.missing(text):
            return self._letters.whole(text, width)
        if self.face.width(text, self.size) <= width:
            return text
        lines = self.face.broken(text, width, self.size)
        return lines if len(lines) > 1 else lines[0]


def height_of(lines: Lines, size: float = SIZE) -> float:
    """Return how high a text is."""
    if isinstance(lines, Whole):
        return lines.height
    return (size + LEADING) * (1 if isinstance(lines, str) else len(lines))


def paper(layout: Layout) -> tuple[float, float]:
    """Return width and height of a layout's pages."""
    width, height = PAPERS[layout.paper]
    return (height, width) if layout.landscape else (width, height)
