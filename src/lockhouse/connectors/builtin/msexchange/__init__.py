"""Microsoft Exchange."""
