"""What nginx with ModSecurity and the OWASP core rules lets through to a stand-in for the program, with the rules as they are
installed and with ours: ordinary traffic of a clinic, and the rules' own corpus of attacks. Prints one JSON object."""

import collections
import concurrent.futures
import json
import pathlib
import socket
import socketserver
import subprocess
import sys
import tarfile
import threading
import time
import urllib.parse

import corpus

NGINX, SCRATCH, SHIPPED, SHARED = sys.argv[1], *map(pathlib.Path, sys.argv[2:5])
BARE = """Include /etc/nginx/modsecurity.conf
SecRuleEngine On
SecAuditEngine Off
Include /etc/modsecurity/crs/crs-setup.conf
Include /usr/share/modsecurity-crs/rules/*.conf
"""
CONFIG = """include /usr/share/nginx/modules-available/mod-http-modsecurity.conf;
user root; worker_processes 2; daemon off; pid {dir}/pid; error_log {dir}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_max_body_size 64m; large_client_header_buffers 8 64k;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u;
  scgi_temp_path {dir}/s;
  server {{
    listen 127.0.0.1:{port}; modsecurity on; modsecurity_rules_file {rules};
    location / {{ proxy_pass http://127.0.0.1:{behind}; proxy_http_version 1.1; }}
  }}
}}
"""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
SHORT = 4


class StandIn(socketserver.StreamRequestHandler):
    """Takes everything and answers 200."""

    def handle(self):
        length = 0
        for line in self.rfile:
            name, _, value = line.decode("latin-1").partition(":")
            if name.lower() == "content-length":
                length = int(value)
            if line in (b"\r\n", b"\n"):
                break
        while length > 0:
            got = self.rfile.read(min(length, 1 << 20))
            if not got:
                return
            length -= len(got)
        self.wfile.write(ANSWER)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 256

    def handle_error(self, request, address):
        pass


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Wall:
    def __init__(self, name, rules, behind):
        self.dir, self.port = SCRATCH / name, free_port()
        self.dir.mkdir(parents=True)
        if isinstance(rules, str):
            (self.dir / "rules.conf").write_text(rules)
            rules = self.dir / "rules.conf"
        config = self.dir / "nginx.conf"
        config.write_text(CONFIG.format(dir=self.dir, port=self.port, rules=rules, behind=behind))
        self.nginx = subprocess.Popen([NGINX, "-e", str(self.dir / "error.log"), "-c", str(config)])
        for _ in range(200):
            if self.nginx.poll() is not None:
                raise SystemExit((self.dir / "error.log").read_text() if (self.dir / "error.log").exists() else "nginx ended")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("nginx does not listen")

    def status(self, request):
        answer = b""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as wire:
                try:
                    wire.sendall(request)
                except ConnectionError:
                    pass
                wire.settimeout(SHORT)
                while b"\r\n" not in answer and len(answer) < 4096:
                    got = wire.recv(4096)
                    if not got:
                        break
                    answer += got
        except (TimeoutError, ConnectionError):
            pass
        words = answer.split(b" ", 2)
        return int(words[1]) if len(words) > 1 and words[1][:3].isdigit() else 0

    def statuses(self, requests):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda one: self.status(one[1]), requests))


def json_request(method, path, body, kind="application/fhir+json"):
    headers = {"Host": "clinic.example", "Accept": "application/fhir+json", "Authorization": "Bearer " + "x" * 43, "Content-Type": kind}
    if not body:
        del headers["Content-Type"]
    return corpus.head(method, path, headers, body)


def names(value, out):
    """The texts in a document, as people would search for them or type them into a form."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("family", "text", "display", "city", "comment", "title", "valueString", "description") and isinstance(one, str):
                out.append(one)
            names(one, out)
    elif isinstance(value, list):
        for one in value:
            names(one, out)


SEARCHES = [
    "Patient?family={t}", "Patient?name:exact={t}", "Patient?address-city={t}", "Condition?code:text={t}", "Observation?_content={t}",
    "Patient?identifier=http://hospital.example/mrn|{t}", "Observation?code=http://loinc.org|8480-6&value-quantity=gt100|http://unitsofmeasure.org|mm[Hg]",
    "Patient?_filter=name%20co%20%22{t}%22%20and%20birthdate%20ge%201970-01-01",
    "Observation?subject=Patient/1&date=ge2020-01-01T00:00:00%2B01:00&_sort=-date&_include=Observation:subject&_revinclude=Provenance:target",
    "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/condition-code&filter={t}",
    "CodeSystem/$lookup?system=http://snomed.info/sct&code=38341003", "Patient?_has:Observation:patient:code=http://loinc.org|1234-5",
]
FORM = ["problem", "note", "comment", "instructions", "reason"]


def ordinary():
    texts = []
    archive = SHARED / "fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz"
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.name.endswith(".json"):
                continue
            body = tar.extractfile(member).read()
            try:
                document = json.loads(body)
            except ValueError:
                continue
            kind, id = document.get("resourceType"), document.get("id")
            if kind and id:
                yield f"PUT {kind}/{id}", json_request("PUT", f"/fhir/{kind}/{id}", body)
                if len(texts) < 6000:
                    names(document, texts)
    with tarfile.open(SHARED / "synthea-misc-transactions.tar.xz") as tar:
        for member in tar:
            if member.name.endswith(".json"):
                yield f"POST {member.name}", json_request("POST", "/fhir", tar.extractfile(member).read())
                break
    for shape in json.loads((SHARED / "search-workload-mockhealth.json").read_text()):
        path = shape["url"].replace(" ", "%20")
        yield path, json_request("GET", "/fhir/" + path, b"")
    for name in ["O'Brien", "D'Angelo-Smith", "Müller", "Nguyễn", "de la Cruz", "O'Connor; Jr.", "St. John (Mary)", "Select", "Drop", "Union", "Null"]:
        texts.insert(0, name)
    for at, text in enumerate(dict.fromkeys(text for text in texts if 2 < len(text) < 400)):
        if at >= 1500:
            break
        quoted = urllib.parse.quote(text)
        for shape in (SEARCHES if at < 200 else SEARCHES[:5]):
            path = shape.format(t=quoted)
            yield path, json_request("GET", "/fhir/" + path, b"")
        form = urllib.parse.urlencode({"csrf": "Zm9v", FORM[at % 5]: text, "patient": "0Ab1Cd2Ef3G"}).encode()
        cookie = {"Host": "clinic.example", "Cookie": "__Host-aceso=" + "y" * 43, "Content-Type": "application/x-www-form-urlencoded"}
        yield f"form {text}", corpus.head("POST", "/patients/0Ab1Cd2Ef3G/notes/n1/edit", cookie, form)
        yield f"find {text}", corpus.head("GET", f"/patients?name={quoted}", cookie, b"")
    for kind, body in [("application/json-patch+json", b'[{"op":"replace","path":"/active","value":false}]'), ("application/fhir+xml", b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>')]:
        yield f"PATCH {kind}", json_request("PATCH", "/fhir/Patient/1", body, kind)
    yield "DELETE", json_request("DELETE", "/fhir/Patient/1", b"")


def main():
    behind = Server(("127.0.0.1", 0), StandIn)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    port = behind.server_address[1]
    walls = [Wall("bare", BARE, port), Wall("ours", SHIPPED / "waf/main.conf", port)]
    try:
        traffic = list(ordinary())
        attacks = [(name, corpus.request(given)[0]) for name, given in corpus.inputs(SCRATCH / "corpus")]
        bare, ours = ([wall.statuses(which) for which in (traffic, attacks)] for wall in walls)
    finally:
        for wall in walls:
            wall.nginx.terminate()
            wall.nginx.wait()
    stopped = lambda found: sum(status not in (200, 0) for status in found)
    wrong = [name for (name, _), status in zip(traffic, ours[0]) if status != 200]
    missed = [name for (name, _), before, now in zip(attacks, bare[1], ours[1]) if before == 403 and now == 200]
    said = {
        "ordinary": len(traffic), "stoppedByBareRules": stopped(bare[0]), "stoppedByOurs": len(wrong), "wrong": wrong[:30],
        "attacks": len(attacks), "attacksStoppedByBareRules": sum(s == 403 for s in bare[1]),
        "attacksStoppedByOurs": sum(s == 403 for s in ours[1]), "missed": missed[:30], "missedCount": len(missed),
    }
    print(json.dumps(said))


main()
