"""The postgresql connector."""
