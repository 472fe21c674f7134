"""Subscriptions to the changes in a project, for everything that follows its journal."""
