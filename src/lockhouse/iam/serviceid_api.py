"""The doors of service IDs and their groups (iam-identity-api.md 4)."""

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from lockhouse.iam import apikeys, audit_store, group_store, identity_store, serviceids
from lockhouse.iam.apikey_api import key_body
from lockhouse.iam.entities import check_account
from lockhouse.iam.entity_bodies import (
    EntityLock,
    IfMatch,
    activity_body,
    header_flag,
    history_bodies,
    tagged,
)
from lockhouse.iam.filters import read_filter
from lockhouse.iam.group_store import DEFAULT_GROUP, Group
from lockhouse.iam.identity_store import FILTERED, SORTS, Identity, IdentityList
from lockhouse.iam.list_query import TheListQuery
from lockhouse.iam.model import ApiKey, Caller, Change, Use
from lockhouse.iam.paging import Page, page_links, read_flag, read_page_request
from lockhouse.iam.room import TheGuest
from lockhouse.ids import identity_crn
from lockhouse.sealing import Secret
from lockhouse.storage import Tx
from lockhouse.wire.apikeys import ApiKeyBody, CreateApiKey
from lockhouse.wire.entities import UNSET
from lockhouse.wire.serviceids import (
    CreateGroup,
    CreateServiceId,
    GroupBody,
    GroupList,
    ServiceIdBody,
    ServiceIdPage,
    UpdateGroup,
    UpdateServiceId,
)
from lockhouse.wire.times import minutes_text


@get("/", operation_id="listServiceIds")
async def list_service_ids(
    guest: TheGuest,
    listed: TheListQuery,
    group_id: FromQuery[str | None] = None,
    name: FromQuery[str | None] = None,
    show_group_id: FromQuery[str | None] = None,
) -> ServiceIdPage:
    """List the service IDs of the account; those who may not see all see their own."""
    given = listed.and_also(group_id=group_id, name=name, show_group_id=show_group_id)
    keyring = guest.room.keyring
    request = read_page_request(keyring, given, sorts=SORTS, default_sort="created_at")
    with_history, with_group = request.flag("include_history"), request.flag("show_group_id")

    def rule(tx: Tx, caller: Caller) -> tuple[Page, dict[str, list[Change]]]:
        query = request.query
        check_account(caller, query.get("account_id"))
        text = query.get("filter")
        wanted = IdentityList(
            caller.account_id,
            "serviceid",
            name=query.get("name"),
            group_id=query.get("group_id"),
            made_by=None if caller.viewer else caller.iam_id,
            filter=read_filter(text, FILTERED) if text else None,
        )
        page = identity_store.page(tx, request, wanted)
        return page, audit_store.history(tx, [row.id for row in page.rows]) if with_history else {}

    read = guest.read_aside if request.scans else guest.read
    page, history = await read(rule)
    bodies = [_body(row, with_group=with_group, history=history.get(row.id)) for row in page.rows]
    links = page_links(keyring, page, guest.address_of("/v1/serviceids/"))
    return ServiceIdPage(offset=request.offset, limit=request.size, serviceids=bodies, **links)


@post("/", operation_id="createServiceId")
async def create_service_id(
    guest: TheGuest,
    data: JSONBody[CreateServiceId],
    entity_lock: EntityLock = "false",
    show_group_id: FromQuery[str | None] = None,
) -> Response[ServiceIdBody]:
    """Create a service ID, with an API key if the body has one."""
    locked, room = header_flag("Entity-Lock", entity_lock), guest.room
    with_group = _shows_group(show_group_id)

    def rule(tx: Tx, caller: Caller) -> tuple[Identity, tuple[ApiKey, Secret] | None]:
        most = room.settings.service_ids_per_account
        made = serviceids.create(tx, caller, serviceids.Order(data, locked, most))
        if data.apikey is None:
            return made, None
        body = msgspec.convert(msgspec.to_builtins(data.apikey) | {"iam_id": made.iam_id}, CreateApiKey)
        wanted = apikeys.key_of(body, caller, locked=False, disabled=False)
        order = apikeys.Order(wanted, body, room.settings.api_keys_per_identity)
        return made, apikeys.create(tx, caller, room.keyring, order)

    made, key = await guest.write(rule)
    apikey = key_body(key[0], keyring=room.keyring, value=key[1]) if key else None
    return tagged(_body(made, with_group=with_group, apikey=apikey), 201)


@get("/{serviceid:str}", operation_id="getServiceId")
async def get_service_id(
    guest: TheGuest,
    serviceid: FromPath[str],
    include_history: FromQuery[bool] = False,
    include_activity: FromQuery[bool] = False,
    show_group_id: FromQuery[str | None] = None,
) -> Response[ServiceIdBody]:
    """One service ID."""
    with_group = _shows_group(show_group_id)
    if include_activity:
        await guest.room.issues.flush()

    def rule(tx: Tx, caller: Caller) -> ServiceIdBody:
        found = serviceids.get(tx, caller, serviceid)
        history = audit_store.history(tx, [found.id])[found.id] if include_history else None
        use = audit_store.uses(tx, [found.id])[found.id] if include_activity else None
        return _body(found, with_group=with_group, history=history, use=use)

    return tagged(await guest.read(rule))


@put("/{serviceid:str}", operation_id="updateServiceId")
async def update_service_id(
    guest: TheGuest,
    serviceid: FromPath[str],
    data: JSONBody[UpdateServiceId],
    if_match: IfMatch = "",
    show_group_id: FromQuery[str | None] = None,
) -> Response[ServiceIdBody]:
    """Change what is given of a service ID."""
    with_group = _shows_group(show_group_id)
    changed = await guest.write(lambda tx, caller: serviceids.update(tx, caller, serviceid, if_match, data))
    return tagged(_body(changed, with_group=with_group))


@delete("/{serviceid:str}", operation_id="deleteServiceId")
async def delete_service_id(guest: TheGuest, serviceid: FromPath[str]) -> None:
    """Delete a service ID and all its API keys."""
    await guest.write(lambda tx, caller: serviceids.delete(tx, caller, serviceid))


@post("/{serviceid:str}/lock", operation_id="lockServiceId", status_code=204)
async def lock_service_id(guest: TheGuest, serviceid: FromPath[str]) -> None:
    """Lock a service ID against change and deletion."""
    await guest.write(lambda tx, caller: serviceids.lock(tx, caller, serviceid))


@delete("/{serviceid:str}/lock", operation_id="unlockServiceId")
async def unlock_service_id(guest: TheGuest, serviceid: FromPath[str]) -> None:
    """Unlock a service ID."""
    await guest.write(lambda tx, caller: serviceids.unlock(tx, caller, serviceid))


@get("/", operation_id="listServiceIdGroup")
async def list_groups(guest: TheGuest, account_id: FromQuery[str | None] = None) -> GroupList:
    """All service ID groups of the account."""

    def rule(tx: Tx, caller: Caller) -> list[Group]:
        check_account(caller, account_id)
        return group_store.of_account(tx, caller.account_id)

    return GroupList(serviceid_groups=[_group_body(group) for group in await guest.read(rule)])


@post("/", operation_id="createServiceIdGroup")
async def create_group(guest: TheGuest, data: JSONBody[CreateGroup]) -> Response[GroupBody]:
    """Create a service ID group."""
    most = guest.room.settings.service_ids_per_account
    made = await guest.write(lambda tx, caller: serviceids.create_group(tx, caller, data, most=most))
    return tagged(_group_body(made), 201)


@get("/{group_id:str}", operation_id="getServiceIdGroup")
async def get_group(guest: TheGuest, group_id: FromPath[str]) -> Response[GroupBody]:
    """One service ID group."""
    return tagged(_group_body(await guest.read(lambda tx, caller: serviceids.group(tx, caller, group_id))))


@put("/{group_id:str}", operation_id="updateServiceIdGroup")
async def update_group(
    guest: TheGuest, group_id: FromPath[str], data: JSONBody[UpdateGroup], if_match: IfMatch = ""
) -> Response[GroupBody]:
    """Change a service ID group's name and description."""
    changed = await guest.write(
        lambda tx, caller: serviceids.update_group(tx, caller, group_id, if_match, data)
    )
    return tagged(_group_body(changed))


@delete("/{group_id:str}", operation_id="deleteServiceIdGroup")
async def delete_group(guest: TheGuest, group_id: FromPath[str]) -> None:
    """Delete an empty service ID group."""
    await guest.write(lambda tx, caller: serviceids.delete_group(tx, caller, group_id))


SERVICE_IDS = Router(
    path="/v1/serviceids",
    tags=["Service IDs"],
    route_handlers=[
        list_service_ids,
        create_service_id,
        get_service_id,
        update_service_id,
        delete_service_id,
        lock_service_id,
        unlock_service_id,
    ],
)
SERVICE_ID_GROUPS = Router(
    path="/v1/serviceid_groups",
    tags=["Service IDs"],
    route_handlers=[list_groups, create_group, get_group, update_group, delete_group],
)


def _body(
    serviceid: Identity,
    *,
    with_group: bool,
    apikey: ApiKeyBody | None = None,
    history: list[Change] | None = None,
    use: Use | None = None,
) -> ServiceIdBody:
    return ServiceIdBody(
        id=serviceid.id,
        iam_id=serviceid.iam_id,
        entity_tag=serviceid.entity_tag,
        crn=identity_crn(serviceid.account_id, "serviceid", serviceid.id),
        locked=serviceid.locked,
        created_at=minutes_text(serviceid.created_at),
        modified_at=minutes_text(serviceid.modified_at),
        account_id=serviceid.account_id,
        name=serviceid.name,
        unique_instance_crns=list(serviceid.details.get("unique_instance_crns", [])),
        description=serviceid.description or UNSET,
        group_id=(serviceid.group_id or DEFAULT_GROUP) if with_group else UNSET,
        apikey=UNSET if apikey is None else apikey,
        history=UNSET if history is None else history_bodies(history),
        activity=UNSET if use is None else activity_body(use),
    )


def _group_body(group: Group) -> GroupBody:
    return GroupBody(
        id=group.id,
        entity_tag=group.entity_tag,
        account_id=group.account_id,
        crn=identity_crn(group.account_id, "serviceid-group", group.id),
        name=group.name,
        created_at=minutes_text(group.created_at),
        created_by=group.created_by,
        modified_at=minutes_text(group.modified_at),
        description=group.description or UNSET,
    )


def _shows_group(text: str | None) -> bool:
    return read_flag({"show_group_id": text} if text else {}, "show_group_id")
