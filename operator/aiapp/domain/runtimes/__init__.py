"""The catalogue of runtimes: names, which one a version gets, how long it is maintained. Pure."""
