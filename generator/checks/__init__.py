"""Cheap rules on a finished text, before anybody pays for a judge."""
