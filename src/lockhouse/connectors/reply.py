"""An answer of the vendor, read."""

from dataclasses import dataclass
from typing import Any

from multidict import CIMultiDictProxy
from yarl import URL


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is the decoded JSON, else the text, None when there is none; `content` the bytes."""

    status: int
    headers: CIMultiDictProxy[str]
    body: Any
    content: bytes
    url: URL
