"""x"""

import typer

app = typer.Typer(help="BARs")


@app.command("create")
def create() -> None:
    """x"""


@app.command("show")
def show() -> None:
    """x"""
