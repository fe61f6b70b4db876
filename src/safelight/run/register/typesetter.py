"""Sets pages of a register: ``python -m safelight.run.register.typesetter``, told what by a pipe.

A process of its own, because setting takes memory that a server should not keep, and so that two of
them can work side by side. Names pass through the pipes only, and never through a file.
"""

import sys
from importlib.resources import files
from typing import BinaryIO, Final

import msgspec
import typst

from safelight.run.register.parts import Part, Plain, ShapeError, part_of

STANDARD: Final = "ua-1"  # PDF/UA-1: tagged, with a language and a title
PAGE_FULL: Final = "page-full"  # what the template says of a page that holds too much
TEMPLATE: Final = "register.typ"
_LENGTH: Final = 8


class Failure(msgspec.Struct, frozen=True, tag=True):
    """Why nothing was set."""

    code: str


class Sized(msgspec.Struct, frozen=True, tag=True):
    """How many numbers a part that was set takes."""

    size: int


class Bindable(msgspec.Struct, frozen=True, tag=True):
    """A part, ready to be joined."""

    part: Part


Reply = Failure | Sized | Bindable


def send(stream: BinaryIO, message: bytes) -> None:
    """Write a message with its length before it."""
    stream.write(len(message).to_bytes(_LENGTH))
    stream.write(message)
    stream.flush()


def receive(stream: BinaryIO) -> bytes:
    """Read a message; raises EOFError where the other side is gone."""
    head = stream.read(_LENGTH)
    message = stream.read(int.from_bytes(head))
    if len(head) < _LENGTH or len(message) < int.from_bytes(head):
        raise EOFError
    return message


def typeset(template: bytes, data: bytes) -> Plain | Failure:
    """Set pages with the fonts that come along, or with the machine's where a letter is missing."""
    failure = Failure("letters")
    for ignored in (True, False):
        # A compiler keeps no files in memory for a second time, so each gets its own.
        room = {"main.typ": template, "data.json": data}
        compiler = typst.Compiler(room, ignore_system_fonts=ignored)  # type: ignore[type-var]  # its stub knows no such files
        try:
            return Plain(bytes(compiler.compile(format="pdf", pdf_standards=[STANDARD])))  # type: ignore[arg-type]  # one document
        except typst.TypstError as error:
            # The error quotes what it could not set, which may be a name: it stays here.
            if PAGE_FULL in str(error):
                return Failure(PAGE_FULL)
            failure = Failure("letters" if "could not be displayed" in str(error) else "setting")
        except ShapeError:
            return Failure("shape")
    return failure


def main() -> None:
    """Set what is asked for until nobody asks any more."""
    template = files(__package__).joinpath(TEMPLATE).read_bytes()
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            data = receive(asked)
        except EOFError:
            return
        plain = typeset(template, data)
        if isinstance(plain, Failure):
            send(told, msgspec.msgpack.encode(plain))
            continue
        send(told, msgspec.msgpack.encode(Sized(plain.size)))
        base, first_page = msgspec.msgpack.decode(receive(asked), type=tuple[int, int])
        try:
            reply: Reply = Bindable(part_of(plain, base, first_page))
        except ShapeError:
            reply = Failure("shape")
        send(told, msgspec.msgpack.encode(reply))


if __name__ == "__main__":
    main()
