"""Agents that run one prompt per process and print JSON lines, without the Agent Client Protocol.

`client` runs a turn, `reader` is what each agent implements, and each agent has its own module with
its arguments and parser, and a profile in `profiles`.
"""
