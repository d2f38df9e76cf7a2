"""The rules of preferences: what trusted profiles see in IBM's console (iam-identity-api.md 9).

They are kept with the profile, and change nothing here: clients set them and read them again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lockhouse.iam import identity_store, profiles
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.entities import check_account, kind_of
from lockhouse.iam.errors import NotFound, RequestInvalid
from lockhouse.iam.identity_store import Identity
from lockhouse.iam.model import Caller
from lockhouse.storage import Tx
from lockhouse.wire.preferences import SetPreference

Value = str | list[str]
_DETAIL = "preferences"
_LANDING_PAGE = "console/landing_page"
_NAVIGATION = "console/global_left_navigation"
_PATH = re.compile(r"/[!-~]{0,500}")
_ENTRY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Whose preference, and which."""

    account_id: str
    iam_id: str
    service: str
    preference_id: str

    @property
    def name(self) -> str:
        """Service and preference, as they are kept."""
        return f"{self.service}/{self.preference_id}"


def of_identity(tx: Tx, caller: Caller, account_id: str, iam_id: str) -> Mapping[str, Value]:
    """What is set for an identity, by service and preference. Raises NotFound, NotAllowed, RequestInvalid."""
    return _kept(profiles.get(tx, caller, _profile_id(caller, account_id, iam_id)))


def get(tx: Tx, caller: Caller, place: Place) -> Value:
    """A preference. Raises NotFound, NotAllowed, RequestInvalid."""
    found = of_identity(tx, caller, place.account_id, place.iam_id).get(place.name)
    if found is None:
        raise NotFound(f"Preference {place.name} is not set.")
    return found


def put(tx: Tx, caller: Caller, place: Place, body: SetPreference) -> Value:
    """Set a preference. Raises NotFound, NotAllowed, RequestInvalid."""
    profile = profiles.own(tx, caller, _profile_id(caller, place.account_id, place.iam_id))
    value = _checked(place, body)
    _keep(tx, caller, profile, {**_kept(profile), place.name: value}, place)
    return value


def remove(tx: Tx, caller: Caller, place: Place) -> None:
    """Unset a preference. Raises NotFound, NotAllowed, RequestInvalid."""
    profile = profiles.own(tx, caller, _profile_id(caller, place.account_id, place.iam_id))
    kept = dict(_kept(profile))
    if kept.pop(place.name, None) is None:
        raise NotFound(f"Preference {place.name} is not set.")
    _keep(tx, caller, profile, kept, place)


def _profile_id(caller: Caller, account_id: str, iam_id: str) -> str:
    check_account(caller, account_id)
    if kind_of(iam_id) != "profile":
        raise RequestInvalid("Only trusted profiles have preferences: 'iam_id' must be one's.")
    return iam_id.removeprefix("iam-")


def _kept(profile: Identity) -> Mapping[str, Value]:
    kept: Mapping[str, Value] = profile.details.get(_DETAIL, {})
    return kept


def _keep(tx: Tx, caller: Caller, profile: Identity, kept: Mapping[str, Value], place: Place) -> None:
    # The profile's own tag stays: a preference is no change of what the profile may do.
    identity_store.update(tx, replace(profile, details={**profile.details, _DETAIL: kept}))
    record(tx, caller, Deed("preferences.update", profile.id, params=(f"preference={place.name}",)))


def _checked(place: Place, body: SetPreference) -> Value:
    if place.name == _LANDING_PAGE:
        if body.value_string is None or body.value_list_of_strings is not None:
            raise RequestInvalid(f"Preference {place.name} needs 'value_string'.")
        if _PATH.fullmatch(body.value_string) is None:
            raise RequestInvalid("Parameter 'value_string' must be a path of the console, such as /billing.")
        return body.value_string
    if place.name == _NAVIGATION:
        entries = body.value_list_of_strings
        if entries is None or body.value_string is not None:
            raise RequestInvalid(f"Preference {place.name} needs 'value_list_of_strings'.")
        if len(entries) > _MOST_ENTRIES or not all(_ENTRY.fullmatch(entry) for entry in entries):
            raise RequestInvalid("Parameter 'value_list_of_strings' must hold names of entries.")
        return entries
    raise RequestInvalid(f"There is no preference {place.name}: {_LANDING_PAGE} and {_NAVIGATION} are known.")
