"""GitLab: projects, issues, merge requests, epics and what belongs to them."""
