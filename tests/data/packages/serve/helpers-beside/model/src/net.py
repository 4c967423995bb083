from utils import NAME as _N
NAME = __name__
