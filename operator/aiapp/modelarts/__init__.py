"""The format of ModelArts model packages: the one reader of `config.json`, for the operator and the model server.

Standard library and Python 3.7 alone, since it is also shipped into the pod's runtime image (docs/decisions/0012).
"""
