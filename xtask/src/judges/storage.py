"""A bucket of moto's server, which checks signatures and policies: the program makes a repository in it with credentials that may not
delete, is refused a prune, and another's credentials prune; Debian's restic reads it. Prints one JSON object."""

import json
import os
import pathlib
import socket
import subprocess
import sys

PROGRAM, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2])
# As many requests as it takes to make bucket and accounts; from then on each is checked.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "7"

import boto3
from moto.server import ThreadedMotoServer

with socket.socket() as one:
    one.bind(("127.0.0.1", 0))
    PORT = one.getsockname()[1]
ENDPOINT = f"http://127.0.0.1:{PORT}"
ADD = ["s3:PutObject", "s3:GetObject", "s3:ListBucket"]


def account(iam, name, actions):
    iam.create_user(UserName=name)
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=json.dumps(allowed))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def machine(name, key, more=""):
    dir = SCRATCH / name
    dir.mkdir(mode=0o700)
    file = SCRATCH / f"{name}.access-key"
    file.write_text("\n".join(key) + "\n")
    file.chmod(0o600)
    (dir / "aceso.toml").write_text(
        f"[egress]\nendpoints = ['{ENDPOINT}/bucket']\n[backup]\nrepository = 's3:{ENDPOINT}/bucket/clinic'\n"
        f"s3_credentials = '{file}'\n{more}"
    )
    return dir


def aceso(data, *args):
    out = subprocess.run([PROGRAM, *args, "--data", str(data)], capture_output=True, text=True)
    return out.returncode, out.stdout + out.stderr


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=PORT, verbose=False)
    server.start()
    plain = {"endpoint_url": ENDPOINT, "region_name": "us-east-1", "aws_access_key_id": "setup", "aws_secret_access_key": "setup"}
    boto3.client("s3", **plain).create_bucket(Bucket="bucket")
    iam = boto3.client("iam", **plain)
    clinic = machine("clinic", account(iam, "clinic", ADD))
    keeper_key = account(iam, "keeper", ADD + ["s3:DeleteObject"])
    keeper = machine("keeper", keeper_key, f"password_file = '{SCRATCH}/clinic.backup-key'\nkeep_days = 1\nkeep_daily_days = 0\nkeep_monthly_days = 0\n")
    wrong = machine("wrong", (keeper_key[0], "x" * 40), f"password_file = '{SCRATCH}/clinic.backup-key'\n")
    patients = SCRATCH / "Patient.ndjson"
    patients.write_text("".join(f'{{"resourceType":"Patient","id":"p{n}"}}\n' for n in range(200)))
    said = {}
    for step, data, wanted, part, *args in [
        ("import", clinic, 0, "", "import", str(patients)),
        ("init", clinic, 0, "is a new repository", "backup", "init"),
        ("run", clinic, 0, "snapshot", "backup", "run"),
        ("run again", clinic, 0, "snapshot", "backup", "run"),
        ("list", clinic, 0, "200 resources", "backup", "list"),
        ("verify", clinic, 0, "all in order", "backup", "verify"),
        ("a wrong secret", wrong, 1, "does not allow it", "backup", "list"),
        ("prune, refused", clinic, 1, "does not let this machine delete", "backup", "prune", "--now"),
        ("prune elsewhere", keeper, 0, "stay", "backup", "prune", "--now"),
        ("verify after", clinic, 0, "all in order", "backup", "verify"),
        ("restore", keeper, 0, "is the record", "backup", "restore", "--to", str(SCRATCH / "back")),
    ]:
        code, text = aceso(data, *args)
        said[step] = "held" if code == wanted and part in text else f"{code}: {text}"
    secrets = {"AWS_ACCESS_KEY_ID": keeper_key[0], "AWS_SECRET_ACCESS_KEY": keeper_key[1], "RESTIC_PASSWORD_FILE": f"{SCRATCH}/clinic.backup-key"}
    restic = ["restic", "-r", f"s3:{ENDPOINT}/bucket/clinic", "--no-cache", "--no-lock", "check", "--read-data"]
    out = subprocess.run(restic, env=os.environ | secrets, capture_output=True, text=True)
    said["restic check"] = "held" if "no errors were found" in out.stdout else out.stdout + out.stderr
    server.stop()
    print(json.dumps(said))


main()
