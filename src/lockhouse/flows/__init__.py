"""The language of flow documents: a pure library."""
