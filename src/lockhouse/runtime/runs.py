"""Durable runs of event flows: on disk before acknowledged, carried on after a crash from the last finished
step."""
