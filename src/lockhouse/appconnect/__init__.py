"""An App Connect instance: its catalogue, its accounts, its calls."""
