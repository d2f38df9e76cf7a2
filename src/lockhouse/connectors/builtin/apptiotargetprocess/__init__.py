"""IBM Targetprocess: work items, comments, projects and users."""
