"""`python -m lockhouse`: the same as `lockhouse`."""

from lockhouse.cli import main

main()
