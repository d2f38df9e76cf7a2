"""`up`: the platform process, and one process for each integration server."""

from lockhouse.supervisor.up import run_up

__all__ = ["run_up"]
