import os
<<<<<<< HEAD
from a import b
=======
from c import d
>>>>>>> other
