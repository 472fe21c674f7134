"""Single git commands and what they print; they know no plan and no policy."""
