"""Subscriptions to the changes of a project, for everything that follows its journal."""
