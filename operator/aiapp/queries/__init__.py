"""The read side: what a user may ask of a cluster or a package, answered as documents.

The command line renders the answers, and so may any other front end. Never writes, never prints.
"""
