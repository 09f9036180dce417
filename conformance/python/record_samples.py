"""Runs samples without a server and tells what each would send; also tells the members of the SDK's classes.

Usage: record_samples.py FOLDER CLASS... ; FOLDER holds the samples. Prints one JSON object. Only the builder of the client is
replaced: the requests are the SDK's own objects, and its own code says what becomes of them on the wire.
"""

import contextlib
import io
import json
import os
import pathlib
import runpy
import sys

import huaweicloudsdkcdm.v1 as cdm
from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization

os.environ.update(HUAWEICLOUD_SDK_AK="ak", HUAWEICLOUD_SDK_SK="sk")


class Builder:
    def with_credentials(self, credentials):
        self.credentials = credentials
        return self

    def with_endpoint(self, endpoint):
        self.endpoint = endpoint
        return self

    def build(self):
        return Recorder(self)


class Recorder:
    def __init__(self, builder):
        self.builder = builder

    def __getattr__(self, name):
        method = getattr(cdm.CdmClient, name)

        def call(request):
            told = getattr(cdm.CdmClient, f"_{name}_http_info")(request)
            calls.append(
                {
                    "operation": method.__name__,
                    "requestType": type(request).__name__,
                    "wantedType": told["request_type"],
                    "endpoint": self.builder.endpoint,
                    "projectId": self.builder.credentials.project_id,
                    "method": told["method"],
                    "path": told["resource_path"],
                    "parameters": {
                        name: value
                        for name, value in [*told["path_params"].items(), *told["query_params"]]
                        if value is not None
                    },
                    "headers": {k: v for k, v in told["header_params"].items() if k != "Content-Type"},
                    "body": sanitize_for_serialization(told["body"]),
                }
            )

        return call


calls = []
cdm.CdmClient.new_builder = classmethod(lambda cls: Builder())
by_file = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    calls.clear()
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_path(str(file), run_name="__main__")
    by_file[file.name] = list(calls)

members = {}
for name in sys.argv[2:]:
    model = getattr(cdm, name)
    members[name] = {model.attribute_map[attr]: [attr, kind] for attr, kind in model.openapi_types.items()}
print(json.dumps({"calls": by_file, "members": members}))
