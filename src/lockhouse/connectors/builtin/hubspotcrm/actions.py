"""HubSpot's contacts, companies and deals, each as HubSpot gives it."""

from typing import Any

from lockhouse.connectors.hubspot.records import Records


def _as_it_is(record: dict[str, Any]) -> dict[str, Any]:
    return record


retrieve_contacts = Records("contact", _as_it_is, changed_at="lastmodifieddate").retrieve
retrieve_companies = Records("company", _as_it_is).retrieve
retrieve_deals = Records("deal", _as_it_is).retrieve
