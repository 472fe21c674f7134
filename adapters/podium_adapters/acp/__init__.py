"""Agents that speak the Agent Client Protocol: one client, and a profile of data per agent.

`profile` says what an agent is like, `launching` starts it, `conversation` talks to it, `policy`
answers its questions, `transcript` gathers what it says, and `outcome` judges how it ended.
"""
