"""What a report can be written as for a file or a pipe; each form loads only what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..core.results import Results

Format = Literal["md", "json", "csv"]
"""Markdown, one JSON object, or a CSV row for each event; also the ending of a file's name."""


def written(found: Results, form: Format, last: int | None = None) -> str:
    """The report as text that ends in a newline; with `last`, only the newest so many of its events are listed."""
    match form:
        case "md":
            from .markdown import report

            return report(found, last)
        case "json":
            from .report_json import report_json

            return report_json(found, last) + "\n"
        case "csv":
            from .report_csv import report_csv

            return report_csv(found, last)
