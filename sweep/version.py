"""The version of the package that is installed."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("wn-sweep")
except PackageNotFoundError:  # a checkout that was put on the path and not installed
    VERSION = "unknown"
