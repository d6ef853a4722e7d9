"""Traces for OpenTelemetry: spans made of what is on record, and sent to whoever collects them."""
