"""Reads the PDFs that are printed here, apart from what writes them: objects, tags and text."""

import re
import zlib
from typing import Final, NamedTuple

_REFERENCE = re.compile(rb"(\d+) 0 R\b")
_WIDTHS: Final = (1, 5, 2)


class Element(NamedTuple):
    """One element of a document: its tag, its text, and the columns that it spans."""

    tag: str
    text: str
    page: int
    span: int = 1


class Reader:
    """A PDF that was taken apart by its index."""

    def __init__(self, pdf: bytes) -> None:
        assert pdf.startswith(b"%PDF-1.7\n")
        found = re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", pdf)
        assert found
        self._pdf = pdf
        self.trailer, table = self._stream(int(found[1]))
        self._rows = [table[n : n + 8] for n in range(0, len(table), 8)]
        assert f"/Size {len(self._rows)}".encode() in self.trailer
        self._packed: dict[int, list[bytes]] = {}

    def _stream(self, place: int) -> tuple[bytes, bytes]:
        start = self._pdf.index(b"\nstream\n", place)
        head = self._pdf[place:start]
        length = int(re.search(rb"/Length (\d+)", head)[1])  # type: ignore[index]
        data = self._pdf[start + 8 : start + 8 + length]
        assert self._pdf[start + 8 + length :].startswith(b"\nendstream\nendobj\n")
        return head, zlib.decompress(data) if b"/FlateDecode" in head else data

    def get(self, number: int) -> bytes:
        """Return an object; of a stream, its dictionary."""
        kind, first, second = self._entry(number)
        if kind == 2:
            return self._pack(first)[second]
        assert kind == 1, number
        assert self._pdf[first:].startswith(b"%d 0 obj\n" % number)
        text = self._pdf[first : self._pdf.index(b"\nendobj\n", first)]
        return text.partition(b"\n")[2].partition(b"\nstream\n")[0]

    def data(self, number: int) -> bytes:
        """Return what a stream holds."""
        return self._stream(self._entry(number)[1])[1]

    def _entry(self, number: int) -> tuple[int, int, int]:
        row, parts, place = self._rows[number], [], 0
        for width in _WIDTHS:
            parts.append(int.from_bytes(row[place : place + width]))
            place += width
        return parts[0], parts[1], parts[2]

    def _pack(self, number: int) -> list[bytes]:
        if number not in self._packed:
            head, data = self._stream(self._entry(number)[1])
            first = int(re.search(rb"/First (\d+)", head)[1])  # type: ignore[index]
            numbers = list(map(int, data[:first].split()))
            ends = [*numbers[3::2], len(data) - first]
            self._packed[number] = [
                data[first + start : first + end].rstrip(b"\n")
                for start, end in zip(numbers[1::2], ends, strict=True)
            ]
        return self._packed[number]

    def to(self, name: str, text: bytes) -> int:
        """Return the number that a dictionary has under a name."""
        found = re.search(rb"/%s (\d+) 0 R" % name.encode(), text)
        assert found, (name, text)
        return int(found[1])

    @property
    def catalog(self) -> bytes:
        """The root of the document."""
        return self.get(self.to("Root", self.trailer))

    @property
    def pages(self) -> list[int]:
        """The numbers of all pages, in order."""
        tree = self.get(self.to("Pages", self.catalog))
        kids = re.search(rb"/Kids\[([^\]]*)\]", tree)
        assert kids
        return [int(number) for number in _REFERENCE.findall(kids[1])]

    def data_of_plain(self, name: str) -> str:
        """Return the text that the catalog has under a name, such as its metadata."""
        return self.data(self.to(name, self.catalog)).decode()

    def aside(self, page: int) -> str:
        """Return what stands on a page and is no part of the document."""
        number = self.pages[page]
        content = self.data(self.to("Contents", self.get(number)))
        fonts = self._fonts(self.to("Resources", self.get(number)))
        shown = re.findall(rb"/Artifact<<.*?EMC", content, re.DOTALL)
        codes = b"".join(re.findall(rb"<([0-9A-F]*)>Tj", b"".join(shown)))
        return "".join(fonts["R0"][codes[n : n + 4]] for n in range(0, len(codes), 4))

    def fonts_of(self, page: int) -> set[str]:
        """Return what a page calls its fonts."""
        return set(self._fonts(self.to("Resources", self.get(self.pages[page]))))

    def drawn_whole(self) -> list[int]:
        """Return the texts that were set whole."""
        resources = self.get(self.to("Resources", self.get(self.pages[0])))
        return [int(number) for number in re.findall(rb"/W\d+ (\d+) 0 R", resources)]

    def elements(self) -> list[Element]:
        """Return the document as software reads it out: every element with its text, in order."""
        root = self.get(self.to("StructTreeRoot", self.catalog))
        pages = {number: nth for nth, number in enumerate(self.pages)}
        texts = [self._texts(number) for number in self.pages]
        owners = self._owners(root)
        found: list[Element] = []
        self._walk(self.to("K", root), self.to("StructTreeRoot", self.catalog), found, pages, texts)
        marks = sum(len(each) for each in texts)
        assert marks == sum(map(len, owners)), "a mark is in no element, or in two"
        return found

    def _owners(self, root: bytes) -> list[list[int]]:
        """Return, for each page, the elements to which its marks belong; all point back."""
        nums = re.search(rb"/Nums\[([^\]]*)\]", root)
        assert nums
        owners = []
        for number in map(int, re.findall(rb"\d+ (\d+) 0 R", nums[1])):
            owners.append([int(each) for each in _REFERENCE.findall(self.get(number))])
            for mark, owner in enumerate(owners[-1]):
                assert re.search(rb"/K %d\b" % mark, self.get(owner))
        return owners

    def _walk(
        self,
        number: int,
        parent: int,
        found: list[Element],
        pages: dict[int, int],
        texts: list[dict[int, str]],
    ) -> None:
        element = self.get(number)
        assert self.to("P", element) == parent
        tag = re.search(rb"/S/(\w+)", element)
        assert tag
        mark = re.search(rb"/K (\d+)(?! 0 R)\b", element)
        span = re.search(rb"/ColSpan (\d+)", element)
        if mark:
            page = pages[self.to("Pg", element)]
            text = texts[page][int(mark[1])]
            found.append(Element(tag[1].decode(), text, page, int(span[1]) if span else 1))
            return
        kids = re.search(rb"/K\[([^\]]*)\]", element)
        numbers = _REFERENCE.findall(kids[1]) if kids else [b"%d" % self.to("K", element)]
        found.append(Element(tag[1].decode(), "", -1))
        for kid in numbers:
            self._walk(int(kid), number, found, pages, texts)

    def _texts(self, page: int) -> dict[int, str]:
        """Return what each mark of a page says."""
        content = self.data(self.to("Contents", self.get(page)))
        fonts = self._fonts(self.to("Resources", self.get(page)))
        texts, font, mark = {}, "R0", None
        for token in re.finditer(
            rb"/MCID (\d+)|/ActualText(\([^)]*\)|<[^>]*>)|/([RB]\d+) [\d.]+ Tf|<([0-9A-F]*)>Tj|"
            rb"/Artifact|EMC",
            content,
        ):
            if token[1]:
                mark = int(token[1])
                texts[mark] = ""
            elif token[0] == b"/Artifact":
                mark = None
            elif token[3]:
                font = token[3].decode()
            elif mark is not None and token[2]:
                texts[mark] += bytes.fromhex(token[2][5:-1].decode()).decode("utf-16-be")
            elif mark is not None and token[4] is not None:
                codes = [token[4][n : n + 4] for n in range(0, len(token[4]), 4)]
                texts[mark] += "".join(fonts[font][code] for code in codes)
        return texts

    def _fonts(self, resources: int) -> dict[str, dict[bytes, str]]:
        found = {}
        for name, number in re.findall(rb"/([RB]\d+) (\d+) 0 R", self.get(resources)):
            font = self.get(int(number))
            codes = self.data(self.to("ToUnicode", font))
            found[name.decode()] = {
                code: chr(int(letter, 16))
                for code, letter in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>", codes)
            }
        return found
