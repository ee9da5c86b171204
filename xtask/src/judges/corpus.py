"""The requests of the OWASP CRS regression corpus, as bytes."""

import base64

import yaml


def inputs(corpus):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in sorted(corpus.rglob("*.yaml")):
        read = yaml.load(file.read_text(encoding="utf-8", errors="surrogateescape"), Loader=loader)
        for test in (read or {}).get("tests") or []:
            for stage in test.get("stages") or []:
                found = stage.get("input") or (stage.get("stage") or {}).get("input")
                if found:
                    yield f"{file.stem}-{test.get('test_id')}", found


def raw(text):
    return str(text).encode("utf-8", "surrogateescape")


def head(method, uri, headers, body):
    lines = [raw(f"{method} {uri} HTTP/1.1")]
    kept = {str(n): str(v) for n, v in headers.items() if str(n).lower() not in ("content-length", "connection")}
    if not any(n.lower() == "host" for n in kept):
        kept["Host"] = "localhost"
    lines += [raw(f"{n}: {v}") for n, v in kept.items()]
    if not any(n.lower() == "transfer-encoding" for n in kept) and (body or method not in ("GET", "HEAD")):
        lines.append(raw(f"Content-Length: {len(body)}"))
    return b"\r\n".join(lines + [b"Connection: close", b"", b""]) + body


def request(given):
    """A request as the corpus has it, and its body; none of a body where it is given as bytes."""
    if "encoded_request" in given:
        return base64.b64decode(given["encoded_request"]), None
    data = given.get("data") or ""
    if isinstance(data, list):
        data = "\r\n".join(data)
    data = raw(data)
    uri = str(given.get("uri") or "/")
    return head(given.get("method") or "GET", uri, given.get("headers") or {}, data), data
