"""A second client of a repository of releases: python-tuf over file addresses. Prints what it took, or why not."""

import json
import pathlib
import sys
import tempfile

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

REPOSITORY, ROOT = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])


class Files(FetcherInterface):
    def _fetch(self, url):
        path = REPOSITORY / url.removeprefix("https://releases.example/")
        if not path.exists():
            raise DownloadHTTPError("not there", 404)
        return iter([path.read_bytes()])


with tempfile.TemporaryDirectory() as kept:
    updater = Updater(
        metadata_dir=kept,
        metadata_base_url="https://releases.example/metadata/",
        target_dir=kept,
        target_base_url="https://releases.example/targets/",
        fetcher=Files(),
        bootstrap=ROOT.read_bytes(),
    )
    updater.refresh()

    def take(name):
        about = updater.get_targetinfo(name)
        assert about is not None, f"{name} is not a target"
        return pathlib.Path(updater.download_target(about)).read_bytes()

    release = json.loads(take("release.json"))
    files = [*release["programs"].values(), release["sbom"], release["advisories"], release["vex"]]
    print("release.json", release["version"], *(f"{name} {len(take(name))}" for name in files))
