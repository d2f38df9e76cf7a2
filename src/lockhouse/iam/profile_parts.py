"""The rules of what belongs to a trusted profile: claim rules, links to compute resources, identities."""

from dataclasses import replace
from typing import Any

import msgspec

from lockhouse.iam import identity_store, profile_store, profiles
from lockhouse.iam.entities import check_tag
from lockhouse.iam.errors import Conflict, LimitReached, NotFound, RequestInvalid
from lockhouse.iam.identity_store import Identity
from lockhouse.iam.model import Caller
from lockhouse.iam.profile_store import Assumer, Link, Rule
from lockhouse.iam.texts import checked_description, checked_name
from lockhouse.ids import iam_id_of, is_account_id, new_entity_id, new_entity_tag
from lockhouse.storage import Tx
from lockhouse.wire.profiles import LinkRequest, LinkTarget, ProfileIdentity, RuleRequest

MOST_RULES = 20
MOST_LINKS = 100
_MOST_IDENTITIES = 100
_DEFAULT_EXPIRATION = 43_200


def create_rule(tx: Tx, caller: Caller, profile_id: str, body: RuleRequest) -> Rule:
    """Add a claim rule. Raises NotFound, NotAllowed, LimitReached, RequestInvalid."""
    profile = profiles.own(tx, caller, profile_id)
    if len(profile_store.rules(tx, profile_id)) >= MOST_RULES:
        raise LimitReached(f"A trusted profile has at most {MOST_RULES} claim rules.")
    now = caller.visit.at
    made = Rule(
        id=new_entity_id("ClaimRule"),
        profile_id=profile_id,
        entity_tag=new_entity_tag(),
        created_at=now,
        modified_at=now,
        **_rule_values(body),
    )
    profile_store.insert_rule(tx, made)
    profiles.touch(tx, caller, profile, (f"rule={made.id}",))
    return made


def rule(tx: Tx, caller: Caller, profile_id: str, rule_id: str) -> Rule:
    """A claim rule. Raises NotFound, NotAllowed."""
    profiles.get(tx, caller, profile_id)
    found = next((rule for rule in profile_store.rules(tx, profile_id) if rule.id == rule_id), None)
    if found is None:
        raise NotFound(f"Claim rule {rule_id} could not be found.")
    return found


def update_rule(tx: Tx, caller: Caller, found: Rule, if_match: str, body: RuleRequest) -> Rule:
    """Replace what a claim rule says. Raises NotAllowed, EntityChanged, RequestInvalid."""
    profile = profiles.own(tx, caller, found.profile_id)
    check_tag(found.entity_tag, if_match)
    tag = new_entity_tag(found.entity_tag)
    changed = replace(found, entity_tag=tag, modified_at=caller.visit.at, **_rule_values(body))
    profile_store.update_rule(tx, changed)
    profiles.touch(tx, caller, profile, (f"rule={found.id}",))
    return changed


def delete_rule(tx: Tx, caller: Caller, profile_id: str, rule_id: str) -> None:
    """Remove a claim rule. Raises NotFound, NotAllowed."""
    profile = profiles.own(tx, caller, profile_id)
    profile_store.delete_rule(tx, rule(tx, caller, profile_id, rule_id).id)
    profiles.touch(tx, caller, profile, (f"rule={rule_id}",))


def create_link(tx: Tx, caller: Caller, profile_id: str, body: LinkRequest) -> Link:
    """Link a compute resource. Raises NotFound, NotAllowed, Conflict, LimitReached, RequestInvalid."""
    profile = profiles.own(tx, caller, profile_id)
    _check_target(body, profile)
    link_json = msgspec.json.encode(body.link).decode()
    present = profile_store.links(tx, profile_id)
    if any(link.link_json == link_json and link.cr_type == body.cr_type for link in present):
        raise Conflict("The trusted profile has this link already.")
    if len(present) >= MOST_LINKS:
        raise LimitReached(f"A trusted profile has at most {MOST_LINKS} links.")
    now = caller.visit.at
    made = Link(
        id=new_entity_id("Link"),
        profile_id=profile_id,
        name=checked_name(body.name) if body.name else "",
        cr_type=body.cr_type,
        link_json=link_json,
        is_cross_account=bool(body.is_cross_account),
        entity_tag=new_entity_tag(),
        created_at=now,
        modified_at=now,
    )
    profile_store.insert_link(tx, made)
    profiles.touch(tx, caller, profile, (f"link={made.id}",))
    return made


def link(tx: Tx, caller: Caller, profile_id: str, link_id: str) -> Link:
    """A link. Raises NotFound, NotAllowed."""
    profiles.get(tx, caller, profile_id)
    found = next((link for link in profile_store.links(tx, profile_id) if link.id == link_id), None)
    if found is None:
        raise NotFound(f"Link {link_id} could not be found.")
    return found


def delete_link(tx: Tx, caller: Caller, profile_id: str, link_id: str) -> None:
    """Remove a link. Raises NotFound, NotAllowed."""
    profile = profiles.own(tx, caller, profile_id)
    profile_store.delete_link(tx, link(tx, caller, profile_id, link_id).id)
    profiles.touch(tx, caller, profile, (f"link={link_id}",))


def delete_matching_links(
    tx: Tx, caller: Caller, profile_id: str, cr_type: str, wanted: dict[str, str]
) -> None:
    """Remove the links of a type whose target has these values. Raises NotFound, NotAllowed."""
    profiles.own(tx, caller, profile_id)
    for found in profile_store.links(tx, profile_id):
        target = msgspec.json.decode(found.link_json)
        if found.cr_type == cr_type and all(target.get(name) == value for name, value in wanted.items()):
            delete_link(tx, caller, profile_id, found.id)


def set_identities(
    tx: Tx, caller: Caller, profile_id: str, if_match: str, wanted: list[ProfileIdentity]
) -> tuple[Identity, list[Assumer]]:
    """Replace who may assume a profile. Raises NotFound, NotAllowed, EntityChanged, LimitReached,
    RequestInvalid."""
    profile = profiles.own(tx, caller, profile_id)
    check_tag(profile.entity_tag, if_match)
    made = {(one.type, one.identifier): _assumer(tx, profile, one) for one in wanted}
    if len(made) > _MOST_IDENTITIES:
        raise LimitReached(f"A trusted profile has at most {_MOST_IDENTITIES} identities.")
    for present in profile_store.assumers(tx, profile_id):
        profile_store.delete_assumer(tx, present)
    for assumer in made.values():
        profile_store.insert_assumer(tx, assumer)
    names = tuple(f"{assumer.type}={assumer.identifier}" for assumer in made.values())
    return profiles.touch(tx, caller, profile, names), profile_store.assumers(tx, profile_id)


def set_identity(tx: Tx, caller: Caller, profile_id: str, wanted: ProfileIdentity) -> Assumer:
    """Let one identity assume a profile. Raises NotFound, NotAllowed, LimitReached, RequestInvalid."""
    profile = profiles.own(tx, caller, profile_id)
    made = _assumer(tx, profile, wanted)
    present = profile_store.assumers(tx, profile_id)
    if len(present) >= _MOST_IDENTITIES:
        raise LimitReached(f"A trusted profile has at most {_MOST_IDENTITIES} identities.")
    profile_store.delete_assumer(tx, made)
    profile_store.insert_assumer(tx, made)
    profiles.touch(tx, caller, profile, (f"{made.type}={made.identifier}",))
    return made


def identity(tx: Tx, caller: Caller, profile_id: str, kind: str, identifier: str) -> Assumer:
    """One who may assume a profile. Raises NotFound, NotAllowed."""
    profiles.get(tx, caller, profile_id)
    for found in profile_store.assumers(tx, profile_id):
        if found.type == kind and identifier in {found.identifier, found.iam_id}:
            return found
    raise NotFound(f"Identity {identifier} could not be found in the trusted profile.")


def delete_identity(tx: Tx, caller: Caller, profile_id: str, kind: str, identifier: str) -> None:
    """Let an identity assume a profile no more. Raises NotFound, NotAllowed."""
    profile = profiles.own(tx, caller, profile_id)
    found = identity(tx, caller, profile_id, kind, identifier)
    profile_store.delete_assumer(tx, found)
    profiles.touch(tx, caller, profile, (f"{found.type}={found.identifier}",))


def _rule_values(body: RuleRequest) -> dict[str, Any]:
    if body.type == "Profile-SAML" and not body.realm_name:
        raise RequestInvalid("Parameter 'realm_name' is needed for rules of type Profile-SAML.")
    if body.type == "Profile-CR" and not body.cr_type:
        raise RequestInvalid("Parameter 'cr_type' is needed for rules of type Profile-CR.")
    if not 1 <= len(body.conditions) <= 100:
        raise RequestInvalid("Parameter 'conditions' must have 1 to 100 entries.")
    for condition in body.conditions:
        checked_name(condition.claim, "claim")
        _check_json(condition.value)
    expiration = _DEFAULT_EXPIRATION if body.expiration is None else body.expiration
    if not 0 < expiration <= 30 * 86_400:
        raise RequestInvalid("Parameter 'expiration' must be a number of seconds, at most 30 days.")
    return {
        "name": checked_name(body.name) if body.name else "",
        "type": body.type,
        "realm_name": checked_name(body.realm_name, "realm_name") if body.realm_name else "",
        "cr_type": body.cr_type or "",
        "expiration": expiration,
        "conditions_json": msgspec.json.encode(body.conditions).decode(),
    }


def _check_json(text: str) -> None:
    if len(text) > 4000:
        raise RequestInvalid("The value of a condition has more than 4000 characters.")
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise RequestInvalid(
            "The value of a condition must be JSON text, such as a word in quotes."
        ) from None


def _check_target(body: LinkRequest, profile: Identity) -> None:
    target: LinkTarget = body.link
    parts = target.crn.split(":")
    if len(parts) != 10 or parts[:2] != ["crn", "v1"] or len(target.crn) > 1000:
        raise RequestInvalid("Parameter 'link.crn' must be a CRN.")
    for name in ("crn", "namespace", "name", "component_type", "component_name"):
        value = getattr(target, name)
        if value:
            checked_name(value[:256] if name == "crn" else value, f"link.{name}")
    if parts[6] != f"a/{profile.account_id}" and not body.is_cross_account:
        raise RequestInvalid("The compute resource is in another account: set 'is_cross_account'.")


def _assumer(tx: Tx, profile: Identity, wanted: ProfileIdentity) -> Assumer:
    identifier = checked_name(wanted.identifier, "identifier")
    if wanted.type == "crn":
        if not identifier.startswith("crn:"):
            raise RequestInvalid("Parameter 'identifier' must be a CRN.")
        iam_id = f"crn-{identifier}"
    else:
        iam_id = iam_id_of(identifier)
    if wanted.type == "serviceid" and identity_store.in_account(tx, profile.account_id, iam_id) is None:
        raise RequestInvalid(f"Service ID {identifier} could not be found in the account.")
    accounts = tuple(wanted.accounts or ()) if wanted.type == "user" else ()
    if len(accounts) > 100 or not all(is_account_id(account) for account in accounts):
        raise RequestInvalid("Parameter 'accounts' must hold ids of accounts.")
    return Assumer(
        profile_id=profile.id,
        type=wanted.type,
        identifier=identifier,
        iam_id=iam_id,
        accounts=accounts,
        description=checked_description(wanted.description or ""),
    )
