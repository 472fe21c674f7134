"""Audits: auditors without a model, tools that write reports, and an agent's review (SPEC F3, F4).

An auditor looks at texts and says what it saw, as observations; whether one is new, known or
settled is decided where they are raised. Must not know how findings are shown.
"""
