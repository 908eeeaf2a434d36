"""Settings, addresses and servers: where the departments are wired together."""
