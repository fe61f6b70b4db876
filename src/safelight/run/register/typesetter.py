"""Sets letters and texts with Typst: ``python -m safelight.run.register.typesetter``, by pipes.

A register's lines are drawn by code of our own, which is twenty times as fast as setting tables;
what that code needs of Typst is a font with its letters, and whole texts in writings whose letters
join or run from right to left. A process of its own, because Typst takes memory that a server
should not keep. Names pass through the pipes only, and never through a file.
"""

import subprocess
import sys
from typing import Final

import msgspec
import typst

from safelight.kernel.errors import Invalid

FONT: Final = "Libertinus Serif"
SECONDS: Final = 120.0
LETTERS: Final = f"""
#let asked = json("asked.json")
#set page(width: 400pt, height: auto, margin: 0pt)
#set text(font: "{FONT}", kerning: false, ligatures: false, weight: asked.weight)
#for letter in asked.letters {{ box(letter) }}
"""
TEXTS: Final = f"""
#let asked = json("asked.json")
#set document(title: "Texts")
#set text(font: "{FONT}", lang: asked.language, size: asked.size * 1pt, hyphenate: false,
  top-edge: 0.8em, bottom-edge: -0.2em)
#set par(leading: asked.leading * 1pt)
#for (text, width) in asked.texts {{ page(width: width * 1pt, height: auto, margin: 0pt, text) }}
"""


class Asked(msgspec.Struct, frozen=True):
    """Letters, plain and bold, or texts that have to be set whole, each with its width."""

    language: str
    size: float = 1.0
    leading: float = 0.0
    letters: str = ""
    bold: str = ""
    texts: tuple[tuple[str, float], ...] = ()


class Told(msgspec.Struct, frozen=True):
    """What was set, as PDFs; or nothing where letters are missing in every font."""

    letters: bytes = b""
    bold: bytes = b""
    texts: bytes = b""
    missing: bool = False


def typeset(asked: Asked) -> Told:
    """Have it set by another process; raises Invalid where that fails."""
    done = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", __name__],
        input=msgspec.json.encode(asked),
        stdout=subprocess.PIPE,
        check=False,
        timeout=SECONDS,
    )
    try:
        told = msgspec.msgpack.decode(done.stdout, type=Told)
    except msgspec.DecodeError as error:
        raise Invalid(
            "register-pdf",
            "The letters of the print cannot be set.",
            "Export the register instead; and look at the log of the machine.",
        ) from error
    if told.missing:
        raise Invalid(
            "register-letters",
            "No font of this machine has all the letters of the names in it.",
            "Install fonts that have them, such as Noto; then print it again.",
        )
    return told


def _set(asked: Asked) -> Told:
    """Set what is asked for, with the fonts that come along wherever they suffice."""
    texts = b""
    if asked.texts:
        plain = {"language": asked.language, "size": asked.size, "leading": asked.leading}
        values = {**plain, "texts": asked.texts}
        for own in (True, False):
            # PDF/UA refuses letters that no font has; without tags the text can be carried over.
            if _compiled(TEXTS, values, own=own, tagged=True):
                texts = _compiled(TEXTS, values, own=own)
                break
        else:
            return Told(missing=True)
    return Told(_lettered(asked.letters, "regular"), _lettered(asked.bold, "bold"), texts)


def _lettered(letters: str, weight: str) -> bytes:
    return _compiled(LETTERS, {"letters": list(letters), "weight": weight}) if letters else b""


def _compiled(
    template: str, asked: dict[str, object], *, own: bool = True, tagged: bool = False
) -> bytes:
    room = {"main.typ": template.encode(), "asked.json": msgspec.json.encode(asked)}
    compiler = typst.Compiler(room, ignore_system_fonts=own)  # type: ignore[type-var]  # its stub knows no such files
    try:
        made = compiler.compile(
            format="pdf",
            pdf_standards=["ua-1"] if tagged else [],
            pdf_tags=tagged,
        )
    except typst.TypstError:  # it quotes what it could not set, which may be a name
        return b""
    return bytes(made)  # type: ignore[arg-type]  # one document, not a list of pages


if __name__ == "__main__":
    sys.stdout.buffer.write(
        msgspec.msgpack.encode(_set(msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)))
    )
