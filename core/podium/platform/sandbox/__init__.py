"""Keeps commands away from the rest of the machine.

Each tool has a pure function that returns the words to put in front of a command.
"""
