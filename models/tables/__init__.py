"""The tables, as Peewee models."""
