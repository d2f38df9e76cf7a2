"""Who may assume which trusted profile (iam-identity-api.md 3.1 and 5)."""

from lockhouse.iam import identity_store, profile_store, standing_store
from lockhouse.iam.errors import AssumptionRefused, GrantInvalid, ProfileUnknown
from lockhouse.iam.identity_store import Identity
from lockhouse.iam.model import Caller, Subject
from lockhouse.iam.profile_store import Assumer
from lockhouse.storage import Tx
from lockhouse.wire.tokens import TokenRequest


def profile_for(tx: Tx, caller: Caller, request: TokenRequest) -> Subject:
    """The profile that the request names, if it lets the caller in.

    Raises GrantInvalid, ProfileUnknown, AssumptionRefused.
    """
    profile = _named_profile(tx, caller, request)
    if caller.kind == "profile":
        raise AssumptionRefused
    if not any(_lets_in(assumer, caller, profile) for assumer in profile_store.assumers(tx, profile.id)):
        raise AssumptionRefused
    subject = standing_store.subject(tx, profile.account_id, profile.iam_id)
    if subject is None:
        raise ProfileUnknown
    return subject


def _named_profile(tx: Tx, caller: Caller, request: TokenRequest) -> Identity:
    """By id, else by CRN, else by name and account: whichever is there, in this order."""
    profile_id = request.text("profile_id") or request.text("profile_crn").rpartition(":")[2]
    if profile_id:
        found = identity_store.by_id(tx, profile_id)
    elif request.text("profile_name"):
        account_id = request.text("account") or caller.account_id
        found = identity_store.by_name(tx, account_id, "profile", request.text("profile_name"))
    else:
        raise GrantInvalid("One of 'profile_id', 'profile_crn', 'profile_name' is needed.")
    if found is None or found.kind != "profile":
        raise ProfileUnknown
    return found


def _lets_in(assumer: Assumer, caller: Caller, profile: Identity) -> bool:
    if assumer.iam_id != caller.iam_id or assumer.type == "crn":
        return False
    return caller.account_id in (assumer.accounts or (profile.account_id,))
