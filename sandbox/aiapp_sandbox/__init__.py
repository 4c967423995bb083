"""A Kubernetes cluster on this machine, made of the upstream programs, for trials and tests.

Never touches a cluster that it did not start itself, and keeps nothing outside its state and cache folders.
"""
