"""Gates: checks that work must pass before it is accepted."""
