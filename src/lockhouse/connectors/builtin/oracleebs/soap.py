"""Messages of the Integrated SOA Gateway (Oracle E-Business Suite Integrated SOA Gateway Developer's Guide):
parameters become elements of an envelope, and the answer's parameters values.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.templates import as_text
from lockhouse.connectors.xml import Element
from lockhouse.sealing import Secret

_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_PLAIN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"
_CONTEXT = {
    "Responsibility": "Responsibility",
    "RespApplication": "RespApplication",
    "SecurityGroup": "SecurityGroup",
    "NLSLanguage": "NLSLanguage",
    "OrgId": "Org_Id",
}
"""What the header of a call says, by the flow's names."""


@dataclass(frozen=True, slots=True)
class Interface:
    """One procedure of a package: `product` is the short name of the application that has it."""

    product: str
    package: str
    procedure: str

    @property
    def namespace(self) -> str:
        """The XML namespace of the package."""
        return f"http://xmlns.oracle.com/apps/{self.product}/soaprovider/plsql/{self.package.lower()}/"


def envelope(
    interface: Interface, login: tuple[str, Secret], context: Mapping[str, Any], values: Mapping[str, Any]
) -> str:
    """The message that calls a procedure. Raises Rejected for what XML cannot hold."""
    own, inner = interface.namespace, f"{interface.namespace}{interface.procedure.lower()}/"
    header = "".join(
        _element("own", theirs, context[ours])
        for ours, theirs in _CONTEXT.items()
        if context.get(ours) not in (None, "")
    )
    user, password = _text(login[0]), _text(login[1].reveal())
    token = f'<wsse:Username>{user}</wsse:Username><wsse:Password Type="{_PLAIN}">{password}</wsse:Password>'
    parameters = "".join(_elements("in", values))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:own="{own}" xmlns:in="{inner}"><soapenv:Header>'
        f'<wsse:Security xmlns:wsse="{_SECURITY}" soapenv:mustUnderstand="1">'
        f"<wsse:UsernameToken>{token}</wsse:UsernameToken></wsse:Security>"
        f"<own:SOAHeader>{header}</own:SOAHeader></soapenv:Header>"
        f"<soapenv:Body><in:InputParameters>{parameters}</in:InputParameters></soapenv:Body></soapenv:Envelope>"
    )


def _elements(prefix: str, values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                yield _element(prefix, name, one)


def _element(prefix: str, name: str, value: Any) -> str:
    if not _NAME.fullmatch(name):
        raise Rejected(f"{name[:60]!r} is no name of a parameter")
    inner = "".join(_elements(prefix, value)) if isinstance(value, Mapping) else _text(as_text(value))
    return f"<{prefix}:{name}>{inner}</{prefix}:{name}>"


def _text(text: str) -> str:
    if _NOT_XML.search(text):
        raise Rejected("a value holds a character that XML cannot have")
    return html.escape(text, quote=False)


def parameters_of(root: Element) -> dict[str, Any]:
    """The parameters that an answer's envelope holds. Raises Rejected when it tells a fault."""
    body = next(root.all("Body"), Element("Body"))
    fault = next(body.all("Fault"), None)
    if fault is not None:
        raise Rejected(f"{fault.value('faultcode')}: {fault.value('faultstring')}")
    answer = body.inner[0] if body.inner else Element("OutputParameters")
    found = _value(answer)
    return found if isinstance(found, dict) else {}


def _value(element: Element) -> Any:
    if not element.inner:
        return element.text.strip() or None
    found: dict[str, Any] = {}
    for inner in element.inner:
        value = _value(inner)
        if inner.name in found:
            found[inner.name].append(value)
        elif inner.name.endswith("_ITEM") or len(list(element.all(inner.name))) > 1:
            found[inner.name] = [value]
        else:
            found[inner.name] = value
    return found
