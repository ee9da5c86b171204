"""The strict validator of cyclonedx-python-lib on one file."""
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

with open(sys.argv[1], encoding="utf-8") as file:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
print(error or "CycloneDX 1.6")
sys.exit(1 if error else 0)
