"""Agents that run one prompt per process and print JSON lines, without the Agent Client Protocol.

`client` runs a turn, `reader` is what each agent implements, and every agent has a module of its
own with its arguments and its parser, beside a profile in `profiles`.
"""
