"""Subscriptions to the changes in a project, for every reader that follows its journal."""
