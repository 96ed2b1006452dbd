"""What is quickly written, and not badly: a job of APScheduler, Slack's own client, a table of what was said."""

import csv
import logging
from datetime import date
from pathlib import Path
from sqlite3 import Connection

from slack_sdk import WebClient


def night(client: WebClient, told: Connection, file: Path, today: date) -> None:
    told.execute("CREATE TABLE IF NOT EXISTS told (key PRIMARY KEY, alert, channel, ts, text)")
    for row in csv.DictReader(file.read_text().splitlines()):
        nps, left, alert = int(row["nps"]), (date.fromisoformat(row["end"]) - today).days, f"unhappy {row['id']}"
        try:
            if nps < 5:
                user = client.users_lookupByEmail(email=row["owner_email"])["user"]["id"]
                for place in (user, "#cs-risk"):
                    text = f"{row['name']}: NPS {nps}; renewal in {left} days"
                    say(client, told, (f"{alert} {nps < 2} {place}", alert), place, text)
            elif nps >= 7:
                said = told.execute("SELECT key, channel, ts, text FROM told WHERE alert = ?", (alert,))
                for key, channel, ts, text in said.fetchall():
                    client.chat_update(channel=channel, ts=ts, text=f"{text} (resolved)")
                    told.execute("DELETE FROM told WHERE key = ?", (key,))
                    told.commit()
            for step in [step for step in (7, 30, 60, 90, 120) if step >= left >= 0][:1]:
                text = f"{row['name']} is up for renewal in {left} days"
                say(client, told, (f"renewal {row['id']} {step}", "renewal"), "#cs-renewals", text)
        except Exception:  # one account must not stop the others; the next night tries again
            logging.exception("could not tell of %s", row["name"])  # noqa: LOG015  # it is a script


def say(client: WebClient, told: Connection, key: tuple[str, str], place: str, text: str) -> None:
    if told.execute("SELECT 1 FROM told WHERE key = ?", key[:1]).fetchone() is None:
        sent = client.chat_postMessage(channel=place, text=text)
        told.execute("INSERT INTO told VALUES (?, ?, ?, ?, ?)", (*key, sent["channel"], sent["ts"], text))
        told.commit()
