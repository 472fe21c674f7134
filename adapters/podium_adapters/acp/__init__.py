"""Agents that use the Agent Client Protocol (ACP): one client, and a data profile per agent.

`profile` describes an agent, `launching` starts it, `conversation` runs a turn with it, `policy`
answers its permission requests, `transcript` records its output, and `outcome` classifies the end.
"""
