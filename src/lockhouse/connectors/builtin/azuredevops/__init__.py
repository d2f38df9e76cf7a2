"""Microsoft Azure DevOps: work items."""
