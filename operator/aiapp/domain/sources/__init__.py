"""Where versions come from: what each kind of source states, and what an import from it amounts to."""
