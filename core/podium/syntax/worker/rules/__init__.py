"""Rules about texts that no grammar knows: signs that a reply was cut, abridged or not merged.

One module per rule; each is a function from a `Case` to problems, listed in its module's `RULES`.
"""
