"""What the doctor looks at on this machine: key, folder, disk, store, clock, limits."""

import os
import resource
import secrets
import shutil
import stat
import time
from datetime import datetime
from pathlib import Path

from myapp.cli import data
from myapp.cli.verdict import Wrong
from myapp.hub import Hub
from myapp.store import Store, StoreDown, open_store

KEY = 32  # characters
FREE = 0.05  # of a disk
SLOW = 0.25  # seconds that a click may wait for the disk
FILES = 8192  # one for each open page, and some
DRIFT = 2.0  # seconds


def secret_key(setting: str | None, file: Path) -> str:
    if setting:
        if len(setting) < KEY:
            raise Wrong(
                f"MYAPP_SECRET_KEY has {len(setting)} characters, and others could guess it. "
                f"Give it {KEY} or more, or unset it: then one is made in {file}."
            )
        return f"MYAPP_SECRET_KEY, {len(setting)} characters."
    try:
        mode, key = stat.S_IMODE(file.stat().st_mode), file.read_text()
    except FileNotFoundError:
        return f"the server makes {file} when it first starts."
    except PermissionError as error:
        raise Wrong(
            f"{file} cannot be read by this user: chown it to the server's user."
        ) from error
    if mode != 0o600:
        raise Wrong(f"{file} has mode {mode:04o}, and others may read it: chmod 600 {file}.")
    if len(key) < KEY:
        raise Wrong(
            f"{file} holds {len(key)} characters instead of {KEY} or more. Delete it and restart: "
            "a new one is made, and players type their names again."
        )
    return f"{file}, {len(key)} characters, readable by its owner only."


def secret_elsewhere(setting: str | None) -> str:
    if setting:
        return secret_key(setting, Path())
    return "kept in the store, the same for every machine."


def data_folder(folder: Path) -> str:
    if not folder.exists():
        above = next(path for path in folder.absolute().parents if path.exists())
        if not os.access(above, os.W_OK | os.X_OK, effective_ids=True):
            raise Wrong(
                f"{folder} is missing and {data.named(os.geteuid())} may not make it in {above}. "
                f"Make it and chown it to the server's user, or set MYAPP_STORE_URL."
            )
        return f"{folder} will be made when the server first starts."
    if not folder.is_dir():
        raise Wrong(f"{folder} is not a folder. Move it away, or set MYAPP_STORE_URL.")
    if stranger := data.not_the_owner(folder):
        raise Wrong(stranger)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        raise Wrong(f"{folder} has mode {mode:04o} and cannot be written: chmod u+rwx {folder}.")
    if mode & 0o007:
        raise Wrong(f"everybody on this machine may look into {folder}: chmod o-rwx {folder}.")
    owner = folder.stat().st_uid
    for path in folder.rglob("*"):
        try:
            foreign = path.lstat().st_uid != owner
        except FileNotFoundError:  # It is in use.
            continue
        if foreign:
            raise Wrong(
                f"{path} belongs to {data.named(path.lstat().st_uid)}, so the server may be unable "
                f"to change it: chown -R {data.named(owner)} {folder}."
            )
    return f"{folder.absolute()}, of {data.named(owner)}, mode {mode:04o}."


def disk_space(folder: Path) -> str:
    where = next(path for path in [folder, *folder.absolute().parents] if path.exists())
    disk, entries = shutil.disk_usage(where), os.statvfs(where)
    if disk.free < FREE * disk.total:
        raise Wrong(
            f"{disk.free / disk.total:.1%} of the disk is free, {data.size(disk.free)}. "
            "Delete what is not needed: when it is full, no click can be saved."
        )
    if entries.f_files and entries.f_favail < FREE * entries.f_files:
        raise Wrong(
            f"the disk has room for {entries.f_favail} more files only. "
            "Delete small files that are not needed."
        )
    return f"{data.size(disk.free)} free, {disk.free / disk.total:.0%}."


def round_trip(url: str) -> str:
    """Write, wait for the disk, read back as another process would, delete."""
    key, mark = f"probe/{secrets.token_hex(8)}", {"mark": secrets.token_hex(8)}
    folder, trial = data.place(url), None
    if data.on_disk(url) and not folder.exists():
        trial = folder.with_name(f".doctor-{secrets.token_hex(4)}")
    url = f"tinydb:{trial}" if trial else url  # Whoever makes the folder owns it: not the doctor.
    writer, reader = open_store(url, Hub()), open_store(url, Hub())
    try:
        start = time.monotonic()
        writer.change(key, lambda _: mark)
        seconds = time.monotonic() - start
        found = reader.get(key)
        writer.change(key, lambda _: None)
        if found is None or found[0] != mark or reader.get(key) is not None:
            raise Wrong(
                "what was written was not read back. Is the data folder on a network disk? "
                "Move it to a disk of this machine."
            )
    finally:
        writer.close()
        reader.close()
        if trial:
            shutil.rmtree(trial, ignore_errors=True)
    if seconds > SLOW:
        raise Wrong(
            f"a change takes {seconds * 1000:.0f} ms to reach the disk, and each click waits for "
            "it. Move the data to a faster disk, or find what keeps this one busy."
        )
    return f"written, synced, read back and deleted; a change takes {seconds * 1000:.1f} ms."


def clock(store: Store, folder: Path) -> str:
    """Whether the clock agrees with the disk's, and is not before what was done already."""
    if folder.exists():
        probe = folder / f".doctor-{secrets.token_hex(4)}"
        try:
            probe.touch()
            drift = probe.stat().st_mtime - time.time()
        finally:
            probe.unlink(missing_ok=True)
        if abs(drift) > DRIFT:
            raise Wrong(
                f"the clock and the disk's differ by {abs(drift):.0f} s. Is the data on another "
                "machine? Set both clocks by NTP: timedatectl set-ntp true."
            )
    touched = {key: _touched(store, key) for key in store.keys("rooms/")}
    newest = max(touched, key=lambda key: touched[key], default="")
    ahead = touched.get(newest, 0.0) - time.time()
    if ahead > DRIFT:
        raise Wrong(
            f"the clock is {ahead:.0f} s before {newest}, which was touched last, so its game "
            "would run backwards. Set the clock: timedatectl set-ntp true."
        )
    return f"{datetime.now():%Y-%m-%d %H:%M:%S}, as the disk says; no room is ahead of it."


def clock_elsewhere(store: Store) -> str:
    """Whether this machine's clock agrees with the store's, by which games go."""
    drift = store.time() - time.time()
    if abs(drift) > DRIFT:
        raise Wrong(
            f"this machine's clock and the store's differ by {abs(drift):.0f} s. Games go by the "
            "store's; logs and cookies by this one's. Set both by NTP: timedatectl set-ntp true."
        )
    return f"{datetime.now():%Y-%m-%d %H:%M:%S}, as the store says to {abs(drift) * 1000:.0f} ms."


def _touched(store: Store, key: str) -> float:
    try:
        found = store.get(key)
    except StoreDown:  # `check` tells more.
        return 0.0
    return float(found[0].get("touched", 0.0)) if found else 0.0


def descriptors() -> str:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < FILES:
        raise Wrong(
            f"a process may open {most} files, and each open page is one. Allow {FILES} or more: "
            "LimitNOFILE=65536 in the systemd unit, or ulimit -Hn 65536 before the start."
        )
    watchers = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    if watchers < 16:
        raise Wrong(
            f"fs.inotify.max_user_instances is {watchers}, and each worker needs one: "
            "sysctl fs.inotify.max_user_instances=128."
        )
    return f"up to {most} for each process."
