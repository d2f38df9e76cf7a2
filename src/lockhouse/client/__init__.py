"""Our own HTTP clients."""
