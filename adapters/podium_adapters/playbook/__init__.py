"""The playbook agent: follows a script, without a model or a network.

`loading` reads the script, `agent` is the agent, and `player` is the process that follows the
script. Nothing is imported here, because the player starts once per call.
"""
