"""What is measured, and what is tried for long: run one with `python -m bench.<name>`."""
