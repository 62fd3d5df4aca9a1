"""The pseudonym keys beside the rows that stand under them: opened at the start, changed by one command."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import SettingsError
from bot.sms.pseudonyms import PREFIX, Pseudonyms
from bot.store import tables
from bot.store.database import insert_new
from bot.store.personal import PARTS, SENDER

_UNKNOWN = ("IMH_PSEUDONYM_KEY: {count} opt-outs are kept under another key ({key_ids}; the present one is {key_id}). "
            "Whoever asked for silence would be written to again. Set the key that was used before; to change it, stop "
            "the server and run 'make rekey'.")


def open_pseudonyms(engine: Engine, key: str) -> Pseudonyms:
    """The pseudonyms under `key`, with the keys before it. Raises SettingsError where opt-outs stand under another."""
    present = Pseudonyms(key)
    with engine.begin() as db:
        others = db.execute(
            sa.select(tables.sms_opt_outs.c.key_id, sa.func.count())
            .where(tables.sms_opt_outs.c.key_id != present.key_id).group_by(tables.sms_opt_outs.c.key_id)).fetchall()
        if others:
            raise SettingsError(_UNKNOWN.format(count=sum(count for _, count in others), key_id=present.key_id,
                                                key_ids=", ".join(sorted(key_id for key_id, _ in others))))
        sealed = _sealed(db, present.key_id)
    return Pseudonyms.unsealed(key, sealed) if sealed else present


def rekey(engine: Engine, key: str, new_key: str) -> int:
    """Move everything that stands under `key` to `new_key`, or nothing; returns the number of opt-outs moved."""
    if key == new_key:
        raise SettingsError("IMH_PSEUDONYM_KEY_NEW: is the present key; make another with 'openssl rand -hex 32'.")
    after = open_pseudonyms(engine, key).next(new_key)
    with engine.begin() as db:
        for column in _sender_columns(db):
            for sender_id in _senders(db, column):
                db.execute(sa.update(column.table).where(column == sender_id)
                           .values({column: after.rekeyed(sender_id)}))
        moved = db.execute(tables.sms_opt_outs.update().values(key_id=after.key_id)).rowcount
        db.execute(tables.sms_keys.delete())
        insert_new(db, tables.sms_keys, {"key_id": after.key_id, "sealed": after.sealed()})
    return moved


def _sealed(db: Connection, key_id: str) -> str | None:
    return db.execute(sa.select(tables.sms_keys.c.sealed).where(tables.sms_keys.c.key_id == key_id)).scalar()


def _sender_columns(db: Connection) -> list[sa.Column]:
    """Wherever a sender stands: what is erased for a person has to be found under the new key, too.

    Rasa's tables and the console's are there where there were a conversation and a console.
    """
    there = set(sa.inspect(db).get_table_names())
    return [sa.Table(part.table, sa.MetaData(), sa.Column(part.column, sa.String(255))).c[part.column]
            for part in PARTS if part.by == SENDER and part.table in there]


def _senders(db: Connection, column: sa.Column) -> list[str]:
    return list(db.execute(sa.select(column).where(column.like(f"{PREFIX}%")).distinct()).scalars())
