"""WordPress.com."""
