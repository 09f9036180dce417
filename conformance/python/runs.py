"""The second half of the walk: runs of the four jobs, their states and history."""

import time

from huaweicloudsdkcdm.v1 import (
    CdmCreateJobJsonReq,
    CdmStartJobReq,
    CreateJobRequest,
    DeleteJobRequest,
    ShowJobStatusRequest,
    ShowSubmissionsRequest,
    StartJobRequest,
    StopJobRequest,
)

from bodies import job_model
from check import check, demand, equal, refused

POLL_S = 0.05
DAY_MS = 86_400_000
INT32_MAX = 2_147_483_647


class Runs:
    """Needs the jobs of the scenario saved in the cluster; leaves them with their runs."""

    def __init__(self, cdm, relayed, cluster_id, scenario, wait_s):
        self.cdm = cdm
        self.relayed = relayed
        self.cluster_id = cluster_id
        self.jobs = scenario["jobs"]
        self.batch = scenario["batch"]
        self.wait_s = wait_s
        self.states = []

    def all(self):
        self.successful_run()
        self.history()
        self.failed_run()
        self.stopped_run()
        self.unfit_run()
        if self.batch:
            self.tables_of_run()
        self.unknown_job()

    def status(self, name, cdm=None):
        """The single run of the status call, as the SDK's model and as the raw object."""
        request = ShowJobStatusRequest(cluster_id=self.cluster_id, job_name=name)
        answer = (cdm or self.cdm).show_job_status(request)
        equal(len(answer.submissions), 1, "submissions")
        run, raw = answer.submissions[0], answer.to_json_object()["submissions"][0]
        equal(run.job_name, name, "job-name")
        if run.status not in self.states:
            self.states.append(run.status)
        return run, raw

    def start(self, name):
        request = StartJobRequest(cluster_id=self.cluster_id, job_name=name, body=CdmStartJobReq(variables={}))
        run = self.cdm.start_job(request).submissions[0]
        demand(run.status in ("BOOTING", "RUNNING"), f"started as {run.status}")
        equal(run.job_name, name, "job-name")
        demand(run.submission_id >= 1, f"submission-id {run.submission_id}")
        return run

    def stop(self, name):
        return self.cdm.stop_job(StopJobRequest(cluster_id=self.cluster_id, job_name=name))

    def wait_for_end(self, name, while_open=None):
        """Polls until the run has ended; while_open sees every open state."""
        end = time.monotonic() + self.wait_s
        while True:
            run, raw = self.status(name)
            if run.status not in ("BOOTING", "RUNNING"):
                return run, raw
            demand(0 <= run.progress <= 100, f"progress {run.progress} while {run.status}")
            demand("counters" not in raw and "error-summary" not in raw, f"closing members while {run.status}")
            if while_open:
                while_open(run)
            demand(time.monotonic() < end, f"still {run.status} after {self.wait_s} s")
            time.sleep(POLL_S)

    def successful_run(self):
        job = self.jobs["copy"]
        open_states, ended = [], []

        def never_executed():
            run, raw = self.status(job["name"])
            equal((run.status, run.progress), ("NEVER_EXECUTED", 0), "status and progress")
            demand("counters" not in raw and "error-summary" not in raw, "closing members of a run that never was")

        def until_succeeded():
            ended.extend(self.wait_for_end(job["name"], lambda run: open_states.append(run.status)))
            equal(ended[0].status, "SUCCEEDED", f"status ({ended[0].error_summary})")

        def counters():
            counter = ended[0].counters.org_apache_sqoop_submission_counter_sqoop_counters
            equal((counter.rows_read, counter.rows_written), (job["rows"], job["rows"]), "rows read and written")
            equal(counter.rows_written_skipped, 0, "rows skipped")
            wire = ended[1]["counters"]["org.apache.sqoop.submission.counter.SqoopCounters"]
            equal(len(wire), 10, "counters")
            demand(all(type(value) is int for value in wire.values()), f"not all whole numbers: {wire}")
            return f"ROWS_WRITTEN {counter.rows_written}"

        def editor():
            equal(ended[1]["last-udpate-user"], ended[1]["last-update-user"], "the two spellings")
            demand(ended[0].last_update_user, "last_update_user is empty")

        def dates():
            now_ms = time.time() * 1000
            for member in ("creation-date", "execute-date", "last-update-date"):
                value = ended[1][member]
                demand(type(value) is int and abs(value - now_ms) < DAY_MS, f"{member} is {value!r}")
            demand(ended[0].execute_date <= ended[0].last_update_date, "ended before it began")

        def small_members():
            for member in ("submission-id", "write_rows", "update_rows", "delete_rows"):
                value = ended[1][member]
                demand(type(value) is int and 0 <= value <= INT32_MAX, f"{member} is {value!r}")
            demand(ended[0].write_rows in (0, job["rows"]), f"write_rows is {ended[0].write_rows}")
            equal(ended[1]["isStopingIncrement"].__class__, str, "type of isStopingIncrement")

        check("ShowJobStatus", "NEVER_EXECUTED before the first start", never_executed)
        check("StartJob", "answers a run", lambda: open_states.append(self.start(job["name"]).status))
        check("ShowJobStatus", "ends SUCCEEDED", until_succeeded)
        check("ShowJobStatus", "BOOTING or RUNNING while open", lambda: demand(
            open_states, "no open state was seen") or ", ".join(dict.fromkeys(open_states)))
        check("ShowJobStatus", "progress 100 when SUCCEEDED", lambda: equal(ended[0].progress, 100, "progress"))
        check("ShowJobStatus", "counters equal the rows moved", counters)
        check("ShowJobStatus", "no error texts when SUCCEEDED", lambda: demand(
            "error-summary" not in ended[1] and "error-details" not in ended[1], "an error text is there"))
        check("ShowJobStatus", "last editor given", editor)
        check("ShowJobStatus", "dates are milliseconds", dates)
        check("ShowJobStatus", "members of 32 bits fit", small_members)

    def history(self):
        job = self.jobs["copy"]

        def second_run():
            first = self.status(job["name"])[0].submission_id
            second = self.start(job["name"]).submission_id
            demand(second > first, f"submission-id {second} after {first}")
            equal(self.wait_for_end(job["name"])[0].status, "SUCCEEDED", "status")

        def newest_first():
            request = ShowSubmissionsRequest(cluster_id=self.cluster_id, jname=job["name"])
            answer = self.cdm.show_submissions(request)
            ids = [run.submission_id for run in answer.submissions]
            equal(ids, sorted(set(ids), reverse=True), "order of the runs")
            equal((len(ids), answer.total), (2, 2), "runs and total")
            for run in answer.submissions:
                counter = run.counters.org_apache_sqoop_submission_counter_sqoop_counters
                equal(counter.rows_written, job["rows"], "rows written")

        check("StartJob", "second run has a higher number", second_run)
        check("ShowSubmissions", "newest first, with counters", newest_first)

    def failed_run(self):
        job = self.jobs["failing"]
        ended = []

        def until_failed():
            self.start(job["name"])
            ended.extend(self.wait_for_end(job["name"]))
            equal((ended[0].status, ended[0].progress), ("FAILED", -1), "status and progress")

        def error_texts():
            for text in (ended[0].error_summary, ended[0].error_details):
                demand(isinstance(text, str) and text, "an error text is missing")
            return ended[0].error_summary

        check("ShowJobStatus", "FAILED with progress -1", until_failed)
        check("ShowJobStatus", "error texts when FAILED", error_texts)
        check("ShowJobStatus", "no counters when FAILED", lambda: demand("counters" not in ended[1], "counters are there"))

    def stopped_run(self):
        job = self.jobs["slow"]

        def start_twice():
            self.start(job["name"])
            return refused(lambda: self.start(job["name"]), 400, "Cdm.0052")

        def stop_running():
            end = time.monotonic() + self.wait_s
            while self.status(job["name"])[0].status == "BOOTING":
                demand(time.monotonic() < end, "the run never left BOOTING")
                time.sleep(POLL_S)
            equal(self.status(job["name"])[0].status, "RUNNING", "status before the stop")
            equal(self.stop(job["name"]).status_code, 200, "status")

        def ended_by_stop():
            run, raw = self.wait_for_end(job["name"])
            equal((run.status, run.progress), ("FAILED", -1), "status and progress")
            demand("stopped by" in run.error_summary.lower(), f"the summary is {run.error_summary!r}")
            return run.error_summary

        check("StartJob", "running job refused", start_twice)
        check("StopJob", "accepted while RUNNING", stop_running)
        check("ShowJobStatus", "FAILED by a stop", ended_by_stop)
        check("StopJob", "idle job refused", lambda: refused(lambda: self.stop(job["name"]), 400, "Cdm.0053"))

    def unfit_run(self):
        job = self.jobs["unfit"]

        def until_refused():
            self.start(job["name"])
            run, raw = self.wait_for_end(job["name"])
            equal((run.status, run.progress), ("FAILURE_ON_SUBMIT", -1), "status and progress")
            demand("counters" not in raw, "counters are there")

        check("ShowJobStatus", "FAILURE_ON_SUBMIT with progress -1", until_refused)

    def tables_of_run(self):
        job, moved, absent = self.batch["job"], self.batch["moved"], self.batch["absent"]

        def whole():
            body = CdmCreateJobJsonReq(jobs=[job_model(job, "BATCH_JOB")])
            self.cdm.create_job(CreateJobRequest(cluster_id=self.cluster_id, body=body))
            self.start(job["name"])
            run, _ = self.wait_for_end(job["name"])
            equal((run.status, run.progress), ("FAILED", -1), "status and progress")
            demand(absent in run.error_summary, f"the summary is {run.error_summary!r}")
            return run.error_summary

        def tables():
            run, _ = self.status(f"{job['name']}_{moved}")
            equal((run.status, run.progress), ("SUCCEEDED", 100), f"status and progress of {moved}")
            counter = run.counters.org_apache_sqoop_submission_counter_sqoop_counters
            equal(counter.rows_written, job["rows"], "rows written")
            failed, _ = self.status(f"{job['name']}_{absent}")
            equal((failed.status, failed.progress), ("FAILED", -1), f"status and progress of {absent}")
            demand(failed.error_summary, "error-summary is empty")
            return failed.error_summary

        def gone():
            self.cdm.delete_job(DeleteJobRequest(cluster_id=self.cluster_id, job_name=job["name"]))
            equal(self.status(f"{job['name']}_{moved}")[0].status, "SUCCEEDED", f"status of {moved}")

        check("ShowJobStatus", "entire database FAILED, naming the table", whole)
        check("ShowJobStatus", "its tables by {job}_{table}", tables)
        check("DeleteJob", "entire database, whose runs can still be asked for", gone)

    def unknown_job(self):
        # Over the relay, which notes the X-Request-Id header that the server really sent; the runner compares.
        check("ShowJobStatus", "unknown job refused", lambda: refused(
            lambda: self.status("no_such_job", cdm=self.relayed), 400, "Cdm.0100"))
        check("ShowJobStatus", "states seen", lambda: ", ".join(self.states))
