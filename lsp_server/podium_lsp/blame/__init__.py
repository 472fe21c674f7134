"""Which task last changed a function."""
