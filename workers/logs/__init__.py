"""Logging for every process of Scout: JSON lines for machines, aligned lines for people."""

from workers.logs.json_format import JsonFormatter, parse_object
from workers.logs.setup import (
    configure_logging,
    install_worker_logging,
)
from workers.logs.stream import LineHandler
from workers.logs.text_format import TextFormatter

__all__ = [
    "JsonFormatter",
    "LineHandler",
    "TextFormatter",
    "configure_logging",
    "install_worker_logging",
    "parse_object",
]
