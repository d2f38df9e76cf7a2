"""What a BAR carries beside an API flow's document: its OpenAPI document and the list of its operations."""

import json
from html import escape

from lockhouse.flows.document import Flow
from lockhouse.flows.openapi import openapi_document

_NAMESPACES = 'xmlns="http://com.ibm.etools.mft.descriptor.base" xmlns:ns2="http://com.ibm.etools.mft.descriptor.restapi"'


def api_files(flow: Flow, name: str) -> dict[str, bytes]:
    """`<name>.json` and `restapi.descriptor`, for tools that read BARs; nothing for an event-driven flow.

    The document alone is run, so no operation names an implementation (a subflow), and there is none.
    """
    if not flow.operations:
        return {}
    document = json.dumps(openapi_document(flow), indent=2, ensure_ascii=False) + "\n"
    return {f"{name}.json": document.encode(), "restapi.descriptor": _descriptor(flow, name)}


def _descriptor(flow: Flow, name: str) -> bytes:
    definition = f'definitionType="openapi_3" definitionFile="{escape(name)}.json"'
    names = [escape(f"{operation.model.name}.{operation.name}") for operation in flow.operations]
    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
        f'<ns2:restapiDescriptor {_NAMESPACES} {definition} https="false">',
        "  <ns2:operations>",
        *(f'    <ns2:operation name="{each}"/>' for each in names),
        "  </ns2:operations>",
        "  <ns2:errorHandlers/>",
        "</ns2:restapiDescriptor>",
        "",
    ]
    return "\n".join(lines).encode()
