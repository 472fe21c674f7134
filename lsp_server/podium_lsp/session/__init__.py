"""The state of one connected editor; knows nothing of what is shown or done with it."""
