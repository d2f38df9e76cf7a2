"""The amazons3 connector."""
