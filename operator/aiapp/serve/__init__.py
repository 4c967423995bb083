"""The model server that runs a ModelArts package: one stdlib-only program for Python 3.7 and later.

It never imports anything else of this distribution: it is shipped into other images as one file.
"""
