"""Thin runners around the library: daemon, web, command line, sandbox. Nothing imports this package."""
