"""What this machine can do, as a page."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from nblib.doctor import Finding, findings
from nblib.ui.pages import Page, table


def doctor(given: Iterable[Finding] | None = None) -> Page:
    """What this machine has and lacks: problems first, then remarks; the packages that are in order are folded away."""
    given = list(findings() if given is None else given)
    order = {"problem": 0, "note": 1, "ok": 2}
    packages = [f for f in given if f.level == "ok" and f.text[:1].isdigit() and " " not in f.text]
    rest = sorted((f for f in given if f not in packages), key=lambda f: order[f.level])
    rows = [[_level(f.level), f.topic, f.text] for f in rest]
    problems = sum(f.level == "problem" for f in given)
    verdict = "The labs can run here." if not problems else f"{problems} problem{'s' * (problems > 1)} to mend first."
    made = table(["", "Topic", "Finding"], rows)
    html = Markup("<p><b>{}</b></p>{}").format(verdict, made.html)
    if packages:
        inside = table(["Package", "Version"], [[f.topic, f.text] for f in packages])
        folded = Markup("<details><summary>{} package{} in order</summary>{}</details>")
        html += folded.format(len(packages), "s" * (len(packages) > 1), inside.html)
    lines = [verdict, *(str(f) for f in rest), *(str(f) for f in packages)]
    return Page(html, "\n".join(lines))


def _level(level: str) -> Markup:
    colour, sign = {"problem": ("--nbl-bad", "✗"), "note": ("--nbl-warn", "!"), "ok": ("--nbl-good", "✓")}[level]
    return Markup('<span style="white-space:nowrap;color:var({})">{} {}</span>').format(colour, sign, level)
