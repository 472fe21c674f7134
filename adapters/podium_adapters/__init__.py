"""Agents: whatever answers a prompt, behind the one port; knows of Podium only ports and values."""
