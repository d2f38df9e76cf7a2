"""`$ref` texts (flow-document.md, section 5) → keys of a running flow's values."""

import re
from dataclasses import dataclass
from typing import NewType

Key = NewType("Key", str)
"""Names one value that a running flow knows: `trigger`, `payload/Salesforce Create lead`, `item/For each`."""

TRIGGER = Key("trigger")
API = Key("api")
FLOW_DETAILS = Key("flowDetails")
ERROR = Key("error")

_FIXED = {
    "#/trigger/payload": TRIGGER,
    "#/trigger/api/parameters": API,
    "#/flowDetails": FLOW_DETAILS,
    "#/error": ERROR,
}


@dataclass(frozen=True, slots=True)
class Ref:
    """What a `$ref` points at: a fixed value (`key` only), a node's output, or a block's item."""

    key: Key
    node: str = ""
    block: str = ""


def payload_key(node: str) -> Key:
    """What a node returned."""
    return Key(f"payload/{node}")


def response_key(node: str) -> Key:
    """A node's response: `payload` and `status-code`."""
    return Key(f"response/{node}")


def item_key(block: str) -> Key:
    """The item of a loop or batch process."""
    return Key(f"item/{block}")


def iterator_key(name: str) -> Key:
    """The element that a map's foreach is at."""
    return Key(f"iterator/{name}")


def parse_ref(text: str) -> Ref | None:
    """What a run-time `$ref` means, or None. Names may hold `/`: tails are matched from the right."""
    if text in _FIXED:
        return Ref(_FIXED[text])
    if text.startswith("#/block/"):
        rest = text.removeprefix("#/block/")
        if rest.endswith("/current-item"):
            block = rest.removesuffix("/current-item")
            return Ref(item_key(block), block=block) if block else None
        block, found, node = rest.partition("/node-output/")
        return _node(node, block) if found and block else None
    if text.startswith("#/node-output/"):
        return _node(text.removeprefix("#/node-output/"), "")
    return None


def _node(text: str, block: str) -> Ref | None:
    if text.endswith("/response/payload"):
        name = text.removesuffix("/response/payload")
        return Ref(payload_key(name), name, block) if name else None
    if text.endswith("/response"):
        name = text.removesuffix("/response")
        return Ref(response_key(name), name, block) if name else None
    return None


def squeezed(name: str) -> str:
    """A node's name as a variable: letters, digits and `_` only."""
    return re.sub(r"[^\w]", "", name)
