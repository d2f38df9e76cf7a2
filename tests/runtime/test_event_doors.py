"""A server's doors for events: who is let in, what is answered, and what flows make of it."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from tests.runtime.event_house import PUSH, SIGNING, SLASH, UNFINISHED, Place, running, started
from tests.runtime.house_of_runs import until


async def test_an_event_handed_in_is_on_disk_when_it_is_answered_and_runs_its_flow(tmp_path: Path) -> None:
    async with running(tmp_path, ("Orders to ERP", PUSH)) as place:
        status, answer = await place.ask("POST", "/events/Orders%20to%20ERP", b'{"number": 7}', event_id="e7")
        again = await place.ask("POST", "/events/Orders_to_ERP", b'{"number": 8}', event_id="e7")
        await until(lambda: place.calls)

    assert (status, answer) == (202, {"flow": "Orders to ERP", "eventId": "e7", "isNew": True})
    assert again == (202, {"flow": "Orders to ERP", "eventId": "e7", "isNew": False})
    assert [path for path, _ in place.calls] == ["/1/7"]
    assert len(place.calls[0][1]) == 32


NOBODY: dict[str, Any] = {"token": None}


@pytest.mark.parametrize(
    ("request_line", "more", "expected"),
    [
        ("POST /events/Orders", NOBODY, (401, "token_missing")),
        ("POST /events/Orders", {"token": ""}, (401, "token_missing")),
        ("POST /events/Orders", {"token": "wrong"}, (401, "token_refused")),
        ("POST /events/Orders", {"body": b"{"}, (400, "json_syntax")),
        ("POST /events/Orders", {"event_id": "x" * 201}, (400, "event_id")),
        ("POST /events/Orders", {"body": b" " * (2 * 1024 * 1024 + 1)}, (413, "too_large")),
        (f"GET /admin/dead-letters?{'a&' * 30}", {}, (400, "query_unreadable")),
        ("POST /events/Nothing", {}, (404, "not_found")),
        ("POST /events/Orders/more", {}, (404, "not_found")),
        ("GET /events/Orders", {}, (405, "method_not_allowed")),
        ("GET /admin/dead-letters", NOBODY, (401, "token_missing")),
        ("GET /admin/dead-letters/none", {}, (404, "not_found")),
        ("POST /admin/dead-letters/none/replay", {}, (404, "not_found")),
        ("DELETE /admin/dead-letters/none", {}, (404, "not_found")),
        ("PUT /admin/dead-letters", {}, (404, "not_found")),
        ("POST /webhooks/Orders/guess", NOBODY, (404, "not_found")),
        ("POST /webhooks/Orders", NOBODY, (404, "not_found")),
    ],
)
async def test_what_is_not_allowed_or_not_understood_is_refused_and_starts_nothing(
    tmp_path: Path, request_line: str, more: dict[str, Any], expected: tuple[int, str]
) -> None:
    method, path = request_line.split(" ")
    async with running(tmp_path, ("Orders", PUSH)) as place:
        status, answer = await place.ask(method, path, **more)

        assert (status, answer["error"]["code"]) == expected
        assert (await place.ask("GET", "/admin/dead-letters"))[1] == {"deadLetters": [], "total": 0}
    assert place.calls == []


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"active": True, "account": {"bss": "0" * 31 + "1"}}, 202),
        ({"active": True, "account": {"bss": "f" * 32}}, 403),
        ({"active": True}, 403),
        ({"active": False, "reason": "apikey_deleted"}, 401),
        (None, 503),
    ],
)
async def test_a_token_of_the_servers_account_opens_the_event_door(
    tmp_path: Path, claims: dict[str, Any] | None, status: int
) -> None:
    async def introspect(request: web.Request) -> web.Response:
        return web.json_response(claims) if claims is not None else web.Response(status=500)

    application = web.Application()
    application.router.add_post("/identity/introspect", introspect)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with running(tmp_path, ("Orders", PUSH), iam=f"http://127.0.0.1:{runner.addresses[0][1]}") as place:
        assert (await place.ask("POST", "/events/Orders", b'{"number": 1}', token="a.b.c"))[0] == status
    await runner.cleanup()


async def test_what_failed_for_good_can_be_looked_at_and_run_again(tmp_path: Path) -> None:
    async with running(tmp_path, ("Orders", PUSH), steps=3) as place:
        place.refuse.update({"/2/1", "/2/2"})
        for number in (1, 2):
            await place.ask("POST", "/events/Orders", b'{"number": %d}' % number, event_id=f"e{number}")
        await until(lambda: _total(place, 2))
        _, listed = await place.ask("GET", "/admin/dead-letters?flow=Orders&limit=1")
        letter = listed["deadLetters"][0]
        _, shown = await place.ask("GET", f"/admin/dead-letters/{letter['id']}")
        place.refuse.clear()
        replayed = await place.ask("POST", f"/admin/dead-letters/{letter['id']}/replay")
        await until(lambda: _total(place, 1))
        await until(lambda: ("/3/1") in [path for path, _ in place.calls])
        rest = await place.ask("POST", "/admin/dead-letters/replay?flow=Orders")
        await until(lambda: _total(place, 0))
        await until(lambda: len(place.calls) == 8)

    assert (len(listed["deadLetters"]), listed["total"]) == (1, 2)
    assert letter["problem"]["nodeName"] == "step 2"
    assert (shown["eventId"], shown["payload"]) == ("push/e1", {"number": 1})
    assert [(call["place"], call.get("failed", False)) for call in shown["calls"]] == [
        ("step 1", False),
        ("step 2", True),
    ]
    assert replayed == (200, {"replayed": 1})
    assert rest == (200, {"replayed": 1})
    assert sorted(path for path, _ in place.calls) == sorted(
        ["/1/1", "/2/1", "/2/1", "/3/1", "/1/2", "/2/2", "/2/2", "/3/2"]
    )
    assert len(set(place.calls)) == 6  # a call that is made again carries its own key


async def test_a_dead_letter_can_be_given_up(tmp_path: Path) -> None:
    async with running(tmp_path, ("Orders", PUSH)) as place:
        place.refuse.add("/1/1")
        await place.ask("POST", "/events/Orders", b'{"number": 1}')
        await until(lambda: _total(place, 1))
        _, listed = await place.ask("GET", "/admin/dead-letters")
        assert await place.ask("DELETE", f"/admin/dead-letters/{listed['deadLetters'][0]['id']}") == (
            204,
            None,
        )

        assert await _total(place, 0)


async def test_a_slash_command_reaches_its_flow_by_an_address_of_its_own_that_stays(tmp_path: Path) -> None:
    async with running(tmp_path, ("Contacts", SLASH)) as place:
        address = place.status("Contacts").url
        body = urlencode({"text": "x", "trigger_id": "1.2", "number": "5"}).encode()
        at = str(int(place.server.clock().timestamp()))
        digest = hmac.digest(SIGNING.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hex()
        signed = {"x_slack_request_timestamp": at, "x_slack_signature": f"v0={digest}"}
        path = address.removeprefix("http://server")
        good = await place.ask("POST", path, body, token=None, **signed)
        again = await place.ask("POST", path, body, token=None, **signed)
        forged = await place.ask("POST", path, body + b"&more=1", token=None, **signed)
        guessed = await place.ask("POST", "/webhooks/Contacts/default", body, token=None, **signed)
        look = await place.ask("GET", path, token=None)
        await until(lambda: place.calls)
    async with running(tmp_path, ("Contacts", SLASH)) as place_again:
        assert place_again.status("Contacts").url == address

    assert good == again == (200, {"response_type": "ephemeral", "text": "Message published"})
    assert forged[0] == 401
    assert guessed[0] == 404
    assert look == (200, None)
    assert [path for path, _ in place.calls] == ["/1/5"]


async def test_a_delivery_signed_over_its_address_is_let_in_behind_a_proxy(tmp_path: Path) -> None:
    async with running(
        tmp_path, ("Cards", started("trello", "cards", "CREATED", webhookURLSuffix="x"))
    ) as place:
        path = place.status("Cards").url.removeprefix("http://server")
        body = b'{"number": 9}'
        told = body + f"https://flows.example.com{path}".encode()
        signed = base64.b64encode(hmac.digest(SIGNING.encode(), told, hashlib.sha1)).decode()
        inside = await place.ask(
            "POST", path, body, token=None, x_trello_webhook=signed, host="10.0.0.7:7800"
        )
        through = {"x_forwarded_host": "flows.example.com", "host": "10.0.0.7:7800"}
        good = await place.ask("POST", path, body, token=None, x_trello_webhook=signed, **through)
        await until(lambda: place.calls)

    assert inside[0] == 401
    assert good == (200, None)
    assert [path for path, _ in place.calls] == ["/1/9"]


async def test_an_application_that_asks_who_is_there_hears_its_own_words(tmp_path: Path) -> None:
    flows = [("Tasks", "asana", "tasks"), ("Files", "dropbox", "File")]
    made = [
        (name, started(connector, thing, "CREATED", webhookURLSuffix="x")) for name, connector, thing in flows
    ]
    async with running(tmp_path, *made) as place:
        tasks = place.status("Tasks").url.removeprefix("http://server")
        files = place.status("Files").url.removeprefix("http://server")
        status, headers, body = await place.raw("POST", tasks, x_hook_secret="EXAMPLE-of-asana")
        assert (status, headers["x-hook-secret"], body) == (200, "EXAMPLE-of-asana", b"")

        status, headers, body = await place.raw("GET", f"{files}?challenge=%3Cscript%3E")
        assert (status, headers["content-type"], body) == (200, "text/plain; charset=utf-8", b"<script>")
        assert headers["x-content-type-options"] == "nosniff"


async def test_our_choice_an_application_that_can_deliver_and_cannot_be_asked_has_an_address(
    tmp_path: Path,
) -> None:
    flows = [("Told", started("box", "File", "CREATED")), ("Asked", started("asana", "tasks", "CREATED"))]
    async with running(tmp_path, *flows) as place:
        assert "/webhooks/Told/" in place.status("Told").url
        assert place.status("Asked").url == ""


async def test_our_choice_an_unfinished_schedule_does_not_start_but_can_be_run_by_hand(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, ("Nightly", UNFINISHED)) as place:
        refused = place.status("Nightly")
        answered, _ = await place.ask("POST", "/events/Nightly", b'{"number": 3}')
        await until(lambda: place.calls)

        assert (refused.state, refused.reason) == ("Refused", "schedule_unfinished")
        assert place.server.conditions() == []  # the other flows of the server are none the worse
    assert answered == 202


async def test_the_other_paths_of_a_server_are_what_they_were(tmp_path: Path) -> None:
    async with running(tmp_path, ("Orders", PUSH)) as place:
        assert (await place.ask("GET", "/readyz", token=None))[0] == 200
        assert (await place.ask("GET", "/admin/ready", token=None))[0] == 200
        assert (await place.ask("GET", "/Orders/things", token=None))[0] == 404


async def _total(place: Place, count: int) -> bool:
    _, listed = await place.ask("GET", "/admin/dead-letters")
    return bool(listed["total"] == count)
