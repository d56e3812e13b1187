"""Sizes and figures as people write and read them."""
import argparse
import re
import statistics

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
UNITS = {"": 1, "k": KIB, "m": MIB, "g": GIB}


def size(text):
    """Bytes of `64MiB`, `4g`, `1000`."""
    match = re.fullmatch(r"(\d+)\s*(?:([kmg])(?:i?b)?)?", text.strip().lower())
    if not match or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write 64MiB or 4GiB")
    return int(match[1]) * UNITS[match[2] or ""]


def count(text):
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above zero")
    return int(text)


def named(value):
    """`4 GiB`; the largest unit that divides it."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if value % unit == 0:
            return f"{value // unit} {name}"
    return f"{value} bytes"


def summary(values):
    """Median, least and most."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def spread(values, digits=2, scale=1.0):
    """`1.42 (1.36-1.45)`."""
    figures = [value * scale for value in (statistics.median(values), min(values), max(values))]
    return "{0:.{d}f} ({1:.{d}f}-{2:.{d}f})".format(*figures, d=digits)
