"""Slack: messages, conversations, users."""
