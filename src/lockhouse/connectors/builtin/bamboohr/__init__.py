"""BambooHR: employees, their dependents, and reports."""
