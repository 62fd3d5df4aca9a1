"""Our own tables, beside Rasa's `events`: what a conversation remembers, and the replies that were given.

    conversations   one row a sender: its slots, so that a long history need not be read to know them
    replies         one row a message id: the reply, so that a message that comes twice is answered once
    sms_*           what the text-message channel remembers; under pseudonyms, never under phone numbers
    feedback        one row an answer: whether it helped, and a word on it for the staff
    messages        one row a message that was answered, as the staff see it: masked words, what was understood of them,
                    how it was answered, and why it should be looked at, if it should; made from the events by the console
    lock_places     who of several processes answers a conversation, and who comes after (PostgreSQL alone)
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("slots", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
)

replies = sa.Table(
    "replies",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False, index=True),
)

sms_opt_outs = sa.Table(
    "sms_opt_outs",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("key_id", sa.String(16), nullable=False, index=True),
    sa.Column("since", sa.Float, nullable=False),
)

# `texts` is null while the message is being answered; `claimed_at` then tells whether whoever answers is still alive.
sms_claims = sa.Table(
    "sms_claims",
    metadata,
    sa.Column("gateway", sa.String(32), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("texts", sa.Text),
    sa.Column("claimed_at", sa.Float, nullable=False, index=True),
)

# How many pages of the last answer's quotation were sent; MORE sends the next. And how many of the choices offered last
# there was room for; null: all.
sms_pages = sa.Table(
    "sms_pages",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("page", sa.Integer, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
    sa.Column("choices", sa.Integer),
)

sms_deliveries = sa.Table(
    "sms_deliveries",
    metadata,
    sa.Column("gateway", sa.String(32), primary_key=True),
    sa.Column("message_id", sa.String(128), primary_key=True),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("error", sa.String(32)),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
)

# The keys that a pseudonym went through before the present one, sealed with the present one.
sms_keys = sa.Table(
    "sms_keys",
    metadata,
    sa.Column("key_id", sa.String(16), primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False),
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("answer_id", sa.String(128), primary_key=True),
    sa.Column("value", sa.String(8), nullable=False),
    sa.Column("text", sa.Text, nullable=True),
    sa.Column("created_at", sa.Float, nullable=False, index=True),
)

messages = sa.Table(
    "messages",
    metadata,
    # The number of the message's event in Rasa's table: a message is collected once.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("day", sa.String(10), nullable=False, index=True),  # of the server's clock, 2026-11-28
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("audience", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),  # of the reply's first message: answer, clarify, crisis, …
    sa.Column("topic", sa.String(64)),  # that was answered first, if one was
    sa.Column("intent", sa.String(64), nullable=False),  # that the pipeline decided for
    sa.Column("confidence", sa.Float, nullable=False),  # 0-1
    # The two best topics, each with its confidence (0-1); the margin is what lies between.
    sa.Column("first", sa.String(64)),
    sa.Column("first_confidence", sa.Float),
    sa.Column("second", sa.String(64)),
    sa.Column("second_confidence", sa.Float),
    sa.Column("took_ms", sa.Float),  # from the message to the last message of its reply
    sa.Column("answer_id", sa.String(128), index=True),  # `custom.id` of the reply's first message
    sa.Column("helped", sa.String(8)),  # up, down
    sa.Column("chosen", sa.String(64)),  # the topic that was picked of the choices
    # Why staff should look: unsure, asked_back, refused, thumbs_down, said_no, sample, danger; null: they need not.
    sa.Column("reason", sa.String(16)),
    sa.Column("state", sa.String(16)),  # new, done, later, ignored; null outside the inbox
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),  # counts changes of state, for two at once
    sa.Column("group_id", sa.Integer),
    sa.Column("copy_of", sa.Integer),  # the message that this one all but repeats: what is done to that is done to this
    # What the words mean, while somebody still has to look at them: float16, unit length, of the inbox's encoder. Here and
    # not in a file beside the database, so that it goes with the conversation.
    sa.Column("vector", sa.LargeBinary),
    # Each list is read from its index in its order, so that a page costs the same however much is stored.
    sa.Index("ix_messages_at_id", "at", "id"),
    sa.Index("ix_messages_state_at_id", "state", "at", "id"),
    sa.Index("ix_messages_state_reason_at_id", "state", "reason", "at", "id"),
    sa.Index("ix_messages_group_state_id", "group_id", "state", "id"),
    # Of the few that repeat another: an index that is full of nothing looks useless to whoever plans a query.
    sa.Index("ix_messages_copy_of", "copy_of", sqlite_where=sa.text("copy_of IS NOT NULL"),
             postgresql_where=sa.text("copy_of IS NOT NULL")),
    sa.Index("ix_messages_sender_id", "sender_id", "id"),
)

# Of messages that are being answered at this moment. `conversation` is a number made of the sender's id.
lock_places = sa.Table(
    "lock_places",
    metadata,
    sa.Column("place", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("conversation", sa.BigInteger, nullable=False),
    sa.Column("ticket", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.Integer, nullable=False, index=True),
    sa.Index("ix_lock_places_conversation_place", "conversation", "place"),
)
# Nothing that is being answered outlives the database: writing it to the log would cost a disk's time a turn.
sa.event.listen(lock_places, "after_create",
                sa.DDL("ALTER TABLE lock_places SET UNLOGGED").execute_if(dialect="postgresql"))
