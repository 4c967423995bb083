NAME = "json with the package's log.py"
