"""The guards one by one; `bot.core.guards` says in which order they hold."""
