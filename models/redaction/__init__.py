"""Removal of secrets from everything that Scout writes down."""

from models.redaction.masked_spans import MASK
from models.redaction.process_redactor import default_redactor, redact, set_default_redactor
from models.redaction.redactor import Redactor

__all__ = ["MASK", "Redactor", "default_redactor", "redact", "set_default_redactor"]
