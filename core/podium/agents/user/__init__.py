"""What belongs to the user: keys for agents, and agents that the user added."""
