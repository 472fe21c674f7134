"""Questions of an agent about single actions, which a person answers while the call waits."""
