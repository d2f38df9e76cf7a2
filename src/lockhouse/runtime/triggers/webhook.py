"""Webhooks: an address for each trigger, the vendor's signature checked, answered when the event is on
disk."""
