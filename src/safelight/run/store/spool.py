"""The emergency store: a file whose space was taken beforehand, for when the disk is full.

Each slot holds one tap as JSON with its length and checksum. Writing one needs no new space:
the bytes are there already. A file system that copies on write may still refuse; then the tap
stays in memory and the screen says so.
"""

import errno
import os
import zlib
from pathlib import Path

SLOT = 4096
SLOTS = 256
_HEAD = 8


class Spool:
    """A preallocated file of slots. Used by one process at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, taking what space it lacks; what it holds stays."""
        held = path.stat().st_size if path.exists() else 0
        if held < SLOT * SLOTS:
            with path.open("ab") as file:
                file.write(b"\0" * (SLOT * SLOTS - held))
                file.flush()
                os.fsync(file.fileno())
        self._file = os.open(path, os.O_RDWR)
        self._next = max((slot + 1 for slot, _ in self.pending()), default=0)

    def keep(self, data: bytes) -> None:
        """Write one record and sync it; raises OSError where that is not possible."""
        if len(data) > SLOT - _HEAD or self._next >= SLOTS:
            raise OSError(errno.ENOSPC, "the emergency store is full")
        head = len(data).to_bytes(4) + zlib.crc32(data).to_bytes(4)
        written = os.pwrite(self._file, head + data, self._next * SLOT)
        os.fsync(self._file)
        if written != _HEAD + len(data):
            raise OSError(errno.EIO, "the emergency store took a part only")
        self._next += 1

    def pending(self) -> list[tuple[int, bytes]]:
        """Return slot number and record of everything kept; a torn record is left out."""
        found = []
        for slot in range(SLOTS):
            raw = os.pread(self._file, SLOT, slot * SLOT)
            length = int.from_bytes(raw[:4])
            data = raw[_HEAD : _HEAD + length]
            if length and len(data) == length and zlib.crc32(data) == int.from_bytes(raw[4:8]):
                found.append((slot, data))
        return found

    def clear(self) -> None:
        """Empty every slot, after its records are durable elsewhere."""
        for slot in range(self._next):
            os.pwrite(self._file, b"\0" * _HEAD, slot * SLOT)
        os.fsync(self._file)
        self._next = 0

    def close(self) -> None:
        """Close the file; whoever still wants to keep something hears that it is not kept."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
