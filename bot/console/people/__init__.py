"""Who may work in the console: accounts, passwords, sessions, lock-out, the log of what was done."""
