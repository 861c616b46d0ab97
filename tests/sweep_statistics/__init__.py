"""Tests of `sweep.statistics`, under another name: a folder `statistics` on the path would hide Python's own module."""
