"""The event door: events of push triggers, injected by whoever may."""
