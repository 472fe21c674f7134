"""Prompts of the roles, from templates, within a budget."""
