"""`python -m bot <verb>`."""

from bot.cli import main

main()
