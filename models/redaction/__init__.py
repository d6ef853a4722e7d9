"""Removal of secrets from everything that Scout writes down."""

from models.redaction.process_redactor import default_redactor, redact, set_default_redactor
from models.redaction.redactor import Redactor
from models.redaction.spans import MASK

__all__ = ["MASK", "Redactor", "default_redactor", "redact", "set_default_redactor"]
