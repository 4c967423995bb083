"""The web console: server-rendered pages over `queries`, each call with the rights of the person who looks."""
