"""The reference of settings and commands, made from `Settings` and from the commands themselves."""
