"""Tests of the dialogue room: text to values and back."""
