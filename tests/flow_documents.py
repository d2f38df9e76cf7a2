"""Flow documents for tests: one API flow that creates a contact in Salesforce, and what can be changed in
it."""

import json
from typing import Any

from lockhouse.flows.bar import write_bar
from lockhouse.standins import salesforce

TARGETS = {"Email": "Email", "FirstName": "First", "LastName": "Last"}


def contact_flow(
    name: str = "Contacts",
    *,
    account: str = "Account 1",
    connector: str = "salesforce",
    action: str = "CREATE",
) -> str:
    """POST /Contact {First, Last, Email} creates a contact and answers 201 with its id."""
    request = {"variable": "Request", "$ref": "#/trigger/payload"}
    made = {"variable": "Made", "$ref": "#/node-output/Make contact/response/payload"}
    create = {
        "name": "Make contact",
        "target": {"$ref": "#/integration/action-interfaces/action-interface-1"},
        "map": {
            "$map": "http://ibm.com/appconnect/map/v1",
            "input": [request],
            "mappings": [
                {field: {"template": f"{{{{$Request.{source}}}}}"}} for field, source in TARGETS.items()
            ],
        },
    }
    answer = {
        "$map": "http://ibm.com/appconnect/map/v1",
        "input": [request, made],
        "mappings": [{"Id": {"template": "{{$Made.Id}}"}}],
    }
    response = {"name": "response-1", "reply-maps": [{"title": "made", "status-code": 201, "map": answer}]}
    interface: dict[str, Any] = {
        "type": "api-action",
        "business-object": "Contact",
        "connector-type": connector,
        "actions": {action: {}},
    }
    if account:
        interface["account-name"] = account
    return _document(
        name, [{"create-action": create}, {"response": response}], {"action-interface-1": interface}
    )


def echo_flow(name: str = "Echo") -> str:
    """POST /Contact answers 200 with the last name, and calls nothing."""
    answer = {
        "$map": "http://ibm.com/appconnect/map/v1",
        "input": [{"variable": "Request", "$ref": "#/trigger/payload"}],
        "mappings": [{"Last": {"template": "{{$Request.Last}}"}}],
    }
    response = {"name": "response-1", "reply-maps": [{"title": "said", "status-code": 200, "map": answer}]}
    return _document(name, [{"response": response}], {})


def timer_flow(name: str = "Timer") -> str:
    """An event flow: it starts every minute, and at once, and does nothing."""
    interval = {"unit": "minute", "value": 1, "timeZone": "UTC", "runOnceOncheck": True}
    schedule = {
        "input-context": {"data": "scheduler"},
        "assembly": {"$ref": "#/integration/assemblies/assembly-1"},
        "options": {"subscription": {"scheduleConfiguration": {"interval": interval}}},
    }
    trigger = {
        "type": "event-trigger",
        "connector-type": "streaming-connector-scheduler",
        "triggers": {"SCHEDULE": schedule},
    }
    return json.dumps(
        {
            "$integration": "http://ibm.com/appconnect/integration/v2/integrationFile",
            "integration": {
                "type": "trigger-action",
                "name": name,
                "trigger-interfaces": {"trigger-interface-1": trigger},
                "action-interfaces": {},
                "assemblies": {"assembly-1": {"assembly": {"execute": []}}},
            },
            "models": {},
        }
    )


def bar_of(*flows: str) -> bytes:
    """A BAR with these flow documents, each under its own name."""
    return write_bar({json.loads(flow)["integration"]["name"]: flow for flow in flows})


def vendor_credentials() -> dict[str, str]:
    """What the stand-in lets in."""
    return {
        "username": salesforce.USERNAME,
        "password": salesforce.PASSWORD,
        "clientIdentity": salesforce.CLIENT_ID,
        "clientSecret": salesforce.CLIENT_SECRET,
    }


def accounts_yaml(url: str, name: str = "Account 1", **changed: str) -> bytes:
    """An accounts.yaml with one Salesforce account."""
    entry = {
        "name": name,
        "authType": "OAUTH2_PASSWORD",
        "credentials": vendor_credentials() | changed,
        "endpoint": {"loginUrl": url},
    }
    return json.dumps({"accounts": {"salesforce": [entry]}}).encode()


def _document(name: str, steps: list[Any], interfaces: dict[str, Any]) -> str:
    properties = {field: {"type": "string", "required": False} for field in ("Id", "First", "Last", "Email")}
    properties["Id"]["id"] = True
    trigger = {
        "type": "api-trigger",
        "triggers": {
            "createContact": {
                "assembly": {"$ref": "#/integration/assemblies/assembly-1"},
                "input-context": {"data": "Contact"},
                "output-context": {"data": "Contact"},
            }
        },
        "options": {
            "resources": [
                {
                    "business-object": "Contact",
                    "model": {"$ref": "#/models/Contact"},
                    "triggers": {"create": "createContact"},
                }
            ]
        },
    }
    document = {
        "$integration": "http://ibm.com/appconnect/integration/v2/integrationFile",
        "integration": {
            "type": "api",
            "name": name,
            "trigger-interfaces": {"trigger-interface-1": trigger},
            "action-interfaces": interfaces,
            "assemblies": {"assembly-1": {"assembly": {"execute": steps}}},
        },
        "models": {
            "Contact": {
                "name": "Contact",
                "plural": "Contact",
                "properties": properties,
                "operations": {"create": "#/integration/assemblies/assembly-1"},
            }
        },
    }
    return json.dumps(document, indent=1)
