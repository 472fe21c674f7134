"""Audits files without a language model, and reads the reports of external tools."""
