"""The ibmcoss3 connector."""
