"""Two hundred and more ways to be wrong, and what livekit says to each: a table that a person can read whole.

    python tests/cli/wrong_inputs.py        prints it as markdown

Every row is a command line in a project of its own, its exit code, and everything that is then on standard error.
Standard output stays empty. `test_wrong_inputs.py` runs them all. PROJECT stands for the project's folder, COMMANDS for
the list of commands, OPTIONS for that of a command's options, and ADVICE for what is said behind every damage.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MINUTE_MS = 60_000
START = 1_767_225_600_000
HEADER = "timestamp,open,high,low,close,volume"

WAVE = '''"""Buys every ten minutes."""

from typing import Literal

from livekit_cli import Strategy


class Wave(Strategy):
    """Buys every ten minutes."""

    size: float = 0.5
    minutes: int = 9
    side: Literal["long", "short"] = "long"
    is_bold: bool = False

    async def get_signal(self, market):
        return getattr(market, self.side)(take_profit=self.size, stop_loss=self.size, minutes=self.minutes)
'''

Content = str | bytes | None
FOLDER, PIPE, GONE = b"\0folder", b"\0pipe", None
"""What may stand for a file's content: a folder, a named pipe, or that there is none."""

Damage = Callable[[Path], None]


@dataclass(frozen=True)
class Row:
    """A wrong input, and what is said of it; `damage` is done to the journal of BTCUSDT after everything has run."""

    what: str
    command: str
    code: int
    says: str
    files: Mapping[str, Content] = field(default_factory=dict)
    ran: bool = False
    damage: Damage | None = None
    process: bool = False
    """Whether it needs a process of its own: a run that opens its journals takes over the signals of its process."""
    is_logged: bool = False
    """Whether the log speaks, which says first when that was."""

    @property
    def expected(self) -> str:
        """All of standard error."""
        return f"WHEN ERROR {self.says}" if self.is_logged else f"livekit: {self.says}"


def steady(text: str, folder: Path) -> str:
    """What was said, with a word for whatever differs from machine to machine and from month to month."""
    from livekit_cli.adapters.reading import ADVICE
    from livekit_cli.cli import COMMANDS
    from livekit_cli.core.words import listed

    text = text.replace(str(folder), "PROJECT").replace(ADVICE, "ADVICE")
    text = text.replace(listed(COMMANDS), "there are COMMANDS")
    text = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", "WHEN ", text, flags=re.MULTILINE)
    return re.sub(r"there are (--[a-z-]+, )*--[a-z-]+ and --help", "there are OPTIONS", text)


def rows_of(*rows: str, times: bool = True) -> str:
    """A CSV file with these rows, each with the next minute before it unless it has a time of its own."""
    lines = [f"{START + number * MINUTE_MS},{row}" if times else row for number, row in enumerate(rows)]
    return "\n".join([HEADER, *lines]) + "\n"


def csv(*rows: str) -> Mapping[str, Content]:
    return {"candles.csv": rows_of("100,101,99,100,1", *rows)}


def timed(*rows: str) -> Mapping[str, Content]:
    return {"candles.csv": rows_of(f"{START},100,101,99,100,1", *rows, times=False)}


def raw(text: str | bytes) -> Mapping[str, Content]:
    return {"candles.csv": text}


def strategy(body: str, name: str = "odd") -> Mapping[str, Content]:
    """A file of a strategy with this body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {f"strategies/{name}.py": f"from livekit_cli import Strategy\n\n\nclass Odd(Strategy):\n{lines}"}


def answering(answer: str) -> Mapping[str, Content]:
    """A strategy that gives this answer."""
    return strategy(f"async def get_signal(self, market):\n    {answer}")


def module(text: str | bytes) -> Mapping[str, Content]:
    return {"strategies/odd.py": text}


def preset(text: str | bytes) -> Mapping[str, Content]:
    return {"configs/strategies/calm.yaml": text}


def config(text: str | bytes, name: str = "mine") -> Mapping[str, Content]:
    return {f"configs/{name}.yaml": text}


# ---- what can happen to a journal


def flipped(journal: Path) -> None:
    """A letter in the middle is another one."""
    journal.write_bytes(journal.read_bytes().replace(b'"long"', b'"lonG"', 1))


def a_line_gone(journal: Path) -> None:
    """The third line is missing."""
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:2] + lines[3:]))


def lines_swapped(journal: Path) -> None:
    """Two lines have changed places."""
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:2], lines[3], lines[2], *lines[4:]]))


def last_line_gone(journal: Path) -> None:
    """The last line is missing."""
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))


def emptied(journal: Path) -> None:
    """Nothing is in the file."""
    journal.write_bytes(b"")


def zeros(journal: Path) -> None:
    """A power cut left zeros."""
    journal.write_bytes(bytes(journal.stat().st_size))


def header_gone(journal: Path) -> None:
    """The first line is missing."""
    journal.write_bytes(journal.read_bytes().partition(b"\n")[2])


def edited(journal: Path) -> None:
    """Somebody added a line."""
    journal.write_bytes(journal.read_bytes() + b"# checked by hand\n")


def newer(journal: Path) -> None:
    """A later version wrote it, with a sound checksum."""
    from hashlib import blake2b

    rest = journal.read_bytes().partition(b"\n")[0][26:].replace(b'"v":2,', b'"v":3,')
    journal.write_bytes(b'{"sum":"%s",%s\n' % (blake2b(rest, digest_size=8).hexdigest().encode(), rest))


def removed(journal: Path) -> None:
    """The file is gone."""
    journal.unlink()


def a_folder(journal: Path) -> None:
    """A folder has its name."""
    journal.unlink()
    journal.mkdir()


def a_pipe(journal: Path) -> None:
    """A named pipe has its name."""
    journal.unlink()
    os.mkfifo(journal)


def of_another(journal: Path) -> None:
    """It is the journal of ETHUSDT under this name."""
    shutil.copy(journal.with_name(journal.name.replace("BTC", "ETH")), journal)


def a_copy(journal: Path) -> None:
    """A copy of it has been put beside it."""
    shutil.copy(journal, journal.with_name("copy of it.jsonl"))


def prepare(row: Row, folder: Path, ran: Path | None) -> None:
    """The project of a row; `ran` has the data of one in which something has run."""
    flat = ["100,101,99,100,1"] * 60
    base: dict[str, Content] = {"strategies/wave.py": WAVE, "candles.csv": rows_of(*flat)}
    for name, content in (base | dict(row.files)).items():
        path = folder / name
        if content is GONE:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if content == FOLDER:
            path.mkdir()
        elif content == PIPE:
            os.mkfifo(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    if row.ran:
        assert ran is not None
        shutil.copytree(ran, folder / "data")
    if row.damage:
        row.damage(folder / "data/signal/paper/csv-brisk-BTCUSDT.jsonl")


# ---- the table

TWO = WAVE + '\n\nclass Other(Wave):\n    """Another."""\n'
BRISK = WAVE.replace("Wave", "Brisk")
STILL = "async def get_signal(self, market):\n    return None"

WRONG: dict[str, tuple[Row, ...]] = {
    "Commands": (
        Row("a misspelt command", "staus", 2, "there is no command 'staus'; did you mean 'status'?"),
        Row("another one", "stratgies", 2, "there is no command 'stratgies'; did you mean 'strategies'?"),
        Row("a command in capitals", "STATUS", 2, "there is no command 'STATUS'; did you mean 'status'?"),
        Row("a command with a comma", "'run,' BTCUSDT", 2, "there is no command 'run,'; did you mean 'run'?"),
        Row(
            "another program's word for run",
            "start",
            2,
            "there is no command 'start'; did you mean 'run', as in: livekit run BTCUSDT --strategy breakout",
        ),
        Row(
            "another program's word for run, with more",
            "start BTCUSDT --strategy wave",
            2,
            "there is no command 'start'; did you mean 'run', as in: livekit run BTCUSDT --strategy wave",
        ),
        Row(
            "another program's word for strategies",
            "list",
            2,
            "there is no command 'list'; did you mean 'strategies', as in: livekit strategies",
        ),
        Row(
            "another program's word for events",
            "logs",
            2,
            "there is no command 'logs'; did you mean 'events', as in: livekit events",
        ),
        Row(
            "another program's word for report",
            "stats",
            2,
            "there is no command 'stats'; did you mean 'report', as in: livekit report breakout",
        ),
        Row(
            "another program's word for init",
            "new",
            2,
            "there is no command 'new'; did you mean 'init', as in: livekit init mine",
        ),
        Row("a word that is nothing", "frobnicate", 2, "there is no command 'frobnicate'; there are COMMANDS"),
        Row("an empty word", "''", 2, "there is no command ''; there are COMMANDS"),
        Row("a blank", "' '", 2, "there is no command ' '; there are COMMANDS"),
        Row(
            "a symbol and nothing else",
            "BTCUSDT",
            2,
            "BTCUSDT is a symbol, expected a command; did you mean: livekit run BTCUSDT --strategy wave",
        ),
        Row(
            "a symbol with a slash",
            "BTC/USDT",
            2,
            "BTC/USDT is a symbol, expected a command; did you mean: livekit run BTC/USDT --strategy wave",
        ),
        Row(
            "symbols and a strategy, without a command",
            "BTCUSDT --strategy wave",
            2,
            "BTCUSDT is a symbol, expected a command; did you mean: livekit run BTCUSDT --strategy wave",
        ),
        Row(
            "a symbol before the command",
            "BTCUSDT run --strategy wave",
            2,
            "BTCUSDT is a symbol, expected a command; did you mean: livekit run BTCUSDT --strategy wave",
        ),
        Row(
            "a strategy and nothing else",
            "wave",
            2,
            "wave is a strategy, expected a command; did you mean: livekit run SYMBOL --strategy wave",
        ),
        Row(
            "a strategy's class",
            "Wave",
            2,
            "Wave is a strategy, expected a command; did you mean: livekit run SYMBOL --strategy Wave",
        ),
        Row(
            "a strategy's file",
            "strategies/wave.py",
            2,
            (
                "strategies/wave.py is a strategy, expected a command; did you mean: livekit run SYMBOL "
                "--strategy strategies/wave.py"
            ),
        ),
        Row("help about no command", "help staus", 2, "there is no command 'staus'; did you mean 'status'?"),
        Row(
            "help about a symbol",
            "help BTCUSDT",
            2,
            "BTCUSDT is a symbol, expected a command; did you mean: livekit run BTCUSDT --strategy wave",
        ),
        Row(
            "an option before the command",
            "--strategy wave run BTCUSDT",
            2,
            "--strategy goes behind the command; did you mean: livekit run --strategy wave BTCUSDT",
        ),
        Row(
            "a flag before the command",
            "--json status",
            2,
            "--json goes behind the command; did you mean: livekit status --json",
        ),
        Row("an option and no command", "--json", 2, "--json goes behind the command: livekit COMMAND --json"),
        Row("an option that no command has", "--verbose", 2, "there is no option --verbose; there are OPTIONS"),
        Row(
            "a misspelt option and no command",
            "--verison",
            2,
            "there is no option --verison; did you mean '--version'?",
        ),
        Row("a letter that no option has", "-x", 2, "there is no option -x; there are OPTIONS"),
        Row(
            "a dash from a web page",
            "–help",
            2,
            "'–help' begins with '–' (U+2013), expected '-': is it pasted from a web page? Type --help",
        ),
        Row("two dashes only", "--", 2, "there is no command '--'; there are COMMANDS"),
        Row("one dash only", "-", 2, "there is no command '-'; there are COMMANDS"),
        Row(
            "completion for a shell we do not know",
            "--install-completion tcsh",
            2,
            "--install-completion is 'tcsh', expected one of bash, zsh, fish",
        ),
        Row(
            "completion's script, misspelt",
            "--show-completion bsah",
            2,
            "--show-completion is 'bsah', expected one of bash, zsh, fish; did you mean 'bash'?",
        ),
        Row(
            "what Ctrl-C does",
            "stop",
            2,
            "there is no command 'stop': Ctrl-C or SIGTERM stops a run, and the next run goes on where it was",
        ),
        Row(
            "what is a file",
            "config",
            2,
            "there is no command 'config': livekit schema says what may stand in configs/, and livekit "
            "check what is wrong with it",
        ),
        Row(
            "what a run does by itself",
            "resume",
            2,
            "there is no command 'resume': livekit run goes on where the last run was",
        ),
        Row(
            "candles that nobody has to fetch",
            "download BTCUSDT",
            2,
            "the exchange demo has nothing to download; say for example --exchange binance",
        ),
        Row(
            "a download of recorded candles",
            "download BTCUSDT --exchange csv",
            2,
            "the exchange csv has nothing to download; say for example --exchange binance",
        ),
        Row(
            "a download of no symbol",
            "download",
            2,
            "download needs a SYMBOL, as in: livekit download BTCUSDT --exchange binance --from 7d\nTry "
            "'livekit download --help'.",
        ),
        Row(
            "a download from a time to come",
            "download BTCUSDT -e binance --from 2090-01-01",
            2,
            "--from 2090-01-01 is not before now",
        ),
        Row(
            "a download that ends before it begins",
            "download BTCUSDT -e binance --from 2d --to 3d",
            2,
            "--from 2d is not before --to 3d",
        ),
        Row(
            "a download from half a minute",
            "download BTCUSDT -e binance --from 2026-01-01T00:00:30",
            2,
            "--from is '2026-01-01T00:00:30', expected a whole minute",
        ),
        Row(
            "a download from a date without dashes",
            "download BTCUSDT -e binance --from 20260101",
            2,
            "--from is '20260101', expected milliseconds since 1970 like 1772368200000, or 2026-03-01",
        ),
        Row(
            "a download to a word",
            "download BTCUSDT -e binance --to never",
            2,
            "--to is 'never', expected a time like 2026-03-01, 2026-03-01T12:30 or 1772368200000, or an age like 30d",
        ),
        Row(
            "a download of a contract from a spot exchange",
            "download BTC/USDT:USDT -e binance",
            2,
            "BTC/USDT:USDT is a perpetual contract; its exchange's file needs `market: swap` for that",
        ),
        Row(
            "a download of a list",
            "download BTCUSDT,ETHUSDT -e binance",
            2,
            "symbol name 'BTCUSDT,ETHUSDT' cannot be used: expected letters, digits, '.', '_', '-', '/' and "
            "':', beginning with a letter or digit; did you mean BTCUSDT ETHUSDT, each a word of its own?",
        ),
        Row(
            "a download into nowhere",
            "download BTCUSDT -e binance --data-dir ''",
            2,
            "--data-dir is '', expected a name, for example --data-dir data",
        ),
        Row(
            "another program's way to complete",
            "completion bash",
            2,
            "there is no command 'completion': livekit --install-completion completes words in bash, zsh and fish",
        ),
        Row(
            "another program's word for check",
            "doctor",
            2,
            "there is no command 'doctor'; did you mean 'check', as in: livekit check",
        ),
        Row(
            "another program's word for watch",
            "top",
            2,
            "there is no command 'top'; did you mean 'watch', as in: livekit watch",
        ),
    ),
    "Options": (
        Row(
            "a misspelt option",
            "status --jsn",
            2,
            ("status has no option --jsn; did you mean '--json'?\nTry 'livekit status --help'."),
        ),
        Row(
            "an option in capitals",
            "status --JSON",
            2,
            ("status has no option --JSON; did you mean '--json'?\nTry 'livekit status --help'."),
        ),
        Row(
            "a misspelt option with a value",
            "run BTCUSDT --stratgy wave",
            2,
            ("run has no option --stratgy; did you mean '--strategy'?\nTry 'livekit run --help'."),
        ),
        Row(
            "an option of another command",
            "strategies --speed 10",
            2,
            ("strategies has no option --speed; there are OPTIONS\nTry 'livekit strategies --help'."),
        ),
        Row(
            "an option of another command, without a near one",
            "report brisk --candles x.csv",
            2,
            ("report has no option --candles; there are OPTIONS\nTry 'livekit report --help'."),
        ),
        Row("one dash for two", "run BTCUSDT -strategy wave", 2, "-strategy has one dash; did you mean --strategy?"),
        Row(
            "one dash for two, and a value",
            "run BTCUSDT -s wave -speed=10",
            2,
            "-speed has one dash; did you mean --speed?",
        ),
        Row(
            "one dash, and misspelt", "run BTCUSDT -stratgy=wave", 2, "-stratgy has one dash; did you mean --strategy?"
        ),
        Row("one dash for a flag", "run BTCUSDT -s wave -json", 2, "-json has one dash; did you mean --json?"),
        Row(
            "an en dash from a web page",
            "run BTCUSDT –strategy wave",
            2,
            "'–strategy' begins with '–' (U+2013), expected '-': is it pasted from a web page? Type --strategy",
        ),
        Row(
            "an em dash for two dashes",
            "run BTCUSDT —strategy wave",
            2,
            "'—strategy' begins with '—' (U+2014), expected '-': is it pasted from a web page? Type --strategy",
        ),
        Row(
            "a minus sign for a short option",
            "run BTCUSDT −s wave",
            2,
            "'−s' begins with '−' (U+2212), expected '-': is it pasted from a web page? Type -s",
        ),
        Row(
            "two hyphens of another kind",
            "run BTCUSDT -s wave ‐‐once",
            2,
            "'‐‐once' begins with '‐' (U+2010), expected '-': is it pasted from a web page? Type --once",
        ),
        Row(
            "a letter that no option has",
            "run BTCUSDT -x",
            2,
            ("run has no option -x; there are OPTIONS\nTry 'livekit run --help'."),
        ),
        Row(
            "a flag's letter among others",
            "run BTCUSDT -xs wave",
            2,
            ("run has no option -x; there are OPTIONS\nTry 'livekit run --help'."),
        ),
        Row(
            "no value at the end",
            "run BTCUSDT --strategy",
            2,
            ("--strategy needs a value: --strategy NAME\nTry 'livekit run --help'."),
        ),
        Row(
            "no value for a letter at the end",
            "run BTCUSDT -s",
            2,
            ("-s needs a value: -s NAME\nTry 'livekit run --help'."),
        ),
        Row(
            "no value, and another option",
            "run BTCUSDT --strategy --once",
            2,
            "--strategy needs a value (NAME), found --once",
        ),
        Row(
            "no value, and another option with one",
            "run BTCUSDT -s wave --speed --set size=1",
            2,
            "--speed needs a value (X), found --set",
        ),
        Row(
            "a value for a flag",
            "status --json=yes",
            2,
            ("--json takes no value, found --json=yes\nTry 'livekit status --help'."),
        ),
        Row(
            "two forms of the same lines",
            "run BTCUSDT -s wave --plain --json",
            2,
            "--plain and --json are two forms of the same lines; say one of them",
        ),
        Row(
            "a number that is none",
            "events --last ten",
            2,
            ("--last is 'ten', expected a whole number, 1 or more\nTry 'livekit events --help'."),
        ),
        Row(
            "a number with decimals",
            "events --last 1.5",
            2,
            ("--last is '1.5', expected a whole number, 1 or more\nTry 'livekit events --help'."),
        ),
        Row(
            "none at all",
            "events --last 0",
            2,
            ("--last is 0, expected a whole number, 1 or more\nTry 'livekit events --help'."),
        ),
        Row(
            "a negative number",
            "events --last -3",
            2,
            ("--last is -3, expected a whole number, 1 or more\nTry 'livekit events --help'."),
        ),
        Row(
            "a number with a comma",
            "events --last 1,000",
            2,
            (
                "--last is '1,000', expected a whole number, 1 or more; did you mean --last 1000?\n"
                "Try 'livekit events --help'."
            ),
        ),
        Row(
            "a number with a word",
            "events --last 20events",
            2,
            (
                "--last is '20events', expected a whole number, 1 or more; did you mean --last 20?\n"
                "Try 'livekit events --help'."
            ),
        ),
        Row(
            "a word too much",
            "report brisk BTCUSDT",
            2,
            ("report takes one STRATEGY; 'BTCUSDT' is too much\nTry 'livekit report --help'."),
        ),
        Row(
            "two words too much",
            "report brisk BTCUSDT ETHUSDT",
            2,
            ("report takes one STRATEGY; 'BTCUSDT ETHUSDT' is too much\nTry 'livekit report --help'."),
        ),
        Row(
            "a word for a command that takes none",
            "status BTCUSDT",
            2,
            ("status takes no words of its own, only options; 'BTCUSDT' is too much\nTry 'livekit status --help'."),
        ),
        Row(
            "a strategy for a command that takes none",
            "strategies wave",
            2,
            (
                "strategies takes no words of its own, only options; 'wave' is too much\n"
                "Try 'livekit strategies --help'."
            ),
        ),
        Row(
            "a backtest of nothing",
            "backtest",
            2,
            (
                "backtest needs a SYMBOL, as in: livekit backtest BTCUSDT --strategy breakout\n"
                "Try 'livekit backtest --help'."
            ),
        ),
        Row(
            "a backtest of two symbols",
            "backtest BTCUSDT ETHUSDT -s wave",
            2,
            ("backtest takes one SYMBOL; 'ETHUSDT' is too much\nTry 'livekit backtest --help'."),
        ),
        Row("a run of nothing", "run", 2, "run needs a SYMBOL, as in: livekit run BTCUSDT --strategy breakout"),
        Row(
            "a run of nothing, with a strategy",
            "run --strategy wave",
            2,
            "run needs a SYMBOL, as in: livekit run BTCUSDT --strategy breakout",
        ),
        Row(
            "a run without a strategy",
            "run BTCUSDT",
            2,
            "run needs --strategy NAME; there is wave; configs/livekit.yaml can name one for good",
        ),
        Row(
            "a run without a strategy where there is none",
            "run BTCUSDT",
            2,
            "run needs --strategy NAME; PROJECT has none yet: livekit init makes one",
            {"strategies/wave.py": None},
        ),
        Row(
            "a strategy as if it were a symbol",
            "run wave BTCUSDT",
            2,
            "run needs --strategy NAME; did you mean: livekit run BTCUSDT --strategy wave",
        ),
        Row(
            "a strategy behind the symbol",
            "run BTCUSDT wave",
            2,
            "run needs --strategy NAME; did you mean: livekit run BTCUSDT --strategy wave",
        ),
        Row(
            "a strategy's file as if it were a symbol",
            "run wave.py BTCUSDT",
            2,
            "run needs --strategy NAME; did you mean: livekit run BTCUSDT --strategy wave.py",
        ),
        Row(
            "a backtest without a strategy",
            "backtest BTCUSDT",
            2,
            "backtest needs --strategy NAME; there is wave; configs/livekit.yaml can name one for good",
        ),
        Row(
            "a strategy as if it were a symbol, twice",
            "run wave -s wave --once",
            2,
            "wave is the strategy, expected a symbol like BTCUSDT",
        ),
        Row("a project that is not there", "status --project nope", 2, "--project nope: there is no such folder"),
        Row(
            "a project that is a file",
            "status --project candles.csv",
            2,
            "--project candles.csv: it is a file, expected a folder",
        ),
        Row(
            "a project without a name",
            "status --project ''",
            2,
            "--project is '', expected a name, for example --project .",
        ),
        Row("a data folder that is not there", "status --data-dir nope", 2, "--data-dir nope: there is no such folder"),
        Row(
            "a data folder that is a file",
            "events --data-dir candles.csv",
            2,
            "--data-dir candles.csv: it is a file, expected a folder",
        ),
        Row(
            "a data folder without a name",
            "run BTCUSDT -s wave --data-dir ''",
            2,
            "--data-dir is '', expected a name, for example --data-dir data",
        ),
        Row(
            "a word that forges a second line",
            ("status --x\nlivekit: all is well"),
            2,
            ("status has no option --x; there are OPTIONS\nTry 'livekit status --help'."),
        ),
        Row(
            "a word with escapes",
            "status --\x1b[2J",
            2,
            ("status has no option --\\x1b[2J; there are OPTIONS\nTry 'livekit status --help'."),
        ),
        Row(
            "a picture without a name",
            "watch --svg ''",
            2,
            "--svg is '', expected a name, for example --svg table.svg",
            ran=True,
        ),
        Row(
            "a picture without a value",
            "watch --svg",
            2,
            "--svg needs a value: --svg FILE\nTry 'livekit watch --help'.",
            ran=True,
        ),
        Row(
            "reports into no folder",
            "dump --path ''",
            2,
            "--path is '', expected a name, for example --path reports",
            ran=True,
        ),
        Row(
            "schemas into no folder",
            "schema --path ''",
            2,
            "--path is '', expected a name, for example --path configs/schema",
        ),
        Row(
            "two forms of a report",
            "report brisk --json --format csv",
            2,
            "--json and --format csv are two forms; leave one out",
            ran=True,
        ),
        Row(
            "two forms of a backtest",
            "backtest BTCUSDT -s wave --format csv --json --candles candles.csv",
            2,
            "--json prints events and --format csv a report; leave one out",
        ),
        Row(
            "a project where there is none yet",
            "init --project mine",
            2,
            "init has no option --project; there are OPTIONS\nTry 'livekit init --help'.",
        ),
    ),
    "Values": (
        Row("no speed", "run BTCUSDT -s wave --speed 0", 2, "--speed is 0, expected a number above 0"),
        Row("a negative speed", "run BTCUSDT -s wave --speed -1", 2, "--speed is -1, expected a number above 0"),
        Row("an endless speed", "run BTCUSDT -s wave --speed inf", 2, "--speed is inf, expected a number above 0"),
        Row(
            "a speed that is no number",
            "run BTCUSDT -s wave --speed nan",
            2,
            "--speed is nan, expected a number above 0",
        ),
        Row(
            "a speed in words",
            "run BTCUSDT -s wave --speed fast",
            2,
            ("--speed is 'fast', expected a number\nTry 'livekit run --help'."),
        ),
        Row(
            "a speed with an x",
            "run BTCUSDT -s wave --speed=10x",
            2,
            ("--speed is '10x', expected a number; did you mean --speed 10?\nTry 'livekit run --help'."),
        ),
        Row(
            "a speed with an x before it",
            "run BTCUSDT -s wave --speed x10",
            2,
            ("--speed is 'x10', expected a number; did you mean --speed 10?\nTry 'livekit run --help'."),
        ),
        Row(
            "a speed with a comma",
            "run BTCUSDT -s wave --speed 1,5",
            2,
            ("--speed is '1,5', expected a number\nTry 'livekit run --help'."),
        ),
        Row(
            "a speed without a value",
            "run BTCUSDT -s wave --speed ''",
            2,
            ("--speed is '', expected a number\nTry 'livekit run --help'."),
        ),
        Row(
            "a parameter without a value",
            "backtest BTCUSDT -s wave --candles candles.csv --set size",
            2,
            "--set 'size', expected NAME=VALUE, for example --set lookback=40",
        ),
        Row(
            "a parameter with a colon",
            "backtest BTCUSDT -s wave --candles candles.csv --set size:1",
            2,
            "--set 'size:1', expected NAME=VALUE; did you mean size=1?",
        ),
        Row(
            "a parameter with a blank for =",
            "backtest BTCUSDT -s wave --candles candles.csv --set size 1",
            2,
            "--set 'size', expected NAME=VALUE; did you mean size=1?",
        ),
        Row(
            "a value without a parameter",
            "backtest BTCUSDT -s wave --candles candles.csv --set =3",
            2,
            "--set '=3', expected NAME=VALUE, for example --set lookback=40",
        ),
        Row(
            "a misspelt parameter",
            "backtest BTCUSDT -s wave --candles candles.csv --set sise=3",
            78,
            (
                "--set sise=3: Wave has no parameter 'sise'; it has interval, size, minutes, side, is_bold; "
                "did you mean 'size'?"
            ),
        ),
        Row(
            "a parameter in capitals",
            "backtest BTCUSDT -s wave --candles candles.csv --set SIZE=3",
            78,
            (
                "--set SIZE=3: Wave has no parameter 'SIZE'; it has interval, size, minutes, side, is_bold; "
                "did you mean 'size'?"
            ),
        ),
        Row(
            "a parameter that there is not",
            "backtest BTCUSDT -s wave --candles candles.csv --set leverage=10",
            78,
            "--set leverage=10: Wave has no parameter 'leverage'; it has interval, size, minutes, side, is_bold",
        ),
        Row(
            "a number in words",
            "backtest BTCUSDT -s wave --candles candles.csv --set size=big",
            78,
            "--set size=big: Wave.size is 'big', expected float",
        ),
        Row(
            "a number without a value",
            "backtest BTCUSDT -s wave --candles candles.csv --set size=",
            78,
            "--set size=: Wave.size is '', expected float",
        ),
        Row(
            "not a number",
            "backtest BTCUSDT -s wave --candles candles.csv --set size=nan",
            78,
            "--set size=nan: Wave.size is 'nan', expected float",
        ),
        Row(
            "a whole number with decimals",
            "backtest BTCUSDT -s wave --candles candles.csv --set minutes=1.5",
            78,
            "--set minutes=1.5: Wave.minutes is '1.5', expected int",
        ),
        Row(
            "a whole number with a unit",
            "backtest BTCUSDT -s wave --candles candles.csv --set minutes=90m",
            78,
            "--set minutes=90m: Wave.minutes is '90m', expected int",
        ),
        Row(
            "a choice that there is not",
            "backtest BTCUSDT -s wave --candles candles.csv --set side=up",
            78,
            "--set side=up: Wave.side is 'up', expected 'long' | 'short'",
        ),
        Row(
            "a misspelt choice",
            "backtest BTCUSDT -s wave --candles candles.csv --set side=lnog",
            78,
            "--set side=lnog: Wave.side is 'lnog', expected 'long' | 'short'; did you mean 'long'?",
        ),
        Row(
            "a flag that is neither",
            "backtest BTCUSDT -s wave --candles candles.csv --set is_bold=maybe",
            78,
            "--set is_bold=maybe: Wave.is_bold is 'maybe', expected bool",
        ),
        Row(
            "an interval that there is not",
            "backtest BTCUSDT -s wave --candles candles.csv --set interval=7m",
            78,
            "--set interval=7m: Wave.interval is '7m', expected one of 1m 3m 5m 15m 30m 1h",
        ),
        Row(
            "an interval in capitals",
            "backtest BTCUSDT -s wave --candles candles.csv --set interval=1D",
            78,
            "--set interval=1D: Wave.interval is '1D', expected one of 1m 3m 5m 15m 30m 1h",
        ),
        Row(
            "an interval in other words",
            "backtest BTCUSDT -s wave --candles candles.csv --set interval=5min",
            78,
            ("--set interval=5min: Wave.interval is '5min', expected one of 1m 3m 5m 15m 30m 1h; did you mean '5m'?"),
        ),
        Row(
            "an interval in minutes",
            "backtest BTCUSDT -s wave --candles candles.csv --set interval=60m",
            78,
            ("--set interval=60m: Wave.interval is '60m', expected one of 1m 3m 5m 15m 30m 1h; did you mean '1h'?"),
        ),
        Row(
            "an interval without its unit",
            "backtest BTCUSDT -s wave --candles candles.csv --set interval=5",
            78,
            "--set interval=5: Wave.interval is '5', expected one of 1m 3m 5m 15m 30m 1h; did you mean '5m'?",
        ),
        Row(
            "a parameter twice",
            "backtest BTCUSDT -s wave --candles candles.csv --set size=1 --set size=2",
            2,
            "--set size is given twice: '1' and '2'",
        ),
        Row(
            "several wrong parameters",
            "backtest BTCUSDT -s wave --candles candles.csv --set sise=1 --set side=up --set minutes=x",
            78,
            (
                "--set sise=1: Wave has no parameter 'sise'; it has interval, size, minutes, side, is_bold; "
                "did you mean 'size'?\n"
                "--set side=up: Wave.side is 'up', expected 'long' | 'short'\n"
                "--set minutes=x: Wave.minutes is 'x', expected int"
            ),
        ),
        Row(
            "a misspelt exchange",
            "run BTCUSDT -s wave --exchange dmo",
            2,
            "no exchange 'dmo'; there are csv, demo, and the 104 that ccxt knows; did you mean 'demo'?",
        ),
        Row(
            "a misspelt exchange of ccxt",
            "run BTCUSDT -s wave --exchange Binnance",
            2,
            "no exchange 'Binnance'; there are csv, demo, and the 104 that ccxt knows; did you mean 'binance'?",
        ),
        Row(
            "an exchange without a name",
            "run BTCUSDT -s wave --exchange ''",
            2,
            "no exchange ''; there are csv, demo, and the 104 that ccxt knows",
        ),
        Row(
            "recorded candles without a file",
            "run BTCUSDT -s wave --exchange csv",
            2,
            "the exchange csv needs a file of candles: --candles FILE",
        ),
        Row(
            "two markets at once",
            "backtest BTCUSDT -s wave --candles candles.csv --exchange demo",
            2,
            "--candles is an exchange of its own: leave --exchange demo out",
        ),
        Row(
            "an exchange beside candles",
            "backtest BTCUSDT -s wave --candles candles.csv --exchange binance",
            2,
            "--candles is an exchange of its own: leave --exchange binance out",
        ),
        Row(
            "two symbols on the candles of one",
            "run BTCUSDT ETHUSDT -s wave --candles candles.csv",
            2,
            "candles.csv has the candles of one symbol, 2 were given",
        ),
        Row(
            "a time in words",
            "backtest BTCUSDT -s wave --candles candles.csv --from yesterday",
            2,
            (
                "--from is 'yesterday', expected a time like 2026-03-01, 2026-03-01T12:30 or 1772368200000, "
                "or an age like 30d"
            ),
        ),
        Row(
            "a month that there is not",
            "backtest BTCUSDT -s wave --candles candles.csv --to 2026-13-01",
            2,
            (
                "--to is '2026-13-01' (month must be in 1..12), expected a time like 2026-03-01, "
                "2026-03-01T12:30 or 1772368200000, or an age like 30d"
            ),
        ),
        Row(
            "a day that there is not",
            "backtest BTCUSDT -s wave --candles candles.csv --from 2026-02-30",
            2,
            (
                "--from is '2026-02-30' (day is out of range for month), expected a time like 2026-03-01, "
                "2026-03-01T12:30 or 1772368200000, or an age like 30d"
            ),
        ),
        Row(
            "a day as it is written elsewhere",
            "backtest BTCUSDT -s wave --candles candles.csv --from 01.02.2026",
            2,
            (
                "--from is '01.02.2026', expected a time like 2026-03-01, 2026-03-01T12:30 or 1772368200000, "
                "or an age like 30d"
            ),
        ),
        Row(
            "a time within a minute",
            "backtest BTCUSDT -s wave --candles candles.csv --from 2026-01-01T00:00:30",
            2,
            "--from is '2026-01-01T00:00:30', expected a whole minute",
        ),
        Row(
            "a time without a value",
            "backtest BTCUSDT -s wave --candles candles.csv --from ''",
            2,
            ("--from is '', expected a time like 2026-03-01, 2026-03-01T12:30 or 1772368200000, or an age like 30d"),
        ),
        Row(
            "a time too large",
            "backtest BTCUSDT -s wave --candles candles.csv --from 1000000000000000000000000000000",
            2,
            (
                "--from is '1000000000000000000000000000000', expected milliseconds since 1970 like "
                "1772368200000, or 2026-03-01"
            ),
        ),
        Row(
            "an end before the beginning",
            "backtest BTCUSDT -s wave --candles candles.csv --from 2026-01-02 --to 2026-01-01",
            2,
            "--from 2026-01-02 is after --to 2026-01-01",
        ),
        Row(
            "a time after the candles",
            "backtest BTCUSDT -s wave --candles candles.csv --from 2030-01-01",
            2,
            (
                "there is no candle between --from and --to; candles.csv has those from 2026-01-01T00:00Z to "
                "2026-01-01T00:59Z"
            ),
        ),
        Row(
            "a time before the candles",
            "backtest BTCUSDT -s wave --candles candles.csv --to 2020-01-01",
            2,
            (
                "there is no candle between --from and --to; candles.csv has those from 2026-01-01T00:00Z to "
                "2026-01-01T00:59Z"
            ),
        ),
        Row(
            "an empty symbol",
            "run '' -s wave",
            2,
            (
                "symbol name '' cannot be used: expected letters, digits, '.', '_', '-', '/' and ':', "
                "beginning with a letter or digit"
            ),
        ),
        Row(
            "a blank symbol",
            "run ' ' -s wave",
            2,
            (
                "symbol name ' ' cannot be used: expected letters, digits, '.', '_', '-', '/' and ':', "
                "beginning with a letter or digit"
            ),
        ),
        Row(
            "a symbol of two words",
            "run 'BTC USDT' -s wave",
            2,
            (
                "symbol name 'BTC USDT' cannot be used: expected letters, digits, '.', '_', '-', '/' and "
                "':', beginning with a letter or digit; did you mean BTC USDT, each a word of its own?"
            ),
        ),
        Row(
            "a symbol with a way out",
            "run ../../x -s wave",
            2,
            (
                "symbol name '../../x' cannot be used: expected letters, digits, '.', '_', '-', '/' and ':', "
                "beginning with a letter or digit"
            ),
        ),
        Row(
            "a symbol of markup",
            "run '[/]' -s wave",
            2,
            (
                "symbol name '[/]' cannot be used: expected letters, digits, '.', '_', '-', '/' and ':', "
                "beginning with a letter or digit"
            ),
        ),
        Row(
            "a symbol with an escape",
            "run '\x1b[31mBTC' -s wave",
            2,
            (
                "symbol name '\\x1b[31mBTC' cannot be used: expected letters, digits, '.', '_', '-', '/' and "
                "':', beginning with a letter or digit"
            ),
        ),
        Row(
            "a symbol with a line break",
            ("run 'BTC\nUSDT' -s wave"),
            2,
            (
                "symbol name 'BTC\\nUSDT' cannot be used: expected letters, digits, '.', '_', '-', '/' and "
                "':', beginning with a letter or digit; did you mean BTC USDT, each a word of its own?"
            ),
        ),
        Row(
            "a symbol that is written from right to left",
            "run '\u202eBTC' -s wave",
            2,
            (
                "symbol name '\\u202eBTC' cannot be used: expected letters, digits, '.', '_', '-', '/' and "
                "':', beginning with a letter or digit"
            ),
        ),
        Row(
            "a symbol that is too long",
            "run XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX -s wave",
            2,
            "symbol name 'XXXXXXXXXXXXXXXXXXXX'... has 65 characters, at most 64",
        ),
        Row("a symbol twice", "run BTCUSDT BTCUSDT -s wave", 2, "the symbol BTCUSDT is given twice"),
        Row(
            "two symbols of one file",
            "run BTC/USDT BTC_USDT -s wave",
            2,
            "BTC/USDT and BTC_USDT would share the journal demo-wave-BTC_USDT.jsonl",
        ),
        Row(
            "symbols with commas",
            "run BTCUSDT,ETHUSDT -s wave",
            2,
            (
                "symbol name 'BTCUSDT,ETHUSDT' cannot be used: expected letters, digits, '.', '_', '-', '/' "
                "and ':', beginning with a letter or digit; did you mean BTCUSDT ETHUSDT, each a word of its own?"
            ),
        ),
        Row(
            "an age that is none",
            "report --since 3x",
            2,
            (
                "--since is '3x', expected a time like 2026-03-01, 2026-03-01T12:30 or 1772368200000, or an "
                "age like 90m, 2h, 3d"
            ),
        ),
        Row(
            "an age in words",
            "report --since 'last week'",
            2,
            (
                "--since is 'last week', expected a time like 2026-03-01, 2026-03-01T12:30 or 1772368200000, "
                "or an age like 90m, 2h, 3d"
            ),
        ),
        Row(
            "a time in seconds",
            "report --since 1767225600",
            2,
            "--since is '1767225600', expected milliseconds since 1970 like 1772368200000, or 2026-03-01",
        ),
        Row(
            "a window that ends before it begins",
            "report brisk --since 2026-02-01 --until 2026-01-01",
            2,
            "--since 2026-02-01 is not before --until 2026-01-01: no time is between them",
            ran=True,
        ),
        Row(
            "a form that there is not",
            "report --format pdf",
            2,
            ("--format is 'pdf', expected one of md, json, csv\nTry 'livekit report --help'."),
        ),
        Row(
            "a misspelt form",
            "dump --format jsno",
            2,
            ("--format is 'jsno', expected one of md, json, csv; did you mean 'json'?\nTry 'livekit dump --help'."),
        ),
        Row(
            "a form in capitals",
            "report --format MD",
            2,
            ("--format is 'MD', expected one of md, json, csv; did you mean 'md'?\nTry 'livekit report --help'."),
        ),
    ),
    "Names of strategies": (
        Row(
            "a misspelt strategy",
            "run BTCUSDT -s wvae",
            78,
            (
                "there is no strategy 'wvae'; looked in PROJECT/strategies and PROJECT/configs/strategies; "
                "found: wave; did you mean 'wave'?"
            ),
        ),
        Row(
            "a strategy that is not there",
            "run BTCUSDT -s ema-cross",
            78,
            (
                "there is no strategy 'ema-cross'; looked in PROJECT/strategies and "
                "PROJECT/configs/strategies; found: wave"
            ),
        ),
        Row(
            "an empty name",
            "run BTCUSDT -s ''",
            78,
            "there is no strategy ''; looked in PROJECT/strategies and PROJECT/configs/strategies; found: wave",
        ),
        Row(
            "a way out",
            "run BTCUSDT -s ../../x",
            78,
            (
                "there is no strategy '../../x'; looked in PROJECT/strategies and "
                "PROJECT/configs/strategies; found: wave"
            ),
        ),
        Row(
            "markup",
            "run BTCUSDT -s '[/]'",
            78,
            ("there is no strategy '[/]'; looked in PROJECT/strategies and PROJECT/configs/strategies; found: wave"),
        ),
        Row(
            "escapes",
            "run BTCUSDT -s '\x1b[31m'",
            78,
            (
                "there is no strategy '\\x1b[31m'; looked in PROJECT/strategies and "
                "PROJECT/configs/strategies; found: wave"
            ),
        ),
        Row(
            "a forged line",
            ("run BTCUSDT -s 'x\nlivekit: all is well'"),
            78,
            (
                "there is no strategy 'x\\nlivekit: all is well'; looked in PROJECT/strategies and "
                "PROJECT/configs/strategies; found: wave"
            ),
        ),
        Row(
            "the file's name instead of the strategy's",
            "run BTCUSDT -s wave.py",
            78,
            "there is no strategy file PROJECT/wave.py; did you mean 'wave', which is strategies/wave.py?",
        ),
        Row(
            "a file that is not there",
            "run BTCUSDT -s strategies/wvae.py",
            78,
            ("there is no strategy file PROJECT/strategies/wvae.py; did you mean 'wave', which is strategies/wave.py?"),
        ),
        Row(
            "a class that is not in the file",
            "run BTCUSDT -s strategies/wave.py:Wav",
            78,
            "strategies/wave.py has no strategy class 'Wav'; it has Wave; did you mean 'Wave'?",
        ),
        Row(
            "no class behind the colon, and two there",
            "run BTCUSDT -s strategies/two.py:",
            78,
            ("strategies/two.py has several strategy classes; say strategies/two.py:Wave or strategies/two.py:Other"),
            {"strategies/two.py": TWO},
        ),
        Row(
            "a file of two strategies",
            "run BTCUSDT -s two",
            78,
            ("strategies/two.py has several strategy classes; say strategies/two.py:Wave or strategies/two.py:Other"),
            {"strategies/two.py": TWO},
        ),
        Row(
            "a name that two files have",
            "run BTCUSDT -s other",
            78,
            "the name 'other' is in strategies/three.py and in strategies/two.py; rename one",
            {"strategies/two.py": TWO, "strategies/three.py": TWO},
        ),
        Row(
            "a name that a file and a preset have",
            "run BTCUSDT -s wave",
            78,
            "the name 'wave' is in strategies/wave.py and in configs/strategies/wave.yaml; rename one",
            {"configs/strategies/wave.yaml": "strategy: wave\n"},
        ),
        Row(
            "a folder instead of a file",
            "run BTCUSDT -s strategies/deep.py",
            78,
            "there is no strategy file PROJECT/strategies/deep.py (which is a folder)",
            {"strategies/deep.py": FOLDER},
        ),
        Row(
            "no strategies at all",
            "run BTCUSDT -s wave",
            78,
            (
                "there is no strategy 'wave'; looked in PROJECT/strategies and PROJECT/configs/strategies; "
                "none found: livekit init makes one"
            ),
            {"strategies/wave.py": None},
        ),
        Row(
            "a file in the place of the folder",
            "run BTCUSDT -s wave",
            78,
            (
                "there is no strategy 'wave'; looked in PROJECT/strategies and PROJECT/configs/strategies; "
                "none found: livekit init makes one"
            ),
            {"strategies/wave.py": None, "strategies": ""},
        ),
        Row(
            "a broken file beside a misspelt name",
            "run BTCUSDT -s wvae",
            78,
            (
                "there is no strategy 'wvae'; looked in PROJECT/strategies and PROJECT/configs/strategies; "
                "found: wave; did you mean 'wave'?\n"
                "not usable: strategies/odd.py:1: ModuleNotFoundError: No module named 'nowhere'"
            ),
            {"strategies/odd.py": "import nowhere\n"},
        ),
    ),
    "Strategy files": (
        Row(
            "a syntax error",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:3:20: expected ':': class Odd(Strategy)",
            module("from livekit_cli import Strategy\n\nclass Odd(Strategy)\n    pass\n"),
        ),
        Row(
            "a bracket that is not closed",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:1:5: '[' was never closed: x = [1,",
            module("x = [1,\n\ny = 2\n"),
        ),
        Row(
            "an indentation that does not fit",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:3:8: unindent does not match any outer indentation level: b = 2",
            module("class Odd:\n    a = 1\n  b = 2\n"),
        ),
        Row(
            "tabs and blanks",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:3:1: inconsistent use of tabs and spaces in indentation: b = 2",
            module("if True:\n\ta = 1\n        b = 2\n"),
        ),
        Row(
            "a null byte",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: source code string cannot contain null bytes",
            module(b"a = 1\0\n"),
        ),
        Row(
            "not UTF-8",
            "run BTCUSDT -s odd",
            78,
            (
                "strategies/odd.py:3:14: (unicode error) 'utf-8' codec can't decode byte 0xe9 in position 3: "
                "unexpected end of data: NAME = 'caf�'"
            ),
            module(b"from livekit_cli import Strategy\n\nNAME = 'caf\xe9'\n"),
        ),
        Row(
            "thousands of brackets",
            "run BTCUSDT -s odd",
            78,
            (
                "strategies/odd.py:1:201: too many nested parentheses: "
                "(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((..."
            ),
            module("(" * 5000),
        ),
        Row(
            "a package that is not installed",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:1: ModuleNotFoundError: No module named 'pandas_ta'",
            module("import pandas_ta\n"),
        ),
        Row(
            "a neighbour that is not there",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:1: ModuleNotFoundError: No module named 'helpers'",
            module("from helpers import ema\n"),
        ),
        Row(
            "a name that livekit does not have",
            "run BTCUSDT -s odd",
            78,
            (
                "strategies/odd.py:1: ImportError: cannot import name 'Stratgy' from 'livekit_cli'; did you "
                "mean 'Strategy'?"
            ),
            module("from livekit_cli import Stratgy\n"),
        ),
        Row(
            "an exception while it is read",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:2: IndexError: list index out of range",
            module("LEVELS = [1, 2]\nTOP = LEVELS[2]\n"),
        ),
        Row(
            "the end of the program",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:2: SystemExit: bye",
            module("import sys\nsys.exit('bye')\n"),
        ),
        Row(
            "an exception with a forged line",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:1: ValueError: odd",
            module("raise ValueError('odd\\nlivekit: all is well')\n"),
        ),
        Row(
            "an exception with escapes",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:1: ValueError: \\x1b[2J\\x1b]0;title\\x07",
            module("raise ValueError('\\x1b[2J\\x1b]0;title\\x07')\n"),
        ),
        Row(
            "no class",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: no strategy class; expected `class ...(Strategy):` in it",
            module("def get_signal(market):\n    return None\n"),
        ),
        Row(
            "a class that is no strategy",
            "run BTCUSDT -s odd",
            78,
            (
                "strategies/odd.py: no strategy class; expected `class ...(Strategy):` in it; Odd is none, "
                "write `class Odd(Strategy):`"
            ),
            module("class Odd:\n    async def get_signal(self, market):\n        return None\n"),
        ),
        Row(
            "an empty file",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: no strategy class; expected `class ...(Strategy):` in it",
            module(""),
        ),
        Row(
            "no get_signal",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: Odd has no get_signal; expected `async def get_signal(self, market):`",
            strategy("interval = '1m'"),
        ),
        Row(
            "a misspelt get_signal",
            "run BTCUSDT -s odd",
            78,
            (
                "strategies/odd.py: Odd has no get_signal; expected `async def get_signal(self, market):`; "
                "it has get_signals"
            ),
            strategy("async def get_signals(self, market):\n    return None"),
        ),
        Row(
            "a get_signal that is no method",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: Odd.get_signal is 3, expected a method",
            strategy("get_signal = 3"),
        ),
        Row(
            "a parameter of a type that no text can be",
            "run BTCUSDT -s odd",
            78,
            (
                "strategies/odd.py: Odd.levels has the type list; a parameter is an int, float, bool, str or "
                "Literal, or one of these or None (write `levels: ClassVar[...]` for what is no parameter)"
            ),
            strategy("levels: list = []\n" + STILL),
        ),
        Row(
            "a parameter whose default is of another type",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: Odd.size is 'big', expected float",
            strategy("size: float = 'big'\n" + STILL),
        ),
        Row(
            "a parameter whose type is not defined",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:5: NameError: name 'Flaot' is not defined",
            strategy("size: Flaot = 1.0\n" + STILL),
        ),
        Row(
            "an interval that there is not",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: Odd.interval is '7m', expected one of 1m 3m 5m 15m 30m 1h",
            strategy("interval = '7m'\n" + STILL),
        ),
        Row(
            "an interval that is a number",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: Odd.interval is 5, expected one of 1m 3m 5m 15m 30m 1h; did you mean '5m'?",
            strategy("interval = 5\n" + STILL),
        ),
        Row(
            "an __init__ that raises",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py:6: ZeroDivisionError: division by zero",
            strategy("def __init__(self):\n    self.top = 1 / 0\n" + STILL),
        ),
        Row(
            "an __init__ that wants more",
            "run BTCUSDT -s odd",
            78,
            "strategies/odd.py: TypeError: Odd.__init__() missing 1 required positional argument: 'levels'",
            strategy("def __init__(self, levels):\n    self.levels = levels\n" + STILL),
        ),
        Row(
            "a name that no file of a journal can have",
            "run BTCUSDT -s 'strategies/ö.py'",
            78,
            (
                "strategies/ö.py: strategy name 'ö' cannot be used: expected letters, digits, '.', '_' and "
                "'-', beginning with a letter or digit"
            ),
            {"strategies/ö.py": WAVE},
        ),
    ),
    "Answers of strategies": (
        Row(
            "an exception",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py:6: AttributeError: 'Market' "
                "object has no attribute 'candle'"
            ),
            answering("return market.candle('1m')"),
        ),
        Row(
            "text",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: a strategy returns a "
                "Proposal or None, not str"
            ),
            answering("return 'long'"),
        ),
        Row(
            "a dict",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: a strategy returns a "
                "Proposal or None, not dict"
            ),
            answering("return {'position': 'long'}"),
        ),
        Row(
            "True",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: a strategy returns a "
                "Proposal or None, not bool"
            ),
            answering("return True"),
        ),
        Row(
            "a missing await",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py: get_signal returned the "
                "coroutine `Odd.ask` that nobody awaited; write `return await ...`"
            ),
            strategy(
                "async def get_signal(self, market):\n    return self.ask()\nasync def ask(self):\n    return None"
            ),
        ),
        Row(
            "a missing await for the candles",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py:6: TypeError: 'coroutine' "
                "object is not subscriptable (is an `await` missing?)"
            ),
            answering("return market.candles('1m', 5)[-1]"),
            process=True,
        ),
        Row(
            "a yield for a return",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py: get_signal is a generator, "
                "because it holds a `yield`; write `return`"
            ),
            answering("yield None"),
        ),
        Row(
            "take profit on the wrong side",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: price_take_profit 99.0 must "
                "be above price_open 100.0 for a long"
            ),
            answering("return market.long(take_profit=-1, stop_loss=1, minutes=5)"),
        ),
        Row(
            "a stop loss above a long's entry",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: price_stop_loss 102.0 must "
                "be below price_open 100.0 for a long"
            ),
            answering("return market.long(price_take_profit=101, price_stop_loss=102, minutes=5)"),
        ),
        Row(
            "two ways to say the same",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py:6: ValueError: give "
                "take_profit= (percent of the entry) or price_take_profit= (a price): found both"
            ),
            answering("return market.long(take_profit=1, price_take_profit=101, stop_loss=1, minutes=5)"),
        ),
        Row(
            "neither of two ways",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py:6: ValueError: give "
                "stop_loss= (percent of the entry) or price_stop_loss= (a price): found neither"
            ),
            answering("return market.long(take_profit=1, minutes=5)"),
        ),
        Row(
            "no time at all",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: minutes is 0, expected a "
                "whole number from 1 to 5256000"
            ),
            answering("return market.long(take_profit=1, stop_loss=1, minutes=0)"),
        ),
        Row(
            "no minutes",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py:6: TypeError: "
                "market.long() missing 1 required keyword-only argument: 'minutes'"
            ),
            answering("return market.long(take_profit=1, stop_loss=1)"),
        ),
        Row(
            "no number",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: price_take_profit is nan, "
                "expected a price above 0"
            ),
            answering("return market.short(take_profit=float('nan'), stop_loss=1, minutes=5)"),
        ),
        Row(
            "an entry far from the price",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: price_open 50.0 is 50.00 % "
                "away from the last close 100.0, at most 1.0 %"
            ),
            answering("return market.long(price_open=50, take_profit=1, stop_loss=1, minutes=5)"),
        ),
        Row(
            "everything wrong at once",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: proposal refused: price_open is -1.0, "
                "expected a price above 0; price_take_profit is 0.0, expected a price above 0; "
                "price_stop_loss is inf, expected a price above 0; minutes is -5, expected a whole number "
                "from 1 to 5256000"
            ),
            answering(
                "return market.long(price_open=-1, price_take_profit=0, price_stop_loss=float('inf'), minutes=-5)"
            ),
        ),
        Row(
            "candles of another timeframe",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py:6: ValueError: timeframe is "
                "'7m', expected one of 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d"
            ),
            answering("await market.candles('7m', 5)"),
        ),
        Row(
            "no candles",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py:6: ValueError: limit is 0, "
                "expected a whole number from 1 to 10000"
            ),
            answering("await market.candles('1m', 0)"),
        ),
        Row(
            "too many candles",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            (
                "the strategy failed 60 times; the first time: strategies/odd.py:6: ValueError: limit is "
                "1000000, expected a whole number from 1 to 10000"
            ),
            answering("await market.candles('1m', 1_000_000)"),
        ),
        Row(
            "an exception that forges a line",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            "the strategy failed 60 times; the first time: strategies/odd.py:6: RuntimeError: no",
            answering("raise RuntimeError('no\\nlivekit: all is well')"),
        ),
        Row(
            "an exception without words",
            "backtest BTCUSDT -s odd --candles candles.csv --json",
            1,
            "the strategy failed 60 times; the first time: strategies/odd.py:6: KeyError",
            answering("raise KeyError"),
        ),
    ),
    "Candles": (
        Row(
            "a file that is not there",
            "backtest BTCUSDT -s wave --candles candle.csv",
            78,
            "candle.csv: there is no such file; expected a CSV file of 1m candles; did you mean candles.csv?",
        ),
        Row(
            "a file that is not there, and nothing near",
            "backtest BTCUSDT -s wave --candles btc/1m.csv",
            78,
            "btc/1m.csv: there is no such file; expected a CSV file of 1m candles",
        ),
        Row(
            "a folder",
            "backtest BTCUSDT -s wave --candles strategies",
            78,
            "strategies: is a directory; expected a CSV file of 1m candles",
        ),
        Row(
            "no name",
            "backtest BTCUSDT -s wave --candles ''",
            2,
            "--candles is '', expected a name, for example --candles candles.csv",
        ),
        Row(
            "an empty file",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv: is empty; expected a header and 1m candles",
            raw(""),
        ),
        Row(
            "blanks",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv: is empty; expected a header and 1m candles",
            raw("\n  \n"),
        ),
        Row(
            "a header only",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv: a header and no candles; expected at least one row",
            raw(HEADER + "\n"),
        ),
        Row(
            "no header",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:1: there is no header, the file begins with numbers; expected a header naming "
                "timestamp, open, high, low, close, volume"
            ),
            raw("1767225600000,100,101,99,100,1\n"),
        ),
        Row(
            "a column missing",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:1: no column volume among 'timestamp, open, high, low, close'; expected a "
                "header naming timestamp, open, high, low, close, volume"
            ),
            raw("timestamp,open,high,low,close\n1767225600000,100,101,99,100\n"),
        ),
        Row(
            "a column of another name",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:1: no column timestamp among 'time, open, high, low, close, volume'; expected a "
                "header naming timestamp, open, high, low, close, volume; is it 'time'?"
            ),
            raw("time,open,high,low,close,volume\n1767225600000,100,101,99,100,1\n"),
        ),
        Row(
            "a column twice",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:1: the header names close 2 times; expected a header naming timestamp, open, "
                "high, low, close, volume"
            ),
            raw("timestamp,open,high,low,close,close,volume\n"),
        ),
        Row(
            "semicolons",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:1: no column timestamp among 'timestamp;open;high;low;close;volume'; expected a "
                "header naming timestamp, open, high, low, close, volume; the columns look separated by ';', "
                "expected ','"
            ),
            raw(HEADER.replace(",", ";") + "\n1767225600000;100;101;99;100;1\n"),
        ),
        Row(
            "tabs",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:1: no column timestamp among 'timestamp\\topen\\thigh\\tlow\\tclose\\tvolume'; "
                "expected a header naming timestamp, open, high, low, close, volume; the columns look "
                "separated by '\\t', expected ','"
            ),
            raw(HEADER.replace(",", "\t") + "\n"),
        ),
        Row(
            "a spreadsheet",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:1:5: a zero byte; expected CSV text in UTF-8, not a binary file",
            raw(b"PK\x03\x04\0\0"),
        ),
        Row(
            "another encoding",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:2:32: byte 0xa0 is not UTF-8; expected CSV text in UTF-8",
            raw(HEADER.encode() + b"\n1767225600000,100,101,99,100,1 \xa0\n"),
        ),
        Row(
            "a page of the web",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:1: no column timestamp among '<!doctype html>'; expected a header naming "
                "timestamp, open, high, low, close, volume"
            ),
            raw("<!DOCTYPE html>\n<html><body>404</body></html>\n"),
        ),
        Row(
            "a field missing",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3: 5 fields; expected 6, as in the header",
            csv("100,101,99,100"),
        ),
        Row(
            "a field too much",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3: 7 fields; expected 6, as in the header",
            csv("100,101,99,100,1,1"),
        ),
        Row(
            "a decimal comma",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3: 7 fields; expected 6, as in the header",
            csv("100,5,101,99,100,1"),
        ),
        Row(
            "a quote that is not closed",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3: unexpected end of data; expected a row of CSV",
            csv('100,101,99,"100,1'),
        ),
        Row(
            "a time in words",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            ("candles.csv:3:1: timestamp is '2026-01-01 00:01'; expected whole epoch milliseconds; looks like a date"),
            timed("2026-01-01 00:01,100,101,99,100,1"),
        ),
        Row(
            "a time in seconds",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            ("candles.csv:3:1: timestamp 1767225660 is not a whole minute; looks like seconds; expected milliseconds"),
            timed("1767225660,100,101,99,100,1"),
        ),
        Row(
            "a time in seconds with decimals",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:3:1: timestamp is '1767225660.0'; expected whole epoch milliseconds; looks like "
                "seconds with decimals"
            ),
            timed("1767225660.0,100,101,99,100,1"),
        ),
        Row(
            "a time that a spreadsheet has rounded",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:3:1: timestamp is '1.76723E+12'; expected whole epoch milliseconds; looks "
                "rounded by a spreadsheet"
            ),
            timed("1.76723E+12,100,101,99,100,1"),
        ),
        Row(
            "a time in microseconds",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:1: timestamp is 1767225660000000; looks like microseconds; expected milliseconds",
            timed("1767225660000000,100,101,99,100,1"),
        ),
        Row(
            "a time in nanoseconds",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:1: timestamp is 1767225660000000000; looks like nanoseconds; expected milliseconds",
            timed("1767225660000000000,100,101,99,100,1"),
        ),
        Row(
            "a negative time",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:1: timestamp is -60000; expected epoch milliseconds, not negative",
            timed("-60000,100,101,99,100,1"),
        ),
        Row(
            "a time within a minute",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            ("candles.csv:3:1: timestamp 1767225660001 is not a whole minute; expected the opening of a 1m candle"),
            timed("1767225660001,100,101,99,100,1"),
        ),
        Row(
            "a minute twice",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:1: timestamp 1767225600000 is there twice; expected one row for each minute",
            timed("1767225600000,100,101,99,100,1"),
        ),
        Row(
            "the newest first",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            (
                "candles.csv:3:1: timestamp 1767225540000 comes after 1767225600000; expected rows sorted, "
                "the oldest first"
            ),
            timed("1767225540000,100,101,99,100,1"),
        ),
        Row(
            "no time",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:1: timestamp is ''; expected whole epoch milliseconds",
            timed(",100,101,99,100,1"),
        ),
        Row(
            "text for a price",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:19: high is 'high'; expected a finite number",
            csv("100,high,99,100,1"),
        ),
        Row(
            "no price",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:23: low is ''; expected a finite number",
            csv("100,101,,100,1"),
        ),
        Row(
            "a price of nothing",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:15: open is 0.0; expected a finite price above 0",
            csv("0,101,99,100,1"),
        ),
        Row(
            "a negative price",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:23: low is -99.0; expected a finite price above 0",
            csv("100,101,-99,100,1"),
        ),
        Row(
            "an endless price",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:19: high is 'inf'; expected a finite number",
            csv("100,inf,99,100,1"),
        ),
        Row(
            "a price that is no number",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:15: open is 'nan'; expected a finite number",
            csv("nan,101,99,100,1"),
        ),
        Row(
            "a price with a currency",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:26: close is '$100'; expected a finite number",
            csv("100,101,99,$100,1"),
        ),
        Row(
            "a price with an underscore",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:15: open is '1_00'; expected a finite number",
            csv("1_00,101,99,100,1"),
        ),
        Row(
            "digits of another script",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:15: open is '١٠٠'; expected a finite number",
            csv("١٠٠,101,99,100,1"),
        ),
        Row(
            "a high below the close",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:19: high 100.0 is below open 100.0 or close 100.5; expected the highest price",
            csv("100,100,99,100.5,1"),
        ),
        Row(
            "a low above the open",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:23: low 100.5 is above open 100.0 or close 100.7; expected the lowest price",
            csv("100,101,100.5,100.7,1"),
        ),
        Row(
            "a negative volume",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:30: volume is -1.0; expected a finite number, 0 or more",
            csv("100,101,99,100,-1"),
        ),
        Row(
            "a volume that is no number",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:30: volume is 'NaN'; expected a finite number",
            csv("100,101,99,100,NaN"),
        ),
        Row(
            "candles of five minutes",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv: the candles are 5 minutes apart or more; expected 1m candles",
            {"candles.csv": HEADER + "\n" + "".join(f"{START + n * 300000},100,101,99,100,1\n" for n in range(9))},
        ),
        Row(
            "escapes in a field",
            "backtest BTCUSDT -s wave --candles candles.csv",
            78,
            "candles.csv:3:19: high is '\\x1b[31m'; expected a finite number",
            csv("100,\x1b[31m,99,100,1"),
        ),
    ),
    "Presets": (
        Row(
            "a misspelt key",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml: strategy is missing, expected a strategy's name or file.py:Class\n"
                "configs/strategies/calm.yaml:1:1: unknown key stratgy; expected one of interval, params, "
                "strategy; did you mean 'strategy'?"
            ),
            preset("stratgy: wave\n"),
        ),
        Row(
            "a misspelt key beside the right ones",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:2:1: unknown key parms; expected one of interval, params, "
                "strategy; did you mean 'params'?"
            ),
            preset("strategy: wave\nparms:\n  size: 1\n"),
        ),
        Row(
            "a key twice",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:3:1: interval is here a second time, first in line 2",
            preset("strategy: wave\ninterval: 1m\ninterval: 5m\n"),
        ),
        Row(
            "no strategy",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml: strategy is missing, expected a strategy's name or file.py:Class",
            preset("interval: 5m\n"),
        ),
        Row(
            "an empty file",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml: strategy is missing, expected a strategy's name or file.py:Class",
            preset(""),
        ),
        Row(
            "a misspelt strategy",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:1:11: there is no strategy 'wvae'; looked in "
                "PROJECT/strategies; found: wave; did you mean 'wave'?"
            ),
            preset("strategy: wvae\n"),
        ),
        Row(
            "itself as its strategy",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:1:11: 'calm' is a preset, and a preset cannot name a preset; expected "
                "a strategy; found: wave"
            ),
            preset("strategy: calm\n"),
        ),
        Row(
            "a misspelt parameter",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:3:3: Wave has no parameter 'sise'; it has interval, size, "
                "minutes, side, is_bold; did you mean 'size'?"
            ),
            preset("strategy: wave\nparams:\n  sise: 1\n"),
        ),
        Row(
            "a parameter of another type",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:3:9: Wave.size is 'big', expected float",
            preset("strategy: wave\nparams:\n  size: big\n"),
        ),
        Row(
            "a number as text",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:3:9: Wave.size is '1', expected float",
            preset('strategy: wave\nparams:\n  size: "1"\n'),
        ),
        Row(
            "a parameter without a value",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:3:8: Wave.size has no value, expected float",
            preset("strategy: wave\nparams:\n  size:\n"),
        ),
        Row(
            "parameters as a list",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:3:3: params is a list, expected `name: value` pairs",
            preset("strategy: wave\nparams:\n  - size: 1\n"),
        ),
        Row(
            "an interval that there is not",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:2:11: interval is '7m', expected one of 1m 3m 5m 15m 30m 1h",
            preset("strategy: wave\ninterval: 7m\n"),
        ),
        Row(
            "everything wrong at once",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:2:11: interval is '7m', expected one of 1m 3m 5m 15m 30m 1h\n"
                "configs/strategies/calm.yaml:4:3: Wave has no parameter 'sise'; it has interval, size, "
                "minutes, side, is_bold; did you mean 'size'?\n"
                "configs/strategies/calm.yaml:5:9: Wave.side is 'up', expected 'long' | 'short'\n"
                "configs/strategies/calm.yaml:6:1: unknown key speed; expected one of interval, params, strategy"
            ),
            preset("strategy: wave\ninterval: 7m\nparams:\n  sise: 1\n  side: up\nspeed: 10\n"),
        ),
        Row(
            "tabs",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:3:1: a tab cannot be used here; indent with spaces",
            preset("strategy: wave\nparams:\n\tsize: 1\n"),
        ),
        Row(
            "a list",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:1:1: expected `name: value` lines, found a list",
            preset("- strategy: wave\n"),
        ),
        Row(
            "text",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:1:1: expected `name: value` lines, found a single value",
            preset("wave\n"),
        ),
        Row(
            "a quote that is not closed",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:2:1: a quote is not closed",
            preset('strategy: "wave\n'),
        ),
        Row(
            "an indentation that does not fit",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            ("configs/strategies/calm.yaml:2:11: a second colon is not expected here: is the line indented too far?"),
            preset("strategy: wave\n  interval: 1m\n"),
        ),
        Row(
            "a colon without a blank",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:1:1: expected `name: value` lines, found text: is a blank "
                "missing behind the colon?"
            ),
            preset("strategy:wave\n"),
        ),
        Row(
            "an alias",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:1:11: anchors (&a) are not supported",
            preset("strategy: &a wave\ninterval: *a\n"),
        ),
        Row(
            "a tag",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:1:11: the tag !!python/object/apply:os.system is not supported",
            preset("strategy: !!python/object/apply:os.system ['true']\n"),
        ),
        Row(
            "two documents",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:2:1: a second document (---) is not supported",
            preset("strategy: wave\n---\nstrategy: wave\n"),
        ),
        Row(
            "a word that is false to some",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:3:12: no is true or false to some readers of YAML and text to "
                'others: write false, or "no" for the text'
            ),
            preset("strategy: wave\nparams:\n  is_bold: no\n"),
        ),
        Row(
            "a number that is another one to some",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:3:12: 010 is another number to some readers of YAML: write 10, "
                'or "010" for the text'
            ),
            preset("strategy: wave\nparams:\n  minutes: 010\n"),
        ),
        Row(
            "a number that is seconds to some",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:3:12: 1:30 is a number of seconds to some readers of YAML: "
                'write "1:30" for the text'
            ),
            preset("strategy: wave\nparams:\n  minutes: 1:30\n"),
        ),
        Row(
            "a number with an underscore",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            (
                "configs/strategies/calm.yaml:3:12: 1_0 is a number to some readers of YAML and text to "
                'others: write 10, or "1_0" for the text'
            ),
            preset("strategy: wave\nparams:\n  minutes: 1_0\n"),
        ),
        Row(
            "another encoding",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml:1:14: the byte 0xe9 is no UTF-8 text; save the file as UTF-8",
            preset(b"strategy: caf\xe9\n"),
        ),
        Row(
            "a name that no journal can have",
            "backtest BTCUSDT -s 'a b' --candles candles.csv",
            78,
            (
                "configs/strategies/a b.yaml:1:11: strategy name 'a b' cannot be used: expected letters, "
                "digits, '.', '_' and '-', beginning with a letter or digit"
            ),
            {"configs/strategies/a b.yaml": "strategy: wave\n"},
        ),
        Row(
            "escapes in a key",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            ("configs/strategies/calm.yaml:2:1: unknown key \\x1b[31mx; expected one of interval, params, strategy"),
            preset('strategy: wave\n"\\e[31mx": 1\n'),
        ),
        Row(
            "brackets without end",
            "backtest BTCUSDT -s calm --candles candles.csv",
            78,
            "configs/strategies/calm.yaml: is nested too deeply",
            preset("strategy: " + "[" * 2000 + "\n"),
        ),
    ),
    "Exchanges, fleets and defaults": (
        Row(
            "an exchange's misspelt key",
            "run BTCUSDT -s wave --exchange mine",
            78,
            (
                "configs/mine.yaml:2:1: unknown key sped; expected one of candles, ccxt, exchange, fee_percent, "
                "key_file, market, max_entry_distance_percent, mode, seed, slippage_percent, speed; did "
                "you mean 'speed'?"
            ),
            config("exchange: demo\nsped: 10\n"),
        ),
        Row(
            "an exchange's file without an exchange",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml: exchange is missing, expected demo, csv or an exchange that ccxt knows, like binance",
            config("speed: 10\n"),
        ),
        Row(
            "an exchange that there is not",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:1:11: exchange is 'dmeo', expected demo, csv or an exchange that ccxt knows, like "
            "binance; did you mean 'demo'?",
            config("exchange: dmeo\n"),
        ),
        Row(
            "a misspelt exchange of ccxt, with what goes with it",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:1:11: exchange is 'krakn', expected demo, csv or an exchange that ccxt knows, "
            "like binance; did you mean 'kraken'?",
            config("exchange: krakn\nmarket: swap\n"),
        ),
        Row(
            "real orders",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:2:7: mode is 'live', expected paper: real orders are not possible yet",
            config("exchange: demo\nmode: live\n"),
        ),
        Row(
            "a mode that there is not",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:2:7: mode is 'papr', expected paper; did you mean 'paper'?",
            config("exchange: demo\nmode: papr\n"),
        ),
        Row(
            "no speed",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:2:8: speed is 0, expected a number above 0, at most 1000000000",
            config("exchange: demo\nspeed: 0\n"),
        ),
        Row(
            "a negative fee",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:2:14: fee_percent is -1, expected a number from 0 to 10",
            config("exchange: demo\nfee_percent: -1\n"),
        ),
        Row(
            "recorded candles without a file",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml: candles is missing, expected a CSV file",
            config("exchange: csv\n"),
        ),
        Row(
            "recorded candles that are not there",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:2:10: candles is 'candle.csv': there is no file candle.csv",
            config("exchange: csv\ncandles: candle.csv\n"),
        ),
        Row(
            "a seed for recorded candles",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:3:1: seed goes with exchange: demo, not 'csv'",
            config("exchange: csv\ncandles: candles.csv\nseed: 1\n"),
        ),
        Row(
            "a variable that is not set",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:2:7: ${QQ_SEED_QQ} is not set in the environment",
            config("exchange: demo\nseed: ${QQ_SEED_QQ}\n"),
        ),
        Row(
            "a dollar alone",
            "run BTCUSDT -s wave --exchange mine",
            78,
            "configs/mine.yaml:1:11: a $ begins a variable like ${HOME}; write $$ for a dollar",
            config("exchange: $demo\n"),
        ),
        Row(
            "a name with a dash",
            "run BTCUSDT -s wave --exchange my-demo",
            78,
            (
                "configs/my-demo.yaml: an exchange's name has no '-', which separates the parts of a "
                "journal's name; rename the file to my_demo.yaml"
            ),
            config("exchange: demo\n", "my-demo"),
        ),
        Row(
            "a fleet as an exchange",
            "run BTCUSDT -s wave --exchange mine",
            2,
            "configs/mine.yaml is a fleet and no exchange; it runs by --config mine",
            config("runs:\n  - strategy: wave\n    symbols: [BTCUSDT]\n"),
        ),
        Row(
            "a fleet that is not there",
            "run --config mien",
            2,
            "no fleet 'mien' in PROJECT/configs; there is mine; did you mean 'mine'?",
            config("runs:\n  - strategy: wave\n    symbols: [BTCUSDT]\n"),
        ),
        Row(
            "a fleet's file that is not there",
            "run --config configs/mien.yaml",
            2,
            "there is no fleet file PROJECT/configs/mien.yaml",
        ),
        Row(
            "a fleet and symbols",
            "run BTCUSDT --config mine",
            2,
            "--config names what runs, and on which symbols: leave BTCUSDT out",
            config("runs:\n  - strategy: wave\n    symbols: [BTCUSDT]\n"),
        ),
        Row(
            "a fleet without runs",
            "run --config mine",
            78,
            "configs/mine.yaml:2:6: runs has no value, expected a list of runs, each with strategy and symbols",
            config("exchange: demo\nruns:\n"),
        ),
        Row(
            "a fleet of nothing",
            "run --config mine",
            78,
            "configs/mine.yaml:1:7: runs is empty, expected a list of runs, each with strategy and symbols",
            config("runs: []\n"),
        ),
        Row(
            "an exchange as a fleet",
            "run --config mine",
            2,
            "configs/mine.yaml is an exchange and no fleet; it goes with --exchange mine",
            config("exchange: demo\n"),
        ),
        Row(
            "the defaults as a fleet",
            "run --config livekit",
            2,
            "configs/livekit.yaml holds the project's defaults, and is no fleet",
            config("strategy: wave\n", "livekit"),
        ),
        Row(
            "a line without symbols",
            "run --config mine",
            78,
            "configs/mine.yaml:2:5: symbols is missing, expected a list of symbols like [BTCUSDT, ETHUSDT]",
            config("runs:\n  - strategy: wave\n"),
        ),
        Row(
            "a line with a symbol that is none",
            "run --config mine",
            78,
            "configs/mine.yaml:3:15: symbols: an item is '../x', expected a symbol like BTCUSDT",
            config("runs:\n  - strategy: wave\n    symbols: [../x]\n"),
        ),
        Row(
            "symbols that are no list",
            "run --config mine",
            78,
            "configs/mine.yaml:3:14: symbols is 'BTCUSDT', expected a list of symbols like [BTCUSDT, ETHUSDT]",
            config("runs:\n  - strategy: wave\n    symbols: BTCUSDT\n"),
        ),
        Row(
            "a line with a misspelt strategy",
            "run --config mine",
            78,
            (
                "configs/mine.yaml:2:15: there is no strategy 'wvae'; looked in PROJECT/strategies and "
                "PROJECT/configs/strategies; found: wave; did you mean 'wave'?"
            ),
            config("runs:\n  - strategy: wvae\n    symbols: [BTCUSDT]\n"),
        ),
        Row(
            "a line with a misspelt parameter",
            "run --config mine",
            78,
            (
                "configs/mine.yaml:4:14: Wave has no parameter 'sise'; it has interval, size, minutes, side, "
                "is_bold; did you mean 'size'?"
            ),
            config("runs:\n  - strategy: wave\n    symbols: [BTCUSDT]\n    params: {sise: 1}\n"),
        ),
        Row(
            "a journal for two",
            "run --config mine",
            78,
            (
                "configs/mine.yaml:5:15: BTCUSDT would share the journal demo-wave-BTCUSDT.jsonl with line "
                "3; to run both, give one a name of its own in configs/strategies/NAME.yaml"
            ),
            config("runs:\n" + "  - strategy: wave\n    symbols: [BTCUSDT]\n" * 2 + "    params: {size: 1}\n"),
        ),
        Row(
            "lines that are no mappings",
            "run --config mine",
            78,
            "configs/mine.yaml:2:5: runs: an item is 'wave BTCUSDT', expected `name: value` pairs",
            config("runs:\n  - wave BTCUSDT\n"),
        ),
        Row(
            "a misspelt default",
            "run BTCUSDT",
            78,
            (
                "configs/livekit.yaml:1:1: unknown key stratgy; expected one of data_dir, exchange, speed, "
                "strategy; did you mean 'strategy'?"
            ),
            config("stratgy: wave\n", "livekit"),
        ),
        Row(
            "a default strategy that is not there",
            "run BTCUSDT",
            78,
            (
                "configs/livekit.yaml:1:11: there is no strategy 'wvae'; looked in PROJECT/strategies and "
                "PROJECT/configs/strategies; found: wave; did you mean 'wave'?"
            ),
            config("strategy: wvae\n", "livekit"),
        ),
        Row(
            "a default speed in words",
            "run BTCUSDT -s wave",
            78,
            "configs/livekit.yaml:1:8: speed is 'fast', expected a number above 0, at most 1000000000",
            config("speed: fast\n", "livekit"),
        ),
        Row(
            "a default data folder that is a file",
            "run BTCUSDT -s wave --once",
            73,
            "cannot create candles.csv/signal/paper: candles.csv is a file, expected a folder",
            config("data_dir: candles.csv\n", "livekit"),
            process=True,
        ),
    ),
    "Data folders and journals": (
        Row(
            "a file in the place of the data folder",
            "run BTCUSDT -s wave --once",
            73,
            "cannot create data/signal/paper: data is a file, expected a folder",
            {"data": ""},
            process=True,
        ),
        Row(
            "a file in the place of a folder in it",
            "run BTCUSDT -s wave --once",
            73,
            "cannot create data/signal/paper: data/signal is a file, expected a folder",
            {"data/signal": ""},
            process=True,
        ),
        Row(
            "a file that is named as the data folder",
            "run BTCUSDT -s wave --once --data-dir candles.csv",
            73,
            "cannot create candles.csv/signal/paper: candles.csv is a file, expected a folder",
            process=True,
        ),
        Row(
            "a data folder that nobody may make",
            "run BTCUSDT -s wave --once --data-dir /proc/data",
            73,
            "cannot create /proc/data/signal/paper: No such file or directory",
            process=True,
        ),
        Row(
            "a link to nowhere",
            "run BTCUSDT -s wave --once --data-dir /dev/null",
            73,
            "cannot create /dev/null/signal/paper: /dev/null is a file, expected a folder",
            process=True,
        ),
        Row(
            "a report of what has not run",
            "report wave",
            2,
            "there is no journal of a strategy 'wave' in PROJECT/data; there is none yet",
        ),
        Row(
            "a report of what has not run here",
            "report wave",
            2,
            "there is no journal of a strategy 'wave' in PROJECT/data; there are those of brisk",
            ran=True,
        ),
        Row(
            "a report of a misspelt strategy",
            "report brsk",
            2,
            (
                "there is no journal of a strategy 'brsk' in PROJECT/data; there are those of brisk; did you "
                "mean 'brisk'?"
            ),
            ran=True,
        ),
        Row(
            "a report in capitals",
            "report BRISK",
            2,
            (
                "there is no journal of a strategy 'BRISK' in PROJECT/data; there are those of brisk; did "
                "you mean 'brisk'?"
            ),
            ran=True,
        ),
        Row(
            "a report of a symbol",
            "report BTCUSDT",
            2,
            "BTCUSDT is a symbol, expected a strategy; in PROJECT/data there is brisk",
            ran=True,
        ),
        Row(
            "a report of a way out",
            "report ../brisk",
            2,
            (
                "there is no journal of a strategy '../brisk' in PROJECT/data; there are those of brisk; did "
                "you mean 'brisk'?"
            ),
            ran=True,
        ),
        Row(
            "a dump of a misspelt strategy",
            "dump brisk2",
            2,
            (
                "there is no journal of a strategy 'brisk2' in PROJECT/data; there are those of brisk; did "
                "you mean 'brisk'?"
            ),
            ran=True,
        ),
        Row(
            "a dump into a file",
            "dump brisk --path candles.csv",
            73,
            "cannot write candles.csv/brisk.md: candles.csv is a file, expected a folder",
            ran=True,
        ),
        Row(
            "a dump below a file",
            "dump brisk --path candles.csv/in",
            73,
            "cannot write candles.csv/in/brisk.md: candles.csv is a file, expected a folder",
            ran=True,
        ),
        Row(
            "a dump where nobody may write",
            "dump brisk --path /proc/reports",
            73,
            "cannot write /proc/reports/brisk.md: No such file or directory",
            ran=True,
        ),
        Row(
            "events of a misspelt strategy",
            "events brks",
            2,
            (
                "there is no journal of a strategy 'brks' in PROJECT/data; there are those of brisk; did you "
                "mean 'brisk'?"
            ),
            ran=True,
        ),
        Row(
            "events of a symbol as a strategy",
            "events ETHUSDT",
            2,
            "ETHUSDT is a symbol, expected a strategy; in PROJECT/data there is brisk",
            ran=True,
        ),
        Row(
            "events of a misspelt symbol",
            "events --symbol BTCUSD",
            2,
            (
                "there is no journal of a symbol 'BTCUSD' in PROJECT/data; there are those of BTCUSDT, "
                "ETHUSDT; did you mean 'BTCUSDT'?"
            ),
            ran=True,
        ),
        Row(
            "events of another symbol",
            "events --symbol BTC/USDC",
            2,
            (
                "there is no journal of a symbol 'BTC/USDC' in PROJECT/data; there are those of BTCUSDT, "
                "ETHUSDT; did you mean 'BTCUSDT'?"
            ),
            ran=True,
        ),
        Row(
            "events of a strategy as a symbol",
            "events --symbol brisk",
            2,
            "brisk is a strategy, expected a symbol; in PROJECT/data there are BTCUSDT and ETHUSDT",
            ran=True,
        ),
        Row(
            "a letter changed",
            "events --symbol BTCUSDT --last 1",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl:2: its checksum does not match its content. ADVICE",
            ran=True,
            damage=flipped,
        ),
        Row(
            "a line gone",
            "events --symbol BTCUSDT",
            65,
            (
                "data/signal/paper/csv-brisk-BTCUSDT.jsonl:3: it does not follow line 2: a line is missing "
                "or misplaced. ADVICE"
            ),
            ran=True,
            damage=a_line_gone,
        ),
        Row(
            "lines swapped",
            "events --symbol BTCUSDT",
            65,
            (
                "data/signal/paper/csv-brisk-BTCUSDT.jsonl:3: it does not follow line 2: a line is missing "
                "or misplaced. ADVICE"
            ),
            ran=True,
            damage=lines_swapped,
        ),
        Row(
            "the header gone",
            "events --symbol BTCUSDT",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl:1: this line is no header: it has no 'journal'. ADVICE",
            ran=True,
            damage=header_gone,
        ),
        Row(
            "an empty journal",
            "events --symbol BTCUSDT",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl:1: the header is missing. ADVICE",
            ran=True,
            damage=emptied,
        ),
        Row(
            "zeros",
            "events --symbol BTCUSDT",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl:1: the header is missing. ADVICE",
            ran=True,
            damage=zeros,
        ),
        Row(
            "a line added by hand",
            "events --symbol BTCUSDT",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl:8: its checksum does not match its content. ADVICE",
            ran=True,
            damage=edited,
        ),
        Row(
            "a journal of a later version",
            "events --symbol BTCUSDT",
            65,
            (
                "data/signal/paper/csv-brisk-BTCUSDT.jsonl:1: it is written in format 3, this livekit reads "
                "those up to 2. ADVICE"
            ),
            ran=True,
            damage=newer,
        ),
        Row(
            "a journal that is gone",
            "events --symbol BTCUSDT",
            65,
            (
                "data/signal/paper/csv-brisk-BTCUSDT.jsonl: the file is gone, but csv-brisk-BTCUSDT.pulse "
                "bears witness to step 6: lines were lost. ADVICE"
            ),
            ran=True,
            damage=removed,
        ),
        Row(
            "a folder in a journal's place",
            "events --symbol BTCUSDT",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl: cannot be read: Is a directory",
            ran=True,
            damage=a_folder,
        ),
        Row(
            "a pipe in a journal's place",
            "events --symbol BTCUSDT",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl:1: the header is missing. ADVICE",
            ran=True,
            damage=a_pipe,
        ),
        Row(
            "another symbol's journal",
            "events --symbol BTCUSDT",
            65,
            (
                "data/signal/paper/csv-brisk-BTCUSDT.jsonl:1: this is the journal of paper, csv, brisk, "
                "ETHUSDT, expected paper, csv, brisk, BTCUSDT. ADVICE"
            ),
            ran=True,
            damage=of_another,
        ),
        Row(
            "a run on a changed journal",
            "run BTCUSDT -s strategies/brisk.py --candles candles.csv --once",
            65,
            (
                "brisk BTCUSDT is halted: data/signal/paper/csv-brisk-BTCUSDT.jsonl:2: its checksum does not "
                "match its content. ADVICE"
            ),
            {"strategies/brisk.py": BRISK},
            ran=True,
            damage=flipped,
            process=True,
            is_logged=True,
        ),
        Row(
            "a run on a journal that is cut short",
            "run BTCUSDT -s brisk --candles candles.csv --once",
            65,
            (
                "brisk BTCUSDT is halted: data/signal/paper/csv-brisk-BTCUSDT.jsonl: the file ends at step "
                "5, but csv-brisk-BTCUSDT.pulse bears witness to step 6: lines were lost. ADVICE"
            ),
            {"strategies/brisk.py": BRISK},
            ran=True,
            damage=last_line_gone,
            process=True,
            is_logged=True,
        ),
        Row(
            "a run on a pipe",
            "run BTCUSDT -s brisk --candles candles.csv --once",
            65,
            "brisk BTCUSDT is halted: data/signal/paper/csv-brisk-BTCUSDT.jsonl:1: the header is missing. ADVICE",
            {"strategies/brisk.py": BRISK},
            ran=True,
            damage=a_pipe,
            process=True,
            is_logged=True,
        ),
        Row(
            "a run with other candles",
            "run BTCUSDT -s brisk --candles candles.csv --once",
            2,
            (
                "candles.csv has the price 101.0 at 2026-01-01T00:05:00Z, but the journal "
                "csv-brisk-BTCUSDT.jsonl has 100.0: these are other candles. Give the file that it was begun "
                "with, or another --data-dir"
            ),
            {"strategies/brisk.py": BRISK, "candles.csv": rows_of(*["100,102,99,102,1"] * 60)},
            ran=True,
            process=True,
        ),
        Row(
            "a run with candles of another day",
            "run BTCUSDT -s brisk --candles candles.csv --once",
            2,
            (
                "candles.csv has the minutes from 2026-01-02T00:01:00Z to 2026-01-02T00:09:00Z, but the "
                "journal csv-brisk-BTCUSDT.jsonl has come to 2026-01-01T00:06:00Z. Give the file that it was "
                "begun with, or another --data-dir"
            ),
            {
                "strategies/brisk.py": BRISK,
                "candles.csv": HEADER
                + "\n"
                + "".join(f"{START + 86400000 + n * 60000},100,101,99,100,1\n" for n in range(9)),
            },
            ran=True,
            process=True,
        ),
    ),
    "Looking and mending": (
        Row(
            "a time that is none",
            "events --since soon",
            2,
            "--since is 'soon', expected a time like 2026-03-01, 2026-03-01T12:30 or 1772368200000, or an age "
            "like 90m, 2h, 3d",
        ),
        Row(
            "seconds for milliseconds",
            "events --since 1772368200",
            2,
            "--since is '1772368200', expected milliseconds since 1970 like 1772368200000, or 2026-03-01",
        ),
        Row(
            "status of a misspelt symbol",
            "status --symbol BTCUSD",
            2,
            "there is no journal of a symbol 'BTCUSD' in PROJECT/data; there are those of BTCUSDT, ETHUSDT; did you "
            "mean 'BTCUSDT'?",
            ran=True,
        ),
        Row(
            "repair of a misspelt symbol",
            "repair BTCUSD",
            2,
            "there is no journal of a symbol 'BTCUSD' in PROJECT/data; there are those of BTCUSDT, ETHUSDT; did you "
            "mean 'BTCUSDT'?",
            ran=True,
        ),
        Row(
            "repair of a file that is not there",
            "repair data/signal/paper/csv-brisk-BTCUSD.jsonl",
            2,
            "there is no journal data/signal/paper/csv-brisk-BTCUSD.jsonl; did you mean "
            "'data/signal/paper/csv-brisk-BTCUSDT.jsonl'?",
            ran=True,
        ),
        Row(
            "setting aside without saying what",
            "repair --set-aside",
            2,
            "--set-aside needs to know of which: livekit repair SYMBOL --set-aside",
            ran=True,
        ),
        Row(
            "setting aside what another livekit wrote",
            "repair BTCUSDT --set-aside",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl: nothing was set aside: another livekit wrote it, and may read "
            "it: use that one, or move all its files elsewhere yourself",
            ran=True,
            damage=newer,
        ),
        Row(
            "setting aside what cannot be read",
            "repair BTCUSDT --set-aside",
            65,
            "data/signal/paper/csv-brisk-BTCUSDT.jsonl: nothing was set aside: nobody can say what it holds: see that "
            "it can be read first (permissions, the disk)",
            ran=True,
            damage=a_folder,
        ),
        Row(
            "a check of a symbol on no exchange",
            "check BTCUSDT",
            2,
            "demo takes every symbol; BTCUSDT goes with --exchange and a real one",
        ),
        Row(
            "a check of a symbol on recorded candles",
            "check BTCUSDT --exchange csv",
            2,
            "csv takes every symbol; BTCUSDT goes with --exchange and a real one",
        ),
        Row(
            "a check of a misspelt exchange",
            "check --exchange krakn",
            2,
            "no exchange 'krakn'; there are csv, demo, and the 104 that ccxt knows; did you mean 'kraken'?",
        ),
        Row(
            "a check of a contract on a spot exchange",
            "check BTC/USDT:USDT --exchange binance",
            2,
            "BTC/USDT:USDT is a perpetual contract; its exchange's file needs `market: swap` for that",
        ),
        Row(
            "a check of no fleet",
            "check --config nowhere",
            2,
            "no fleet 'nowhere' in PROJECT/configs; there is none",
        ),
        Row(
            "a check of a fleet with a symbol",
            "check BTCUSDT --config all",
            2,
            "--config all has its symbols in its file; BTCUSDT is too much",
            config("runs:\n  - {strategy: wave, symbols: [BTCUSDT]}\n", "all"),
        ),
        Row(
            "a check of a broken exchange",
            "check --exchange mine",
            78,
            "configs/mine.yaml:2:1: seed goes with exchange: demo, not 'kraken'",
            config("exchange: kraken\nseed: 1\n"),
        ),
        Row(
            "status of a misspelt strategy",
            "status --strategy brsk",
            2,
            "there is no journal of a strategy 'brsk' in PROJECT/data; there are those of brisk; did you mean 'brisk'?",
            ran=True,
        ),
        Row(
            "status of a symbol as a strategy",
            "status --strategy ETHUSDT",
            2,
            "ETHUSDT is a symbol, expected a strategy; in PROJECT/data there is brisk",
            ran=True,
        ),
        Row(
            "status of a strategy as a symbol",
            "status --symbol brisk",
            2,
            "brisk is a strategy, expected a symbol; in PROJECT/data there are BTCUSDT and ETHUSDT",
            ran=True,
        ),
        Row(
            "watching a misspelt strategy",
            "watch --once --strategy brsk",
            2,
            "there is no journal of a strategy 'brsk' in PROJECT/data; there are those of brisk; did you mean 'brisk'?",
            ran=True,
        ),
        Row(
            "watching another symbol",
            "watch --once --symbol btcusd",
            2,
            "there is no journal of a symbol 'btcusd' in PROJECT/data; there are those of BTCUSDT, "
            "ETHUSDT; did you mean 'BTCUSDT'?",
            ran=True,
        ),
        Row(
            "watching a word",
            "watch BTCUSDT",
            2,
            "watch takes no words of its own, only options; 'BTCUSDT' is too much\nTry 'livekit watch --help'.",
            ran=True,
        ),
        Row(
            "a picture in the place of a folder",
            "watch --svg strategies",
            73,
            "cannot write strategies: it is a folder, expected a file",
            ran=True,
        ),
        Row(
            "a picture below a file",
            "watch --svg candles.csv/x.svg",
            73,
            "cannot write candles.csv/x.svg: candles.csv is a file, expected a folder",
            ran=True,
        ),
        Row(
            "repair of a strategy",
            "repair brisk",
            2,
            "brisk is a strategy, expected a symbol; in PROJECT/data there are BTCUSDT and ETHUSDT",
            ran=True,
        ),
        Row(
            "repair of two",
            "repair BTCUSDT ETHUSDT",
            2,
            "repair takes one SYMBOL|FILE; 'ETHUSDT' is too much\nTry 'livekit repair --help'.",
            ran=True,
        ),
        Row(
            "explaining where nothing has run",
            "explain",
            2,
            "there is no signal: no journal in PROJECT/data has one yet",
        ),
        Row(
            "explaining too few letters",
            "explain ab",
            2,
            "'ab' is too short for a signal's id, expected at least 3 of its letters",
            ran=True,
        ),
        Row(
            "explaining with candles that are not there",
            "explain --candles candle.csv",
            78,
            "candle.csv: there is no such file; expected a CSV file of 1m candles; did you mean candles.csv?",
            ran=True,
        ),
        Row(
            "following nothing",
            "events --follow --last 0",
            2,
            "--last is 0, expected a whole number, 1 or more\nTry 'livekit events --help'.",
            ran=True,
        ),
        Row(
            "a day that there is not",
            "events --since 2026-02-30",
            2,
            "--since is '2026-02-30' (day is out of range for month), expected a time like 2026-03-01, "
            "2026-03-01T12:30 or 1772368200000, or an age like 90m, 2h, 3d",
            ran=True,
        ),
        Row(
            "a check with a value for a flag",
            "check --json=1",
            2,
            "--json takes no value, found --json=1\nTry 'livekit check --help'.",
        ),
        Row(
            "a schema of nothing",
            "schema",
            2,
            "schema needs a KIND or --path DIR; there are exchange, strategy, fleet, livekit",
        ),
        Row(
            "a schema of a misspelt kind",
            "schema fleets",
            2,
            "there is no kind 'fleets'; there are exchange, strategy, fleet, livekit; did you mean 'fleet'?",
        ),
        Row(
            "a schema of no kind",
            "schema yaml",
            2,
            "there is no kind 'yaml'; there are exchange, strategy, fleet, livekit",
        ),
        Row(
            "schemas of two kinds",
            "schema fleet livekit",
            2,
            "schema takes one KIND; 'livekit' is too much\nTry 'livekit schema --help'.",
        ),
        Row(
            "schemas in the place of a file",
            "schema --path candles.csv",
            73,
            "cannot write candles.csv/exchange.json: candles.csv is a file, expected a folder",
        ),
        Row(
            "exchanges of a name that none has",
            "exchanges binanse",
            2,
            "no exchange has 'binanse' in its name; did you mean 'binance'?",
        ),
        Row("exchanges of no name", "exchanges ''", 2, "no exchange has '' in its name"),
        Row(
            "exchanges of two names",
            "exchanges kraken okx",
            2,
            "exchanges takes one WORD; 'okx' is too much\nTry 'livekit exchanges --help'.",
        ),
    ),
    "New projects": (
        Row(
            "a file in the place of the folder",
            "init candles.csv",
            73,
            "cannot make candles.csv/strategies/my_strategy.py: candles.csv is a file, expected a folder",
        ),
        Row(
            "a file in the place of a folder in it",
            "init",
            73,
            "cannot make strategies/my_strategy.py: strategies is a file, expected a folder",
            {"strategies/wave.py": None, "strategies": ""},
        ),
        Row(
            "a folder that nobody may make",
            "init /proc/mine",
            73,
            "cannot make /proc/mine/strategies/my_strategy.py: No such file or directory",
        ),
        Row(
            "a strategy that no class can be",
            "init --strategy-name class",
            2,
            (
                "--strategy-name is 'class', expected a name that a Python class can have too: letters, "
                "digits and '-', beginning with a letter"
            ),
        ),
        Row(
            "a strategy that begins with a digit",
            "init --strategy-name 9lives",
            2,
            (
                "--strategy-name is '9lives', expected a name that a Python class can have too: letters, "
                "digits and '-', beginning with a letter"
            ),
        ),
        Row(
            "a strategy with a slash",
            "init --strategy-name a/b",
            2,
            (
                "strategy name 'a/b' cannot be used: expected letters, digits, '.', '_' and '-', beginning "
                "with a letter or digit"
            ),
        ),
        Row(
            "a strategy without a name",
            "init --strategy-name ''",
            2,
            (
                "strategy name '' cannot be used: expected letters, digits, '.', '_' and '-', beginning with "
                "a letter or digit"
            ),
        ),
        Row(
            "overwriting",
            "init --force",
            2,
            ("init has no option --force; there are OPTIONS\nTry 'livekit init --help'."),
        ),
        Row("two folders", "init one two", 2, ("init takes one DIR; 'two' is too much\nTry 'livekit init --help'.")),
    ),
}
"""The rows under their headings."""


def page() -> Iterator[str]:
    """The whole table as markdown."""
    from livekit_cli.adapters.reading import ADVICE

    rows = sum(map(len, WRONG.values()))
    yield f"# {rows} wrong inputs, and what livekit says to them\n"
    yield f"PROJECT is the project's folder. ADVICE is: {ADVICE}"
    for heading, members in WRONG.items():
        yield f"\n## {heading}"
        for row in members:
            yield from _shown(row)


def _shown(row: Row) -> Iterator[str]:
    yield f"\n**{row.what}** (exit {row.code})\n"
    yield "```text"
    for name, content in row.files.items():
        yield from _file(name, content)
    if row.damage:
        yield f"# {row.damage.__doc__}"
    elif row.ran:
        yield "# Something has run."
    yield f"$ livekit {row.command.encode('unicode_escape').decode() if not row.command.isprintable() else row.command}"
    yield row.expected
    yield "```"


def _file(name: str, content: Content) -> Iterator[str]:
    if content in (GONE, FOLDER, PIPE):
        yield f"# {name}: {'not there' if content is GONE else 'a folder' if content == FOLDER else 'a pipe'}"
        return
    text = content.decode("utf-8", "backslashreplace") if isinstance(content, bytes) else content or ""
    yield f"# {name}:"
    shown = text[:600] + ("..." if len(text) > 600 else "")
    yield from ("    " + "".join(c if c.isprintable() else repr(c)[1:-1] for c in line) for line in shown.splitlines())


if __name__ == "__main__":
    print("\n".join(page()))
