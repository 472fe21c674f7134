"""Carries out the steps of an attempt: one module for each kind of call, gate and question."""
