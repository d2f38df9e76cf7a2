"""Integration servers, their configurations and BARs."""
