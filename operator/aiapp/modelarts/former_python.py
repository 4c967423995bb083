"""What the standard library of an older Python had and a later one lacks. Names only: nothing is ever imported."""

from __future__ import annotations

PYTHON_2_MODULES = {
    "BaseHTTPServer": "http.server",
    "ConfigParser": "configparser",
    "Cookie": "http.cookies",
    "HTMLParser": "html.parser",
    "Queue": "queue",
    "SimpleHTTPServer": "http.server",
    "SocketServer": "socketserver",
    "StringIO": "io",
    "Tkinter": "tkinter",
    "__builtin__": "builtins",
    "cPickle": "pickle",
    "cStringIO": "io",
    "commands": "subprocess",
    "cookielib": "http.cookiejar",
    "copy_reg": "copyreg",
    "exceptions": "builtins",
    "httplib": "http.client",
    "md5": "hashlib",
    "sets": "set",
    "sha": "hashlib",
    "thread": "_thread",
    "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
    "xmlrpclib": "xmlrpc.client",
}
"""Top-level modules that no Python 3 has, with what has taken their place."""
REMOVED_FROM_PYTHON_3 = {
    **dict.fromkeys(("aifc", "audioop", "binhex", "cgi", "cgitb", "chunk", "crypt", "dummy_threading"), ""),
    **dict.fromkeys(("formatter", "imghdr", "lib2to3", "macpath", "mailcap", "msilib", "nis", "nntplib"), ""),
    **dict.fromkeys(("ossaudiodev", "parser", "smtpd", "sndhdr", "spwd", "sunau", "symbol", "uu", "xdrlib"), ""),
    "asynchat": "asyncio",
    "asyncore": "asyncio",
    "distutils": "setuptools",
    "imp": "importlib",
    "pipes": "shlex",
    "telnetlib": "",
}
MODULES = {**PYTHON_2_MODULES, **REMOVED_FROM_PYTHON_3}
"""Those too that only later ones lack; empty where nothing has taken their place."""

_ABSTRACT_CLASSES = (
    *("Awaitable", "Callable", "Collection", "Container", "Coroutine", "Generator", "Hashable", "ItemsView"),
    *("Iterable", "Iterator", "KeysView", "Mapping", "MappingView", "MutableMapping", "MutableSequence"),
    *("MutableSet", "Sequence", "Set", "Sized", "ValuesView"),
)
NAMES = {
    **{f"collections.{name}": f"collections.abc.{name}" for name in _ABSTRACT_CLASSES},
    **{f"itertools.{name}": name[1:] for name in ("ifilter", "imap", "izip")},
    **{f"string.{name}": f"string.ascii_{name}" for name in ("letters", "lowercase", "uppercase")},
    **{f"urllib.{name}": f"urllib.parse.{name}" for name in ("quote", "quote_plus", "unquote", "urlencode")},
    **{f"urllib.{name}": f"urllib.request.{name}" for name in ("urlopen", "urlretrieve")},
    "asyncio.async": "asyncio.ensure_future",
    "asyncio.coroutine": "async def",
    "base64.decodestring": "base64.decodebytes",
    "base64.encodestring": "base64.encodebytes",
    "cgi.escape": "html.escape",
    "configparser.SafeConfigParser": "configparser.ConfigParser",
    "fractions.gcd": "math.gcd",
    "importlib.find_loader": "importlib.util.find_spec",
    "inspect.getargspec": "inspect.getfullargspec",
    "locale.format": "locale.format_string",
    "os.errno": "errno",
    "os.getcwdu": "os.getcwd",
    "platform.dist": "",
    "platform.linux_distribution": "",
    "ssl.wrap_socket": "ssl.SSLContext.wrap_socket",
    "string.maketrans": "str.maketrans",
    "sys.maxint": "sys.maxsize",
    "sys.setdefaultencoding": "",
    "time.clock": "time.perf_counter",
    "xml.etree.cElementTree": "xml.etree.ElementTree",
}
"""What modules that are still there had, as MODULES."""


def lacking(name: str, python: str) -> str:
    """That a version of Python (`3.11`) lacks a module or a module's name, and which Python the code is for."""
    top = name.partition(".")[0]
    if name not in NAMES and top not in MODULES:
        return f"Python {python} has no {name}: the code is for another Python"
    now = NAMES.get(name) or MODULES.get(top)
    return f"Python {python} has no {name}{f' (now {now})' if now else ''}: the code is for an older Python"
