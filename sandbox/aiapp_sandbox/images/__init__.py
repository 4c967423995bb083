"""Container images made on this machine, without any registry. Never pulls one."""
