"""The letters of a print: how wide each is, how a text is broken into lines, and how it is drawn.

Letters that stand for themselves (Latin, Greek, Cyrillic, Chinese and the like) are drawn one by
one. A text with any other is set whole by Typst and drawn as a picture of text, which stays text.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from safelight.run.register.file import File
from safelight.run.register.plain import Plain, ShapeError, find, pointed
from safelight.run.register.typesetter import Asked, typeset

EM: Final = 1000.0  # widths of letters are thousandths of their size
PLAIN: Final = (
    (0x20, 0x52F),  # Latin, Greek, Cyrillic
    (0x531, 0x58F),  # Armenian
    (0x10A0, 0x10FF),  # Georgian
    (0x1E00, 0x1FFF),  # more Latin and Greek
    (0x2010, 0x2027),  # dashes, quotes, dots
    (0x2030, 0x205E),
    (0x20A0, 0x20BF),  # currencies
    (0x2100, 0x2BFF),  # signs and arrows
    (0x3000, 0x30FF),  # Japanese
    (0x3400, 0x9FFF),  # Chinese
    (0xAC00, 0xD7A3),  # Korean
)
_CODE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>")


class Whole(NamedTuple):
    """A text that was set whole: its name among the pictures, and its size in points."""

    text: str
    name: str
    width: float
    height: float


Lines = str | tuple[str, ...] | Whole  # one line, several, or set whole


def tidy(text: str) -> str:
    """Return a text in its usual form, in one piece and without letters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


@lru_cache(maxsize=4096)
def stands_alone(letter: str) -> bool:
    """Tell whether a letter looks the same whatever stands beside it."""
    code = ord(letter)
    plain = any(first <= code <= last for first, last in PLAIN)
    return plain and not unicodedata.category(letter).startswith("M")


class Face:
    """One weight of the letters, as fonts that Typst made for them."""

    def __init__(self, name: str, pdf: bytes) -> None:
        """Read which letter has which code in which font, and how wide it is."""
        self.name, self._plain = name, Plain(pdf)
        self.codes: dict[str, str] = {}
        self.widths: dict[str, float] = {}
        self._font: dict[str, int] = {}  # of letters that are not in the first font
        page = self._plain.objects[self._plain.pages[0]]
        resources = self._plain.objects[pointed("Resources", page)]
        self._fonts = [int(n) for n in re.findall(rb"/f\d+ (\d+) 0 R", resources)]
        for nth, number in enumerate(self._fonts):
            self._read(nth, self._plain.objects[number])
        self._known = frozenset(filter(stands_alone, self.codes))
        self.widest = max(self.widths.values())
        # Most texts come again and again.
        self.shown = lru_cache(maxsize=1 << 14)(self._shown)

    def _read(self, nth: int, font: bytes) -> None:
        below = self._plain.objects[int(find(rb"/DescendantFonts\[(\d+) 0 R\]", font)[1])]
        widths = _widths(find(rb"/W\[([^\[\]]*)\]", below)[1])
        codes = self._plain.data(pointed("ToUnicode", font))
        for code, letter in _CODE.findall(codes):
            key = chr(int(letter, 16))
            if int(code, 16) in widths and key not in self.codes:
                self.codes[key] = code.decode()
                self.widths[key] = widths[int(code, 16)] / EM
                if nth:
                    self._font[key] = nth

    def embed(self, file: File) -> str:
        """Write the fonts into a file, and return what a page calls them."""
        numbers = carried(file, self._plain, *self._fonts)
        return "".join(
            f"/{self.name}{nth} {numbers[font]} 0 R" for nth, font in enumerate(self._fonts)
        )

    def missing(self, text: str) -> bool:
        """Tell whether a text has to be set whole."""
        return not self._known.issuperset(text)

    def width(self, text: str, size: float) -> float:
        """Return how wide a line is."""
        return sum(map(self.widths.__getitem__, text)) * size

    def _shown(self, text: str, size: float) -> str:
        """Return what draws a line in the present font, which is the first."""
        if not self._font or self._font.keys().isdisjoint(text):
            return f"<{''.join(map(self.codes.__getitem__, text))}>Tj"
        drawn, now = [], 0
        for letter in text:
            font = self._font.get(letter, 0)
            if font != now:
                drawn.append(f"/{self.name}{font} {size} Tf")
                now = font
            drawn.append(f"<{self.codes[letter]}>Tj")
        return "".join(drawn) + (f"/{self.name}0 {size} Tf" if now else "")

    def broken(self, text: str, width: float, size: float) -> tuple[str, ...]:
        """Return a text in lines that are no wider than that."""
        lines, line = [], ""
        for word in _words(text):
            longer = line + word
            if self.width(longer.rstrip(), size) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            while self.width(word.rstrip(), size) > width:
                fits = self._fitting(word, width, size)
                lines.append(word[:fits])
                word = word[fits:]  # noqa: PLW2901 - what is left of a word wider than the line
            line = word
        return (*lines, line)

    def _fitting(self, word: str, width: float, size: float) -> int:
        fits = 1
        while self.width(word[: fits + 1], size) <= width:
            fits += 1
        return fits


def _words(text: str) -> list[str]:
    """Return a text in pieces that stay on one line: after spaces and hyphens it may break."""
    return re.findall(r"[^ -]*[ -]+|[^ -]+", text)


def _widths(text: bytes) -> dict[int, float]:
    """Read widths that are written as first code, last code, width."""
    numbers = text.split()
    if len(numbers) % 3:
        raise ShapeError("W")
    found = {}
    for nth in range(0, len(numbers), 3):
        for code in range(int(numbers[nth]), int(numbers[nth + 1]) + 1):
            found[code] = float(numbers[nth + 2])
    return found


def carried(file: File, plain: Plain, *roots: int) -> dict[int, int]:
    """Carry objects and all that they point to over into a file; return their new numbers."""
    reached = plain.reached(*roots)
    first = file.numbers(len(reached))
    numbers = {old: first + nth for nth, old in enumerate(reached)}
    for old, new in numbers.items():
        file.put_whole(new, plain.renumbered(old, numbers.__getitem__))
    return numbers


class Letters:
    """All letters of a print, plain and bold, and the texts that are set whole."""

    def __init__(self, plain: Iterable[str], bold: Iterable[str], language: str) -> None:
        """Have the letters of these texts set; raises Invalid where that fails."""
        self._language = language
        told = typeset(Asked(language, letters=_letters(plain), bold=_letters(bold)))
        self.plain, self.bold = Face("R", told.letters), Face("B", told.bold)
        self._wanted: dict[tuple[str, float], int] = {}
        self._texts: Plain | None = None
        self.waiting = False  # texts were asked for that are not set yet

    def whole(self, text: str, width: float) -> Whole:
        """Return a text that was set whole; without a size until ``set_waiting`` was called."""
        nth = self._wanted.setdefault((text, width), len(self._wanted))
        if self._texts is None:
            self.waiting = True
            return Whole(text, f"W{nth}", 0.0, 0.0)
        _, page = self._page(nth)
        box = find(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", page)
        return Whole(text, f"W{nth}", float(box[1]), float(box[2]))

    def set_waiting(self, size: float, leading: float) -> None:
        """Have the texts set that wait for it; raises Invalid where no font has their letters."""
        told = typeset(Asked(self._language, size, leading, texts=tuple(self._wanted)))
        self._texts = Plain(told.texts)
        self.waiting = False
        if len(self._texts.pages) != len(self._wanted):
            raise ShapeError("texts")

    def _page(self, nth: int) -> tuple[Plain, bytes]:
        if self._texts is None:
            raise ShapeError("texts")
        return self._texts, self._texts.objects[self._texts.pages[nth]]

    def embed(self, file: File) -> str:
        """Write fonts and texts into a file; return the resources of all pages."""
        fonts = self.plain.embed(file) + self.bold.embed(file)
        pictures = "".join(self._picture(nth, file) for nth in range(len(self._wanted)))
        return f"<</Font<<{fonts}>>/XObject<<{pictures}>>>>"

    def _picture(self, nth: int, file: File) -> str:
        texts, page = self._page(nth)
        resources = pointed("Resources", page)
        numbers = carried(file, texts, resources)
        box = find(rb"/MediaBox(\[[\d. ]+\])", page)[1].decode()
        number = file.numbers()
        fields = f"/Type/XObject/Subtype/Form/BBox{box}/Resources {numbers[resources]} 0 R"
        file.put_stream(number, texts.data(pointed("Contents", page)), fields)
        return f"/W{nth} {number} 0 R"


def _letters(texts: Iterable[str]) -> str:
    found: set[str] = {" "}
    for text in texts:
        found.update(text)
    return "".join(sorted(filter(stands_alone, found)))
