"""Calls of EC2's Query API (Amazon EC2 API Reference, version 2016-11-15): signed forms, answered in XML."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from yarl import URL

from lockhouse.connectors import filters
from lockhouse.connectors.builtin.amazonec2.values import parameters, value_of
from lockhouse.connectors.errors import Rejected, Unavailable
from lockhouse.connectors.filters import NEVER, Condition, Group, Tree
from lockhouse.connectors.s3.signing import Signer, address, signed
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.connectors.xml import NotXml, read_xml
from lockhouse.outbound import Request
from lockhouse.sealing import Secret
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_FOUND = 50_000
_VERSION = "2016-11-15"
_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
_PAGE = 1_000
_REGION = re.compile(r"[a-z0-9-]{1,32}")
_THEIRS = re.compile(r"tag:.+|[a-z0-9]+(-[a-z0-9]+)+|[a-z]+\.[a-z.-]+", re.ASCII)
"""The names of EC2's own filters, such as instance-id, tag:Name and placement.group-name."""
_TEMPLATE = {
    "LaunchTemplateId": "LaunchTemplateId",
    "LaunchTemplateName": "LaunchTemplateName",
    "LaunchTemplateVersion": "Version",
}
_CHANGES = ("Force", "Hibernate", "SkipOsShutdown", "AdditionalInfo", "DryRun")
"""What may be said of a change beside the instances."""
_WILD = {"\\": "\\\\", "*": "\\*", "?": "\\?"}


@dataclass(frozen=True, slots=True)
class Listing:
    """How the records of a business object are asked for, and where the answer has them."""

    action: str
    place: str
    fixed: Mapping[str, Any] | None = None
    pages: bool = True


_LISTINGS: Mapping[str, Listing] = {
    "instance": Listing("DescribeInstances", "Reservations"),
    "instancetype": Listing("DescribeInstanceTypes", "InstanceTypes"),
    "image": Listing("DescribeImages", "Images", {"Owners": ["self"]}),
    "securitygroup": Listing("DescribeSecurityGroups", "SecurityGroups"),
    "keypair": Listing("DescribeKeyPairs", "KeyPairs", pages=False),
    "availabilityzone": Listing("DescribeAvailabilityZones", "AvailabilityZones", pages=False),
    "launchtemplate": Listing("DescribeLaunchTemplates", "LaunchTemplates"),
}
_MOST_PAGE = {"DescribeInstanceTypes": 100, "DescribeLaunchTemplates": 200}


async def check(_call: ActionCall, session: Session) -> None:
    """Ask for the zones of the region, which every account may do."""
    await _ask(session, "DescribeAvailabilityZones", {})


async def launch(call: ActionCall, session: Session) -> ActionResult:
    """Launch instances, as many as are asked for; a call that is made again makes none."""
    values = {"MinCount": 1, "MaxCount": 1, **call.input}
    values["LaunchTemplate"] = {theirs: values.pop(name, None) for name, theirs in _TEMPLATE.items()}
    if call.idempotency_key and not values.get("ClientToken"):
        values["ClientToken"] = hashlib.sha256(call.idempotency_key.encode()).hexdigest()
    answer = await _ask(session, "RunInstances", values)
    launched = answer.get("Instances") or []
    return ActionResult(payload={**answer, "Instances": launched, "Instance": launched})


async def start(call: ActionCall, session: Session) -> ActionResult:
    """Start stopped instances."""
    return await _change(call, session, "StartInstances", "StartingInstances")


async def stop(call: ActionCall, session: Session) -> ActionResult:
    """Stop running instances."""
    return await _change(call, session, "StopInstances", "StoppingInstances")


async def terminate(call: ActionCall, session: Session) -> ActionResult:
    """Terminate instances for good."""
    return await _change(call, session, "TerminateInstances", "TerminatingInstances")


async def reboot(call: ActionCall, session: Session) -> ActionResult:
    """Ask instances to reboot; the answer says only that they were asked."""
    return await _change(call, session, "RebootInstances", "")


async def retrieve(call: ActionCall, session: Session) -> ActionResult:
    """The records that meet the filter."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    listing = _LISTINGS[call.business_object.lower()]
    theirs, rest = _split(tree)
    wanted = MOST_FOUND if call.limit is None else min(call.limit, MOST_FOUND) + 1
    asked: dict[str, Any] = {**(listing.fixed or {}), "Filters": theirs}
    if listing.pages:
        asked["MaxResults"] = _MOST_PAGE.get(listing.action, _PAGE)
    found: list[Any] = []
    while True:
        answer = await _ask(session, listing.action, asked)
        found += [one for one in _records(answer, listing) if filters.holds(rest, one)]
        token = answer.get("NextToken")
        if not token or token == asked.get("NextToken") or len(found) >= wanted:
            break
        asked["NextToken"] = token
    kept = found[: call.limit]
    return ActionResult(payload=kept, status_code=206 if len(found) > len(kept) else 200 if kept else 204)


def _records(answer: Mapping[str, Any], listing: Listing) -> list[Any]:
    records = answer.get(listing.place) or []
    if listing.place != "Reservations":
        return list(records)
    return [instance for reservation in records for instance in reservation.get("Instances") or []]


def _split(tree: Group) -> tuple[list[dict[str, Any]], Group]:
    """EC2's own filters, and the conditions that are compared here."""
    theirs: list[dict[str, Any]] = []
    rest: list[Tree] = []
    for member in tree.members:
        read = _filter_of(member)
        if read is None:
            rest.append(member)
        else:
            theirs.append(read)
    return theirs, Group("and", tuple(rest))


def _filter_of(tree: Tree) -> dict[str, Any] | None:
    """EC2's filter for a condition, or for several values of one field; None when it has none."""
    members = tree.members if isinstance(tree, Group) else (tree,)
    names = {one.field for one in members if isinstance(one, Condition) and one.operator in ("=", "contains")}
    if len(names) != 1 or not _THEIRS.fullmatch(name := names.pop()):
        return None
    if isinstance(tree, Group) and (
        tree.joint != "or" or not all(isinstance(one, Condition) for one in members)
    ):
        return None
    return {"Name": name, "Values": [_pattern(one) for one in members if isinstance(one, Condition)]}


def _pattern(condition: Condition) -> str:
    text = "".join(_WILD.get(sign, sign) for sign in as_text(condition.value))
    return f"*{text}*" if condition.operator == "contains" else text


async def _change(call: ActionCall, session: Session, action: str, place: str) -> ActionResult:
    ids = [one for one in call.input.get("InstanceIds") or [] if one not in (None, "")]
    if not ids:
        raise Rejected("InstanceIds: a value is needed")
    more = {name: call.input[name] for name in _CHANGES if name in call.input}
    answer = await _ask(session, action, {"InstanceIds": ids, **more})
    if place:
        answer[place] = answer.pop("Instances", None) or []
    return ActionResult(payload=answer)


async def _ask(session: Session, action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What EC2 answers to an action. Raises the five errors."""
    pairs = [("Action", action), ("Version", _VERSION), *parameters(values)]
    form = "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs)
    signer, url = _signer(session), address(_endpoint(session), "/", {})
    request = signed(signer, Request("POST", url, {"content-type": _TYPE}, form.encode()), now=session.now)
    # The host and the content type are set where the request is built.
    headers = {name: text for name, text in request.headers.items() if name not in ("host", "content-type")}
    reply = await session.send("ask", {"address": str(url), "signed": headers, "form": form})
    try:
        answer = value_of(read_xml(reply.content))
    except NotXml as error:
        raise Unavailable(str(error), status_code=502) from None
    return answer if isinstance(answer, dict) else {}


def _signer(session: Session) -> Signer:
    account = session.account.values({})
    token = account.get("sessionToken", "")
    return Signer(
        account.get("accessKeyId", ""),
        Secret(account.get("secretAccessKey", "")),
        _region(account),
        Secret(token) if token else None,
        service="ec2",
    )


def _region(account: Mapping[str, str]) -> str:
    region = account.get("region") or "us-east-1"
    if not _REGION.fullmatch(region):
        raise Rejected("region: expected letters, digits and -, such as eu-central-1")
    return region


def _endpoint(session: Session) -> URL:
    account = session.account.values({})
    region = _region(account)
    usual = f"https://ec2.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    text = (account.get("endpointUrl") or usual).strip()
    try:
        url = URL(text if "://" in text else f"https://{text}")
        if url.scheme in ("http", "https") and url.raw_host and url.user is None:
            return url
    except ValueError:
        pass
    raise Rejected("endpointUrl: expected an address such as https://ec2.eu-central-1.amazonaws.com")
