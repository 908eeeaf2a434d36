"""Who works here: the user model and its roles."""
