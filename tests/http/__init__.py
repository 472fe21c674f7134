"""The guard of every face that speaks HTTP."""
