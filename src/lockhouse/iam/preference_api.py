"""The doors of preferences (iam-identity-api.md 9)."""

from litestar import Router, delete, get, put
from litestar.params import FromPath, JSONBody

from lockhouse.iam import preferences
from lockhouse.iam.preferences import Place, Value
from lockhouse.iam.room import TheGuest
from lockhouse.wire.entities import UNSET
from lockhouse.wire.preferences import PreferenceBody, PreferenceList, SetPreference

_ONE = "/{service:str}/{preference_id:str}"


@get("/", operation_id="getAllPreferencesOnScopeAccount")
async def list_preferences(
    guest: TheGuest, account_id: FromPath[str], iam_id: FromPath[str]
) -> PreferenceList:
    """The preferences of an identity."""
    kept = await guest.read(lambda tx, caller: preferences.of_identity(tx, caller, account_id, iam_id))
    places = {Place(account_id, iam_id, *name.split("/", 1)): value for name, value in kept.items()}
    return PreferenceList(preferences=[_body(place, value) for place, value in places.items()])


@get(_ONE, operation_id="getPreferencesOnScopeAccount")
async def get_preference(
    guest: TheGuest,
    account_id: FromPath[str],
    iam_id: FromPath[str],
    service: FromPath[str],
    preference_id: FromPath[str],
) -> PreferenceBody:
    """One preference."""
    place = Place(account_id, iam_id, service, preference_id)
    return _body(place, await guest.read(lambda tx, caller: preferences.get(tx, caller, place)))


@put(_ONE, operation_id="updatePreferenceOnScopeAccount")
async def put_preference(  # noqa: PLR0913, PLR0917 - so many the wire has
    guest: TheGuest,
    account_id: FromPath[str],
    iam_id: FromPath[str],
    service: FromPath[str],
    preference_id: FromPath[str],
    data: JSONBody[SetPreference],
) -> PreferenceBody:
    """Set a preference."""
    place = Place(account_id, iam_id, service, preference_id)
    return _body(place, await guest.write(lambda tx, caller: preferences.put(tx, caller, place, data)))


@delete(_ONE, operation_id="deletePreferencesOnScopeAccount")
async def delete_preference(
    guest: TheGuest,
    account_id: FromPath[str],
    iam_id: FromPath[str],
    service: FromPath[str],
    preference_id: FromPath[str],
) -> None:
    """Unset a preference."""
    place = Place(account_id, iam_id, service, preference_id)
    await guest.write(lambda tx, caller: preferences.remove(tx, caller, place))


PREFERENCES = Router(
    path="/v1/preferences/accounts/{account_id:str}/identities/{iam_id:str}",
    tags=["Preferences"],
    route_handlers=[list_preferences, get_preference, put_preference, delete_preference],
)


def _body(place: Place, value: Value) -> PreferenceBody:
    return PreferenceBody(
        service=place.service,
        id=place.preference_id,
        account_id=place.account_id,
        scope="account",
        value_string=value if isinstance(value, str) else UNSET,
        value_list_of_strings=UNSET if isinstance(value, str) else value,
    )
