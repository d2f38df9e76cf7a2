"""New tasks: Asana's events of a project, or a look at one's own tasks of a workspace."""

from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_PAGES = 50


async def new_tasks(call: ActionCall, session: Session) -> ActionResult:
    """The tasks that were added since the last call (runtime.triggers.managed)."""
    where = filters.equalities(filters.read_where(call.where))
    state = call.input.get("state")
    known: dict[str, Any] = state if isinstance(state, dict) else {}
    if where.get("project"):
        return await _of_project(str(where["project"]), known, session)
    if where.get("workspace-id"):
        since = str(known.get("since") or call.input.get("since") or session.now.isoformat())
        return await _of_workspace(str(where["workspace-id"]), since, session)
    raise Rejected("project: say of which project, or by workspace-id of which workspace")


async def _of_project(project: str, known: dict[str, Any], session: Session) -> ActionResult:
    sync = known.get("sync")
    gids: list[str] = []
    for _ in range(MOST_PAGES):
        body, sync = await _page(project, sync, session)
        for event in body.get("data") or []:
            resource = event.get("resource") or {}
            if event.get("action") == "added" and resource.get("resource_type") == "task":
                gids.append(resource["gid"])
        if not body.get("has_more"):
            break
    events = []
    for gid in dict.fromkeys(gids):
        task = await _task(gid, session)
        if task is not None:
            events.append({"id": gid, "payload": {**task, "project": project, "eventId": sync}})
    return ActionResult(payload={"events": events, "state": {"sync": sync}})


async def _page(project: str, sync: Any, session: Session) -> tuple[dict[str, Any], Any]:
    try:
        body = (await session.send("events", {"project": project, "sync": sync})).body
    except Rejected as refused:
        # 412: no token yet, or one that is too old; the answer brings a new one.
        body = refused.reply.body if refused.reply is not None and refused.status_code == 412 else None
        if not isinstance(body, dict) or not body.get("sync"):
            raise
        return {}, body["sync"]
    return body, body.get("sync") or sync


async def _of_workspace(workspace: str, since: str, session: Session) -> ActionResult:
    body = (await session.send("mine", {"workspace": workspace, "since": since})).body
    created = [task for task in body.get("data") or [] if str(task.get("created_at") or "") > since]
    created.sort(key=lambda task: str(task.get("created_at")))
    events = [{"id": task["gid"], "payload": task} for task in created]
    newest = str(created[-1]["created_at"]) if created else since
    return ActionResult(payload={"events": events, "state": {"since": newest}})


async def _task(gid: str, session: Session) -> dict[str, Any] | None:
    try:
        body = (await session.send("task", {"places": {"gid": gid}})).body
    except NotFound:
        return None
    found: dict[str, Any] = body.get("data") or {}
    return found
