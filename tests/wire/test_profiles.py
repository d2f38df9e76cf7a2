"""Every trusted profile operation of IBM's Python SDK, and the authenticator that assumes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import IAMAssumeAuthenticator
from ibm_platform_services import IamIdentityV1
from ibm_platform_services.iam_identity_v1 import (
    CreateProfileLinkRequestLink,
    ProfileClaimRuleConditions,
    ProfileIdentityRequest,
    TrustedProfile,
    TrustedProfilesList,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.testing import TestPlatform


@pytest.fixture
def profile(identity: IamIdentityV1, lockhouse: TestPlatform) -> Iterator[dict[str, str]]:
    made = identity.create_profile(name="Example-Profile", account_id=lockhouse.account_id).get_result()
    yield made
    identity.delete_profile(made["id"])


def test_a_profile_lives_its_whole_life(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    created = identity.create_profile(
        name="whole life", account_id=lockhouse.account_id, description="d", email="p@example.com"
    )
    made = created.get_result()
    with pytest.raises(ApiException) as taken:
        identity.create_profile(name="whole life", account_id=lockhouse.account_id)
    with pytest.raises(ApiException) as nowhere:
        identity.create_profile(name="x", account_id="invalid")
    got = identity.get_profile(made["id"], include_activity=True)
    changed = identity.update_profile(
        made["id"], if_match=got.get_headers()["ETag"], name="new", description="", email=""
    ).get_result()
    page = identity.list_profiles(account_id=lockhouse.account_id, include_history=True).get_result()

    assert created.get_status_code() == 201
    assert made["iam_id"] == f"iam-{made['id']}"
    assert TrustedProfile.from_dict(made).email == "p@example.com"
    assert (taken.value.status_code, nowhere.value.status_code) == (409, 400)
    assert changed["name"] == "new"
    assert "description" not in changed
    assert "email" not in changed
    assert len(TrustedProfilesList.from_dict(page).profiles) == 1
    assert identity.delete_profile(made["id"]).get_status_code() == 204
    for call in (
        identity.get_profile,
        identity.list_claim_rules,
        identity.list_links,
        identity.get_profile_identities,
    ):
        with pytest.raises(ApiException) as gone:
            call(made["id"])
        assert gone.value.status_code == 404


def test_claim_rules_come_and_go(identity: IamIdentityV1, profile: dict[str, str]) -> None:
    condition = ProfileClaimRuleConditions(claim="blueGroups", operator="CONTAINS", value='"cloud-docs-dev"')
    created = identity.create_claim_rule(
        profile["id"],
        type="Profile-SAML",
        realm_name="https://idp.example",
        expiration=43200,
        conditions=[condition],
    )
    rule = created.get_result()
    compute = identity.create_claim_rule(
        profile["id"], type="Profile-CR", cr_type="IKS_SA", conditions=[condition], name="pods"
    ).get_result()
    got = identity.get_claim_rule(profile["id"], rule["id"])
    changed = identity.update_claim_rule(
        profile["id"],
        rule["id"],
        if_match=got.get_headers()["ETag"],
        type="Profile-SAML",
        realm_name="https://other.example",
        expiration=33200,
        conditions=[condition],
    ).get_result()
    listed = identity.list_claim_rules(profile["id"]).get_result()["rules"]

    assert created.get_status_code() == 201
    assert rule["conditions"][0]["value"] == '"cloud-docs-dev"'
    assert (compute["cr_type"], compute["name"]) == ("IKS_SA", "pods")
    assert (changed["realm_name"], changed["expiration"]) == ("https://other.example", 33200)
    assert [one["id"] for one in listed] == [rule["id"], compute["id"]]
    assert identity.delete_claim_rule(profile["id"], rule["id"]).get_status_code() == 204
    with pytest.raises(ApiException) as bad:
        identity.create_claim_rule(profile["id"], type="Profile-SAML", conditions=[condition])
    assert bad.value.status_code == 400


def test_links_come_and_go(identity: IamIdentityV1, profile: dict[str, str], lockhouse: TestPlatform) -> None:
    crn = (
        f"crn:v1:staging:public:iam-identity::a/{lockhouse.account_id}::computeresource:Fake-Compute-Resource"
    )
    link = identity.create_link(
        profile["id"],
        cr_type="IKS_SA",
        name="nice link",
        link=CreateProfileLinkRequestLink(crn=crn, namespace="default", name="my-service-account"),
    )
    made = link.get_result()
    other = identity.create_link(
        profile["id"], cr_type="VSI", link=CreateProfileLinkRequestLink(crn=crn)
    ).get_result()
    foreign = crn.replace(lockhouse.account_id, "0" * 32)
    with pytest.raises(ApiException) as refused:
        identity.create_link(profile["id"], cr_type="VSI", link=CreateProfileLinkRequestLink(crn=foreign))

    assert link.get_status_code() == 201
    assert refused.value.status_code == 400
    assert identity.get_link(profile["id"], made["id"]).get_result()["link"]["namespace"] == "default"
    assert len(identity.list_links(profile["id"]).get_result()["links"]) == 2
    assert identity.delete_link(profile["id"], made["id"]).get_status_code() == 204
    by_parameters = identity.delete_link_by_parameters(profile["id"], type="VSI", crn=crn)
    assert by_parameters.get_status_code() == 204
    assert identity.list_links(profile["id"]).get_result()["links"] == []
    assert other["id"] != made["id"]


def test_identities_are_set_one_by_one_and_all_at_once(
    identity: IamIdentityV1, profile: dict[str, str], lockhouse: TestPlatform
) -> None:
    user = ProfileIdentityRequest(
        identifier=lockhouse.iam_id, type="user", accounts=[lockhouse.account_id], description="the owner"
    )
    replaced = identity.set_profile_identities(profile["id"], if_match="*", identities=[user])
    service = identity.create_service_id(account_id=lockhouse.account_id, name="assumer").get_result()
    one = identity.set_profile_identity(
        profile["id"], identity_type="serviceid", identifier=service["id"], type="serviceid"
    )
    crn = f"crn:v1:bluemix:public:containers-kubernetes:us-south:a/{lockhouse.account_id}:cluster::"
    identity.set_profile_identity(profile["id"], identity_type="crn", identifier=crn, type="crn")
    listed = identity.get_profile_identities(profile["id"])

    assert replaced.get_status_code() == 200
    assert replaced.get_result()["identities"][0]["accounts"] == [lockhouse.account_id]
    assert one.get_status_code() == 200
    assert one.get_result()["iam_id"] == service["iam_id"]
    assert {entry["type"] for entry in listed.get_result()["identities"]} == {"user", "serviceid", "crn"}
    assert listed.get_headers()["ETag"] == listed.get_result()["entity_tag"]
    got = identity.get_profile_identity(profile["id"], identity_type="crn", identifier_id=crn).get_result()
    assert (got["identifier"], got["iam_id"]) == (crn, f"crn-{crn}")
    identity.delete_profile_identity(profile["id"], identity_type="crn", identifier_id=crn)
    with pytest.raises(ApiException) as gone:
        identity.get_profile_identity(profile["id"], identity_type="crn", identifier_id=crn)
    assert gone.value.status_code == 404
    identity.delete_service_id(service["id"])


def test_an_identity_of_the_profile_assumes_it(
    identity: IamIdentityV1, profile: dict[str, str], lockhouse: TestPlatform
) -> None:
    with pytest.raises(ApiException) as stranger:
        IAMAssumeAuthenticator(
            lockhouse.apikey, iam_profile_id=profile["id"], url=lockhouse.url
        ).token_manager.get_token()
    assert stranger.value.status_code == 403

    identity.set_profile_identity(
        profile["id"],
        identity_type="user",
        identifier=lockhouse.iam_id,
        type="user",
        accounts=[lockhouse.account_id],
    )
    tokens = [
        IAMAssumeAuthenticator(lockhouse.apikey, url=lockhouse.url, **named).token_manager.get_token()
        for named in (
            {"iam_profile_id": profile["id"]},
            {"iam_profile_crn": profile["crn"]},
            {"iam_profile_name": profile["name"], "iam_account_id": lockhouse.account_id},
        )
    ]
    claims = jwt.decode(tokens[0], options={"verify_signature": False})

    assert claims["iam_id"] == claims["id"] == profile["iam_id"]
    assert (claims["sub_type"], claims["sub"], claims["realmid"]) == ("Profile", profile["id"], "iam")
    assert claims["authn"]["iam_id"] == lockhouse.iam_id
    assert claims["grant_type"] == "urn:ibm:params:oauth:grant-type:assume"
    assert claims["apikey_id"] == lockhouse.apikey_id
    assert 3590 <= claims["exp"] - claims["iat"] <= 3600


def test_an_unknown_profile_cannot_be_assumed(lockhouse: TestPlatform) -> None:
    with pytest.raises(ApiException) as unknown:
        IAMAssumeAuthenticator(
            lockhouse.apikey, iam_profile_id="Profile-unknown", url=lockhouse.url
        ).token_manager.get_token()
    assert unknown.value.status_code == 400
