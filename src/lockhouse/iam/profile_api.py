"""The doors of trusted profiles (iam-identity-api.md 5)."""

from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from lockhouse.iam import audit_store, identity_store, profiles
from lockhouse.iam.entities import check_account
from lockhouse.iam.entity_bodies import IfMatch, activity_body, history_bodies, tagged
from lockhouse.iam.filters import read_filter
from lockhouse.iam.identity_store import FILTERED, SORTS, Identity, IdentityList
from lockhouse.iam.list_query import TheListQuery
from lockhouse.iam.model import Caller, Change, Use
from lockhouse.iam.paging import Page, page_links, read_page_request
from lockhouse.iam.room import TheGuest
from lockhouse.ids import identity_crn
from lockhouse.storage import Tx
from lockhouse.wire.entities import UNSET
from lockhouse.wire.profiles import CreateProfile, ProfileBody, ProfilePage, UpdateProfile
from lockhouse.wire.times import minutes_text


@get("/", operation_id="listProfiles")
async def list_profiles(
    guest: TheGuest, listed: TheListQuery, name: FromQuery[str | None] = None
) -> ProfilePage:
    """List the trusted profiles of the account; those who may not see all see their own."""
    keyring = guest.room.keyring
    request = read_page_request(keyring, listed.and_also(name=name), sorts=SORTS, default_sort="created_at")
    with_history = request.flag("include_history")

    def rule(tx: Tx, caller: Caller) -> tuple[Page, dict[str, list[Change]]]:
        query = request.query
        check_account(caller, query.get("account_id"))
        text = query.get("filter")
        wanted = IdentityList(
            caller.account_id,
            "profile",
            name=query.get("name"),
            made_by=None if caller.viewer else caller.iam_id,
            filter=read_filter(text, FILTERED) if text else None,
        )
        page = identity_store.page(tx, request, wanted)
        return page, audit_store.history(tx, [row.id for row in page.rows]) if with_history else {}

    read = guest.read_aside if request.scans else guest.read
    page, history = await read(rule)
    bodies = [_body(row, history=history.get(row.id)) for row in page.rows]
    links = page_links(keyring, page, guest.address_of("/v1/profiles"))
    return ProfilePage(offset=request.offset, limit=request.size, profiles=bodies, **links)


@post("/", operation_id="createProfile")
async def create_profile(guest: TheGuest, data: JSONBody[CreateProfile]) -> Response[ProfileBody]:
    """Create a trusted profile."""
    most = guest.room.settings.service_ids_per_account
    made = await guest.write(lambda tx, caller: profiles.create(tx, caller, data, most=most))
    return tagged(_body(made), 201)


@get("/{profile_id:str}", operation_id="getProfile")
async def get_profile(
    guest: TheGuest,
    profile_id: FromPath[str],
    include_history: FromQuery[bool] = False,
    include_activity: FromQuery[bool] = False,
) -> Response[ProfileBody]:
    """One trusted profile."""
    if include_activity:
        await guest.room.issues.flush()

    def rule(tx: Tx, caller: Caller) -> ProfileBody:
        found = profiles.get(tx, caller, profile_id)
        history = audit_store.history(tx, [found.id])[found.id] if include_history else None
        use = audit_store.uses(tx, [found.id])[found.id] if include_activity else None
        return _body(found, history=history, use=use)

    return tagged(await guest.read(rule))


@put("/{profile_id:str}", operation_id="updateProfile")
async def update_profile(
    guest: TheGuest, profile_id: FromPath[str], data: JSONBody[UpdateProfile], if_match: IfMatch = ""
) -> Response[ProfileBody]:
    """Change what is given of a trusted profile."""
    changed = await guest.write(lambda tx, caller: profiles.update(tx, caller, profile_id, if_match, data))
    return tagged(_body(changed))


@delete("/{profile_id:str}", operation_id="deleteProfile")
async def delete_profile(guest: TheGuest, profile_id: FromPath[str]) -> None:
    """Delete a trusted profile with everything that belongs to it."""
    await guest.write(lambda tx, caller: profiles.delete(tx, caller, profile_id))


PROFILES = Router(
    path="/v1/profiles",
    tags=["Trusted profiles"],
    route_handlers=[list_profiles, create_profile, get_profile, update_profile, delete_profile],
)


def _body(profile: Identity, *, history: list[Change] | None = None, use: Use | None = None) -> ProfileBody:
    return ProfileBody(
        id=profile.id,
        entity_tag=profile.entity_tag,
        crn=identity_crn(profile.account_id, "profile", profile.id),
        name=profile.name,
        iam_id=profile.iam_id,
        account_id=profile.account_id,
        created_at=minutes_text(profile.created_at),
        modified_at=minutes_text(profile.modified_at),
        description=profile.description or UNSET,
        email=profile.email or UNSET,
        history=UNSET if history is None else history_bodies(history),
        activity=UNSET if use is None else activity_body(use),
    )
