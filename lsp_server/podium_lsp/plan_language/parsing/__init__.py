"""Texts of plan files as trees that know the place of every value."""
