"""Completion for the three shells: the script of each, and where it is installed.

Each script calls the program that is being typed, with the words up to the cursor, and offers the lines that it prints
(cli/completion.py says what they mean). Nothing that is printed is ever evaluated.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import CannotCreate, UsageError
from .disk import why_not

BASH = r"""# livekit's completion for bash
_livekit() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files\ *)
                compopt -o filenames
                mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(
                    compgen -f -X "!*.${line#* }" -- "$2"; compgen -d -- "$2") ;;
            :folders)
                compopt -o filenames
                mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$2") ;;
            *) COMPREPLY+=("$line") ;;
        esac
    done < <(_LIVEKIT_COMPLETE=bash "$1" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -F _livekit livekit
"""

ZSH = r"""#compdef livekit
# livekit's completion for zsh
_livekit() {
    local line
    local -a lines offers
    lines=("${(@f)$(_LIVEKIT_COMPLETE=zsh "${(Q)words[1]}" "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    [[ $PREFIX == --*=* ]] && compset -P '*='
    for line in $lines; do
        case $line in
            :files\ *) _files -g "*.${line#* }" ;;
            :folders) _files -/ ;;
            *$'\t'*) offers+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
            *) offers+=("${line//:/\\:}") ;;
        esac
    done
    (( $#offers )) && _describe -V livekit offers
}
if [[ $funcstack[1] == _livekit ]]; then
    _livekit "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _livekit livekit
fi
"""

FISH = r"""# livekit's completion for fish
function __livekit_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in (_LIVEKIT_COMPLETE=fish $words[1] $words[2..] "$typed" 2>/dev/null)
        switch $line
            case ':files *'
                __fish_complete_suffix .(string split -f 2 ' ' -- $line)
            case :folders
                __fish_complete_directories "$typed"
            case '*'
                echo $line
        end
    end
end
complete -c livekit -f -k -a '(__livekit_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""By the names of the shells."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The script's file, and the start file that reads it; None when the shell finds it by itself."""

    script: Path
    start: Path | None


def shell_in_use() -> str | None:
    """The shell that called us, or else the one that the person logs in with; None when it is none of the three."""
    try:
        caller = Path(f"/proc/{os.getppid()}/comm").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        caller = ""
    names = (caller, Path(os.environ.get("SHELL", "")).name)
    return next((name for name in names if name in SCRIPTS), None)


def install(shell: str) -> Installed:
    """Write the script, and have the shell read it when it starts; doing so twice changes nothing.

    Raises UsageError without a home, and CannotCreate.
    """
    home = os.environ.get("HOME", "")
    if not home:
        raise UsageError(f"HOME is not set, so nobody can tell where {shell} looks for completions")
    places = {
        "bash": Installed(_data(home) / "livekit" / "completion.bash", Path(home, ".bashrc")),
        "zsh": Installed(_data(home) / "livekit" / "completion.zsh", Path(os.environ.get("ZDOTDIR") or home, ".zshrc")),
        "fish": Installed(_config(home) / "fish" / "completions" / "livekit.fish", None),
    }
    installed = places[shell]
    try:
        installed.script.parent.mkdir(parents=True, exist_ok=True)
        installed.script.write_text(SCRIPTS[shell], encoding="utf-8")
        if installed.start:
            _mention(installed.start, f"source {shlex.quote(str(installed.script))}")
    except OSError as error:
        raise CannotCreate(f"cannot write {installed.script}: {why_not(error, installed.script)}") from None
    return installed


def _data(home: str) -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path(home, ".local", "share"))


def _config(home: str) -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path(home, ".config"))


def _mention(start: Path, line: str) -> None:
    text = start.read_bytes() if start.exists() else b""
    if line.encode() in text.splitlines():
        return
    with start.open("ab") as file:
        file.write(b"\n" * (bool(text) and not text.endswith(b"\n")) + f"{line}\n".encode())
