"""Asana: tasks that are new, by the project's events or by a look at one's own tasks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from tests.connectors.conftest import serving

from lockhouse.clock import utc_now
from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.execute import execute
from lockhouse.connectors.model import STAND_IN_URL
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.wire.actions import ActionCall


@dataclass
class Project:
    """A project whose events are told by sync tokens."""

    sync: int = 0
    added: list[tuple[int, str]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    queries: list[dict[str, str]] = field(default_factory=list)

    async def events(self, request: web.Request) -> web.Response:
        known = request.query.get("sync")
        if known is None or int(known) < 0:
            return web.json_response(
                {"errors": [{"message": "Sync token invalid"}], "sync": str(self.sync)}, status=412
            )
        new = [gid for at, gid in self.added if at > int(known)]
        events = [
            {"action": action, "resource": {"gid": gid, "resource_type": kind}}
            for gid in new
            for action, kind in (("added", "task"), ("changed", "task"), ("added", "story"))
        ]
        return web.json_response({"data": events, "sync": str(self.sync), "has_more": False})

    async def task(self, request: web.Request) -> web.Response:
        gid = request.match_info["gid"]
        if gid in self.gone:
            return web.json_response({"errors": [{"message": "Unknown object"}]}, status=404)
        return web.json_response({"data": {"gid": gid, "name": f"task {gid}"}})

    async def mine(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        tasks = [{"gid": gid, "created_at": f"2026-01-0{at}T00:00:00.000Z"} for at, gid in self.added]
        return web.json_response({"data": tasks})


@dataclass
class Watch:
    """The event action, called again and again with what it asked to remember."""

    catalogue: Catalogue
    outlet: Outlet
    url: str
    where: dict[str, Any]
    state: Any = None

    async def __call__(self) -> list[dict[str, Any]]:
        connector = self.catalogue.get("asana")
        account = check_credentials(
            connector,
            name="a",
            auth_type="",
            credentials={"accessToken": "EXAMPLE"},
            endpoint={STAND_IN_URL: self.url},
        )
        told = {"since": "2026-01-01T00:00:00.000Z"} | (
            {"state": self.state} if self.state is not None else {}
        )
        call = ActionCall(
            connector="asana", business_object="Tasks", action="CREATED", input=told, where=self.where
        )
        payload = (await execute(connector, call, account, self.outlet, now=utc_now())).payload
        self.state = payload["state"]
        events: list[dict[str, Any]] = payload["events"]
        return events


@pytest.fixture
def project() -> Project:
    return Project()


@pytest.fixture
async def watch(catalogue: Catalogue, project: Project) -> AsyncIterator[Watch]:
    application = web.Application()
    base = "/app.asana.com/api/1.0"
    application.router.add_get(f"{base}/events", project.events)
    application.router.add_get(f"{base}/tasks", project.mine)
    application.router.add_get(f"{base}/tasks/{{gid}}", project.task)
    async with serving(application) as url, Outlet(Reach.LOCAL) as outlet:
        yield Watch(catalogue, outlet, url, {"project": "P"})


async def test_a_task_is_told_once_and_those_from_before_never(project: Project, watch: Watch) -> None:
    project.added = [(0, "old")]
    assert await watch() == []
    project.sync, project.added = 1, [*project.added, (1, "a"), (1, "a"), (1, "b")]
    project.gone.add("b")
    events = await watch()
    assert events == [{"id": "a", "payload": {"gid": "a", "name": "task a", "project": "P", "eventId": "1"}}]
    assert await watch() == []


async def test_a_token_that_is_too_old_is_replaced(project: Project, watch: Watch) -> None:
    watch.state = {"sync": "-5"}
    project.sync = 7
    assert await watch() == []
    assert watch.state == {"sync": "7"}


async def test_of_a_workspace_only_tasks_created_since_are_told(project: Project, watch: Watch) -> None:
    watch.where = {"and": [{"workspace-id": "W"}, {"team-id": "T"}]}
    project.added = [(3, "c"), (1, "a"), (2, "b")]
    assert [event["id"] for event in await watch()] == ["b", "c"]
    assert project.queries[0]["modified_since"] == "2026-01-01T00:00:00.000Z"
    assert await watch() == []
    assert project.queries[1]["modified_since"] == "2026-01-03T00:00:00.000Z"


async def test_nowhere_is_refused(watch: Watch) -> None:
    watch.where = {"team-id": "T"}
    with pytest.raises(Rejected, match="project"):
        await watch()
