"""Zendesk Service."""
