"""What ccxt can do with each of its exchanges, from a table that is shipped: nothing of ccxt is imported for it.

The table is of one release of ccxt. Of an exchange that the installed one has and the table has not, nothing is known.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from ..core.abilities import Abilities, Survey
from .ccxt_import import ccxt_ids, installed_release

PLACE = Path(__file__).with_name("ccxt_abilities.csv")

COLUMNS = ("id", "name", "spot", "swap", "minutes", "socket", "ids", "spot_stops", "swap_stops", "sandbox")


def read_survey() -> Survey:
    """Everything that is known."""
    with PLACE.open(encoding="utf-8", newline="") as file:
        release = re.fullmatch(r"# ccxt (\S+); .*\n", file.readline())
        assert release is not None
        known = {row["id"]: _abilities(row) for row in csv.DictReader(file)}
    exchanges = {one: known.get(one) or _unknown(one) for one in ccxt_ids()}
    return Survey(release[1], installed_release(), exchanges)


def _abilities(row: Mapping[str, str]) -> Abilities:
    markets = tuple(kind for kind in ("spot", "swap") if row[kind] == "yes")
    said = {name: row[name] == "yes" for name in ("minutes", "socket", "ids", "sandbox")}
    stops = {kind: row[f"{kind}_stops"] == "yes" for kind in markets}
    return Abilities(row["id"], row["name"], markets, stops=stops, **said)


def _unknown(exchange_id: str) -> Abilities:
    return Abilities(exchange_id, exchange_id, (), None, None, None, {}, None)
