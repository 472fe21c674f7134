"""The embedded agent: it follows a script, without a model and without a network.

`playbook` holds the script's format, `loading` reads it, `agent` is the agent, and `player` is the
process that follows the script. Nothing is imported here: the player starts once per call.
"""
