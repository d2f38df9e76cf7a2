"""The rules of service IDs and their groups (iam-identity-api.md 4)."""

from dataclasses import dataclass, replace

from lockhouse.iam import (
    account_store,
    apikey_store,
    apikeys,
    consumption_store,
    group_store,
    identity_store,
)
from lockhouse.iam.account_settings import restricts
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.entities import check_account, check_tag, check_unlocked, manages, warn_of_limit
from lockhouse.iam.errors import Conflict, LimitReached, NotAllowed, NotFound, RequestInvalid
from lockhouse.iam.group_store import DEFAULT_GROUP, Group
from lockhouse.iam.identity_store import Identity
from lockhouse.iam.model import SERVICE_ID_CREATOR, Caller
from lockhouse.iam.texts import checked_description, checked_name
from lockhouse.ids import IamId, new_entity_id, new_entity_tag
from lockhouse.storage import Tx
from lockhouse.wire.serviceids import CreateGroup, CreateServiceId, UpdateGroup, UpdateServiceId

_MOST_CRNS = 100
_ACTION = "account-serviceid"
_GROUP_ACTION = "account-serviceid-group"


@dataclass(frozen=True, slots=True)
class Order:
    """A service ID to be created; `most` are those that an account may have."""

    body: CreateServiceId
    locked: bool
    most: int


def create(tx: Tx, caller: Caller, order: Order) -> Identity:
    """Add a service ID. Raises NotAllowed, NotFound, LimitReached, RequestInvalid."""
    body = order.body
    check_account(caller, body.account_id)
    settings = account_store.settings(tx, caller.account_id)
    if restricts(settings, "restrict_create_service_id") and SERVICE_ID_CREATOR not in caller.roles:
        raise NotAllowed(
            f"The account lets only those with the role '{SERVICE_ID_CREATOR}' create service IDs."
        )
    group_id = body.group_id or DEFAULT_GROUP
    if group_id != DEFAULT_GROUP:
        group(tx, caller, group_id)
    count = identity_store.count(tx, caller.account_id, "serviceid")
    if count >= order.most:
        raise LimitReached(f"The account has {count} service IDs; no more than {order.most} are allowed.")
    now, serviceid = caller.visit.at, new_entity_id("ServiceId")
    made = Identity(
        account_id=caller.account_id,
        iam_id=IamId(f"iam-{serviceid}"),
        id=serviceid,
        kind="serviceid",
        name=checked_name(body.name),
        description=checked_description(body.description or ""),
        group_id=group_id,
        details={"unique_instance_crns": _checked_crns(body.unique_instance_crns or [])},
        locked=order.locked,
        entity_tag=new_entity_tag(),
        created_at=now,
        created_by=caller.iam_id,
        modified_at=now,
    )
    identity_store.insert_identity(tx, made)
    record(tx, caller, Deed(f"{_ACTION}.create", serviceid, "CREATE", (f"name={made.name}",)))
    warn_of_limit(tx, caller, "Service IDs", count=count + 1, most=order.most)
    return made


def get(tx: Tx, caller: Caller, serviceid: str) -> Identity:
    """A service ID that the caller may see. Raises NotFound, NotAllowed."""
    found = identity_store.by_id(tx, serviceid)
    if found is None or found.kind != "serviceid" or found.account_id != caller.account_id:
        raise NotFound(f"Service ID {serviceid} could not be found.")
    if not (caller.viewer or manages(tx, caller, found.iam_id)):
        raise NotAllowed("You may not see this service ID.")
    return found


def update(tx: Tx, caller: Caller, serviceid: str, if_match: str, body: UpdateServiceId) -> Identity:
    """Change what is given. Raises NotFound, NotAllowed, EntityChanged, EntityLocked, RequestInvalid."""
    found = _own(tx, caller, serviceid)
    check_tag(found.entity_tag, if_match)
    check_unlocked(found.locked, "Service ID", serviceid, f"{_ACTION}.update")
    params = []
    if body.name is not None:
        params += [f"name={body.name}", f"prev_name={found.name}"]
        found = replace(found, name=checked_name(body.name))
    if body.description is not None:
        params.append("description")
        found = replace(found, description=checked_description(body.description))
    if body.unique_instance_crns is not None:
        params.append("unique_instance_crns")
        found = replace(found, details={"unique_instance_crns": _checked_crns(body.unique_instance_crns)})
    return _changed(tx, caller, found, "UPDATE", tuple(params))


def delete(tx: Tx, caller: Caller, serviceid: str) -> None:
    """Delete a service ID with all its keys. Raises NotFound, NotAllowed, EntityLocked, Conflict."""
    found = _own(tx, caller, serviceid)
    check_unlocked(found.locked, "Service ID", serviceid, f"{_ACTION}.delete")
    keys = apikey_store.of_identity(tx, found.account_id, found.iam_id)
    locked = [key.id for key in keys if key.locked]
    if locked:
        raise Conflict(
            f"API keys of the service ID are locked: {', '.join(locked)}. Unlock them and try again."
        )
    for key in keys:
        apikeys.bury(tx, caller, key)
    identity_store.delete(tx, found)
    record(tx, caller, Deed(f"{_ACTION}.delete", serviceid, "DELETE", (f"name={found.name}",)))


def lock(tx: Tx, caller: Caller, serviceid: str) -> None:
    """Lock a service ID against change and deletion. Raises NotFound, NotAllowed."""
    found = _own(tx, caller, serviceid)
    if not found.locked:
        _changed(tx, caller, replace(found, locked=True), "LOCK", ("lock=true",))


def unlock(tx: Tx, caller: Caller, serviceid: str) -> None:
    """Unlock a service ID. Raises NotFound, NotAllowed."""
    found = _own(tx, caller, serviceid)
    if found.locked:
        _changed(tx, caller, replace(found, locked=False), "UNLOCK", ("lock=false",))


def create_group(tx: Tx, caller: Caller, body: CreateGroup, *, most: int) -> Group:
    """Add a group. Raises NotAllowed, Conflict, LimitReached, RequestInvalid."""
    check_account(caller, body.account_id)
    count = consumption_store.whole(tx, caller.account_id, "serviceid_groups")
    if count >= most:
        raise LimitReached(f"The account has {count} service ID groups; no more than {most} are allowed.")
    now = caller.visit.at
    made = Group(
        id=new_entity_id("ServiceIdGroup"),
        account_id=caller.account_id,
        name=checked_name(body.name),
        description=checked_description(body.description or ""),
        entity_tag=new_entity_tag(),
        created_at=now,
        created_by=caller.iam_id,
        modified_at=now,
    )
    _check_group_name(tx, made)
    group_store.insert(tx, made)
    record(tx, caller, Deed(f"{_GROUP_ACTION}.create", made.id, "CREATE", (f"name={made.name}",)))
    return made


def group(tx: Tx, caller: Caller, group_id: str) -> Group:
    """A group of the account. Raises NotFound."""
    found = group_store.by_id(tx, group_id)
    if found is None or found.account_id != caller.account_id:
        raise NotFound(f"Service ID group {group_id} could not be found.")
    return found


def update_group(tx: Tx, caller: Caller, group_id: str, if_match: str, body: UpdateGroup) -> Group:
    """Change a group's name and description. Raises NotFound, NotAllowed, EntityChanged, Conflict,
    RequestInvalid."""
    found = _own_group(tx, caller, group_id)
    check_tag(found.entity_tag, if_match)
    description = found.description if body.description is None else checked_description(body.description)
    changed = replace(
        found,
        name=checked_name(body.name),
        description=description,
        entity_tag=new_entity_tag(found.entity_tag),
        modified_at=caller.visit.at,
    )
    _check_group_name(tx, changed)
    group_store.update(tx, changed)
    record(tx, caller, Deed(f"{_GROUP_ACTION}.update", group_id, "UPDATE", (f"name={changed.name}",)))
    return changed


def delete_group(tx: Tx, caller: Caller, group_id: str) -> None:
    """Delete an empty group. Raises NotFound, NotAllowed, Conflict."""
    found = _own_group(tx, caller, group_id)
    if group_store.has_members(tx, caller.account_id, group_id):
        raise Conflict("The group has service IDs. Delete them first.")
    group_store.delete(tx, group_id)
    record(tx, caller, Deed(f"{_GROUP_ACTION}.delete", group_id, "DELETE", (f"name={found.name}",)))


def _own(tx: Tx, caller: Caller, serviceid: str) -> Identity:
    found = get(tx, caller, serviceid)
    if not manages(tx, caller, found.iam_id):
        raise NotAllowed("You may not change this service ID.")
    return found


def _own_group(tx: Tx, caller: Caller, group_id: str) -> Group:
    found = group(tx, caller, group_id)
    if not (caller.administrator or found.created_by == caller.iam_id):
        raise NotAllowed("You may not change this service ID group.")
    return found


def _changed(tx: Tx, caller: Caller, changed: Identity, change: str, params: tuple[str, ...]) -> Identity:
    changed = replace(changed, entity_tag=new_entity_tag(changed.entity_tag), modified_at=caller.visit.at)
    identity_store.update(tx, changed)
    record(tx, caller, Deed(f"{_ACTION}.update", changed.id, change, params))
    return changed


def _check_group_name(tx: Tx, wanted: Group) -> None:
    taken = group_store.by_name(tx, wanted.account_id, wanted.name)
    if taken is not None and taken.id != wanted.id:
        raise Conflict("A service ID group with this name exists already.")


def _checked_crns(crns: list[str]) -> list[str]:
    if len(crns) > _MOST_CRNS:
        raise RequestInvalid(f"Parameter 'unique_instance_crns' has more than {_MOST_CRNS} entries.")
    return [checked_name(crn, "unique_instance_crns") for crn in crns]
