"""HubSpot's contacts, as older flows know them: each has its properties beside its id too."""

from typing import Any

from lockhouse.connectors.hubspot.records import Records


def flattened(contact: dict[str, Any]) -> dict[str, Any]:
    """A contact with its properties beside its id, and the id as older flows know it."""
    properties = {
        name: value for name, value in (contact.get("properties") or {}).items() if value is not None
    }
    number = str(contact.get("id") or "")
    return {**properties, **contact, **({"vid": int(number)} if number.isdecimal() else {})}


retrieve_contacts = Records("contact", flattened, changed_at="lastmodifieddate").retrieve
