"""How our tables became what they are. Rasa's own `events` is Rasa's business and is left alone.

A change of a table in `bot/store/tables.py` or in a room of the console comes with a revision here: a file in `versions`
with the next number, whose `upgrade` adds and never takes away what the version before still reads, so that old and new
servers can run side by side; and that number in `bot/store/migrate.py`. A test holds tables and revisions together.
"""
