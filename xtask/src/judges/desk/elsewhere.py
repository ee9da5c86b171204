"""The services that the response desk asks, on the loopback, each by its own description: GitHub's and Discourse's OpenAPI, Mailchimp's
OpenAPI, the CVE programme's schema. Runs the command that is given, which sends every request that there is to
ACESO_TEST_ELSEWHERE; then the services' own clients ask the same, and what they sent must be what was sent before. What is answered is
made of the descriptions, too. Says on standard output what was held, or what was wrong."""

import json
import os
import pathlib
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from cvelib.cve_api import CveApi, CveRecord
from mailchimp_marketing import Client
from mastodon import Mastodon
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30Validator
from pydiscourse import DiscourseClient

SECRET = "s3cret-of-the-service"
GHSA = "GHSA-2g5x-9qqv-w2c7"
heard, wrong = [], []


def described(document, paths):
    """An OpenAPI description, with the paths that are asked for."""
    kept = {path: document["paths"][path] for path in paths}
    return OpenAPI.from_dict({**document, "paths": kept}, config=Config(spec_validator_cls=None))


def made_of(schema):
    """The smallest value that a schema takes."""
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        return {name: made_of(of) for name, of in schema.get("properties", {}).items() if name in schema.get("required", [])}
    return {"array": [], "integer": 7, "number": 7, "boolean": False, "string": "text", None: None, "null": None}[kind]


class Github:
    def __init__(self, file):
        self.document = json.loads(pathlib.Path(file).read_text())
        self.here = "/repos/{owner}/{repo}/security-advisories"
        self.paths = [self.here, f"{self.here}/{{ghsa_id}}", f"{self.here}/{{ghsa_id}}/cve"]
        self.api = described(self.document, self.paths)

    def answer(self, one):
        head(one, "authorization", f"Bearer {SECRET}")
        head(one, "accept", "application/vnd.github+json")
        head(one, "x-github-api-version", "2022-11-28")
        # A request without one is refused before it is read.
        head(one, "user-agent", None)
        host, method = "https://api.github.com", one["method"].lower()
        data = one["raw"] or None
        request = MockRequest(host, method, one["path"], headers=one["headers"], data=data, content_type="application/json")
        self.api.validate_request(request)
        status = {"post": 202 if one["path"].endswith("/cve") else 201, "patch": 200}[method]
        pattern = re.sub("/repos/[^/]+/[^/]+", "/repos/{owner}/{repo}", one["path"]).replace(GHSA, "{ghsa_id}")
        # Its own examples are not valid by its own schemas: they are answered as they are.
        return status, self.example(self.document["paths"][pattern][method]["responses"][str(status)])

    def example(self, response):
        """What the description itself gives as an answer."""
        response = self.resolved(response)
        examples = response["content"]["application/json"].get("examples", {})
        return next((self.resolved(e)["value"] for e in examples.values()), None) or {}

    def resolved(self, value):
        while "$ref" in value:
            at = self.document
            for step in value["$ref"].removeprefix("#/").split("/"):
                at = at[step]
            value = at
        return value


class Forum:
    def __init__(self, file):
        text = pathlib.Path(file).read_text().split("exports.default = ", 1)[1]
        document, _ = json.JSONDecoder().raw_decode(text)
        self.made = document["paths"]["/posts.json"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        self.api = described({**document, "servers": [{"url": "http://forum"}]}, ["/posts.json"])

    def answer(self, one):
        head(one, "api-key", SECRET)
        head(one, "api-username", "security")
        answer = made_of(self.made)
        if "json" not in one["headers"]["content-type"]:
            return 200, answer
        body = dict(one["body"])
        # Taken by the forum and by its clients, and not in its description.
        tags = body.pop("tags")
        if tags not in (["security-advisory"], [{"id": 12, "name": "security-advisory"}]):
            raise ValueError(f"tags: {tags}")
        known_by = body.get("external_id", "nothing")
        if len(body["raw"]) > 32_000 or len(body["title"]) > 255 or not re.fullmatch(r"[\w-]{1,50}", known_by):
            raise ValueError(f"longer than a forum takes it: {len(body['raw'])}, {len(body['title'])}, {known_by}")
        data = json.dumps(body).encode()
        request = MockRequest("http://forum", "post", one["path"].removesuffix(".json") + ".json", data=data)
        self.api.validate_request(request)
        self.api.validate_response(request, MockResponse(json.dumps(answer).encode()))
        return 200, answer


class Cve:
    def answer(self, one):
        head(one, "cve-api-key", SECRET)
        head(one, "cve-api-org", "aceso")
        head(one, "cve-api-user", "mara@desk.example")
        if one["path"] == "/api/cve-id":
            made = {"cve_id": "CVE-2026-40076", "cve_year": "2026", "owning_cna": "aceso", "state": "RESERVED"}
            return 200, {"cve_ids": [made], "meta": {"remaining_quota": 9}}
        if not re.fullmatch(r"/api/cve/CVE-\d{4}-\d{4,}/cna", one["path"]):
            raise ValueError(f"no such place: {one['path']}")
        container = one["body"].pop("cnaContainer")
        if one["body"]:
            raise ValueError(f"beside the container: {one['body'].keys()}")
        CveRecord.validate(container)
        one["body"] = {"cnaContainer": container}
        return 200, {"message": "done", "created": {}}


class Campaigns:
    def __init__(self, file):
        self.paths = json.loads(pathlib.Path(file).read_text())["paths"]

    def answer(self, one):
        head(one, "authorization", None)
        at = re.sub(r"^/3\.0/campaigns/[^/]+", "/campaigns/{campaign_id}", one["path"]).removeprefix("/3.0")
        act = self.paths[at][one["method"].lower()]
        if "requestBody" in act:
            schema = act["requestBody"]["content"]["application/json"]["schema"]
            errors = [e.message for e in OAS30Validator(strict(schema)).iter_errors(one["body"])]
            if errors:
                raise ValueError("; ".join(errors))
        elif one["body"] is not None:
            raise ValueError("it takes no body")
        if "204" in act["responses"]:
            return 204, None
        answers = act["responses"]["200"]["schema"]["properties"]
        # The description requires nothing of an answer: what is read of it must at least be there.
        return 200, {name: "42694e9e57" for name in ("id", "plain_text") if name in answers}


def strict(schema):
    """The same, where nothing that it does not name is taken."""
    if not isinstance(schema, dict) or "properties" not in schema:
        return schema
    inner = {name: strict(of) for name, of in schema["properties"].items()}
    return {**schema, "properties": inner, "additionalProperties": False}


class Social:
    def answer(self, one):
        head(one, "authorization", f"Bearer {SECRET}")
        if one["path"] != "/api/v1/statuses":
            return 200, {"uri": "social.example", "version": "4.3.0"}
        head(one, "idempotency-key", None)
        if len(one["body"]["status"]) > 500:
            raise ValueError(f"{len(one['body']['status'])} characters")
        return 200, {"id": "1", "uri": "https://social.example/s/1", "url": "https://social.example/@aceso/1", "content": "x"}


def head(one, name, value):
    found = one["headers"].get(name)
    if found is None or value is not None and found != value:
        raise ValueError(f"header {name}: {found}")


class Peer(BaseHTTPRequestHandler):
    services = {}

    def log_message(self, *_):
        pass

    def take(self):
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        _, service, path = url.path.split("/", 2)
        plain = "json" in (self.headers.get("content-type") or "")
        body = json.loads(raw) if plain and raw else dict(parse_qsl(raw.decode())) or None
        headers = {name.lower(): value for name, value in self.headers.items()}
        one = {"service": service, "method": self.command, "path": f"/{path}", "query": dict(parse_qsl(url.query))}
        one |= {"headers": headers, "raw": raw, "body": body}
        try:
            status, answer = self.services[service].answer(one)
            heard.append(one)
        except Exception as error:
            why = f"{error}: {getattr(error.__cause__, 'schema_errors', '')}"[:2000]
            wrong.append(f"{service}: {self.command} {path}: {type(error).__name__}: {why}")
            status, answer = 422, {"message": why[:200]}
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = take


def asked(service, method, end):
    """The first such request of ours."""
    return next(one for one in heard if (one["service"], one["method"]) == (service, method) and one["path"].endswith(end))


def clients(base):
    """Each service's own client asks for what we asked for; what differs is told."""
    compared = 0

    def compare(ours, ask, names):
        nonlocal compared
        before = len(heard)
        ask()
        if len(heard) == before:
            wrong.append(f"the client was not let through where we asked {ours['path']}")
            return
        theirs = heard[-1]
        # A client that sends a form sends all as text, and what it would not have to.
        formed = ours["raw"] and "json" not in theirs["headers"].get("content-type", "")
        names_of = [name for name in ours["body"] or {} if name != "tags"]
        plain = lambda one: {name: str(one["body"].get(name)) for name in names_of} if formed else one["body"]
        for what, of in [
            ("verb", lambda one: one["method"]),
            ("path", lambda one: one["path"].removesuffix(".json")),
            ("query", lambda one: one["query"]),
            ("headers", lambda one: {name: one["headers"].get(name) for name in names}),
            ("body", plain),
        ]:
            if of(ours) != of(theirs):
                wrong.append(f"{ours['path']}: {what}: ours {of(ours)!r:.400}, the client's {of(theirs)!r:.400}")
        compared += 1

    os.environ["CVE_GENERATOR"] = "-"
    cve = CveApi("mara@desk.example", "aceso", SECRET, url=f"{base}/cve/api/")
    names = ["cve-api-key", "cve-api-org", "cve-api-user"]
    compare(asked("cve", "POST", "/cve-id"), lambda: cve.reserve(1, False, "2026"), names)
    for method, act in [("POST", cve.publish), ("PUT", cve.update_published)]:
        ours = asked("cve", method, "/cna")
        id = ours["path"].split("/")[3]
        compare(ours, lambda: act(id, json.loads(json.dumps(ours["body"]["cnaContainer"]))), names)

    mails = Client({"api_key": SECRET, "server": "us6"})
    mails.api_client.host, mails.api_client.server = f"{base}/list/3.0", None
    ours = asked("list", "POST", "/campaigns")
    id = asked("list", "PUT", "/content")["path"].split("/")[3]
    compare(ours, lambda: mails.campaigns.create(ours["body"]), ["content-type"])
    content = asked("list", "PUT", "/content")
    compare(content, lambda: mails.campaigns.set_content(id, content["body"]), ["content-type"])
    compare(asked("list", "POST", "/send"), lambda: mails.campaigns.send(id), [])

    topic = asked("forum", "POST", "/posts.json")
    forum = DiscourseClient(f"{base}/forum", api_username="security", api_key=SECRET)
    say = {"title": topic["body"]["title"], "category_id": topic["body"]["category"], "external_id": topic["body"]["external_id"]}
    create = lambda: forum.create_post(topic["body"]["raw"], tags=["security-advisory"], **say)
    compare(topic, create, ["api-key", "api-username"])

    post = asked("social", "POST", "/statuses")
    key = post["headers"]["idempotency-key"]
    social = Mastodon(access_token=SECRET, api_base_url=f"{base}/social", version_check_mode="none")
    say = {name: post["body"][name] for name in ("visibility", "language")}
    names = ["authorization", "idempotency-key"]
    compare(post, lambda: social.status_post(post["body"]["status"], idempotency_key=key, **say), names)
    return compared


def main():
    github, discourse, mailchimp = sys.argv[1:4]
    Peer.services = {"github": Github(github), "forum": Forum(discourse), "list": Campaigns(mailchimp), "cve": Cve(), "social": Social()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    sent = subprocess.run(sys.argv[4:], env={**os.environ, "ACESO_TEST_ELSEWHERE": base}, capture_output=True, text=True)
    count = len(heard)
    compared = clients(base) if sent.returncode == 0 and count and not wrong else 0
    if sent.returncode or not count or wrong:
        print("\n".join(wrong[:20]) or f"{sent.stdout[-2000:]}\n{sent.stderr[-2000:]}\n{count} requests")
        sys.exit(1)
    print(f"{count} requests held, {compared} as their own clients send them")


main()
