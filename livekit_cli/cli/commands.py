"""What a command is: typer's, with help that teaches, and a second look at words that typer would misread."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """One command, whose help has examples that work."""

    def get_help(self, ctx: Any) -> str:
        """The help page, as wide as the terminal; typer prints it for `--help`."""
        from .help import command_page

        return command_page(self, ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises UsageError where typer would take a slip of the fingers for something else."""
        from .slips import check

        check(self, args)
        return super().parse_args(ctx, args)


class Group(TyperGroup):
    """The program, whose help lists its commands in the order in which they are met."""

    def get_help(self, ctx: Any) -> str:
        """The help page, as wide as the terminal; typer prints it for `--help`."""
        from .help import program_page

        return program_page(self, ctx)
