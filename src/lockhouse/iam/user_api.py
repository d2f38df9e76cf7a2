"""The doors of users: IBM's User Management shapes, and ours for roles, disabling, passwords."""

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Router, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from lockhouse.iam import account_store, audit_store, identity_store, users
from lockhouse.iam.entities import check_account
from lockhouse.iam.errors import CredentialsWrong, NotAllowed, RequestInvalid
from lockhouse.iam.identity_store import Identity, IdentityList
from lockhouse.iam.list_query import given
from lockhouse.iam.model import Caller, Use
from lockhouse.iam.paging import Page, page_links, read_page_request
from lockhouse.iam.passwords import check_password, hash_password_aside
from lockhouse.iam.room import Stranger, TheGuest, TheStranger
from lockhouse.sealing import Secret
from lockhouse.storage import Tx
from lockhouse.wire.entities import UNSET
from lockhouse.wire.times import minutes_text
from lockhouse.wire.users import (
    AcceptInvitation,
    ChangePassword,
    InvitedUser,
    InvitedUserList,
    InviteUsers,
    Removal,
    ResetCode,
    SetPassword,
    SetRoles,
    UpdateUser,
    UserBody,
    UserList,
)

Start = Annotated[str | None, QueryParameter(name="_start", required=False)]
_SEARCHED = {
    "firstname": "given_name",
    "lastname": "family_name",
    "email": "email",
    "state": "state",
    "realm": None,
}


@get("/accounts/{account_id:str}/users", operation_id="listUsers")
async def list_users(  # noqa: PLR0913, PLR0917 - so many the wire has
    guest: TheGuest,
    account_id: FromPath[str],
    limit: FromQuery[str | None] = None,
    start: Start = None,
    search: FromQuery[str | None] = None,
    user_id: FromQuery[str | None] = None,
) -> UserList:
    """List the users of the account."""
    keyring = guest.room.keyring
    query = {"limit": "100"} | given(limit=limit, search=search, user_id=user_id, pagetoken=start)
    request = read_page_request(
        keyring, query, sorts=("created_at",), default_sort="created_at", size_name="limit"
    )

    def rule(tx: Tx, caller: Caller) -> tuple[Page, int, str | None]:
        check_account(caller, account_id)
        wanted = IdentityList(
            account_id,
            "user",
            shown_to=users.made_by(tx, caller),
            equal=_searched(request.query),
        )
        page = identity_store.page(tx, request, wanted)
        return page, identity_store.count_list(tx, wanted), _owner(tx, account_id)

    page, total, owner = await guest.read(rule)
    links = page_links(keyring, page, guest.address_of(f"/v2/accounts/{account_id}/users"))
    return UserList(
        total_results=total,
        limit=request.size,
        first_url=links["first"].replace("pagetoken=", "_start="),
        next_url=links["next"].replace("pagetoken=", "_start=") if "next" in links else UNSET,
        resources=[_body(row, owner) for row in page.rows],
    )


@post("/accounts/{account_id:str}/users", operation_id="inviteUsers", status_code=202)
async def invite_users(
    guest: TheGuest, account_id: FromPath[str], data: JSONBody[InviteUsers]
) -> InvitedUserList:
    """Invite users. Those without a password yet get a code to set one: it is in the answer, and only
    there."""
    keyring = guest.room.keyring
    made = await guest.write(lambda tx, caller: users.invite(tx, caller, account_id, keyring, data))
    return InvitedUserList(
        resources=[
            InvitedUser(
                email=one.member.email or "",
                id=one.member.iam_id,
                state=one.member.state,
                code=one.code.reveal() if one.code else UNSET,
            )
            for one in made
        ]
    )


@get("/accounts/{account_id:str}/users/{iam_id:str}", operation_id="getUserProfile")
async def get_user(
    guest: TheGuest,
    account_id: FromPath[str],
    iam_id: FromPath[str],
    include_activity: FromQuery[str | None] = None,
) -> UserBody:
    """One user."""

    def rule(tx: Tx, caller: Caller) -> UserBody:
        found = users.get(tx, caller, account_id, iam_id)
        use = (
            audit_store.uses(tx, [found.activity_id])[found.activity_id]
            if include_activity == "true"
            else None
        )
        return _body(found, _owner(tx, account_id), use)

    return await guest.read(rule)


@patch("/accounts/{account_id:str}/users/{iam_id:str}", operation_id="updateUserProfile", status_code=204)
async def update_user(
    guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str], data: JSONBody[UpdateUser]
) -> None:
    """Change what is given of a user's profile."""
    await guest.write(lambda tx, caller: users.update(tx, caller, account_id, iam_id, data))


@delete("/accounts/{account_id:str}/users/{iam_id:str}", operation_id="removeUser")
async def remove_user(guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str]) -> None:
    """Remove a user: his API keys and sessions end with it."""
    await guest.write(lambda tx, caller: users.remove(tx, caller, account_id, iam_id))


@delete("/accounts/{account_id:str}/users/{iam_id:str}", operation_id="v3RemoveUser", status_code=202)
async def v3_remove_user(guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str]) -> None:
    """The same; done when it is answered."""
    await guest.write(lambda tx, caller: users.remove(tx, caller, account_id, iam_id))


@get("/accounts/{account_id:str}/users/{iam_id:str}/removal", operation_id="previewRemoval")
async def preview_removal(guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str]) -> Removal:
    """What ends when a user is removed."""
    keys, sessions = await guest.read(lambda tx, caller: users.removal(tx, caller, account_id, iam_id))
    return Removal(apikeys=[{"id": key.id, "name": key.name} for key in keys], sessions=sessions)


@put("/accounts/{account_id:str}/users/{iam_id:str}/roles", operation_id="setUserRoles")
async def set_roles(
    guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str], data: JSONBody[SetRoles]
) -> UserBody:
    """Replace a user's roles in the account."""

    def rule(tx: Tx, caller: Caller) -> UserBody:
        changed = users.set_roles(tx, caller, account_id, iam_id, list(data.roles))
        return _body(changed, _owner(tx, account_id))

    return await guest.write(rule)


@post("/accounts/{account_id:str}/users/{iam_id:str}/disable", operation_id="disableUser", status_code=204)
async def disable_user(guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str]) -> None:
    """Disable a user in the account: his tokens and keys are refused from now on."""
    await guest.write(lambda tx, caller: users.set_disabled(tx, caller, account_id, iam_id, disabled=True))


@delete("/accounts/{account_id:str}/users/{iam_id:str}/disable", operation_id="enableUser")
async def enable_user(guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str]) -> None:
    """Enable a user again."""
    await guest.write(lambda tx, caller: users.set_disabled(tx, caller, account_id, iam_id, disabled=False))


@post("/accounts/{account_id:str}/users/{iam_id:str}/password_reset", operation_id="resetPassword")
async def reset_password(guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str]) -> ResetCode:
    """A code with which a user sets a new password; it is in the answer, and only there."""
    keyring = guest.room.keyring
    code, end = await guest.write(
        lambda tx, caller: users.reset_password(tx, caller, account_id, iam_id, keyring)
    )
    return ResetCode(code=code.reveal(), expires_at=minutes_text(end))


@put("/accounts/{account_id:str}/users/{iam_id:str}/password", operation_id="changePassword", status_code=204)
async def change_password(
    guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str], data: JSONBody[ChangePassword]
) -> None:
    """Change one's own password; every session ends with it."""
    limits, address, now = guest.room.limits, guest.visit.address, guest.visit.at / 1000

    def look(tx: Tx, caller: Caller) -> str | None:
        member = users.get(tx, caller, account_id, iam_id)
        if member.iam_id != caller.iam_id:
            raise NotAllowed("Only the user himself may change his password.")
        user = account_store.user(tx, iam_id)
        return user.password_hash if user else None

    known = await guest.read(look)
    limits.before_password(iam_id, address, now)
    if not await check_password(Secret(data.current_password), known):
        limits.bad_password(iam_id, address, now)
        raise CredentialsWrong
    password_hash = await hash_password_aside(Secret(data.password))

    def rule(tx: Tx, caller: Caller) -> None:
        users.set_password(tx, caller, users.get(tx, caller, account_id, iam_id), password_hash)

    await guest.write(rule)


@post("/users/accept", operation_id="acceptInvitation", status_code=202)
async def accept(guest: TheGuest, data: JSONBody[AcceptInvitation]) -> None:
    """Join an account to which one was invited, with a token of another account."""
    await guest.write(lambda tx, caller: users.accept(tx, caller, data.account_id))


@post("/users/password", operation_id="setPassword", status_code=204)
async def set_password(stranger: TheStranger, data: JSONBody[SetPassword]) -> None:
    """Turn a code into a password, without a token; an invited user joins the account with it."""
    await _set_password(stranger, data)


async def _set_password(stranger: Stranger, data: SetPassword) -> None:
    room, visit = stranger.room, stranger.visit
    code = Secret(data.code)
    await room.db.read(lambda tx: users.user_of_code(tx, room.keyring, code, now=visit.at))
    password_hash = await hash_password_aside(Secret(data.password))

    def rule(tx: Tx) -> None:
        member = users.user_of_code(tx, room.keyring, code, now=visit.at)
        caller = Caller(member.iam_id, member.account_id, member.name, "user", frozenset(), False, visit)
        users.set_password(tx, caller, member, password_hash)
        users.activate(tx, caller, member)
        if data.firstname is not None or data.lastname is not None:
            names = UpdateUser(firstname=data.firstname, lastname=data.lastname)
            users.update(tx, caller, member.account_id, member.iam_id, names)

    await room.db.write(rule)


USERS = Router(
    path="/v2",
    tags=["Users"],
    route_handlers=[
        list_users,
        invite_users,
        get_user,
        update_user,
        remove_user,
        preview_removal,
        set_roles,
        disable_user,
        enable_user,
        reset_password,
        change_password,
        accept,
        set_password,
    ],
)
USERS_V3 = Router(path="/v3", tags=["Users"], route_handlers=[v3_remove_user])


def _owner(tx: Tx, account_id: str) -> str | None:
    account = account_store.account(tx, account_id)
    return account.owner_iam_id if account else None


def _searched(query: Mapping[str, str]) -> dict[str, str]:
    """The conditions of `search` (`state:PENDING`, several separated by blanks) and `user_id`."""
    wanted = {"email": query["user_id"].lower()} if query.get("user_id") else {}
    for part in query.get("search", "").split():
        name, separator, value = part.partition(":")
        if not separator or name not in _SEARCHED:
            raise RequestInvalid(
                f"Parameter 'search' must be made of {', '.join(_SEARCHED)} and values: state:PENDING."
            )
        column = _SEARCHED[name]
        if column is not None:
            wanted[column] = value
    return wanted


def _body(user: Identity, owner: str | None, use: Use | None = None) -> UserBody:
    details: Mapping[str, Any] = user.details
    last = use.last_authn if use else None
    return UserBody(
        id=user.iam_id,
        iam_id=user.iam_id,
        realm="IBMid",
        user_id=user.email or "",
        firstname=user.given_name or "",
        lastname=user.family_name or "",
        state=user.state,
        email=user.email or "",
        phonenumber=details.get("phonenumber", ""),
        altphonenumber=details.get("altphonenumber", ""),
        photo=details.get("photo", ""),
        account_id=user.account_id,
        added_on=minutes_text(user.created_at),
        roles=list(user.roles),
        owner=user.iam_id == owner,
        disabled=user.disabled,
        last_authn=UNSET if last is None else minutes_text(last),
    )
