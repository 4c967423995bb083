from ..helper import NAME

LAYERS = len(NAME) // 2
