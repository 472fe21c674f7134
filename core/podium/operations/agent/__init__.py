"""Operations on the agents of this machine and the health of their logins."""
