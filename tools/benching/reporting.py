"""What the bench prints: Markdown tables for people, or one JSON object a line; progress goes to stderr."""
import json
import sys
import time


class Report:
    def __init__(self, as_json):
        self.as_json = as_json

    def progress(self, text):
        print(f"bench {time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)

    def row(self, bench, **members):
        """One result, for scripts."""
        if self.as_json:
            print(json.dumps({"bench": bench, **members}), flush=True)

    def text(self, text):
        """For people."""
        if not self.as_json:
            print(text, flush=True)

    def table(self, title, head, rows):
        """For people."""
        cells = [[str(cell) for cell in row] for row in [head, *rows]]
        widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
        lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        self.text("\n".join(["", f"**{title}**", "", lines[0], rule, *lines[1:]]))

    def ratio(self, what, ratio, target, at_most=False):
        """A figure beside its target."""
        reached = ratio <= target if at_most else ratio >= target
        self.row("ratio", what=what, ratio=round(ratio, 3), target=target, at_most=at_most, reached=reached)
        self.text(f"{what}: {ratio:.2f} (target {'at most' if at_most else 'at least'} {target:g}"
                  f"{'' if reached else '; MISSED'})")
