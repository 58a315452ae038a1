"""A disk whose power can be cut: beside the real files it keeps what of them is durable.

Model: content is durable as of the last `sync` of its file, names as of the last `sync_folder` of their folder. Of what
was not yet durable a power cut may leave nothing, all, or for appended bytes the first few, or zeros in their place.
The pulse, which nobody syncs, may be lost or there. A kill leaves everything as it was, durable or not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from livekit_cli.adapters.disk import Disk


class Cut(BaseException):
    """The process is dead. No `except Exception` may outlive it."""


@dataclass(frozen=True)
class Node:
    """A file, whatever it is called: what the running system sees, and what is durable."""

    content: bytes = b""
    synced: bytes = b""


@dataclass(frozen=True)
class Loss:
    """What a power cut makes of the rest: the names, and the bytes that were appended."""

    name: str
    names_survive: bool
    appended: Callable[[bytes], bytes]
    pulse_survives: bool

    def of(self, node: Node) -> bytes:
        if node.content.startswith(node.synced):
            return node.synced + self.appended(node.content[len(node.synced) :])
        return node.content if self.names_survive else node.synced  # a file that was cut back


LOSSES = (
    Loss("everything", False, lambda _: b"", False),
    Loss("all but the pulse", False, lambda _: b"", True),
    Loss("half a line", False, lambda added: added[: len(added) // 2], True),
    Loss("the newline", True, lambda added: added[:-1], False),
    Loss("bytes, zeros instead", True, lambda added: bytes(len(added)), False),
    Loss("half of them zeros", False, lambda added: added[: len(added) // 2].ljust(len(added), b"\0"), False),
    Loss("nothing but the pulse", True, lambda added: added, False),
)


@dataclass(frozen=True)
class Image:
    """Everything there is on a disk at one moment."""

    nodes: dict[int, Node] = field(default_factory=dict)
    names: dict[Path, int] = field(default_factory=dict)
    folders: frozenset[Path] = frozenset()
    durable_names: dict[Path, int] = field(default_factory=dict)
    durable_folders: frozenset[Path] = frozenset()
    pulses: dict[Path, bytes] = field(default_factory=dict)

    def after(self, loss: Loss | None) -> Image:
        """What the next process finds; None is a kill."""
        if loss is None:
            return self
        folders = self.folders if loss.names_survive else self.durable_folders
        names = self.names if loss.names_survive else self.durable_names
        names = {path: node for path, node in names.items() if path.parent in folders}
        left = {number: loss.of(self.nodes[number]) for number in names.values()}
        nodes = {number: Node(content, content) for number, content in left.items()}
        pulses = self.pulses if loss.pulse_survives else {}
        return Image(nodes, names, folders, dict(names), folders, pulses)

    @property
    def key(self) -> object:
        """Equal for images between which nothing can tell."""
        return (
            frozenset((path, self.nodes[number]) for path, number in self.names.items()),
            frozenset((path, self.nodes[number]) for path, number in self.durable_names.items()),
            self.folders,
            self.durable_folders,
            frozenset(self.pulses.items()),
        )


class PowerDisk(Disk):
    """A `Disk` below `root` that begins as `image`. `tick` is called around each operation and in the midst of appends;
    it may raise Cut, or take an `image()`.
    """

    def __init__(self, root: Path, image: Image | None = None, tick: Callable[[str], None] = lambda _: None) -> None:
        self.root = root
        self.tick = tick
        image = image or Image(folders=frozenset({root}), durable_folders=frozenset({root}))
        self._nodes = dict(image.nodes)
        self._names = dict(image.names)
        self._folders = set(image.folders)
        self._durable_names = dict(image.durable_names)
        self._durable_folders = set(image.durable_folders)
        self._open: dict[int, int] = {}
        _write_out(root, image)

    def image(self) -> Image:
        return Image(
            dict(self._nodes),
            dict(self._names),
            frozenset(self._folders),
            dict(self._durable_names),
            frozenset(self._durable_folders),
            {path: content for path in self._pulses() if (content := _content(path)) is not None},
        )

    def _pulses(self) -> set[Path]:
        return {path.with_suffix(".pulse") for path in self._names if path.suffix in (".jsonl", ".new")}

    def make_folder(self, folder: Path) -> None:
        self.tick("make_folder")
        self._folders |= {path for path in (folder, *folder.parents) if path.is_relative_to(self.root)}
        super().make_folder(folder)

    def open(self, path: Path) -> int:
        self.tick("open")
        fd = super().open(path)
        self._open[fd] = self._names[path]
        return fd

    def create(self, path: Path) -> int:
        self.tick("create")
        before = path.stat().st_ino if path.exists() else None
        fd = super().create(path)
        if path.stat().st_ino == before and path in self._names:
            number = self._names[path]
            self._nodes[number] = replace(self._nodes[number], content=b"")
        else:
            number = max(self._nodes, default=0) + 1
            self._nodes[number] = Node()
        self._names[path] = self._open[fd] = number
        self.tick("created")
        return fd

    def append(self, fd: int, content: bytes) -> None:
        self.tick("append")
        half = len(content) // 2
        for part in (content[:half], content[half:-1], content[-1:]):
            super().append(fd, part)
            self._changed(fd, lambda node, part=part: replace(node, content=node.content + part))
            self.tick("appended")

    def sync(self, fd: int) -> None:
        self.tick("sync")
        self._changed(fd, lambda node: replace(node, synced=node.content))
        self.tick("synced")

    def truncate(self, fd: int, size: int) -> None:
        self.tick("truncate")
        super().truncate(fd, size)
        self._changed(fd, lambda node: replace(node, content=node.content[:size]))
        self.tick("truncated")

    def replace(self, source: Path, target: Path) -> None:
        self.tick("replace")
        super().replace(source, target)
        if source in self._folders:
            self._move_folder(source, target)
        elif source in self._names:  # a pulse that was written past this disk is in no one's books
            self._names[target] = self._names.pop(source)
        self.tick("replaced")

    def _move_folder(self, source: Path, target: Path) -> None:
        """With all that is in it. That is durable at its new place at once, and at its old one as long as its name."""
        self._folders = self._folders - {source} | {target}
        for names in (self._names, self._durable_names):
            moved = {target / path.name: node for path, node in names.items() if path.parent == source}
            names.update(moved)
        self._names = {path: node for path, node in self._names.items() if path.parent != source}

    def sync_folder(self, folder: Path) -> None:
        self.tick("sync_folder")
        others = {path for path in self._durable_folders if path.parent != folder}
        self._durable_folders = others | {path for path in self._folders if path.parent == folder}
        elsewhere = {path: node for path, node in self._durable_names.items() if path.parent != folder}
        here = {path: node for path, node in self._names.items() if path.parent == folder}
        self._durable_names = elsewhere | here
        self.tick("synced_folder")

    def close(self, fd: int) -> None:
        del self._open[fd]
        super().close(fd)

    def _changed(self, fd: int, change: Callable[[Node], Node]) -> None:
        number = self._open[fd]
        self._nodes[number] = change(self._nodes[number])


def dies_at(number: int) -> Callable[[str], None]:
    """A tick that kills at call `number` (from 0); at none when it is negative."""
    left = number

    def tick(_: str) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise Cut

    return tick


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write_out(root: Path, image: Image) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for folder in (root, *image.folders):
        folder.mkdir(parents=True, exist_ok=True)
    for path, number in image.names.items():
        path.write_bytes(image.nodes[number].content)
    for path, content in image.pulses.items():
        if path.parent in image.folders:
            path.write_bytes(content)
