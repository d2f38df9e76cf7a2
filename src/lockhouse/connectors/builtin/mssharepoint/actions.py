"""SharePoint's sites, which are made in two ways, and attachments, which are found by item or by path."""

import re
from collections.abc import Mapping
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.coercion import missing_fields
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.filters import NEVER
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

_NOT_IN_ADDRESSES = re.compile(r"""[\s~"'#%&*:<>?/\\{|}+]+""")
_WHOLE = re.compile(r"https?://", re.IGNORECASE)
_ITEM_OF_ATTACHMENT = re.compile(r"/Attachments/(\d+)/[^/]+", re.IGNORECASE | re.ASCII)
_SUBSITE = ("Title", "Url", "WebTemplate", "Description")


async def create_site(call: ActionCall, session: Session) -> ActionResult:
    """Make a site below another one; a whole address makes a site of its own."""
    given = call.input
    missing = missing_fields(session.connector.objects["Site"].fields, given)
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    record = {name: given[name] for name in _SUBSITE if given.get(name) not in (None, "")}
    if _WHOLE.match(given["Url"].strip()):
        known = {"Url": given["Url"].strip(), "Lcid": given.get("Language"), "Owner": given.get("Owner")}
        record |= {name: value for name, value in known.items() if value is not None}
        made = (await session.send("create-site", {"record": record})).body
        return ActionResult(payload={**record, **made}, status_code=201)
    same = given.get("UseSamePermissionsAsParentSite")
    record |= {
        "Url": _below(given["Url"]),
        "Language": given.get("Language") or 1033,
        "UseSamePermissionsAsParentSite": True if same is None else same,
    }
    made = (await session.send("create-subsite", {"record": record, "given": given})).body
    return ActionResult(payload=made, status_code=201)


async def retrieve_attachments(call: ActionCall, session: Session) -> ActionResult:
    """The attachments of a list item; a path of an attachment tells the item, too."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    known = filters.equalities(tree)
    places = {"ListId": known.get("ListId"), "ListItemId": _item(known)}
    try:
        body = (await session.send("attachments", {"places": places, "given": known})).body
    except NotFound:
        body = {}
    site = f"{session.account.credentials.endpoint['url'].rstrip('/')}{as_text(known.get('SitePath', ''))}"
    shown = [{**one, "SiteCollectionURL": site.rstrip("/")} for one in body.get("value") or []]
    found = [one for one in shown if filters.holds(tree, {**known, **one})]
    more = call.limit is not None and len(found) > call.limit
    return ActionResult(payload=found[: call.limit], status_code=206 if more else 200 if found else 204)


def _below(address: str) -> str:
    """An address below a site, made of any text. Raises Rejected when nothing is left of it."""
    cleaned = _NOT_IN_ADDRESSES.sub("-", address.strip()).strip("-.")
    if not cleaned:
        raise Rejected(f"Url: {address[:40]!r} leaves no address for the site")
    return cleaned


def _item(known: Mapping[str, Any]) -> Any:
    if known.get("ListItemId") not in (None, ""):
        return known["ListItemId"]
    found = _ITEM_OF_ATTACHMENT.search(as_text(known.get("ServerRelativeUrl", "")))
    if found is None:
        raise Rejected("the filter must give ListItemId, or ServerRelativeUrl with the path of an attachment")
    return found[1]
