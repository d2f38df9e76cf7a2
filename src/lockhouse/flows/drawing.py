"""A flow drawn as SVG: top to bottom, branches side by side, loops and batches as frames."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from zlib import crc32

from lockhouse.flows.document import Flow
from lockhouse.flows.outline import Lane, Node, Start, outline

WIDTH, HEIGHT, GAP, PAD, LABEL = 300, 56, 28, 20, 22
TITLE_LETTER, LABEL_LETTER = 10.0, 6.4
"""Breadths of a letter in pixels, on the wide side: nobody knows which font the viewer has."""
_PALETTE = ("#0f62fe", "#8a3ffc", "#007d79", "#9f1853", "#198038", "#b28600", "#00539a", "#ba4e00")
_MARKS = {
    "if": "?", "for-each": "↻", "set-variable": "x=", "response": "↩", "logging": "≡", "parse": "{}",
    "batch-retrieve-action": "▤",
}  # fmt: skip
_STYLE = (
    "text{font-family:'IBM Plex Sans',system-ui,sans-serif;font-size:13px;fill:#161616}"
    ".d{font-size:11px;fill:#525252}.l{font-size:11px;fill:#525252;font-style:italic}"
    ".i{font-size:12px;font-weight:600;fill:#fff;text-anchor:middle}.h{font-size:16px;font-weight:600}"
    ".b{fill:#fff;stroke:#8d8d8d}.s{fill:#edf5ff;stroke:#0f62fe}"
    ".f{fill:none;stroke:#a8a8a8;stroke-dasharray:5 3}"
    ".w{fill:none;stroke:#6f6f6f}.e{fill:#fff1f1;stroke:#da1e28}.g{fill:#defbe6;stroke:#198038}"
)


@dataclass(frozen=True, slots=True)
class _Box:
    """Something drawn around (0, 0): how wide and high it is, where its way goes through, and its SVG."""

    width: float
    height: float
    middle: float
    svg: str


def draw_flow(flow: Flow) -> str:
    """The way through a flow as one SVG document, with no reference to anything outside of it."""
    starts = [_start(start) for start in outline(flow)]
    broadest = max((start.width for start in starts), default=WIDTH)
    whole = _stacked([_title(flow.name, broadest), *starts], space=24, at_middle=False)
    width, height = whole.width + 2 * PAD, whole.height + 2 * PAD
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}"><title>{_text(flow.name, 200)}</title>'
        f"<style>{_STYLE}</style><defs>"
        '<marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#6f6f6f"/></marker></defs>'
        f'<rect width="100%" height="100%" fill="#fff"/>{_at(PAD, PAD, whole.svg)}</svg>\n'
    )


def _title(name: str, broadest: float) -> _Box:
    lines = wrap(name, max(30, int(broadest / TITLE_LETTER))) or [""]
    spans = "".join(
        f'<text class="h" x="0" y="{18 + 22 * n}">{_text(line, 200)}</text>' for n, line in enumerate(lines)
    )
    return _Box(max(map(len, lines)) * TITLE_LETTER, 8 + 22 * len(lines), 0, spans)


def _start(start: Start) -> _Box:
    head = _card(start.title, start.detail, start.connector, "▶", "s")
    main = _joined([head, *map(_node, start.nodes)])
    if start.catch is None:
        return main
    caught = [_card("On an error", "catch", "", "!", "e"), *map(_node, start.catch)]
    return _beside([main, _joined(caught)])


def _node(node: Node) -> _Box:
    card = _card(
        node.name or node.kind, node.detail or node.kind, node.connector, _MARKS.get(node.kind, ""), "b"
    )
    if not node.lanes:
        return card
    if node.kind == "if":
        return _fork(card, node.lanes)
    frames = [_frame(_lane(lane), lane.label) for lane in node.lanes]
    return _joined([card, *frames])


def _card(title: str, detail: str, connector: str, mark: str, look: str) -> _Box:
    colour = _PALETTE[crc32(connector.encode()) % len(_PALETTE)] if connector else "#6f6f6f"
    sign = _initials(connector) if connector else mark or "•"
    subtitle = f"{connector}: {detail}" if connector else detail
    svg = (
        f"<g><title>{_text(title, 300)} ({_text(subtitle, 300)})</title>"
        f'<rect class="{look}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        f'<circle cx="28" cy="28" r="16" fill="{colour}"/><text class="i" x="28" y="32">{escape(sign)}</text>'
        f'<text x="54" y="24">{_text(title, 29)}</text>'
        f'<text class="d" x="54" y="42">{_text(subtitle, 36)}</text></g>'
    )
    return _Box(WIDTH, HEIGHT, WIDTH / 2, svg)


def _initials(connector: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", connector)
    letters = "".join(word[0] for word in words) if len(words) > 1 else (words or ["?"])[0][:2]
    return letters[:2].upper()


def _lane(lane: Lane) -> _Box:
    boxes = [_node(node) for node in lane.nodes]
    if lane.end:
        look = "e" if lane.end.startswith("fails") else "g"
        boxes.append(_card(lane.end.partition(":")[0], lane.end.partition(": ")[2], "", "■", look))
    return _joined(boxes) if boxes else _Box(60, 0, 30, "")


def _frame(inside: _Box, label: str) -> _Box:
    width, height = inside.width + 2 * PAD, inside.height + LABEL + PAD
    svg = (
        f'<rect class="f" width="{width:.1f}" height="{height:.1f}" rx="8"/>'
        f'<text class="l" x="12" y="16">{_text(label, 40)}</text>{_at(PAD, LABEL, inside.svg)}'
    )
    return _Box(width, height, inside.middle + PAD, svg)


def _fork(card: _Box, lanes: Sequence[Lane]) -> _Box:
    """The branches of an `if` side by side, each with its condition above it, and together again below."""
    boxes = [_lane(lane) for lane in lanes]
    widths = [
        max(box.width, box.middle + 10 + len(lane.label[:44]) * LABEL_LETTER)
        for box, lane in zip(boxes, lanes, strict=True)
    ]
    width = max(sum(widths) + GAP * (len(widths) - 1), card.width)
    top, deepest = card.height + GAP + LABEL, max(box.height for box in boxes)
    bottom = top + deepest + GAP / 2
    middle, left, svg = width / 2, (width - sum(widths) - GAP * (len(widths) - 1)) / 2, ""
    for box, lane, wide in zip(boxes, lanes, widths, strict=True):
        centre = left + box.middle
        down = [(middle, card.height), (middle, card.height + 10), (centre, card.height + 10), (centre, top)]
        svg += _way(down, arrow=box.height > 0)
        svg += f'<text class="l" x="{centre + 6:.1f}" y="{top - 10:.1f}">{_text(lane.label, 44)}</text>'
        svg += _at(left, top, box.svg)
        if not lane.end:
            svg += _way([(centre, top + box.height), (centre, bottom), (middle, bottom)], arrow=False)
        left += wide + GAP
    svg += _at(middle - card.middle, 0, card.svg)
    return _Box(width, bottom, middle, svg)


def _joined(boxes: Sequence[_Box]) -> _Box:
    """Boxes one below the other, on one line, with arrows between them."""
    return _stacked(boxes, space=GAP, at_middle=True)


def _stacked(boxes: Sequence[_Box], *, space: float, at_middle: bool) -> _Box:
    middle = max(box.middle for box in boxes) if at_middle else 0
    y, width, svg = 0.0, 0.0, ""
    for number, box in enumerate(boxes):
        x = middle - box.middle if at_middle else 0
        if number and at_middle:
            svg += _way([(middle, y - space), (middle, y)])
        svg += _at(x, y, box.svg)
        width = max(width, x + box.width)
        y += box.height + space
    return _Box(width, y - space, middle, svg)


def _beside(boxes: Sequence[_Box]) -> _Box:
    x, svg = 0.0, ""
    for box in boxes:
        svg += _at(x, 0, box.svg)
        x += box.width + 2 * GAP
    return _Box(x - 2 * GAP, max(box.height for box in boxes), boxes[0].middle, svg)


def _way(points: Sequence[tuple[float, float]], *, arrow: bool = True) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    head = ' marker-end="url(#a)"' if arrow else ""
    return f'<polyline class="w" points="{path}"{head}/>'


def _at(x: float, y: float, svg: str) -> str:
    return f'<g transform="translate({x:.1f} {y:.1f})">{svg}</g>' if svg else ""


def _text(text: str, most: int) -> str:
    """Text for SVG: escaped, without what XML forbids, cut with an ellipsis."""
    clean = "".join(character if character.isprintable() else " " for character in " ".join(text.split()))
    return escape(clean if len(clean) <= most else f"{clean[: most - 1]}…")
