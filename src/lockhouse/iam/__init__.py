"""Accounts, identities, API keys, tokens."""
