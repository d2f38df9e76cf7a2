"""Calls of PL/SQL procedures: the business object names package and procedure, the action what it is for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lockhouse.connectors.builtin.oracleebs.soap import Interface, envelope, parameters_of
from lockhouse.connectors.errors import NotFound, Unavailable
from lockhouse.connectors.session import Session
from lockhouse.connectors.xml import NotXml, read_xml
from lockhouse.sealing import Secret
from lockhouse.wire.actions import ActionCall, ActionResult

_PRODUCTS = {"OE": "ont", "WSH": "wsh", "HZ": "ar", "AR": "ar", "AP": "ap", "FND": "fnd"}
_ORDERS: Mapping[str, tuple[str, str]] = {
    "CREATE_ORDER": ("CREATE", "CREATE"),
    "UPDATE_ORDER": ("UPDATE", "UPDATE"),
    "DELETE_ORDER": ("DELETE", ""),
    "CREATE_HEADER": ("CREATE", ""),
    "UPDATE_HEADER": ("UPDATE", ""),
    "CREATE_LINE_ITEM": ("", "CREATE"),
    "UPDATE_LINE_ITEM": ("", "UPDATE"),
    "DELETE_LINE_ITEM": ("", "DELETE"),
}
"""What is done with the header and with the lines of an order (Order Management: Process Order API)."""
_DELIVERIES = {"PICK_RELEASE": "PICK-RELEASE", "SHIP_CONFIRMATION": "CONFIRM"}


async def invoke(call: ActionCall, session: Session) -> ActionResult:
    """Call the procedure with the flow's parameters; the payload is what it gives back."""
    package, _, procedure = call.business_object.partition("_Service___")
    interface = Interface(
        _PRODUCTS.get(package.partition("_")[0].upper(), "fnd"), package.upper(), procedure.upper()
    )
    values = {name: value for name, value in call.input.items() if name != "SOAHeader"}
    answer = await _called(
        session, interface, call.input.get("SOAHeader") or {}, _prepared(call.action, values)
    )
    return ActionResult(payload=answer)


async def check(_call: ActionCall, session: Session) -> None:
    """Ask whether the account's user is known. A gateway without that service lets the account pass."""
    user = session.account.values({}).get("username", "")
    interface = Interface("fnd", "FND_USER_PKG", "TESTUSERNAME")
    try:
        await _called(session, interface, {}, {"X_USER_NAME": user})
    except NotFound:
        return


def _prepared(action: str, values: dict[str, Any]) -> dict[str, Any]:
    """The parameters, with what the action says of them unless the flow says it."""
    if action in _DELIVERIES:
        return {"P_ACTION_CODE": _DELIVERIES[action], **values}
    header, lines = _ORDERS.get(action, ("", ""))
    if header and isinstance(values.get("P_HEADER_REC"), Mapping):
        values["P_HEADER_REC"] = {**values["P_HEADER_REC"], **_operation(values["P_HEADER_REC"], header)}
    table = values.get("P_LINE_TBL")
    if lines and isinstance(table, Mapping):
        given = table.get("P_LINE_TBL_ITEM") or []
        items = given if isinstance(given, list) else [given]
        told = [{**one, **_operation(one, lines)} if isinstance(one, Mapping) else one for one in items]
        values["P_LINE_TBL"] = {**table, "P_LINE_TBL_ITEM": told}
    return values


def _operation(record: Mapping[str, Any], usual: str) -> dict[str, Any]:
    return {"OPERATION": record.get("OPERATION") or usual}


async def _called(
    session: Session, interface: Interface, context: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    account = session.account.values({})
    login = (account.get("username", ""), Secret(account.get("password", "")))
    message = envelope(interface, login, context, values)
    address = _address(account, interface)
    reply = await session.send(
        "call", {"address": address, "message": message, "procedure": interface.procedure}
    )
    try:
        return parameters_of(read_xml(reply.content))
    except NotXml as error:
        raise Unavailable(str(error), status_code=502) from None


def _address(account: Mapping[str, str], interface: Interface) -> str:
    """Where a package is: with an instance behind Oracle SOA Suite (12.2), else at the suite itself."""
    base, package = account["endpointUrl"].rstrip("/"), quote(interface.package, safe="")
    instance = account.get("instanceId", "")
    if instance:
        return (
            f"{base}/soa-infra/services/default/{quote(instance, safe='')}_plsql_{package}/{package}_Service"
        )
    return f"{base}/webservices/SOAProvider/plsql/{package.lower()}/"
