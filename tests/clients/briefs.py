"""Asks for thirty briefs, and for sums, and works them out again: from the data files, from the transactions, and from docs/briefs.md.

Usage: briefs.py ADDRESS GRPCURL ROOT. Needs nothing but Python and grpcurl. What writes sends the access token in REGISTAN_TOKEN.
Records transactions that nobody paid: only for a suite of its own. Prints one line a check, ends with 1 if one fails.
"""

import datetime
import json
import os
import subprocess
import sys
from collections import defaultdict
from fractions import Fraction

ADDRESS, GRPCURL, ROOT = sys.argv[1:]
DAYS = ["2005-01-01", "2016-01-01", "2020-01-01", "2024-01-12", "2025-12-31"]
STATES = ["KZ", "KG", "TJ", "TM", "UZ"]
PARTIES = {f"parties/{code.lower()}": [code] for code in STATES} | {"parties/region-619": [*STATES, "619"]}
MARKS = {"STATUS_PIPELINE": "P", "STATUS_IMPLEMENTATION": "I", "STATUS_CLOSED": "C"}
AROUND = {"619", "689", "798", "998"}
FAILED = []


def check(what, found, wanted):
    holds = found == wanted
    print(("ok  " if holds else "BAD ") + what)
    if not holds:
        FAILED.append(what)
        print(f"  found  {found}\n  wanted {wanted}")


def ask(method, request, token=None):
    command = [GRPCURL, "-plaintext", "-max-time", "30", "-d", json.dumps(request)]
    command += ["-H", f"authorization: Bearer {token}"] if token else []
    answer = subprocess.run([*command, ADDRESS, f"registan.{method}"], capture_output=True, text=True)
    if answer.returncode:
        sys.exit(f"{method} {request}: {answer.stderr}")
    decoder, text, messages = json.JSONDecoder(), answer.stdout.strip(), []
    while text:
        message, end = decoder.raw_decode(text)
        messages.append(message)
        text = text[end:].lstrip()
    return messages


def one(method, request, token=None):
    return ask(method, request, token)[0]


def parts(day):
    return dict(zip(("year", "month", "day"), map(int, day.split("-"))))


def tables():
    """The tables of docs/briefs.md by their heading: the cells of each row."""
    found, heading = defaultdict(list), ""
    with open(f"{ROOT}/docs/briefs.md", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("## "):
                heading = line[3:].strip()
            elif line.startswith("| `"):
                found[heading].append([cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")])
    return found


def data(name):
    with open(f"{ROOT}/crates/reference/data/{name}.json", encoding="utf-8") as file:
        return {record["id"]: record["resource"] for record in json.load(file)}


def span(date):
    """The first and the last day that a date can be."""
    def ends(of):
        year, month, day = of["year"], of.get("month", 0), of.get("day", 0)
        if day:
            return [datetime.date(year, month, day)] * 2
        first = datetime.date(year, month or 1, 1)
        after = datetime.date(year + 1, 1, 1) if month in (0, 12) else datetime.date(year, month + 1, 1)
        return first, after - datetime.timedelta(days=1)

    first, last = ends(date["date"])[0], ends(date.get("end", date["date"]))[1]
    if date.get("qualifier") == "QUALIFIER_UNTIL":
        first = datetime.date.min
    if date.get("qualifier") == "QUALIFIER_FROM":
        last = datetime.date.max
    return first, last


def mark(project, day):
    """What docs/briefs.md has for a project and a day, by the dates in the data."""
    day = datetime.date.fromisoformat(day)
    dates = {date["kind"]: span(date["date"]) for date in project.get("dates", [])}
    begun = [dates[kind] for kind in ("KIND_ANNOUNCED", "KIND_ACTUAL_START") if kind in dates]
    end = dates.get("KIND_ACTUAL_END")
    over = end is not None and end[1] <= day
    if not over and not any(last <= day for _, last in begun):
        return "" if begun and all(first > day for first, _ in begun) else "?"
    runs = "KIND_ACTUAL_START" in dates and dates["KIND_ACTUAL_START"][1] <= day
    status = project.get("status")
    if status == "STATUS_CLOSED":
        return "C" if over else "I" if runs and end and end[0] > day else "."
    if status == "STATUS_IMPLEMENTATION":
        return "I" if runs and (end is None or end[0] > day) else "."
    return "P" if status == "STATUS_PIPELINE" and not runs else "."


def codes(project):
    return {recipient.get("countryCode") or recipient.get("regionCode") for recipient in project.get("recipients", [])}


def lists(table):
    """Every project on every day: the data against docs/briefs.md, and both against the briefs."""
    projects, frameworks = data("projects"), data("frameworks")
    written = {row[0]: row for row in table}
    check("docs/briefs.md has every project", sorted(written), sorted(projects))
    for name, project in projects.items():
        check(f"{name} by its dates", [mark(project, day) for day in DAYS], written[name][2:])
        check(f"{name}: recipients", " ".join(sorted(codes(project))), " ".join(sorted(written[name][1].split())))
    for party, asked in PARTIES.items():
        for column, day in enumerate(DAYS):
            brief = one("partnership.v1.PartnershipService/GetBrief", {"party": party, "as_of": parts(day)})
            money = brief["money"]
            mine = {name: row[2 + column] for name, row in written.items() if codes(projects[name]) & {*asked, "619"}}
            found = {item["project"].removeprefix("projects/"): MARKS.get(item.get("projectStatus"), ".") for item in money.get("projects", [])}
            found |= {item["project"].removeprefix("projects/"): "?" for item in money.get("undetermined", [])}
            check(f"{party} on {day}: projects", found, {name: is_there for name, is_there in mine.items() if is_there})
            in_doubt = any(adopted_by(frameworks, projects[name], day, True) for name, is_there in found.items() if is_there != "?")
            gaps = {"DAY_NOT_KNOWN"} if "?" in found.values() or in_doubt else set()
            gaps |= {"STATUS_NOT_KNOWN"} if "." in found.values() else set()
            stated = [name for name, is_there in mine.items() if is_there not in ("", "?") and projects[name].get("amounts")]
            gaps |= {"AMOUNT_NOT_DATED"} if stated else set()
            check(f"{party} on {day}: gaps of the money", gap_kinds(money), gaps)
            served = {item["project"].removeprefix("projects/"): item for item in money.get("projects", [])}
            adopted = {name: [adopted_by(frameworks, projects[name], day, open_) for open_ in (False, True)] for name in served}
            named = {name: [item.get(field, []) for field in ("frameworks", "undeterminedFrameworks")] for name, item in served.items()}
            check(f"{party} on {day}: frameworks adopted by then", named, adopted)
            yield party, day, brief


def adopted_by(frameworks, project, day, is_open):
    """The frameworks or priorities that a project serves, of those adopted by a day; or of those of which that is not known."""
    day, found = datetime.date.fromisoformat(day), []
    for name in project.get("frameworks", []):
        adopted = frameworks[name.split("/")[1]].get("adopted")
        first, last = span(adopted) if adopted else (datetime.date.min, datetime.date.max)
        if first <= day < last if is_open else last <= day:
            found.append(name)
    return found


def gap_kinds(part):
    status = part["status"]
    kinds = {gap["kind"].removeprefix("GAP_KIND_") for gap in status.get("gaps", [])}
    if (status["completeness"] == "COMPLETENESS_COMPLETE") != (not kinds):
        sys.exit(f"completeness and gaps differ: {status}")
    return kinds


LISTS = ["inForce", "suspended", "provisionallyApplied", "signedNotInForce", "negotiated", "political", "ended", "undetermined"]


def law(briefs, table):
    """The legal basis of every brief, of a region those of its states."""
    written = {(row[0], row[1]): [sorted(cell.split()) for cell in row[2:]] for row in table}
    for party, day, brief in briefs:
        part = brief["law"]
        bases = part["members"] if "members" in part else [part["legalBasis"]]
        check(f"{party} on {day}: whose law", {basis["party"] for basis in bases}, {f"parties/{code.lower()}" for code in PARTIES[party] if not code.isdigit()})
        for basis in bases:
            found = [sorted(entry["agreement"].removeprefix("agreements/") for entry in basis.get(name, [])) for name in LISTS]
            check(f"{party} on {day}: law of {basis['party']}", found, written[basis["party"], day])
        open_ = any("undetermined" in basis for basis in bases)
        check(f"{party} on {day}: gaps of the law", gap_kinds(part), {"DAY_NOT_KNOWN"} if open_ else set())


def calls_not_recorded(parties, day):
    """The documents of Parliament about parties, published by a day, in which no recommendation stands; and those that were perhaps."""
    read = {call["document"].get("source") for call in data("recommendations").values()}
    then, perhaps = set(), set()
    for name, source in (data("sources") | data("procedures")).items():
        if source["kind"] == "KIND_PARLIAMENT_DOCUMENT" and parties & set(source.get("parties", [])):
            first, last = span(source["published"])
            if last <= day:
                then.add(f"sources/{name}")
            elif first <= day:
                perhaps.add(f"sources/{name}")
    return then - read, perhaps - read


def rights(briefs, table, token):
    """The recommendations of every brief."""
    recommendations = data("recommendations")
    written = {(row[0], row[1]): row[2] for row in table}
    for party, day, brief in briefs:
        asked = {f"parties/{code.lower()}" for code in PARTIES[party]}
        mine = {name: span(call["adopted"]) for name, call in recommendations.items() if asked & set(call["parties"])}
        then = datetime.date.fromisoformat(day)
        wanted = {f"recommendations/{name}" for name, (_, last) in mine.items() if last <= then}
        open_ = {f"recommendations/{name}" for name, (first, last) in mine.items() if first <= then < last}
        part = brief["rights"]
        found = {call["name"] for call in part.get("recommendations", [])}
        check(f"{party} on {day}: recommendations", (found, set(part.get("undetermined", []))), (wanted, open_))
        check(f"{party} on {day}: as docs/briefs.md counts them", str(len(found)), written[party, day])
        unread, perhaps = calls_not_recorded(asked, then)
        check(f"{party} on {day}: documents without a call", set(part.get("callsNotRecorded", [])), unread)
        gaps = ({"DAY_NOT_KNOWN"} if open_ or perhaps else set()) | ({"NOT_RECORDED"} if unread else set())
        check(f"{party} on {day}: gaps of the rights", gap_kinds(part), gaps | {"COUNT_NOT_TOLD"})
    request = {"party": "parties/tm", "as_of": parts(DAYS[-1])}
    named = one("partnership.v1.PartnershipService/GetBrief", request, token)
    check("who has a name is told all that is recorded of the rights", gap_kinds(named["rights"]), {"NOT_RECORDED", "DAY_NOT_KNOWN"})


def record(table, token):
    """Records the transactions of docs/briefs.md, and the project that nobody gains from."""
    source = {"citation": "made for a test: nobody paid it"}
    world = {"kind": "KIND_PROJECT", "title": "Everywhere", "source": source}
    one("projects.v1.ProjectService/CreateProject", {"project_id": "world", "project": world}, token)
    for number, (project, kind, day, amount, own) in enumerate(table):
        value, currency = amount.split()
        recipients = []
        for recipient in own.split():
            code, _, percentage = recipient.partition(":")
            place = "regionCode" if code.isdigit() else "countryCode"
            recipients.append({place: code, "percentage": percentage})
        transaction = {
            "type": f"TYPE_{kind}", "date": parts(day), "recipients": recipients, "source": source,
            "value": {"amount": value.replace("_", ""), "currencyCode": currency},
        }
        request = {"parent": f"projects/{project}", "transaction_id": f"t{number}", "transaction": transaction}
        one("projects.v1.TransactionService/CreateTransaction", request, token)


def plain(amount):
    """A decimal number without zeros at its end."""
    sign, nanos = "-" if amount < 0 else "", abs(amount) * 10**9
    text = f"{int(nanos) // 10**9}.{int(nanos) % 10**9:09}".rstrip("0").rstrip(".")
    return sign + text


def divide(amount, weights):
    """Splits an amount so that the parts add up: what rounding leaves goes to those that lost most, in their order."""
    step = Fraction(1, 100)
    while (amount / step).denominator != 1:
        step /= 10
    steps, total = abs(amount / step), sum(weights.values())
    exact = {code: steps * weight / total for code, weight in weights.items()}
    whole = {code: int(part) for code, part in exact.items()}
    order = sorted((code for code in weights if weights[code]), key=lambda code: whole[code] - exact[code])
    for code in order[: int(steps) - sum(whole.values())]:
        whole[code] += 1
    sign = -1 if amount < 0 else 1
    return {code: sign * part * step for code, part in whole.items()}


def attribute(amount, recipients, asked):
    """Of an amount: what is counted, by recipient, what is left out, by reason, and how much of what is counted goes among which
    codes."""
    shares = [(it.get("countryCode") or it.get("regionCode"), it.get("percentage", "")) for it in recipients]
    weights, sharing = defaultdict(Fraction), []
    if len(shares) == 1 and not shares[0][1]:
        weights[shares[0][0]] = Fraction(100)
    else:
        sharing = [code for code, share in shares if not share]
        for code, share in sorted(shares):
            if share and Fraction(share):
                weights[code] += Fraction(share)
        if not weights:
            weights[""] = Fraction(100)
        elif 100 - sum(weights.values()) > Fraction(1, 100):
            weights[""] = 100 - sum(weights.values())
    counted, left, certain = (defaultdict(Fraction) for _ in range(3))
    for code, part in divide(amount, dict(sorted(weights.items()))).items():
        around = lambda it: it in AROUND and it not in asked
        if not asked or code in asked or (not code and sharing and set(sharing) <= asked):
            counted[code] += part
            certain[frozenset([code] if code else sharing)] += part
        elif not code and not sharing:
            left["RECIPIENT_NOT_SAID"] += part
        elif not code and set(sharing) & asked:
            left["SHARE_NOT_SAID"] += part
        elif around(code) or (not code and any(map(around, sharing))):
            left["REGIONAL"] += part
    return counted, left, certain


def export():
    """All transactions with their projects, as the service exports them."""
    projects = {it["name"]: it for it in ask("projects.v1.ProjectService/ExportProjects", {})}
    transactions = ask("projects.v1.TransactionService/ExportTransactions", {"parent": "projects/-"})
    parents = defaultdict(set)
    for name, project in projects.items():
        for relation in project.get("relations", []):
            if relation["kind"] == "KIND_PARENT":
                parents[name].add(relation["project"])
    return projects, transactions, parents


def covers(whole, part):
    return min(whole, 0) <= part <= max(whole, 0)


def overlap(one, other):
    """Whether what goes among some codes can go among others: one may lie in the other, or nobody said."""
    def may_hold(region, code):
        return region in AROUND and (code in AROUND or code in STATES or region != "619")

    return not one or not other or any(a == b or may_hold(a, b) or may_hold(b, a) for a in one for b in other)


def has_room(whole, parts):
    """Whether each of some parts, and any of them together, find as much in the whole that can be theirs (the marriage theorem)."""
    wanted = list(parts)
    for chosen in range(1, 2 ** len(wanted)):
        some = [among for place, among in enumerate(wanted) if chosen >> place & 1]
        room = sum(amount for among, amount in whole.items() if any(overlap(among, it) for it in some))
        if not covers(room, sum(parts[among] for among in some)):
            return False
    return True


def nearest(name, parents, totals):
    """Of the nearest above a project that have an amount: the one that has most."""
    found, open_, seen = [], [name], {name}
    while open_:
        for parent in parents[open_.pop()] - seen:
            seen.add(parent)
            (found if parent in totals else open_).append(parent)
    return max(found, key=lambda it: (totals[it], [-ord(letter) for letter in it]), default=None)


def left_to_levels(held, parents):
    """Of the projects that have an amount, those of whose family another level is counted: why theirs is in no sum."""
    totals = {name: sum(among.values()) for name, among in held.items()}
    children, reasons = defaultdict(list), {}
    for name in totals:
        children[nearest(name, parents, totals)].append(name)

    def below(name):
        """How much is counted below a project, among which codes."""
        parts = defaultdict(Fraction)
        for child in children[name]:
            for among, amount in (held[child] if covers_below(child) else below(child)).items():
                parts[among] += amount
        return parts

    def covers_below(name):
        return abs(totals[name]) >= abs(sum(below(name).values()))

    def walk(name, counted):
        if counted:
            reasons[name] = "COUNTED_IN_PARENT" if has_room(held[counted], below(counted)) else "MORE_THAN_PARENT"
        elif covers_below(name):
            counted = name
        else:
            reasons[name] = "COUNTED_BELOW"
        for child in children[name]:
            walk(child, counted)

    for name in list(children[None]):
        walk(name, None)
    return reasons


def sums(exported, asked, day, key):
    """Sums of the transactions by a day, and what is left out of them; in the order of the service. All transactions decide which
    level of a family is counted."""
    projects, transactions, parents = exported
    then = datetime.date.fromisoformat(day)
    chosen = [it for it in transactions if datetime.date(**it["date"]) <= then]
    measure = lambda it: (it["type"], it["value"]["currencyCode"], projects[project(it)]["kind"])
    project = lambda it: it["name"].split("/transactions/")[0]
    recipients = lambda it: it.get("recipients") or projects[project(it)].get("recipients", [])
    split = [(it, *attribute(Fraction(it["value"]["amount"]), recipients(it), asked)[:2]) for it in chosen]
    has = defaultdict(lambda: defaultdict(lambda: defaultdict(Fraction)))
    for it in transactions:
        for codes, part in attribute(Fraction(it["value"]["amount"]), recipients(it), set())[2].items():
            has[measure(it)][project(it)][codes] += part
    levels = {of: left_to_levels(held, parents) for of, held in has.items()}
    counted, left = defaultdict(Fraction), defaultdict(Fraction)
    for it, mine, open_ in split:
        level = levels[measure(it)].get(project(it))
        for code, part in mine.items():
            if level:
                left[measure(it), level] += part
            else:
                counted[(*measure(it), key(code, it))] += part
        for reason, part in open_.items():
            left[measure(it), level or reason] += part
    return (
        {row: plain(amount) for row, amount in counted.items()},
        {(reason, *of): plain(amount) for (of, reason), amount in left.items()},
    )


def told(answer, key):
    rows = {(it["type"], it["currencyCode"], it["projectKind"], key(it)): it["amount"] for it in answer.get("sums", [])}
    left = {
        (it["reason"].removeprefix("REASON_"), it["type"], it["currencyCode"], it["projectKind"]): it["amount"]
        for it in answer.get("leftOut", [])
    }
    return rows, left


def short(rows, left):
    """A row of docs/briefs.md: sums, then what is left out."""
    kind = lambda text: text.removeprefix("TYPE_").removeprefix("OUTGOING_").removeprefix("KIND_").lower()
    first = [f"{kind(of)} {kind(what)} {key} {amount} {currency}" for (of, currency, what, key), amount in rows.items()]
    then = [f"{reason.lower()} {kind(of)} {kind(what)} {amount} {currency}" for (reason, of, currency, what), amount in left.items()]
    return "; ".join(sorted(first)), "; ".join(sorted(then))


def money(table):
    """The sums of every brief: worked out again, and against docs/briefs.md."""
    exported = export()
    written = {(row[0], row[1]): (row[2], row[3]) for row in table}
    for party, asked in PARTIES.items():
        for day in DAYS:
            request = {"party": party, "as_of": parts(day)}
            part = one("partnership.v1.PartnershipService/GetBrief", request)["money"]
            rows = told(part, lambda it: it["year"])
            check(f"{party} on {day}: sums", rows, sums(exported, set(asked), day, lambda _, it: it["date"]["year"]))
            sort = lambda cell: "; ".join(sorted(filter(None, cell.split("; "))))
            check(f"{party} on {day}: sums as docs/briefs.md has them", short(*rows), tuple(map(sort, written[party, day])))
            # The project above may have its money later than on a past day.
            is_past = day < datetime.date.today().isoformat()
            is_open = any(is_past or reason != "COUNTED_IN_PARENT" for reason, *_ in rows[1])
            check(f"{party} on {day}: open money is a gap", "MONEY_NOT_ATTRIBUTED" in gap_kinds(part), is_open)
    everything = {"group_by": ["DIMENSION_RECIPIENT"], "filter": f'date <= "{DAYS[-1]}"'}
    by_recipient = told(one("projects.v1.TransactionService/SumTransactions", everything), lambda it: it.get("recipient", ""))
    check("all sums by recipient", by_recipient, sums(exported, set(), DAYS[-1], lambda code, _: code))
    everything["group_by"] = ["DIMENSION_PROJECT"]
    by_project = told(one("projects.v1.TransactionService/SumTransactions", everything), lambda it: it["project"])
    name = lambda _, it: it["name"].split("/transactions/")[0]
    check("all sums by project", by_project, sums(exported, set(), DAYS[-1], name))


def main():
    token, written = os.environ["REGISTAN_TOKEN"], tables()
    briefs = list(lists(written["Projects"]))
    law(briefs, written["Law"])
    rights(briefs, written["Recommendations"], token)
    record(written["Transactions"], token)
    money(written["Sums"])
    sys.exit(1 if FAILED else 0)


main()
