"""Who gets which share of an application's traffic."""
