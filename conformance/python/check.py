"""One check: run it, print its line. Lines are JSON and read by conformance/main.ts."""

import json

from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

SDK = "python"


class Mismatch(Exception):
    """An answer that is not what the check demands."""


def demand(condition, text):
    if not condition:
        raise Mismatch(text)


def equal(actual, expected, what):
    demand(actual == expected, f"{what}: expected {expected!r}, got {actual!r}")


def report(operation, check, ok, detail, request_id=None):
    line = {"sdk": SDK, "operation": operation, "check": check, "ok": ok, "detail": detail}
    if request_id is not None:
        line["requestId"] = request_id
    print(json.dumps(line), flush=True)


def check(operation, name, body):
    """Runs one check; body returns its detail (or a pair of detail and request id), or raises."""
    try:
        found = body()
    except Exception as error:  # every failure of a check is a line of the report, never the end of the program
        report(operation, name, False, f"{type(error).__name__}: {describe(error)}")
        return False
    detail, request_id = found if isinstance(found, tuple) else (found, None)
    report(operation, name, True, detail or "", request_id)
    return True


def describe(error):
    if isinstance(error, ServiceResponseException):
        return f"{error.status_code} {error.error_code} {error.error_msg}"
    return str(error)


def refused(call, status, code):
    """Demands that the call ends in the SDK's exception with this status and code; returns detail and request id."""
    try:
        call()
    except ServiceResponseException as error:
        equal(error.status_code, status, "status")
        if code is not None:
            equal(error.error_code, code, "code")
        demand(error.error_code, "the exception has no code")
        demand(error.error_msg, "the exception has no message")
        demand(error.request_id, "the exception has no request id")
        return f"{type(error).__name__} {error.status_code} {error.error_code}", error.request_id
    raise Mismatch("the call was not refused")
