"""Microsoft Teams: where a message goes, and messages that are new or changed by Graph's delta links."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from tests.connectors.conftest import Desk, serving

from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.execute import execute
from lockhouse.connectors.model import STAND_IN_URL
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.wire.actions import ActionCall

DeskOf = Callable[[str], AbstractAsyncContextManager[Desk]]
PLACE = {"teamId": "11111111-2222-3333-4444-555555555555", "channelId": "19:abc@thread.tacv2"}
START = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)


async def test_a_message_is_posted_to_its_channel(desk_of: DeskOf) -> None:
    async with desk_of("msteams") as desk:
        body = {"content": "Printer on fire", "contentType": "text"}
        given = {**PLACE, "subject": "New ticket INC0012", "body": body}
        result = await desk.call("Message", "CREATE", input=given)

        sent = desk.stand_in.requests[0]
        assert (sent["host"], sent["method"]) == ("graph.microsoft.com", "POST")
        assert sent["path"] == (
            "/v1.0/teams/11111111-2222-3333-4444-555555555555/channels/19%3Aabc%40thread.tacv2/messages"
        )
        assert json.loads(sent["body"]) == {"subject": "New ticket INC0012", "body": body}
        assert (result.status_code, bool(result.payload["id"])) == (201, True)


async def test_a_message_that_is_an_object_is_posted_as_its_text(desk_of: DeskOf) -> None:
    async with desk_of("msteams") as desk:
        await desk.call("Message", "CREATE", input={**PLACE, "body": {"content": {"a": [1]}}})
        assert json.loads(desk.stand_in.requests[0]["body"]) == {"body": {"content": '{"a":[1]}'}}


async def test_a_message_of_nowhere_is_refused_before_anything_is_sent(desk_of: DeskOf) -> None:
    async with desk_of("msteams") as desk:
        for where in ({"id": "1"}, {"id": "1", "teamId": "T"}):
            with pytest.raises(Rejected, match="Id is needed"):
                await desk.call("Message", "RETRIEVEALL", where=where)
        assert desk.stand_in.requests == []


async def test_a_message_is_deleted_by_graphs_own_word(desk_of: DeskOf) -> None:
    async with desk_of("msteams") as desk:
        desk.stand_in.collection("Message").put({"id": "17"}, PLACE)
        result = await desk.call("Message", "DELETEALL", where={**PLACE, "id": "17"})
        assert (result.payload, result.status_code) == ({"count": 1}, 200)
        assert desk.stand_in.requests[0]["path"].endswith("/messages/17/softDelete")


async def test_a_token_is_renewed_at_the_tenant_of_the_account(desk_of: DeskOf) -> None:
    async with desk_of("msteams") as desk:
        await desk.check()
        desk.stand_in.refused_credentials |= desk.stand_in.seen_credentials
        await desk.check()
        token = next(one for one in desk.stand_in.requests if one["path"].endswith("/token"))
        assert (token["host"], token["path"]) == (
            "login.microsoftonline.com", "/EXAMPLE-tenantId/oauth2/v2.0/token",
        )  # fmt: skip
        assert "grant_type=refresh_token" in token["body"]


@dataclass
class Channel:
    """A channel whose messages Graph tells by delta links, two on a page."""

    url: str = ""
    changes: list[dict[str, Any]] = field(default_factory=list)
    expired: bool = False
    elsewhere: bool = False
    queries: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        token = request.query.get("$deltatoken")
        if token and self.expired:
            return web.json_response({"error": {"code": "syncStateNotFound", "message": "old"}}, status=410)
        start = int(token or request.query.get("$skiptoken") or 0)
        base = "https://evil.example" if self.elsewhere else "https://graph.microsoft.com"
        here = f"{base}/v1.0/teams/T/channels/C/messages/delta"
        end = start + 2
        more = end < len(self.changes)
        link = {"@odata.nextLink": f"{here}?$skiptoken={end}"}
        if not more:
            link = {"@odata.deltaLink": f"{here}?$deltatoken={len(self.changes)}"}
        return web.json_response({"value": self.changes[start:end], **link})

    def change(self, number: int, created: datetime, changed: datetime | None = None, **more: Any) -> None:
        """A message is posted or changed."""
        message = {"id": str(number), "messageType": "message", "createdDateTime": iso(created)}
        self.changes.append(message | {"lastModifiedDateTime": iso(changed or created), **more})


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Watch:
    """A trigger's event action, called again and again with what it asked to remember."""

    catalogue: Catalogue
    outlet: Outlet
    url: str
    event: str = "CREATED"
    state: Any = None

    async def __call__(self, minutes: int) -> list[str]:
        account = check_credentials(
            self.catalogue.get("msteams"),
            name="a",
            auth_type="",
            credentials={"accessToken": "EXAMPLE"},
            endpoint={STAND_IN_URL: self.url},
        )
        told = {"since": iso(START)} | ({} if self.state is None else {"state": self.state})
        call = ActionCall(
            connector="msteams",
            business_object="Message",
            action=self.event,
            input=told,
            where={"teamId": "T", "channelId": "C"},
        )
        now = START + timedelta(minutes=minutes)
        result = await execute(self.catalogue.get("msteams"), call, account, self.outlet, now=now)
        self.state = json.loads(json.dumps(result.payload["state"]))
        return [event["id"] for event in result.payload["events"]]


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
async def watch(catalogue: Catalogue, channel: Channel) -> AsyncIterator[Watch]:
    application = web.Application()
    path = "/graph.microsoft.com/v1.0/teams/T/channels/C/messages/delta"
    application.router.add_get(path, channel.answer)
    async with serving(application) as url, Outlet(Reach.LOCAL) as outlet:
        yield Watch(catalogue, outlet, url)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


async def test_a_posted_message_is_told_once_and_a_changed_one_is_not_new(
    channel: Channel, watch: Watch
) -> None:
    channel.change(1, at(-60), at(0.5))  # an old one that was changed
    channel.change(2, at(0.5))
    channel.change(3, at(0.6), messageType="systemEventMessage")
    channel.change(4, at(0.7), deletedDateTime=iso(at(0.8)))
    channel.change(5, at(0.4))
    assert await watch(1) == ["5", "2"]
    assert channel.queries[0] == {"$filter": "lastModifiedDateTime gt 2026-01-10T08:00:00.000Z", "$top": "50"}
    channel.change(2, at(0.5), at(1.5))
    channel.change(6, at(1.5))
    assert await watch(2) == ["6"]
    assert channel.queries[-1] == {"$deltatoken": "5"}
    assert await watch(3) == []


async def test_a_changed_message_is_told_at_each_change(channel: Channel, watch: Watch) -> None:
    watch.event = "UPDATED"
    channel.change(1, at(-60), at(0.5))
    channel.change(2, at(0.5))
    assert await watch(1) == ["1@2026-01-10T08:00:30.000Z"]
    channel.change(2, at(0.5), at(1.5))
    assert await watch(2) == ["2@2026-01-10T08:01:30.000Z"]


async def test_a_link_that_is_too_old_is_replaced(channel: Channel, watch: Watch) -> None:
    await watch(1)
    channel.change(7, at(1.5))
    channel.expired = True
    assert await watch(2) == ["7"]
    assert channel.queries[-1]["$filter"] == "lastModifiedDateTime gt 2026-01-10T08:01:00.000Z"


async def test_a_link_to_another_host_is_not_followed(channel: Channel, watch: Watch) -> None:
    channel.elsewhere = True
    with pytest.raises(Rejected, match="another host"):
        await watch(1)
