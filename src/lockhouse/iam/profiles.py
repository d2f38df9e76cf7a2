"""The rules of trusted profiles (iam-identity-api.md 5)."""

from dataclasses import replace

from lockhouse.iam import account_store, identity_store, profile_store
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.entities import check_tag, manages, warn_of_limit
from lockhouse.iam.errors import Conflict, LimitReached, NotAllowed, NotFound, RequestInvalid
from lockhouse.iam.identity_store import Identity
from lockhouse.iam.model import Caller
from lockhouse.iam.texts import checked_description, checked_email, checked_name
from lockhouse.ids import IamId, new_entity_id, new_entity_tag
from lockhouse.storage import Tx
from lockhouse.wire.profiles import CreateProfile, UpdateProfile

ACTION = "account-profile"


def create(tx: Tx, caller: Caller, body: CreateProfile, *, most: int) -> Identity:
    """Add a trusted profile. Raises NotAllowed, Conflict, LimitReached, RequestInvalid."""
    if account_store.account(tx, body.account_id) is None:
        raise RequestInvalid(f"Account {body.account_id} could not be found.")
    if body.account_id != caller.account_id:
        raise NotAllowed("The account is not that of the access token.")
    if not caller.administrator:
        raise NotAllowed("Only an administrator may create trusted profiles.")
    count = identity_store.count(tx, caller.account_id, "profile")
    if count >= most:
        raise LimitReached(f"The account has {count} trusted profiles; no more than {most} are allowed.")
    now, profile_id = caller.visit.at, new_entity_id("Profile")
    made = Identity(
        account_id=caller.account_id,
        iam_id=IamId(f"iam-{profile_id}"),
        id=profile_id,
        kind="profile",
        name=checked_name(body.name),
        description=checked_description(body.description or ""),
        email=checked_email(body.email) if body.email else None,
        entity_tag=new_entity_tag(),
        created_at=now,
        created_by=caller.iam_id,
        modified_at=now,
    )
    _check_name(tx, made)
    identity_store.insert_identity(tx, made)
    record(tx, caller, Deed(f"{ACTION}.create", profile_id, "CREATE", (f"name={made.name}",)))
    warn_of_limit(tx, caller, "trusted profiles", count=count + 1, most=most)
    return made


def get(tx: Tx, caller: Caller, profile_id: str) -> Identity:
    """A trusted profile that the caller may see. Raises NotFound, NotAllowed."""
    found = identity_store.by_id(tx, profile_id)
    if found is None or found.kind != "profile" or found.account_id != caller.account_id:
        raise NotFound(f"Trusted profile {profile_id} could not be found.")
    if not (caller.viewer or manages(tx, caller, found.iam_id)):
        raise NotAllowed("You may not see this trusted profile.")
    return found


def own(tx: Tx, caller: Caller, profile_id: str) -> Identity:
    """A trusted profile that the caller may change. A profile does not change itself: it would let in whom
    it likes.

    Raises NotFound, NotAllowed.
    """
    found = get(tx, caller, profile_id)
    if not caller.administrator and (caller.iam_id == found.iam_id or not manages(tx, caller, found.iam_id)):
        raise NotAllowed("You may not change this trusted profile.")
    return found


def update(tx: Tx, caller: Caller, profile_id: str, if_match: str, body: UpdateProfile) -> Identity:
    """Change what is given. Raises NotFound, NotAllowed, EntityChanged, Conflict, RequestInvalid."""
    found = own(tx, caller, profile_id)
    check_tag(found.entity_tag, if_match)
    params = tuple(name for name in ("description", "email") if getattr(body, name) is not None)
    if body.name is not None:
        params = (f"name={body.name}", f"prev_name={found.name}", *params)
        found = replace(found, name=checked_name(body.name))
        _check_name(tx, found)
    if body.description is not None:
        found = replace(found, description=checked_description(body.description))
    if body.email is not None:
        found = replace(found, email=checked_email(body.email) if body.email else None)
    return touch(tx, caller, found, params)


def delete(tx: Tx, caller: Caller, profile_id: str) -> None:
    """Delete a trusted profile with its rules, links and identities. Raises NotFound, NotAllowed."""
    found = own(tx, caller, profile_id)
    profile_store.delete_parts(tx, profile_id)
    identity_store.delete(tx, found)
    record(tx, caller, Deed(f"{ACTION}.delete", profile_id, "DELETE", (f"name={found.name}",)))


def touch(tx: Tx, caller: Caller, profile: Identity, params: tuple[str, ...]) -> Identity:
    """Write a profile that has changed, or whose parts have."""
    profile = replace(profile, entity_tag=new_entity_tag(profile.entity_tag), modified_at=caller.visit.at)
    identity_store.update(tx, profile)
    record(tx, caller, Deed(f"{ACTION}.update", profile.id, "UPDATE", params))
    return profile


def _check_name(tx: Tx, wanted: Identity) -> None:
    taken = identity_store.by_name(tx, wanted.account_id, "profile", wanted.name)
    if taken is not None and taken.id != wanted.id:
        raise Conflict("A trusted profile with this name exists already.")
