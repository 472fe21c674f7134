"""Checks that must pass before work goes on."""
