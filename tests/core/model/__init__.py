"""Tests of the model: pure values and rules, no files and no processes."""
