"""The command line: `standfirst COMMAND`. Each command imports only what it needs, when it is called."""
