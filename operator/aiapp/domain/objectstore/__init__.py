"""Where packages lie and how a store may be reached: locations, keys, listings, policies. Pure."""
