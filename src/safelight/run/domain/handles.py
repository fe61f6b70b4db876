"""Two-word handles, so that staff can call somebody who gave no name."""

import hashlib
from collections.abc import Collection

_FIRST = """amber ancient arctic autumn azure balmy bold brass bright bronze calm candid cedar
chalk cherry clear clever cobalt copper coral cosy crimson crystal dapper dawn deep dusky early
ebony elder ember fair fern fine flint fond free fresh gentle ginger glad golden grand granite
green hardy hazel honest indigo inland ivory jade jolly keen kind lake late lemon light lilac
lively lone loyal lunar maple marble mellow merry mild mint misty modest morning mossy navy
neat nimble noble north ochre olive opal orange outer patient pearl plain plum polar proud
purple quick quiet rapid red river rosy royal ruby russet rusty sage sandy scarlet sepia shy
silent silver sky slate smart solar south spring spruce stone summer sunny swift tawny teal
tidy topaz tranquil true umber velvet vivid warm west white wild willow winter wise yellow
young zesty""".split()

_SECOND = """alder ash aspen badger barley bat bay beech birch bison bramble brook bunting
buzzard carp chestnut clover cod coot cormorant crane cricket crow curlew cypress daisy deer
dipper dolphin dove duck dunlin eagle egret elk elm falcon fennel finch fir firefly flax fox
frog gannet goose goshawk grebe grouse gull hare harrier hawk hawthorn heather hedgehog heron
holly hornbeam ibis iris ivy jackdaw jay juniper kestrel kingfisher kite knot lapwing larch
lark laurel lichen linden linnet lynx magpie mallard martin merlin mole moose moth myrtle
nettle newt nightjar nuthatch oak oriole osprey otter owl oyster pansy partridge petrel
pheasant pine pipit plover poplar poppy puffin quail rabbit raven reed robin rook rowan rush
salmon sandpiper seal shrew siskin skylark snipe sorrel sparrow squirrel starling stoat stork
swallow swan swift teasel tern thistle thrush thyme tit toad trout vole wagtail walnut warbler
waxwing weasel whimbrel willet woodcock wren yarrow yew""".split()


def handle_for(identifier: str, taken: Collection[str]) -> str:
    """Return a handle such as ``amber heron`` that nobody here has; numbered when words run out.

    It follows from the random identifier alone, so it says nothing about the person.
    """
    for attempt in range(64):
        digest = hashlib.blake2b(f"{identifier}|{attempt}".encode(), digest_size=8).digest()
        first = _FIRST[int.from_bytes(digest[:4]) % len(_FIRST)]
        second = _SECOND[int.from_bytes(digest[4:]) % len(_SECOND)]
        if f"{first} {second}" not in taken:
            return f"{first} {second}"
    number = 2
    while f"{first} {second} {number}" in taken:
        number += 1
    return f"{first} {second} {number}"
