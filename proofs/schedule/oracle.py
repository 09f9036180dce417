"""When schedules are due, by counting: every calendar day, every minute of the hours that count, is looked at by itself.

Reads JSON from standard input: {"cases": [{zone, unit, cycle, runAt, start, stop, until}]},
clock times as "yyyy-MM-dd HH:mm:ss", until as Unix seconds (excluded). Writes {"due": [[Unix seconds, ...], ...]}.

It shares nothing with the code it judges: another language, another copy of the zone rules, no arithmetic on offsets
beyond a table of what the zone's clock showed at every half hour.
"""
import json
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

STEP = 1800
EPOCH = datetime(1970, 1, 1)
FROM = int((datetime(2018, 12, 30) - EPOCH).total_seconds())
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Clock:
    """What the clock of a zone shows, half hour by half hour: no zone changes its clock in between nowadays."""

    def __init__(self, zone, until):
        info = ZoneInfo(zone)
        self.offsets = [
            int(datetime.fromtimestamp(at, timezone.utc).astimezone(info).utcoffset().total_seconds())
            for at in range(FROM, until + 4 * 86400, STEP)
        ]
        self.kinds = sorted(set(self.offsets))
        # Changes: (instant, offset before, offset after).
        self.changes = [
            (FROM + i * STEP, self.offsets[i - 1], self.offsets[i])
            for i in range(1, len(self.offsets))
            if self.offsets[i] != self.offsets[i - 1]
        ]

    def shown(self, at):
        return at + self.offsets[(at - FROM) // STEP]

    def instant(self, wall):
        """The first instant at which the clock shows `wall`; in a gap: as long after the gap's begin as `wall` lies in it."""
        showing = [wall - kind for kind in self.kinds if self.shown(wall - kind) == wall]
        if showing:
            return min(showing)
        for at, before, after in self.changes:
            if at + before <= wall < at + after:
                return at + (wall - (at + before))
        raise AssertionError("neither shown nor left out")


def seconds(text):
    return int((datetime.strptime(text, "%Y-%m-%d %H:%M:%S") - EPOCH).total_seconds())


def days_due(case, last):
    start = datetime.strptime(case["start"], "%Y-%m-%d %H:%M:%S").date()
    monday = start - timedelta(days=start.weekday())
    day = start
    while day <= last:
        if case["unit"] == "day":
            is_due = (day - start).days % case["cycle"] == 0
        elif case["unit"] == "week":
            is_due = (day - monday).days // 7 % case["cycle"] == 0 and WEEKDAYS[day.weekday()] in case["runAt"]
        else:
            months = 12 * (day.year - start.year) + day.month - start.month
            is_due = months % case["cycle"] == 0 and day.day in case["runAt"]
        if is_due:
            yield day
        day += timedelta(days=1)


def due(case, clock):
    start = clock.instant(seconds(case["start"]))
    end = case["until"] - 1
    if case["stop"] is not None:
        end = min(end, clock.instant(seconds(case["stop"])))
    unit, cycle = case["unit"], case["cycle"]
    if unit == "minute":
        return list(range(start, end + 1, 60 * cycle))
    if unit == "hour":
        def chosen(hour):
            return [at for at in range(hour, hour + 3600, 60) if clock.shown(at) // 60 % 60 in case["runAt"]]

        full = start
        while clock.shown(full) % 3600 != 0:
            full -= 1
        hour = full if any(at >= start for at in chosen(full)) else full + 3600
        found = []
        while hour <= end:
            found += [at for at in chosen(hour) if start <= at <= end]
            hour += 3600 * cycle
        return found
    clock_time = seconds(case["start"]) % 86400
    last = date(1970, 1, 1) + timedelta(days=case["until"] // 86400 + 2)
    found = set()
    for day in days_due(case, last):
        at = clock.instant((day - date(1970, 1, 1)).days * 86400 + clock_time)
        if start <= at <= end:
            found.add(at)
    return sorted(found)


def main():
    cases = json.load(sys.stdin)["cases"]
    clocks = {}
    for case in cases:
        known = clocks.get(case["zone"])
        if known is None or known[0] < case["until"]:
            clocks[case["zone"]] = (case["until"], Clock(case["zone"], case["until"]))
    json.dump({"due": [due(case, clocks[case["zone"]][1]) for case in cases]}, sys.stdout)


main()
