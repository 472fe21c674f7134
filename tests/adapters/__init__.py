"""Agents: the process, the playbook and the protocol."""
