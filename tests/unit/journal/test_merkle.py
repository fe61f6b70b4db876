"""The Merkle tree is that of RFC 6962 and RFC 9162: same leaves, same roots, same paths."""

from collections.abc import Sequence
from hashlib import sha256

import pytest

from safelight.journal.merkle import (
    Frontier,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_from_path,
    root_of,
)

# The leaves and roots that Certificate Transparency's own implementations are tested with.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# Paths (leaf number, size, siblings) from the same tests; leaf numbers begin at 0.
CT_PATHS: list[tuple[int, int, list[str]]] = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
SIZES = range(71)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(bytes([number])) for number in range(count)]


def naive_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it, by recursion over the largest power of two."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1" + naive_root(hashes[:half]) + naive_root(hashes[half:])).digest()


def naive_path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the path as RFC 6962 defines it, by the same recursion."""
    if len(hashes) == 1:
        return []
    half = 1 << (len(hashes) - 1).bit_length() - 1
    if index < half:
        return [*naive_path(hashes[:half], index), naive_root(hashes[half:])]
    return [*naive_path(hashes[half:], index - half), naive_root(hashes[:half])]


@pytest.mark.parametrize("size", range(9))
def test_root_is_that_of_certificate_transparency(size: int) -> None:
    """The known roots of the known leaves come out."""
    assert root_of([leaf_hash(leaf) for leaf in CT_LEAVES[:size]]).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), CT_PATHS)
def test_path_is_that_of_certificate_transparency(index: int, size: int, path: list[str]) -> None:
    """The known paths of the known leaves come out, and lead to the known roots."""
    hashes = [leaf_hash(leaf) for leaf in CT_LEAVES[:size]]
    assert [each.hex() for each in inclusion_path(hashes, index)] == path
    siblings = [bytes.fromhex(each) for each in path]
    assert root_from_path(hashes[index], index, size, siblings).hex() == CT_ROOTS[size]


@pytest.mark.parametrize("size", SIZES)
def test_root_and_paths_equal_the_definition(size: int) -> None:
    """For every size and leaf the quick ways give what the recursion of the RFC gives."""
    hashes = leaves(size)
    assert root_of(hashes) == naive_root(hashes)
    for index in range(size):
        path = inclusion_path(hashes, index)
        assert path == naive_path(hashes, index)
        assert root_from_path(hashes[index], index, size, path) == naive_root(hashes)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 70])
def test_path_leads_nowhere_else(size: int) -> None:
    """Another leaf, place, size or length of the path does not come to the same root."""
    hashes = leaves(size)
    for index in range(size):
        path = inclusion_path(hashes, index)
        root = root_of(hashes)
        wrong = [
            (leaf_hash(b"another"), index, size, path),
            (hashes[index], (index + 1) % size, size, path) if size > 1 else None,
            (hashes[index], index, size, [*path, path[0] if path else hashes[0]]),
            (hashes[index], index, size, path[:-1]) if path else None,
        ]
        for arguments in filter(None, wrong):
            assert not leads_to(root, *arguments)


def leads_to(root: bytes, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bool:
    try:
        return root_from_path(leaf, index, size, path) == root
    except ValueError:
        return False


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_leaf_outside_the_tree_is_refused(index: int, size: int) -> None:
    """A leaf number that the tree does not have is an error, not a wrong answer."""
    with pytest.raises(IndexError):
        inclusion_path(leaves(size), index)
    with pytest.raises(ValueError, match="is not in a tree"):
        root_from_path(leaf_hash(b""), index, size, [])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [1, 4, 16])
def test_frontier_of_subtrees_equals_one_leaf_after_another(size: int, step: int) -> None:
    """Chunks that several processes hashed join to the same tree."""
    hashes, joined = leaves(size), Frontier()
    whole = size - size % step
    for first in range(0, whole, step):
        joined.append_subtree(root_of(hashes[first : first + step]), step)
    for leaf in hashes[whole:]:
        joined.append(leaf)
    assert (joined.size, joined.root()) == (size, naive_root(hashes))


@pytest.mark.parametrize(("size", "count"), [(0, 3), (1, 2), (6, 4)])
def test_frontier_refuses_a_subtree_that_is_not_aligned(size: int, count: int) -> None:
    """A subtree that cannot stand there would give the root of no tree at all."""
    frontier = Frontier()
    for leaf in leaves(size):
        frontier.append(leaf)
    with pytest.raises(ValueError, match="cannot follow"):
        frontier.append_subtree(node_hash(b"", b""), count)


def test_frontier_goes_on_where_an_earlier_one_stood() -> None:
    """Size and peaks are all that has to be kept."""
    hashes = leaves(13)
    first, whole = Frontier(), Frontier()
    for leaf in hashes[:6]:
        first.append(leaf)
    second = Frontier(first.size, first.peaks)
    for leaf in hashes:
        whole.append(leaf)
    for leaf in hashes[6:]:
        second.append(leaf)
    assert (second.size, second.peaks) == (whole.size, whole.peaks)
    assert len(first.peaks) == 2
