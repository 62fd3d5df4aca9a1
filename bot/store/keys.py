"""The pseudonym keys beside the rows that stand under them: opened at the start, changed by one command."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.errors import SettingsError
from bot.sms.pseudonyms import PREFIX, Pseudonyms
from bot.store import tables
from bot.store.database import insert_new

_UNKNOWN = ("IMH_PSEUDONYM_KEY: {count} opt-outs are kept under another key ({key_ids}; the present one is {key_id}). "
            "Whoever asked for silence would be written to again. Set the key that was used before; to change it, stop "
            "the server and run 'make rekey'.")
# Every table with a sender in it; Rasa's `events` is not among ours.
_WITH_SENDERS = (tables.conversations, tables.replies, tables.sms_opt_outs, tables.sms_pages)


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
        for table in (*_WITH_SENDERS, *_events(db)):
            for sender_id in _senders(db, table):
                db.execute(table.update().where(table.c.sender_id == sender_id)
                           .values(sender_id=after.rekeyed(sender_id)))
        moved = db.execute(tables.sms_opt_outs.update().values(key_id=after.key_id)).rowcount
        db.execute(tables.sms_keys.delete())
        insert_new(db, tables.sms_keys, {"key_id": after.key_id, "sealed": after.sealed()})
    return moved


def _sealed(db: Connection, key_id: str) -> str | None:
    return db.execute(sa.select(tables.sms_keys.c.sealed).where(tables.sms_keys.c.key_id == key_id)).scalar()


def _events(db: Connection) -> tuple[sa.Table, ...]:
    """Rasa's table, where there is one yet."""
    if not sa.inspect(db).has_table("events"):
        return ()
    return (sa.Table("events", sa.MetaData(), sa.Column("sender_id", sa.String(255))),)


def _senders(db: Connection, table: sa.Table) -> list[str]:
    return list(db.execute(sa.select(table.c.sender_id).where(
        table.c.sender_id.like(f"{PREFIX}%")).distinct()).scalars())
