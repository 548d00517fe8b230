"""Look at the installation and the machine: one line a finding. The exit code is 0 when the labs can run."""

from __future__ import annotations

from nblib.cli.parser import Parser


def command(parser: Parser, argv: list[str]) -> int:
    parser.parse(argv)
    from nblib.doctor import findings

    report = findings()
    for finding in report:
        print(finding)
    return int(any(finding.level == "problem" for finding in report))
