"""What the rules of all entities share: who manages them, their tags, their locks."""

import math

from lockhouse.iam import identity_store
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.errors import EntityChanged, EntityLocked, NotAllowed, RequestInvalid
from lockhouse.iam.model import Caller, IdentityKind
from lockhouse.ids import is_account_id
from lockhouse.storage import Tx


def kind_of(iam_id: str) -> IdentityKind:
    """What an iam_id stands for."""
    if iam_id.startswith("iam-ServiceId-"):
        return "serviceid"
    return "profile" if iam_id.startswith("iam-Profile-") else "user"


def manages(tx: Tx, caller: Caller, iam_id: str) -> bool:
    """Whether an identity and its keys are the caller's to manage: himself, service IDs that he made, and
    everybody for an administrator."""
    if iam_id == caller.iam_id or caller.administrator:
        return True
    return (
        kind_of(iam_id) != "user" and identity_store.creator(tx, caller.account_id, iam_id) == caller.iam_id
    )


def check_account(caller: Caller, account_id: str | None) -> None:
    """Whether an account is the caller's. Raises RequestInvalid for what is no account's id, NotAllowed."""
    if account_id is None or not is_account_id(account_id):
        raise RequestInvalid("Parameter 'account_id' is missing or not the id of an account.")
    if account_id != caller.account_id:
        raise NotAllowed("The account is not that of the access token.")


def check_administrator(caller: Caller) -> None:
    """Raises NotAllowed for all but the owner and the administrators of the account."""
    if not caller.administrator:
        raise NotAllowed("Only an administrator of the account may do this.")


def check_unlocked(locked: bool, kind: str, entity_id: str, action: str) -> None:
    """Raises EntityLocked; `action` is the audit trail's word for what was tried."""
    if locked:
        raise EntityLocked(kind, entity_id, f"iam-identity.{action}")


def warn_of_limit(tx: Tx, caller: Caller, what: str, *, count: int, most: int) -> None:
    """Write an event when nine tenths of what an account may have are reached; `what` are `Service IDs`."""
    if count != math.ceil(most * 0.9):
        return
    message = (
        f"Warning: You have reached 90% of the maximum number of allowed {what} in account "
        f"{caller.account_id}. Your current count is {count} and the limit is {most}."
    )
    record(tx, caller, Deed("account-limits.warn", caller.account_id, message=message))


def check_tag(entity_tag: str, if_match: str) -> None:
    """Whether If-Match names the present state; quotes around it are allowed. Raises EntityChanged,
    RequestInvalid."""
    wanted = if_match.strip().removeprefix("W/").strip('"')
    if not wanted:
        raise RequestInvalid("Header 'If-Match' is missing: an entity_tag, or * for any.")
    if wanted not in {"*", entity_tag}:
        raise EntityChanged(f"The entity has changed: If-Match is not {entity_tag}.")
