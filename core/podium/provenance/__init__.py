"""Which task last changed a piece of code."""
