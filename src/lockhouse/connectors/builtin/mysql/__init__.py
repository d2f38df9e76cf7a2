"""The mysql connector."""
