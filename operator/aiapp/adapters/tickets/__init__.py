"""The server that pods ask for tickets, and the authority that vouches for it."""
