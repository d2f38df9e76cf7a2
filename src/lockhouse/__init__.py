"""Lockhouse: a self-hosted home for API keys and the integrations that use them."""

__version__ = "0.1.0"
