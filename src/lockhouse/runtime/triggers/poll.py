"""Polls: asks an application for what was created or updated since, each record once."""
