"""The commands. Each imports what it needs when it runs: `lockhouse --help` must not load a platform."""


def main() -> None:
    """The `lockhouse` command. Exit status: 0 done, 1 the thing failed, 2 the command was not understood."""
    from lockhouse.cli.root import run

    raise SystemExit(run())
