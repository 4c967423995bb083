"""Tickets: short-lived addresses of the files of a model of ExeML, for the pods that the operator made for it."""
