"""What a list shows, as an address says it and as IAM is asked for it: search, order, page."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

_MOST_LETTERS = 200
_PAGE_SIZE = "50"
_CHOICES = ("view", "search", "sort", "order", "pagetoken")


@dataclass(frozen=True, slots=True)
class ListKind:
    """A list of the console: where it is, by which columns it can be sorted, its views, the usual first."""

    path: str
    sorts: tuple[str, ...]
    views: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """What one list shows: which view, which entries of it, in what order, from where on."""

    kind: ListKind
    view: str = ""
    search: str = ""
    sort: str = "name"
    order: str = "asc"
    pagetoken: str = ""

    @classmethod
    def usual(cls, kind: ListKind) -> "Listing":
        """The list without a choice."""
        return cls(kind, view=next(iter(kind.views), ""))

    @classmethod
    def from_query(cls, kind: ListKind, query: Mapping[str, str]) -> "Listing":
        """The list that an address asks for; what it does not know it takes for the first choice."""
        plain = cls.usual(kind)
        return cls(
            kind,
            view=query.get("view", "") if query.get("view") in kind.views else plain.view,
            search=plain_text(query.get("search", "")),
            sort=query.get("sort", "") if query.get("sort") in kind.sorts else plain.sort,
            order="desc" if query.get("order") == "desc" else plain.order,
            pagetoken=query.get("pagetoken", ""),
        )

    def path(self, **changes: str) -> str:
        """The address of this list with changes; another choice begins at the first page."""
        wanted = replace(self, **({"pagetoken": ""} | changes))  # type: ignore[arg-type]  # texts, all of them
        plain = Listing.usual(self.kind)
        given = {name: getattr(wanted, name) for name in _CHOICES}
        query = urlencode({name: value for name, value in given.items() if value != getattr(plain, name)})
        return f"{self.kind.path}?{query}" if query else self.kind.path

    def sorted_by(self, column: str) -> str:
        """The address of this list sorted by a column; once more turns it round."""
        turned = self.sort == column and self.order == "asc"
        return self.path(sort=column, order="desc" if turned else "asc")

    def wire_query(self, account_id: str) -> dict[str, str]:
        """The same for IAM, but for the view."""
        query = {"account_id": account_id, "pagesize": _PAGE_SIZE, "sort": self.sort, "order": self.order}
        if self.search:
            words = self.search.replace("\\", "\\\\").replace('"', '\\"')
            query["filter"] = f'name co_ci "{words}" or description co_ci "{words}"'
        if self.pagetoken:
            query["pagetoken"] = self.pagetoken
        return query

    def neighbour(self, link: Any) -> str:
        """The address of the page that a link of IAM's answer leads to; empty without one."""
        if link is msgspec.UNSET:
            return ""
        tokens = parse_qs(urlsplit(link).query).get("pagetoken", [""])
        return self.path(pagetoken=tokens[0])


def plain_text(text: str) -> str:
    """What somebody searches for: one line, not too long."""
    return "".join(letter for letter in text if letter >= " ").strip()[:_MOST_LETTERS]
