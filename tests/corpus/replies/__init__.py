"""Damage as it is found in the replies of models: families, composed of place and wording."""
