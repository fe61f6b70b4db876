"""Merkle tree over a journal's entry hashes, as in RFC 6962 and RFC 9162, section 2.1."""

import hashlib
from collections.abc import Sequence

_sha256 = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 || data)."""
    return _sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right)."""
    return _sha256(b"\1" + left + right).digest()


class Frontier:
    """The roots of the complete subtrees seen so far: all that is needed to go on.

    ``peaks`` runs from the largest subtree to the smallest, one for each 1 in the binary size.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Start empty, or where an earlier frontier stood."""
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self._merge(leaf, self.size + 1, 1)

    def append_subtree(self, root: bytes, leaves: int) -> None:
        """Add a complete subtree of a power of two of leaves at a place aligned to it."""
        if leaves & (leaves - 1) or self.size % leaves:
            message = f"a subtree of {leaves} leaves cannot follow {self.size}"
            raise ValueError(message)
        self._merge(root, self.size + leaves, leaves)

    def _merge(self, node: bytes, size: int, leaves: int) -> None:
        rest = size // leaves
        while rest % 2 == 0:
            node = node_hash(self.peaks.pop(), node)
            rest //= 2
        self.peaks.append(node)
        self.size = size

    def root(self) -> bytes:
        """Return the tree's root; that of the empty tree is SHA-256 of nothing."""
        if not self.peaks:
            return _sha256(b"").digest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    return Frontier(len(leaves), peaks_of(leaves)).root()


def peaks_of(leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the roots of the complete subtrees over leaf hashes, the largest first."""
    level, peaks = list(leaves), []
    while level:
        if len(level) % 2:
            peaks.append(level.pop())
        level = list(map(node_hash, level[::2], level[1::2]))
    return tuple(reversed(peaks))


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the sibling hashes from a leaf (0-based) up to the root."""
    if not 0 <= index < len(leaves):
        message = f"leaf {index} is not in a tree of {len(leaves)}"
        raise IndexError(message)
    level, path = list(leaves), []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        paired = [node_hash(*level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
        index //= 2
    return path


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf and its path lead to (RFC 9162, 2.1.3.2); ValueError if not."""
    if not 0 <= index < size:
        message = f"leaf {index} is not in a tree of {size}"
        raise ValueError(message)
    node, at, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            message = "the path is too long"
            raise ValueError(message)
        if at % 2 or at == last:
            node = node_hash(sibling, node)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            node = node_hash(node, sibling)
        at, last = at // 2, last // 2
    if last:
        message = "the path is too short"
        raise ValueError(message)
    return node
