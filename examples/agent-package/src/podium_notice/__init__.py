"""A Podium agent that writes copyright notices."""
