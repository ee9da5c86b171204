"""Replays the requests of the OWASP CRS regression corpus at a server: as they are, their questions as a search, their bodies as a
form. Prints one JSON object: how many were sent, by status, and what was wrong."""

import collections
import concurrent.futures
import html
import json
import pathlib
import socket
import sys
import time
import urllib.parse

import corpus

HOST, PORT, TOKEN, CORPUS = sys.argv[1], int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
PATIENCE = 15
# Whoever sends less than a request waits so long for the rest of it.
SHORT = 3


def shapes(given):
    whole, data = corpus.request(given)
    if data is None:
        yield whole, ""
        return
    uri = str(given.get("uri") or "/")
    yield whole, uri + data.decode("utf-8", "replace")
    query = uri.partition("?")[2] or data.decode("utf-8", "replace")
    query = urllib.parse.quote(query, safe="%=&+;'()*,:@!$/?-._~")[:6000]
    bearer = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/fhir+json"}
    yield corpus.head("GET", f"/fhir/Patient?{query}", bearer, b""), query
    yield corpus.head("GET", f"/patients?{query}", {"Sec-Fetch-Site": "same-origin"}, b""), query
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    typed = b"user=" + corpus.raw(urllib.parse.quote(query, safe="%")) + b"&password=a&to=/"
    yield corpus.head("POST", "/sign-in", form, typed), query
    body = json.dumps({"resourceType": "Patient", "name": [{"family": query}], "active": query}).encode()
    yield corpus.head("POST", "/fhir/Patient/$validate", bearer | {"Content-Type": "application/fhir+json"}, body), query


def ask(request):
    with socket.create_connection((HOST, PORT), timeout=PATIENCE) as wire:
        answer, ended = b"", False
        try:
            wire.sendall(request)
        except ConnectionError:
            pass
        wire.settimeout(SHORT)
        while len(answer) < 4 << 20:
            try:
                more = wire.recv(65536)
            except TimeoutError:
                # Not a whole request: there is nothing to answer. Once it cannot become one, the server must let go.
                if ended:
                    raise
                wire.shutdown(socket.SHUT_WR)
                wire.settimeout(PATIENCE)
                ended = True
                continue
            except ConnectionError:
                break
            if not more:
                break
            answer += more
        return answer


def judge(name, request, typed):
    begin = time.monotonic()
    try:
        answer = ask(request)
    except TimeoutError:
        return None, f"{name}: no answer in {PATIENCE} s"
    status = answer[9:12].decode("ascii", "replace") if answer.startswith(b"HTTP/") else "closed"
    if status.startswith("5"):
        return status, f"{name}: {status}: {answer[:300]!r}"
    if status != "closed" and time.monotonic() - begin > SHORT + 2:
        return status, f"{name}: took {time.monotonic() - begin:.1f} s"
    top, _, body = answer.partition(b"\r\n\r\n")
    if b"text/html" in top.lower():
        text = body.decode("utf-8", "replace")
        for part in {typed, urllib.parse.unquote_plus(typed)}:
            for piece in part.split("&"):
                value = piece.partition("=")[2]
                if "<" in value and len(value) > 4 and value in text and html.escape(value) != value:
                    return status, f"{name}: {value!r} comes back as it was sent"
    return status, None


def main():
    wanted = [(name, *shape) for name, given in corpus.inputs(CORPUS) for shape in shapes(given)]
    counts, wrong = collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for status, problem in pool.map(lambda one: judge(*one), wanted):
            counts[status or "late"] += 1
            if problem:
                wrong.append(problem)
    print(json.dumps({"sent": len(wanted), "by": dict(sorted(counts.items())), "wrong": wrong[:20], "count": len(wrong)}))


main()
