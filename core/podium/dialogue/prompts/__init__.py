"""Renders the prompts of the roles from templates, within a budget."""
