"""What is remembered: settings, the database, runs and their steps, the audit log, redaction."""
