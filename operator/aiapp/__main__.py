"""`python -m aiapp`: the command line."""

from aiapp.cli import main

main()
