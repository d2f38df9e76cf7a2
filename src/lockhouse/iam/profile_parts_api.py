"""The doors of a trusted profile's claim rules, links and identities (iam-identity-api.md 5)."""

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from lockhouse.iam import profile_parts, profile_store, profiles
from lockhouse.iam.entity_bodies import IfMatch, tagged
from lockhouse.iam.errors import RequestInvalid
from lockhouse.iam.identity_store import Identity
from lockhouse.iam.list_query import QueryType, given
from lockhouse.iam.model import Caller
from lockhouse.iam.profile_store import Assumer, Link, Rule
from lockhouse.iam.room import TheGuest
from lockhouse.storage import Tx
from lockhouse.wire.entities import UNSET
from lockhouse.wire.profiles import (
    Condition,
    IdentityBody,
    IdentityList,
    LinkBody,
    LinkList,
    LinkRequest,
    LinkTarget,
    ProfileIdentity,
    RuleBody,
    RuleList,
    RuleRequest,
    SetIdentities,
)
from lockhouse.wire.times import minutes_text


@get("/rules", operation_id="listClaimRules")
async def list_rules(guest: TheGuest, profile_id: FromPath[str]) -> RuleList:
    """The claim rules of a trusted profile."""

    def rule(tx: Tx, caller: Caller) -> list[Rule]:
        profiles.get(tx, caller, profile_id)
        return profile_store.rules(tx, profile_id)

    return RuleList(rules=[_rule_body(found) for found in await guest.read(rule)])


@post("/rules", operation_id="createClaimRule")
async def create_rule(
    guest: TheGuest, profile_id: FromPath[str], data: JSONBody[RuleRequest]
) -> Response[RuleBody]:
    """Add a claim rule."""
    made = await guest.write(lambda tx, caller: profile_parts.create_rule(tx, caller, profile_id, data))
    return tagged(_rule_body(made), 201)


@get("/rules/{rule_id:str}", operation_id="getClaimRule")
async def get_rule(guest: TheGuest, profile_id: FromPath[str], rule_id: FromPath[str]) -> Response[RuleBody]:
    """One claim rule."""
    return tagged(
        _rule_body(await guest.read(lambda tx, caller: profile_parts.rule(tx, caller, profile_id, rule_id)))
    )


@put("/rules/{rule_id:str}", operation_id="updateClaimRule")
async def update_rule(
    guest: TheGuest,
    profile_id: FromPath[str],
    rule_id: FromPath[str],
    data: JSONBody[RuleRequest],
    if_match: IfMatch = "",
) -> Response[RuleBody]:
    """Replace what a claim rule says."""

    def rule(tx: Tx, caller: Caller) -> Rule:
        found = profile_parts.rule(tx, caller, profile_id, rule_id)
        return profile_parts.update_rule(tx, caller, found, if_match, data)

    return tagged(_rule_body(await guest.write(rule)))


@delete("/rules/{rule_id:str}", operation_id="deleteClaimRule")
async def delete_rule(guest: TheGuest, profile_id: FromPath[str], rule_id: FromPath[str]) -> None:
    """Remove a claim rule."""
    await guest.write(lambda tx, caller: profile_parts.delete_rule(tx, caller, profile_id, rule_id))


@get("/links", operation_id="listLinks")
async def list_links(guest: TheGuest, profile_id: FromPath[str]) -> LinkList:
    """The links of a trusted profile."""

    def rule(tx: Tx, caller: Caller) -> list[Link]:
        profiles.get(tx, caller, profile_id)
        return profile_store.links(tx, profile_id)

    return LinkList(links=[_link_body(found) for found in await guest.read(rule)])


@post("/links", operation_id="createLink")
async def create_link(
    guest: TheGuest, profile_id: FromPath[str], data: JSONBody[LinkRequest]
) -> Response[LinkBody]:
    """Link a compute resource."""
    made = await guest.write(lambda tx, caller: profile_parts.create_link(tx, caller, profile_id, data))
    return tagged(_link_body(made), 201)


@delete("/links", operation_id="deleteLinkByParameters")
async def delete_links(  # noqa: PLR0913, PLR0917 - so many the wire has
    guest: TheGuest,
    profile_id: FromPath[str],
    cr_type: QueryType = None,
    crn: FromQuery[str | None] = None,
    namespace: FromQuery[str | None] = None,
    name: FromQuery[str | None] = None,
    component_type: FromQuery[str | None] = None,
    component_name: FromQuery[str | None] = None,
) -> None:
    """Remove the links that have these values."""
    if not cr_type:
        raise RequestInvalid("Parameter 'type' is missing.")
    wanted = given(
        crn=crn, namespace=namespace, name=name, component_type=component_type, component_name=component_name
    )
    await guest.write(
        lambda tx, caller: profile_parts.delete_matching_links(tx, caller, profile_id, cr_type, wanted)
    )


@get("/links/{link_id:str}", operation_id="getLink")
async def get_link(guest: TheGuest, profile_id: FromPath[str], link_id: FromPath[str]) -> Response[LinkBody]:
    """One link."""
    return tagged(
        _link_body(await guest.read(lambda tx, caller: profile_parts.link(tx, caller, profile_id, link_id)))
    )


@delete("/links/{link_id:str}", operation_id="deleteLink")
async def delete_link(guest: TheGuest, profile_id: FromPath[str], link_id: FromPath[str]) -> None:
    """Remove a link."""
    await guest.write(lambda tx, caller: profile_parts.delete_link(tx, caller, profile_id, link_id))


@get("/identities", operation_id="getProfileIdentities")
async def get_identities(guest: TheGuest, profile_id: FromPath[str]) -> Response[IdentityList]:
    """Who may assume a trusted profile."""

    def rule(tx: Tx, caller: Caller) -> tuple[Identity, list[Assumer]]:
        return profiles.get(tx, caller, profile_id), profile_store.assumers(tx, profile_id)

    return tagged(_identity_list(*await guest.read(rule)))


@put("/identities", operation_id="setProfileIdentities")
async def set_identities(
    guest: TheGuest, profile_id: FromPath[str], data: JSONBody[SetIdentities], if_match: IfMatch = ""
) -> Response[IdentityList]:
    """Replace who may assume a trusted profile."""
    wanted = data.identities
    found = await guest.write(
        lambda tx, caller: profile_parts.set_identities(tx, caller, profile_id, if_match, wanted)
    )
    return tagged(_identity_list(*found))


@post("/identities/{kind:str}", operation_id="setProfileIdentity", status_code=200)
async def set_identity(
    guest: TheGuest, profile_id: FromPath[str], kind: FromPath[str], data: JSONBody[ProfileIdentity]
) -> IdentityBody:
    """Let one identity assume a trusted profile."""
    if data.type != kind:
        raise RequestInvalid("Parameter 'type' of body and path differ.")
    return _identity_body(
        await guest.write(lambda tx, caller: profile_parts.set_identity(tx, caller, profile_id, data))
    )


@get("/identities/{kind:str}/{identifier:path}", operation_id="getProfileIdentity")
async def get_identity(
    guest: TheGuest, profile_id: FromPath[str], kind: FromPath[str], identifier: FromPath[str]
) -> IdentityBody:
    """One who may assume a trusted profile."""
    wanted = identifier.removeprefix("/")
    return _identity_body(
        await guest.read(lambda tx, caller: profile_parts.identity(tx, caller, profile_id, kind, wanted))
    )


@delete("/identities/{kind:str}/{identifier:path}", operation_id="deleteProfileIdentity")
async def delete_identity(
    guest: TheGuest, profile_id: FromPath[str], kind: FromPath[str], identifier: FromPath[str]
) -> None:
    """Let an identity assume a trusted profile no more."""
    wanted = identifier.removeprefix("/")
    await guest.write(lambda tx, caller: profile_parts.delete_identity(tx, caller, profile_id, kind, wanted))


PROFILE_PARTS = Router(
    path="/v1/profiles/{profile_id:str}",
    tags=["Trusted profiles"],
    route_handlers=[
        list_rules,
        create_rule,
        get_rule,
        update_rule,
        delete_rule,
        list_links,
        create_link,
        delete_links,
        get_link,
        delete_link,
        get_identities,
        set_identities,
        set_identity,
        get_identity,
        delete_identity,
    ],
)


def _rule_body(rule: Rule) -> RuleBody:
    return RuleBody(
        id=rule.id,
        entity_tag=rule.entity_tag,
        created_at=minutes_text(rule.created_at),
        modified_at=minutes_text(rule.modified_at),
        type=rule.type,
        expiration=rule.expiration,
        conditions=msgspec.json.decode(rule.conditions_json, type=list[Condition]),
        name=rule.name or UNSET,
        realm_name=rule.realm_name or UNSET,
        cr_type=rule.cr_type or UNSET,
    )


def _link_body(link: Link) -> LinkBody:
    return LinkBody(
        id=link.id,
        entity_tag=link.entity_tag,
        created_at=minutes_text(link.created_at),
        modified_at=minutes_text(link.modified_at),
        cr_type=link.cr_type,
        link=msgspec.json.decode(link.link_json, type=LinkTarget),
        is_cross_account=link.is_cross_account,
        name=link.name or UNSET,
    )


def _identity_body(assumer: Assumer) -> IdentityBody:
    return IdentityBody(
        iam_id=assumer.iam_id,
        identifier=assumer.identifier,
        type=assumer.type,
        accounts=list(assumer.accounts) if assumer.type == "user" else UNSET,
        description=assumer.description or UNSET,
    )


def _identity_list(profile: Identity, assumers: list[Assumer]) -> IdentityList:
    bodies = [_identity_body(assumer) for assumer in assumers]
    return IdentityList(entity_tag=profile.entity_tag, identities=bodies)
