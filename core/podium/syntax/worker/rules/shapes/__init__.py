"""Rules about the shape of lines, which need no grammar and therefore apply to every text file.

They compare what is in the changed lines with what the base has there; wording hardly matters. A
rule never reports a line that the base has.
"""
