"""Slack: where a message goes, and errors that come inside a 200."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.conftest import Desk

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.connectors.model import Refusal

DeskOf = Callable[[str], AbstractAsyncContextManager[Desk]]


@pytest.mark.parametrize(
    ("given", "channel"),
    [
        ({"channel": "C04EXAMPLE1"}, "C04EXAMPLE1"),
        ({"OBJECT_NAME": "channel", "OBJECT_ID": "C04EXAMPLE1"}, "C04EXAMPLE1"),
        ({"OBJECT_NAME": "im", "OBJECT_ID": "D04EXAMPLE1"}, "D04EXAMPLE1"),
    ],
)
async def test_a_message_goes_where_the_flow_says(
    desk_of: DeskOf, given: dict[str, Any], channel: str
) -> None:
    async with desk_of("slack") as desk:
        result = await desk.call("message", "CREATE", input={**given, "text": 5})
        assert "ok" not in result.payload
        sent = desk.stand_in.collection("message").records[0]
        assert (sent["channel"], sent["text"]) == (channel, "5")
        assert not {"OBJECT_NAME", "OBJECT_ID"} & sent.keys()


async def test_a_message_to_a_user_opens_a_direct_message_first(desk_of: DeskOf) -> None:
    async with desk_of("slack") as desk:
        desk.stand_in.connector.double.samples["conversation"] = {"channel": {"id": "D0EXAMPLE"}}  # type: ignore[index]  # a dict behind the Mapping
        await desk.call("message", "CREATE", input={"OBJECT_NAME": "user", "OBJECT_ID": "U1", "text": "hi"})
        assert [one["path"] for one in desk.stand_in.requests] == [
            "/api/conversations.open",
            "/api/chat.postMessage",
        ]
        assert desk.stand_in.collection("message").records[0]["channel"] == "D0EXAMPLE"


@pytest.mark.parametrize("given", [{"text": "hi"}, {"channel": "C1"}, {"channel": "C1", "text": ""}, {}])
async def test_an_unfinished_message_is_refused_before_anything_is_sent(
    desk_of: DeskOf, given: dict[str, Any]
) -> None:
    async with desk_of("slack") as desk:
        with pytest.raises(Rejected):
            await desk.call("message", "CREATE", input=given)
        assert desk.stand_in.requests == []


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("missing_scope", AuthFailed), ("not_authed", AuthFailed), ("channel_not_found", NotFound),
        ("is_archived", Rejected), ("something_new", Rejected), ("rate_limited", RateLimited),
        ("internal_error", Unavailable),
    ],
)  # fmt: skip
async def test_an_error_inside_a_200_is_an_error(
    desk_of: DeskOf, error: str, word: type[ActionFailed]
) -> None:
    async with desk_of("slack") as desk:
        body = {"ok": False, "error": error, "response_metadata": {"messages": ["[ERROR] so"]}}
        desk.stand_in.connector.double.refusals["rejected"] = Refusal(200, body)  # type: ignore[index]  # a dict behind the Mapping
        desk.stand_in.failures = ["rejected"] * 3
        with pytest.raises(word) as caught:
            await desk.call("message", "CREATE", input={"channel": "C1", "text": "hi"})
        assert type(caught.value) is word
        assert str(caught.value) == f"{error}: [ERROR] so"


async def test_a_limited_post_waits_as_told_and_a_broken_one_is_not_repeated(desk_of: DeskOf) -> None:
    async with desk_of("slack") as desk:
        desk.stand_in.failures = ["rate-limited"]
        await desk.call("message", "CREATE", input={"channel": "C1", "text": "hi"})
        assert desk.waits == [1.0]
        desk.stand_in.failures = ["unavailable"]
        with pytest.raises(Unavailable):
            await desk.call("message", "CREATE", input={"channel": "C1", "text": "hi"})
        assert len(desk.stand_in.collection("message").records) == 1
