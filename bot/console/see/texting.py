"""What only text messages have: people who asked for silence, and how far replies got."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.console.see.period import Period
from bot.console.see.sheets import Table
from bot.console.texts import say
from bot.store.tables import sms_deliveries, sms_opt_outs


@dataclass(frozen=True)
class Texting:
    """`opted_out` in the period and not back since; `silent` by now in all; `deliveries` by last known status."""

    opted_out: int
    silent: int
    deliveries: Mapping[str, int]

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.silent or self.deliveries)


def read_texting(connection: Connection, period: Period) -> Texting:
    """What the tables of the text-message channel hold of a period. Deliveries are forgotten after 30 days."""
    begin = datetime.datetime.combine(period.first, datetime.time()).timestamp()
    end = datetime.datetime.combine(period.last + datetime.timedelta(1), datetime.time()).timestamp()
    out, delivered = sms_opt_outs.c, sms_deliveries.c
    within = sa.and_(out.since >= begin, out.since < end)
    silent, opted_out = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((within, 1), else_=0)), 0))
        .select_from(sms_opt_outs)).one()
    deliveries = connection.execute(
        sa.select(delivered.status, sa.func.count()).where(delivered.updated_at >= begin, delivered.updated_at < end)
        .group_by(delivered.status).order_by(sa.func.count().desc(), delivered.status)).all()
    return Texting(int(opted_out), silent, {status: number for status, number in deliveries})


def table(connection: Connection, period: Period) -> Table:
    """The same as rows."""
    texting = read_texting(connection, period)
    return Table("texting", ("what", "number"), (
        (say("see.texting.opted_out"), texting.opted_out), (say("see.texting.silent"), texting.silent),
        *((say("see.texting.delivery", status=status), number) for status, number in texting.deliveries.items())))
