"""`make load`, `make soak`, `make chaos`: real servers under load, for long, and with parts of them killed.

    texts.py      messages, each a different text that nobody trained on
    generator.py  who sends them: a process of its own; records.py is what it writes down of each
    driver.py     starts that process, and says what it and the servers used of the processors
    stack.py      a bot with what it stands on: SQLite, or PostgreSQL and Redis
    measure.py    (load) throughput, latency, start, memory;  flat.py: cost that must not grow;
    capacity.py   what that means for a country, with the assumptions of capacity.yml
    soak.py       (soak) many messages, and the memory
    chaos.py      (chaos) workers killed, the database away;  audit.py: acknowledged against stored
    pages.py      each verb's section of docs/performance.md out of wording/;  drawings.py: its pictures
    verbs.py      what is said on the command line;  commands.py: what is done then
"""
