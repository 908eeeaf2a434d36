"""A small incremental build engine: verifying traces, dynamic dependencies, early cut-off.

It is told which records may have changed, finds the pages whose recorded reads differ today, prints those and no
others, and remembers what each page read. It knows no newsroom noun: a `Book` tells it what there is to print.
"""

from standfirst.press.engine.book import Book, Facet
from standfirst.press.engine.engine import Bake, Condition, Engine, MassRemoval, RecordsUnreadable
from standfirst.press.engine.ledger import Finished, Lane, Status, Store, Surface
from standfirst.press.engine.memory import MemoryStore
from standfirst.press.engine.outlet import MemoryOutlet, Outlet, Unservable
from standfirst.press.engine.proof import Proof
from standfirst.press.engine.reading import Reading, Undeclared
from standfirst.press.engine.sql import Connection, SqliteConnection, SqlStore

__all__ = [
    "Bake",
    "Book",
    "Condition",
    "Connection",
    "Engine",
    "Facet",
    "Finished",
    "Lane",
    "MassRemoval",
    "MemoryOutlet",
    "MemoryStore",
    "Outlet",
    "Proof",
    "Reading",
    "RecordsUnreadable",
    "SqlStore",
    "SqliteConnection",
    "Status",
    "Store",
    "Surface",
    "Undeclared",
    "Unservable",
]
