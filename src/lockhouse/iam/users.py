"""The rules of users: invite, change, disable, remove; passwords are set with codes that are shown once."""

from dataclasses import dataclass, replace

from lockhouse.iam import account_store, accounts, apikey_store, apikeys, identity_store, token_store
from lockhouse.iam.account_settings import read_settings_json, restricts
from lockhouse.iam.account_store import User
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.entities import check_account, check_administrator
from lockhouse.iam.errors import CodeInvalid, Conflict, NotAllowed, NotFound, RequestInvalid
from lockhouse.iam.identity_store import Identity
from lockhouse.iam.model import ROLES, ApiKey, Caller
from lockhouse.iam.texts import checked_email, checked_name
from lockhouse.ids import new_entity_tag
from lockhouse.sealing import Keyring, Secret, new_token_value
from lockhouse.storage import Tx
from lockhouse.wire.users import InviteUser, InviteUsers, UpdateUser

ACTION = "user-management.user"
INVITATION_MS = 7 * 86_400_000
RESET_MS = 86_400_000
_MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Invited:
    """One who was invited, with the code for his password; None where he has one already."""

    member: Identity
    code: Secret | None


def invite(tx: Tx, caller: Caller, account_id: str, keyring: Keyring, body: InviteUsers) -> list[Invited]:
    """Invite users. Raises NotAllowed, Conflict, RequestInvalid."""
    check_account(caller, account_id)
    check_administrator(caller)
    if caller.kind != "user":
        raise NotAllowed("Only a user can invite users.")
    if not 1 <= len(body.users) <= _MOST_AT_ONCE:
        raise RequestInvalid(f"Parameter 'users' must have 1 to {_MOST_AT_ONCE} entries.")
    policies = [role.role_id or "" for policy in body.iam_policy for role in policy.roles]
    granted = {role for text in policies for role in ROLES if text.rpartition(":")[2] == role}
    return [_invite(tx, caller, keyring, wanted, granted) for wanted in body.users]


def get(tx: Tx, caller: Caller, account_id: str, iam_id: str) -> Identity:
    """A user whom the caller may see. Raises NotFound, NotAllowed, RequestInvalid."""
    check_account(caller, account_id)
    found = identity_store.in_account(tx, account_id, iam_id)
    if found is None or found.kind != "user":
        raise NotFound(f"User {iam_id} could not be found in the account.")
    if found.iam_id != caller.iam_id and made_by(tx, caller) not in {None, found.created_by}:
        raise NotAllowed("You may not see this user.")
    return found


def made_by(tx: Tx, caller: Caller) -> str | None:
    """Whose invited users the caller may see beside himself; None: everybody."""
    hidden = restricts(account_store.settings(tx, caller.account_id), "restrict_user_list_visibility")
    return caller.iam_id if hidden and not caller.viewer else None


def update(tx: Tx, caller: Caller, account_id: str, iam_id: str, body: UpdateUser) -> Identity:
    """Change what is given of a profile. Raises NotFound, NotAllowed, RequestInvalid."""
    found = get(tx, caller, account_id, iam_id)
    if caller.iam_id != iam_id:
        check_administrator(caller)
    if body.email is not None and checked_email(body.email).lower() != found.email:
        raise RequestInvalid("The e-mail address is what a user signs in with; it cannot be changed.")
    if body.state not in {None, found.state}:
        raise RequestInvalid(
            "Parameter 'state' cannot be changed: disable the user or accept the invitation."
        )
    given = {
        name: checked_name(text, name) if text else ""
        for name in ("phonenumber", "altphonenumber", "photo")
        if (text := getattr(body, name)) is not None
    }
    first = found.given_name if body.firstname is None else _name(body.firstname, "firstname")
    last = found.family_name if body.lastname is None else _name(body.lastname, "lastname")
    name = f"{first or ''} {last or ''}".strip() or found.email or found.name
    changed = replace(
        found, given_name=first, family_name=last, name=name, details={**found.details, **given}
    )
    return _changed(tx, caller, changed, "UPDATE", tuple(sorted(given)))


def set_roles(tx: Tx, caller: Caller, account_id: str, iam_id: str, roles: list[str]) -> Identity:
    """Replace a user's roles. Raises NotFound, NotAllowed, RequestInvalid."""
    check_account(caller, account_id)
    check_administrator(caller)
    found = get(tx, caller, account_id, iam_id)
    changed = replace(found, roles=tuple(role for role in ROLES if role in roles))
    return _changed(tx, caller, changed, "UPDATE", (f"roles={', '.join(changed.roles)}",))


def set_disabled(tx: Tx, caller: Caller, account_id: str, iam_id: str, *, disabled: bool) -> None:
    """Disable a user in the account (his tokens and keys are refused from now on), or enable him.

    Raises NotFound, NotAllowed, Conflict.
    """
    found = _other(tx, caller, account_id, iam_id)
    if found.disabled == disabled:
        return
    identity_store.set_disabled(tx, found, disabled=disabled, at=caller.visit.at, by=caller.iam_id)
    _changed(tx, caller, found, "DISABLE" if disabled else "ENABLE", ())


def removal(tx: Tx, caller: Caller, account_id: str, iam_id: str) -> tuple[list[ApiKey], int]:
    """What ends when a user is removed: his keys, and how many sessions. Raises NotFound, NotAllowed,
    Conflict."""
    _other(tx, caller, account_id, iam_id)
    sessions = token_store.live_sessions(tx, account_id, iam_id, now=caller.visit.at)
    return apikey_store.of_identity(tx, account_id, iam_id), len(sessions)


def remove(tx: Tx, caller: Caller, account_id: str, iam_id: str) -> None:
    """Remove a user: his keys and sessions end with it, locked or not. Raises NotFound, NotAllowed,
    Conflict."""
    found = _other(tx, caller, account_id, iam_id)
    now = caller.visit.at
    for key in apikey_store.of_identity(tx, account_id, iam_id):
        apikeys.bury(tx, caller, key)
    for session_id in token_store.live_sessions(tx, account_id, iam_id, now=now):
        token_store.end_session(tx, session_id, at=now, by=caller.iam_id)
    identity_store.delete(tx, found)
    account_store.delete_invitations(tx, iam_id)
    if not account_store.accounts_of_user(tx, iam_id):
        account_store.delete_user(tx, iam_id)
    record(tx, caller, Deed(f"{ACTION}.delete", iam_id, "DELETE", (f"email={found.email}",)))


def reset_password(
    tx: Tx, caller: Caller, account_id: str, iam_id: str, keyring: Keyring
) -> tuple[Secret, int]:
    """A code for a new password, and its end; the old password works until then. Raises NotFound,
    NotAllowed."""
    check_account(caller, account_id)
    check_administrator(caller)
    found = get(tx, caller, account_id, iam_id)
    if len(account_store.accounts_of_user(tx, iam_id)) > 1:
        raise NotAllowed("The user is in several accounts: only he may change his password.")
    code, end = _code(tx, keyring, found, lasts=RESET_MS, now=caller.visit.at), caller.visit.at + RESET_MS
    record(tx, caller, Deed(f"{ACTION}-password.reset", iam_id, None))
    return code, end


def user_of_code(tx: Tx, keyring: Keyring, code: Secret, *, now: int) -> Identity:
    """Whose password a code sets. Raises CodeInvalid."""
    found = account_store.invitation(tx, keyring.digest(code))
    if found is None or found[2] <= now:
        raise CodeInvalid
    member = identity_store.in_account(tx, found[0], found[1])
    if member is None:
        raise CodeInvalid
    return member


def set_password(tx: Tx, caller: Caller, member: Identity, password_hash: str) -> None:
    """Set a user's password: his codes and the sessions of all his accounts end."""
    now = caller.visit.at
    account_store.set_password(tx, member.iam_id, password_hash, at=now)
    account_store.delete_invitations(tx, member.iam_id)
    for account_id in account_store.accounts_of_user(tx, member.iam_id):
        for session_id in token_store.live_sessions(tx, account_id, member.iam_id, now=now):
            token_store.end_session(tx, session_id, at=now, by=member.iam_id)
    record(tx, caller, Deed(f"{ACTION}-password.update", member.iam_id, None))


def activate(tx: Tx, caller: Caller, member: Identity) -> None:
    """An invited user joins the account."""
    if member.state != "ACTIVE":
        _changed(tx, caller, replace(member, state="ACTIVE"), "UPDATE", ("state=ACTIVE",))


def accept(tx: Tx, caller: Caller, account_id: str) -> None:
    """The caller, known by a token of another account, joins one that invited him. Raises NotFound."""
    member = identity_store.in_account(tx, account_id, caller.iam_id)
    if member is None or member.kind != "user":
        raise NotFound("There is no invitation to this account.")
    activate(tx, replace(caller, account_id=member.account_id), member)


def _invite(tx: Tx, caller: Caller, keyring: Keyring, wanted: InviteUser, granted: set[str]) -> Invited:
    email = checked_email(wanted.email).lower()
    _check_domain(tx, caller, email)
    now = caller.visit.at
    user = account_store.user_by_email(tx, email)
    if user is not None and identity_store.in_account(tx, caller.account_id, user.iam_id) is not None:
        raise Conflict(f"{email} is in the account already.")
    new = accounts.new_user(email)
    if user is None:
        account_store.insert_user(tx, User(new.iam_id, email, None, None, now))
    else:
        new = replace(new, iam_id=user.iam_id)
    member = accounts.member_of(caller.account_id, new, created_by=caller.iam_id, now=now)
    roles = tuple(role for role in ROLES if role in granted or role in wanted.roles)
    member = replace(member, state="PENDING", roles=roles)
    identity_store.insert_identity(tx, member)
    params = (f"email={email}", f"roles={', '.join(roles)}")
    record(tx, caller, Deed(f"{ACTION}.create", member.iam_id, "CREATE", params))
    code = (
        None
        if user is not None and user.password_hash
        else _code(tx, keyring, member, lasts=INVITATION_MS, now=now)
    )
    return Invited(member, code)


def _check_domain(tx: Tx, caller: Caller, email: str) -> None:
    for entry in read_settings_json(account_store.settings(tx, caller.account_id))["restrict_user_domains"]:
        patterns = [pattern.lower().lstrip("*") for pattern in entry["invitation_email_allow_patterns"]]
        if entry["restrict_invitation"] and not any(email.endswith(pattern) for pattern in patterns):
            raise NotAllowed("The account does not let users of this e-mail domain be invited.")


def _code(tx: Tx, keyring: Keyring, member: Identity, *, lasts: int, now: int) -> Secret:
    code = new_token_value()
    account_store.insert_invitation(tx, keyring.digest(code), member.account_id, member.iam_id, now + lasts)
    return code


def _other(tx: Tx, caller: Caller, account_id: str, iam_id: str) -> Identity:
    """A user whom an administrator may remove or disable: not the owner."""
    check_account(caller, account_id)
    check_administrator(caller)
    found = get(tx, caller, account_id, iam_id)
    account = account_store.account(tx, account_id)
    if account is not None and account.owner_iam_id == iam_id:
        raise Conflict("The owner of the account cannot be removed or disabled.")
    return found


def _changed(tx: Tx, caller: Caller, changed: Identity, change: str, params: tuple[str, ...]) -> Identity:
    changed = replace(changed, entity_tag=new_entity_tag(changed.entity_tag), modified_at=caller.visit.at)
    identity_store.update(tx, changed)
    record(tx, caller, Deed(f"{ACTION}.update", changed.iam_id, change, params))
    return changed


def _name(text: str, field: str) -> str:
    return checked_name(text, field) if text else ""
