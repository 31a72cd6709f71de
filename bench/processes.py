"""Processes: a server and all its children on one core, the load client on another."""

import os
import re
import resource
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "run/bench"
MINE = WORK / str(os.getpid())  # what this run alone writes, and removes


CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]


def many_files() -> None:
    """One open stream is one file, and whoever we start inherits this."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Group:
    """Some processes that together are one server."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._leaders: list[subprocess.Popen[bytes]] = []

    def start(self, command: list[str], folder: Path, env: dict[str, str]) -> None:
        with self.log.open("ab") as log:
            self._leaders.append(
                subprocess.Popen(
                    ["taskset", "-c", str(SERVER_CORE), *command],
                    cwd=folder,
                    env={**os.environ, **env},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def alive(self) -> bool:
        return all(leader.poll() is None for leader in self._leaders)

    @property
    def pids(self) -> list[int]:
        """Everybody in the sessions that our processes lead."""
        sessions = {leader.pid for leader in self._leaders}
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if _session(pid) in sessions]

    def cpu(self) -> float:
        """Seconds of user and system time, of all threads, to the nanosecond.

        /proc/<pid>/stat has the same sum in hundredths of a second.
        """
        used = 0.0
        for pid in self.pids:
            with suppress(OSError):
                used += time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid(3) makes it
        return used

    def memory(self) -> float:
        """KB, shared pages counted in proportion (PSS)."""
        kilobytes = 0
        for pid in self.pids:
            with suppress(OSError):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
                kilobytes += int(found[1]) if found else 0
        return kilobytes

    def stop(self) -> None:
        pids = self.pids
        for leader in reversed(self._leaders):
            leader.terminate()
        end = time.monotonic() + 10
        for leader in self._leaders:
            with suppress(subprocess.TimeoutExpired):
                leader.wait(max(0.1, end - time.monotonic()))
        for pid in pids:
            with suppress(OSError):
                if _session(pid) in {leader.pid for leader in self._leaders}:
                    os.kill(pid, signal.SIGKILL)
        for leader in self._leaders:
            leader.wait()
        self._leaders.clear()


def _session(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return 0


def compiled(name: str, *sources: Path) -> Path:
    """A C program of ours, compiled when it or its source is new."""
    program = WORK / name
    if not program.exists() or program.stat().st_mtime < max(s.stat().st_mtime for s in sources):
        WORK.mkdir(parents=True, exist_ok=True)
        parts = [str(source) for source in sources if source.suffix == ".c"]
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", program, *parts], check=True)
    return program
