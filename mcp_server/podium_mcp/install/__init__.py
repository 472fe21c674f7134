"""Sets the server up in hosts: where each keeps its settings, and what belongs there."""
