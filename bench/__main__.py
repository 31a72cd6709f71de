"""`make bench`: Vroum beside its peers. Settings come from the environment, as make hands them on:

QUICK=1        1,000 streams, one short round (some minutes); without it, a few hours
ONLY="..."     only these servers, by their names (see bench/contestants.py)
STREAMS="..."  these numbers of streams, such as "100 1000"
KINDS="..."    these kinds of room: small arena different
STAGES="..."   these stages: fan itself back moves grow store
ROUNDS, and EACH: how many seconds a measurement takes, about
"""

import os
import shutil
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from bench import report
from bench.contestants import everybody
from bench.processes import CLIENT_CORE, MINE, ROOT, SERVER_CORE, WORK, many_files
from bench.results import Results, machine
from bench.scene import KINDS
from bench.stages import STAGES, Run, Wanted

PARTIAL = (
    "QUICK",
    "ONLY",
    "STREAMS",
    "KINDS",
    "STAGES",
)  # a run with one of these is not whole


def wanted() -> Wanted:
    quick = os.environ.get("QUICK", "") not in ("", "0")

    def words(name: str, known: list[str]) -> list[str]:
        found = os.environ.get(name, "").split()
        for unknown in set(found) - set(known):
            sys.exit(f"{name}: there is no {unknown}. There are: {' '.join(known)}")
        return found

    streams = os.environ.get("STREAMS") or ("1000" if quick else "100 1000 5000")
    return Wanted(
        streams=[int(number) for number in streams.split()],
        kinds=words("KINDS", [*KINDS]) or [*KINDS],
        stages=words("STAGES", [*STAGES]) or [*STAGES],
        only=words("ONLY", [server.name for server in everybody()]),
        rounds=int(os.environ.get("ROUNDS") or (1 if quick else 3)),
        seconds=float(os.environ.get("EACH") or (1 if quick else 3)),
    )


def main() -> None:
    if SERVER_CORE == CLIENT_CORE:
        sys.exit("make bench needs two cores: one for the server, one for the load client.")
    os.chdir(ROOT)
    many_files()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # and stop whom we started
    what = wanted()
    whole = not any(os.environ.get(name) for name in PARTIAL)
    folder = ROOT / "bench/results" if whole else WORK
    results = Results(machine=machine(), asked=asdict(what))
    print(f"Measuring; what is found goes to {folder.relative_to(ROOT)}/", flush=True)
    try:
        Run(what, results).all()
    except KeyboardInterrupt:
        print("\nStopped. What was measured until now:")
        folder = WORK
    finally:
        shutil.rmtree(MINE, ignore_errors=True)
    report.write(results, folder)
    print(f"\n{Path(folder / 'report.md').read_text()}")


if __name__ == "__main__":
    main()
