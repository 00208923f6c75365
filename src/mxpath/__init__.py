"""mxpath: where mail to a domain really goes, through whose networks, and where the time goes."""

__version__ = "0.1.0"
