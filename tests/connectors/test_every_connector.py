"""What is promised of every connector of the catalogue, and of the folders of LOCKHOUSE_CONNECTORS: a new one
is tested before its author writes a line.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.conftest import Desk, at_double, sample
from tests.connectors.judge import Description

from lockhouse.connectors.catalogue import Catalogue, load_catalogue
from lockhouse.connectors.coercion import coerced, record_of
from lockhouse.connectors.errors import (
    ActionFailed,
    AuthFailed,
    NotFound,
    RateLimited,
    Rejected,
    Unavailable,
)
from lockhouse.connectors.model import Action, BusinessObject, Connector
from lockhouse.connectors.operations import EVENTS, OPERATIONS
from lockhouse.connectors.templates import put_at
from lockhouse.settings import read_settings
from lockhouse.standins.records import Collection
from lockhouse.standins.routes import routes_of

CATALOGUE = load_catalogue(read_settings().connectors)
OWN_TESTS = {"salesforce", "http", "workday"}
"""Their stand-ins are not made from the manifest: salesforce has its own, http has no vendor, workday's
requests are XML that only Python builds.
"""
CELLS = {("googlesheet", "worksheetRow"), ("msexcel", "Row"), ("msexcel", "Column")}
"""Their vendors keep cells and not records, which no double can: their own tests have a stand-in."""
OTHER_NAMES = {("jira", "IssueV2"), ("jira", "IssueCollection"), ("msdynamicscrmrest", "Order")}
"""Records that the double keeps under another business object's name."""
KEPT_AS = {
    ("hubspotcrm", "getCrmV3ObjectsContacts_model"): "contacts",
    ("hubspotcrm", "getCrmV3ObjectsContactsSearch_model"): "contacts",
    ("hubspotcrm", "getCrmV3ObjectsCompaniesSearch_model"): "companies",
    ("hubspotcrm", "getCrmV3ObjectsDeals_model"): "deals",
    ("hubspotcrm", "patchCrmV3ObjectsDealsByDealId_model"): "deals",
    ("azuredevops", "Work items"): "WorkItem",
    ("businessmap", "getUsers_model"): "Users",
    ("businessmap", "getCards_model"): "Cards",
    ("businessmap", "putBoardsByBoardIdUserRolesByUserId_model"): "BoardAssignees",
    ("businessmap", "postCardsByCardIdComments_model"): "CardComments",
    **{
        ("apptiotargetprocess", f"postApiV1{name}_model"): name
        for name in ("Bugs", "Tasks", "UserStories", "Features", "Epics", "Projects", "Comments", "Users")
    },
}
"""The same, where the records themselves are alike."""


def is_double(connector: Connector) -> bool:
    return connector.name not in OWN_TESTS and bool(connector.base_url) and bool(routes_of(connector))


CUSTOM = {
    name
    for connector in map(CATALOGUE.get, CATALOGUE.names())
    for business_object in connector.objects.values()
    for name in business_object.actions
    if name not in {*OPERATIONS, *EVENTS}
}
DOUBLES = [name for name in CATALOGUE.names() if is_double(CATALOGUE.get(name))]


def actions(*names: str) -> list[Any]:
    return list(_actions(names))


def _actions(names: tuple[str, ...]) -> Iterator[Any]:
    for connector_name in DOUBLES:
        connector = CATALOGUE.get(connector_name)
        for business_object in connector.objects.values():
            for name, action in business_object.actions.items():
                if name in names and (connector_name, business_object.name) not in CELLS | OTHER_NAMES:
                    for at, one in enumerate(action.alternatives or (action,)):
                        label = f"{connector_name}-{business_object.name}-{name}-{at}"
                        yield pytest.param(connector, business_object, one, id=label)


def inputs(business_object: BusinessObject) -> dict[str, Any]:
    return {known.name: sample(known) for known in business_object.fields.values() if not known.read_only}


def placing(business_object: BusinessObject, action: Action) -> dict[str, Any]:
    """Values for what a request names of the filter."""
    fields = business_object.fields
    return {
        name: sample(fields[name]) if name in fields and not fields[name].read_only else "1000000001"
        for name in sorted(action.uses | set(action.when))
    }


def collection_of(desk: Desk, business_object: BusinessObject) -> Collection:
    """Where the double keeps the records of a business object."""
    name = business_object.name
    found: Collection = desk.stand_in.collection(KEPT_AS.get((desk.connector.name, name), name))
    return found


def kept_record(business_object: BusinessObject, where: dict[str, Any]) -> dict[str, Any]:
    """A record as the vendor keeps it, that a filter finds."""
    values = coerced(business_object.fields, inputs(business_object) | where)
    record = record_of(business_object.fields, values, creating=True)
    key = business_object.fields.get(business_object.key)
    if business_object.key in where:
        steps = key.target if key is not None and key.target else (business_object.key,)
        put_at(record, steps, where[business_object.key])
    return record


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_a_connector_has_an_account_form_a_test_call_and_actions(name: str) -> None:
    connector = CATALOGUE.get(name)
    described = connector.describe()

    assert connector.name == name
    assert connector.check is not None
    assert described["auth"]
    assert described["actions"]
    for form in described["auth"]:
        for known in form["fields"]:
            assert known["secret"] or not re.search("password|secret|token$|apikey$", known["name"].lower())


@pytest.mark.parametrize("name", DOUBLES)
async def test_an_account_is_tested_and_an_ended_one_is_told(name: str) -> None:
    async with at_double(CATALOGUE.get(name)) as desk:
        assert await desk.check() is True
        desk.stand_in.refused_credentials |= desk.stand_in.seen_credentials
        scheme = next(iter(desk.connector.auth.values()))
        if scheme.token is not None and scheme.token.request is not None:
            assert await desk.check() is True  # renewed
            assert desk.stand_in.tokens_given >= 1
        else:
            with pytest.raises(AuthFailed):
                await desk.check()


@pytest.mark.parametrize(("connector", "business_object", "action"), actions("CREATE"))
async def test_a_record_is_made_as_the_vendor_wants_it(
    connector: Connector, business_object: BusinessObject, action: Action
) -> None:
    async with at_double(connector) as desk:
        result = await desk.call(business_object.name, "CREATE", input=inputs(business_object))

        assert result.status_code == 201
        assert isinstance(result.payload, dict)
        assert result.payload
        assert [request.get("refused") for request in desk.stand_in.requests] == [None] * len(
            desk.stand_in.requests
        )


@pytest.mark.parametrize(("connector", "business_object", "action"), actions(*CUSTOM))
async def test_an_action_of_the_vendors_own_is_answered(
    connector: Connector, business_object: BusinessObject, action: Action
) -> None:
    async with at_double(connector) as desk:
        await _try(desk, business_object, action)
        assert desk.stand_in.requests
        assert [request.get("refused") for request in desk.stand_in.requests] == [None] * len(
            desk.stand_in.requests
        )


@pytest.mark.parametrize(("connector", "business_object", "action"), actions("CREATE"))
async def test_a_record_without_what_is_required_is_refused_before_anything_is_sent(
    connector: Connector, business_object: BusinessObject, action: Action
) -> None:
    required = [
        known.name for known in business_object.fields.values() if known.required and known.default is None
    ]
    if not required:
        pytest.skip("the vendor requires no single field")
    async with at_double(connector) as desk:
        with pytest.raises(Rejected) as caught:
            await desk.call(business_object.name, "CREATE", input={})
        assert all(name in str(caught.value) for name in required)
        assert desk.stand_in.requests == []


@pytest.mark.parametrize(("connector", "business_object", "action"), actions("RETRIEVEALL"))
async def test_a_list_is_followed_to_its_end_and_cut_at_the_limit(
    connector: Connector, business_object: BusinessObject, action: Action
) -> None:
    where = placing(business_object, action)
    async with at_double(connector) as desk:
        collection = collection_of(desk, business_object)
        named = action.paging is None and business_object.key in action.when
        gets = any(route.action is action and route.verb == "get" for route in desk.stand_in.routes)
        single = action.python is not None or named or gets
        count = 1 if single else 2 * action.most + 1 if action.paging is not None else 5
        for _ in range(count):
            collection.put(kept_record(business_object, where), where)

        everything = await desk.call(business_object.name, "RETRIEVEALL", where=where or None)
        assert (len(everything.payload), everything.status_code) == (count, 200)
        if count > 1:
            part = await desk.call(business_object.name, "RETRIEVEALL", where=where or None, limit=count - 1)
            assert (len(part.payload), part.status_code) == (count - 1, 206)
            whole = await desk.call(business_object.name, "RETRIEVEALL", where=where or None, limit=count)
            assert (len(whole.payload), whole.status_code) == (count, 200)


@pytest.mark.parametrize(("connector", "business_object", "action"), actions("RETRIEVEALL"))
async def test_a_list_without_anything_in_it_is_empty(
    connector: Connector, business_object: BusinessObject, action: Action
) -> None:
    async with at_double(connector) as desk:
        where = placing(business_object, action)
        result = await desk.call(business_object.name, "RETRIEVEALL", where=where or None, limit=10)
        assert (result.payload, result.status_code) == ([], 204)


@pytest.mark.parametrize(
    ("connector", "business_object", "action"), actions("RETRIEVEALL", "UPDATEALL", "DELETEALL")
)
async def test_a_condition_that_cannot_be_met_sends_nothing(
    connector: Connector, business_object: BusinessObject, action: Action
) -> None:
    async with at_double(connector) as desk:
        where = dict.fromkeys(placing(business_object, action)) or {"anything": None}
        result = await desk.call(business_object.name, action.name, where=where, input={})
        assert result.status_code == 204
        assert desk.stand_in.requests == []


@pytest.mark.parametrize(("connector", "business_object", "action"), actions("UPDATEALL", "DELETEALL"))
async def test_a_named_record_is_changed_or_deleted_and_a_missing_one_is_nothing(
    connector: Connector, business_object: BusinessObject, action: Action
) -> None:
    where = placing(business_object, action)
    changed = inputs(business_object) if action.name == "UPDATEALL" else {}
    async with at_double(connector) as desk:
        missing = await desk.call(business_object.name, action.name, where=where, input=changed)
        assert missing.status_code == 204

        collection = collection_of(desk, business_object)
        named = {business_object.key: where[business_object.key]}
        collection.put(kept_record(business_object, named), where)
        found = await desk.call(business_object.name, action.name, where=where, input=changed)
        assert found.status_code == 200
        assert len(collection.records) == (1 if action.name == "UPDATEALL" else 0)


@pytest.mark.parametrize(("connector", "business_object", "action"), actions("UPDATEALL", "DELETEALL"))
async def test_a_change_without_a_filter_is_refused(
    connector: Connector, business_object: BusinessObject, action: Action
) -> None:
    async with at_double(connector) as desk:
        with pytest.raises(Rejected, match="filter"):
            await desk.call(business_object.name, action.name, input={})
        assert desk.stand_in.requests == []


WORDS = {
    "auth-failed": AuthFailed,
    "not-found": NotFound,
    "rejected": Rejected,
    "rate-limited": RateLimited,
    "unavailable": Unavailable,
}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("name", DOUBLES)
async def test_each_of_the_five_errors_is_reached(name: str, word: str) -> None:
    connector = CATALOGUE.get(name)
    assert word in connector.double.refusals, "the manifest shows no answer of the vendor for this"
    async with at_double(connector) as desk:
        desk.stand_in.failures = [word] * 10
        with pytest.raises(ActionFailed) as caught:
            await desk.check()
        assert type(caught.value) is WORDS[word]
        assert "EXAMPLE" not in str(caught.value)


@pytest.mark.parametrize("name", DOUBLES)
async def test_a_read_is_repeated_after_a_short_failure(name: str) -> None:
    async with at_double(CATALOGUE.get(name)) as desk:
        desk.stand_in.failures = ["unavailable"]
        assert await desk.check() is True
        assert len(desk.waits) == 1


# --- the second judge: the vendor's own description ---------------------------------------------------

AGAINST_THE_DESCRIPTION = {
    "googlecalendar events UPDATEALL: $.start.date: None is not of type 'string'": "null takes it away",
    "googlecalendar events UPDATEALL: $.end.date: None is not of type 'string'": "null takes it away",
    "hubspotmarketing postContactsV1Lists_model postContactsV1Lists: $.filterBranch*": "of one kind there",
    "hubspotmarketing lists CREATE: $.filterBranch*": "the same",
    "slack message DELETEALL: $.ts: '1000000001' is not of type 'number'": "text in every answer",
    "trello Card CREATE: query parameter idList is missing": "Trello takes the fields in a JSON body too",
    **{
        f"marketo {action}: query parameter {name} is missing": "in the form, so that no log has the secret"
        for action in (
            "leads CREATE",
            "leads RETRIEVEALL",
            "leads UPDATEALL",
            "leads DELETEALL",
            "leadField RETRIEVEALL",
        )
        for name in ("client_id", "client_secret", "grant_type")
    },
}
"""Where vendor's description and vendor differ, and why we follow the vendor. A `*` stands for any rest."""


@pytest.mark.parametrize("name", DOUBLES)
async def test_every_request_is_one_that_the_vendor_describes(name: str, shared: Path) -> None:
    file = shared / "specs" / name / "openapi.json"
    if not file.is_file():
        pytest.skip("there is no description of this vendor's API")
    description = Description(json.loads(file.read_text()))
    complaints = []
    for param in actions("CREATE", "RETRIEVEALL", "UPDATEALL", "DELETEALL", *CUSTOM):
        connector, business_object, action = param.values
        if connector.name != name:
            continue
        async with at_double(connector) as desk:
            await _try(desk, business_object, action)
            for request in desk.stand_in.requests:
                told = description.complaints(request)
                complaints += [f"{name} {business_object.name} {action.name}: {one}" for one in told]
    assert [complaint for complaint in complaints if not is_explained(complaint)] == []


def is_explained(complaint: str) -> bool:
    return any(
        complaint.startswith(known.removesuffix("*")) if known.endswith("*") else complaint == known
        for known in AGAINST_THE_DESCRIPTION
    )


async def _try(desk: Desk, business_object: BusinessObject, action: Action) -> None:
    where = placing(business_object, action)
    if action.name != "CREATE":
        collection_of(desk, business_object).put(kept_record(business_object, where), where)
    values = inputs(business_object) if action.name not in ("RETRIEVEALL", "DELETEALL") else {}
    try:
        await desk.call(
            business_object.name,
            action.name,
            input=values,
            where=None if action.name == "CREATE" else where,
            limit=2,
        )
    except ActionFailed as failed:
        raise AssertionError(f"{business_object.name} {action.name}: {failed}") from failed


def test_the_catalogue_names_the_nearest_connector(catalogue: Catalogue) -> None:
    assert catalogue.nearest("salesfroce") == "salesforce"
