"""The supervisor's and the servers' own door."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.flow_documents import bar_of, echo_flow
from tests.runtime.conftest import SUPERVISION
from tests.tenants import Clients, Tenant

from lockhouse.client.transport import Problem
from lockhouse.sealing import Secret
from lockhouse.wire.servers import Condition, Endpoint, ServerSpec
from lockhouse.wire.supervision import BASE, ProcessReport, ServerReport, server_token

CONTENT = b"EXAMPLE-generic-content"


@pytest.fixture
async def ours(tenant: Tenant) -> AsyncIterator[Clients]:
    """The first account's clients."""
    async with tenant.clients() as clients:
        yield clients


async def _ask(
    ours: Clients, method: str, path: str, token: Secret | str, json: Any = None, **query: str
) -> Any:
    given = token if isinstance(token, str) else token.reveal()
    return await ours.transport.ask(method, BASE + path, token=given, json=json, query=query)


async def _deployed(ours: Clients, name: str) -> Any:
    await ours.runtime.put_bar(name, bar_of(echo_flow(name)))
    await ours.runtime.put_configuration(name, kind="generic", content=CONTENT)
    await ours.runtime.deploy(name, ServerSpec(bar_url=[name], configurations=[name]))
    wanted = await _ask(ours, "GET", "/servers", SUPERVISION)
    return next(server for server in wanted["servers"] if server["name"] == name)


def _process(revision: int, incarnation: int, **more: Any) -> ProcessReport:
    return ProcessReport(**({"revision": revision, "incarnation": incarnation, "phase": "Ready"} | more))


async def test_the_supervisor_learns_what_should_run_and_is_told_when_nothing_changed(ours: Clients) -> None:
    await _deployed(ours, "wanted")
    everything = await _ask(ours, "GET", "/servers", SUPERVISION)
    unchanged = await _ask(ours, "GET", "/servers", SUPERVISION, seen=str(everything["generation"]))
    await ours.runtime.restart("wanted")
    changed = await _ask(ours, "GET", "/servers", SUPERVISION, seen=str(everything["generation"]))

    assert unchanged is None
    before = next(one["revision"] for one in everything["servers"] if one["name"] == "wanted")
    assert next(one["revision"] for one in changed["servers"] if one["name"] == "wanted") > before


async def test_a_server_is_given_all_that_it_needs(ours: Clients) -> None:
    server = await _deployed(ours, "given")
    answer = await _ask(
        ours, "GET", f"/servers/{server['id']}/specification", server_token(SUPERVISION, server["id"])
    )

    assert answer["name"] == "given"
    assert answer["mode"] == "local"
    assert [bar["name"] for bar in answer["bars"]] == ["given"]
    assert [one["type"] for one in answer["configurations"]] == ["generic"]


async def test_one_up_runs_the_servers_until_its_beat_stands_still(ours: Clients) -> None:
    async def asked(holder: str, stale: int = -1) -> tuple[bool, int]:
        query = {"holder": holder, "stale": str(stale)}
        lease = await _ask(ours, "POST", "/lease", SUPERVISION, **query)
        return lease["held"], lease["beat"]

    held, beat = await asked("one")
    assert held
    assert await asked("one") == (True, beat + 1)
    assert await asked("two") == (False, beat + 1)
    assert await asked("two", stale=beat) == (False, beat + 1)
    assert await asked("two", stale=beat + 1) == (True, beat + 2)
    assert await asked("one", stale=beat + 1) == (False, beat + 2)
    await _ask(ours, "DELETE", "/lease", SUPERVISION, holder="one")
    assert not (await asked("one"))[0]
    await _ask(ours, "DELETE", "/lease", SUPERVISION, holder="two")
    assert (await asked("one"))[0]
    await _ask(ours, "DELETE", "/lease", SUPERVISION, holder="one")


@pytest.mark.parametrize(
    "query", [{}, {"holder": ""}, {"holder": "x", "stale": "9" * 400}, {"holder": "x", "stale": "soon"}]
)
async def test_a_lease_that_is_asked_for_oddly_breaks_nothing(ours: Clients, query: dict[str, str]) -> None:
    if query.get("holder"):
        await _ask(ours, "POST", "/lease", SUPERVISION, **query)
        await _ask(ours, "DELETE", "/lease", SUPERVISION, **query)
        return
    with pytest.raises(Problem) as caught:
        await _ask(ours, "POST", "/lease", SUPERVISION, **query)

    assert caught.value.status == 400


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_nobody_else_takes_the_lease(ours: Clients, method: str) -> None:
    for token in (await ours.tokens.token(), "nonsense", server_token(SUPERVISION, "a-server")):
        with pytest.raises(Problem) as caught:
            await _ask(ours, method, "/lease", token, holder="me")
        assert (caught.value.status, caught.value.code) == (403, "supervision_forbidden")


@pytest.mark.parametrize(
    "path", ["/servers", "/servers/{id}/specification", "/servers/{id}/report", "/servers/{id}/process"]
)
async def test_nobody_else_gets_in(ours: Clients, path: str) -> None:
    server, other = await _deployed(ours, "shut"), await _deployed(ours, "other")
    method = "PUT" if path.endswith(("report", "process")) else "GET"
    body = _process(1, 1) if method == "PUT" else None
    strangers = {
        "a user": await ours.tokens.token(),
        "nobody": "nonsense",
        "another server": server_token(SUPERVISION, other["id"]).reveal(),
        "another start": server_token(Secret("EXAMPLE-former-start"), server["id"]).reveal(),
    }
    if path.endswith(("specification", "report")):
        strangers["the supervisor"] = SUPERVISION.reveal()
    for who, token in strangers.items():
        with pytest.raises(Problem) as caught:
            await _ask(ours, method, path.format(id=server["id"]), token, body)
        assert caught.value.status == 403, who
        assert caught.value.code == "supervision_forbidden"


async def test_a_server_is_what_was_reported_of_its_newest_process(ours: Clients) -> None:
    server = await _deployed(ours, "told")
    token, path = server_token(SUPERVISION, server["id"]), f"/servers/{server['id']}"
    assert (await ours.runtime.server("told")).status.phase == "Pending"

    await _ask(ours, "PUT", f"{path}/process", SUPERVISION, _process(server["revision"], 10, port=4711))
    assert (await ours.runtime.server("told")).status.phase == "Pending"

    good = ServerReport(
        incarnation=10,
        revision=server["revision"],
        phase="Ready",
        endpoints=[Endpoint(name="http", uri="http://127.0.0.1:4711")],
    )
    await _ask(ours, "PUT", f"{path}/report", token, good)
    assert (await ours.runtime.server("told")).status.phase == "Ready"

    refused = Condition(
        type="CloudKey", status="False", reason="cloud_key_rejected", message="the key is gone"
    )
    sick = ServerReport(incarnation=10, revision=server["revision"], phase="NotReady", conditions=[refused])
    await _ask(ours, "PUT", f"{path}/report", token, sick)
    status = (await ours.runtime.server("told")).status
    assert (status.phase, status.conditions) == ("NotReady", [refused])

    crashed = _process(server["revision"], 11, phase="Failed", restarts=3)
    await _ask(ours, "PUT", f"{path}/process", SUPERVISION, crashed)
    await _ask(ours, "PUT", f"{path}/report", token, good)
    status = (await ours.runtime.server("told")).status
    assert (status.phase, status.restarts) == ("Failed", 3)
    assert (
        next(
            one["port"]
            for one in (await _ask(ours, "GET", "/servers", SUPERVISION))["servers"]
            if one["name"] == "told"
        )
        == 0
    )


async def test_a_report_of_a_former_process_changes_nothing(ours: Clients) -> None:
    server = await _deployed(ours, "late")
    path = f"/servers/{server['id']}/process"
    await _ask(ours, "PUT", path, SUPERVISION, _process(server["revision"], 20, phase="Failed"))
    await _ask(ours, "PUT", path, SUPERVISION, _process(server["revision"], 19, phase="Stopped"))

    assert (await ours.runtime.server("late")).status.phase == "Failed"


async def test_a_server_that_fell_silent_is_not_believed_to_be_ready(ours: Clients, running: Any) -> None:
    server = await _deployed(ours, "silent")
    token, path = server_token(SUPERVISION, server["id"]), f"/servers/{server['id']}"
    await _ask(ours, "PUT", f"{path}/process", SUPERVISION, _process(server["revision"], 30))
    await _ask(
        ours, "PUT", f"{path}/report", token,
        ServerReport(incarnation=30, revision=server["revision"], phase="Ready"),
    )  # fmt: skip
    assert (await ours.runtime.server("silent")).status.phase == "Ready"

    running.travel(seconds=60)
    status = (await ours.runtime.server("silent")).status

    assert status.phase == "NotReady"
    assert status.conditions[0].reason == "silent"
