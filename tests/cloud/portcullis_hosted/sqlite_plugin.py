# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SQLAlchemy plugin that lets several threads and processes write to one SQLite file.

It is named in the databases' URLs (``?plugin=portcullis_sqlite``) and does two things:

- It turns on SQLite's write-ahead log, so that readers and the one writer do not stop each other.
- It opens the transactions of oslo.db's *writers* with ``BEGIN IMMEDIATE``. A plain ``BEGIN`` takes the write lock
  at the first write only, and if somebody else has written since the first read, SQLite answers "database is
  locked" at once, whatever the time-out (https://www.sqlite.org/isolation.html). With the lock taken first, writers
  queue instead.

Readers must keep the plain ``BEGIN``: Placement opens a writer while it holds a reader, and would wait for itself.
"""

from __future__ import annotations

from typing import Any

from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import event, text
from sqlalchemy.engine import Connection, CreateEnginePlugin, Engine
from sqlalchemy.engine.url import URL

_WRITER = "portcullis_writer"


class SqlitePlugin(CreateEnginePlugin):
    """What SQLAlchemy calls while it creates an engine whose URL names the plugin."""

    def update_url(self, url: URL) -> URL:
        return url

    def engine_created(self, engine: Engine) -> None:
        event.listen(engine, "connect", _use_write_ahead_log)
        # Called before oslo.db's own listener, which finds the transaction begun and leaves it alone.
        event.listen(engine, "begin", _begin)


def _use_write_ahead_log(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    if _WRITER in connection.get_execution_options() and "in_transaction" not in connection.info:
        connection.execute(text("BEGIN IMMEDIATE"))
        # The mark by which oslo.db's engines.py knows that a transaction was begun.
        connection.info["in_transaction"] = True


def _mark_writers(factory: Any) -> None:
    """Have oslo.db's transaction factory, which alone knows the writers, mark their connections for `_begin`."""
    create_session, create_connection = factory._create_session, factory._create_connection

    def session(self: Any, mode: Any, bind: Any = None) -> Any:
        if mode is enginefacade._WRITER and bind is None:
            bind = self.get_writer_engine().execution_options(**{_WRITER: True})
        return create_session(self, mode, bind)

    def connection(self: Any, mode: Any) -> Any:
        created = create_connection(self, mode)
        return created.execution_options(**{_WRITER: True}) if mode is enginefacade._WRITER else created

    factory._create_session, factory._create_connection = session, connection


_mark_writers(enginefacade._TransactionFactory)
