"""Calls before the eyes of the relay: every operation, and what the SDK's objects hold of each answer.

Nothing is judged here but the ways of clusters from state to state: conformance/observations.ts compares what is printed with
what went over the wire, and the wire with the published description.
"""

import json
import time

from huaweicloudsdkcdm.v1 import (
    CdmCreateJobJsonReq,
    CdmDeleteClusterReq,
    CdmModifyClusterReq,
    CdmRandomCreateAndStartJobJsonReq,
    CdmRestartClusterReq,
    CdmRestartClusterReqRestart,
    CdmStartClusterReq,
    CdmStartJobReq,
    CdmStopClusterReq,
    CdmStopClusterReqStop,
    CdmUpdateJobJsonReq,
    CreateAndStartRandomClusterJobRequest,
    CreateClusterRequest,
    CreateJobRequest,
    CreateLinkRequest,
    DeleteClusterRequest,
    DeleteJobRequest,
    DeleteLinkRequest,
    ListClustersRequest,
    ModifyClusterRequest,
    RestartClusterRequest,
    ShowAvailabilityZonesRequest,
    ShowClusterDetailRequest,
    ShowClusterEnterpriseProjectsRequest,
    ShowDatastoresRequest,
    ShowEnterpriseProjectsRequest,
    ShowFlavorDetailRequest,
    ShowFlavorsRequest,
    ShowInstanceDetailRequest,
    ShowJobsRequest,
    ShowJobStatusRequest,
    ShowLinkRequest,
    ShowSubmissionsRequest,
    StartClusterRequest,
    StartJobRequest,
    StopClusterRequest,
    StopJobRequest,
    UpdateJobRequest,
    UpdateLinkRequest,
)
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

from bodies import cluster_body, job_model, link_body
from check import check, demand, equal

POLL_S = 0.05


def tree(value):
    """The members that the SDK's class has, under their names on the wire, with what they hold."""
    if hasattr(value, "openapi_types"):
        return {wire: tree(getattr(value, name)) for name, wire in value.attribute_map.items()}
    if isinstance(value, list):
        return [tree(one) for one in value]
    return value


class Observed:
    def __init__(self, cdm, plain, scenario, region, wait_s):
        self.cdm = cdm
        self.plain = plain
        self.scenario = scenario
        self.region = region
        self.wait_s = wait_s
        self.unknown = scenario["unknownId"]
        self.cluster_id = None
        self.made = []

    def observe(self, operation, case, call):
        """Makes one call and prints what came of it; gives the SDK's answer, or None."""
        line = {"observed": "python", "operation": operation, "case": case}
        answer = None
        try:
            answer = call()
            line["model"] = tree(answer)
        except ServiceResponseException as error:
            line["refusal"] = {
                "status": error.status_code,
                "code": error.error_code,
                "message": error.error_msg,
                "requestId": error.request_id,
            }
        except Exception as error:  # whatever the SDK stumbles over is part of the report
            line["problem"] = f"{type(error).__name__}: {error}"
        print(json.dumps(line), flush=True)
        return answer

    def follow(self, operation, name, cluster_id, target, on_the_way):
        """Checks that a cluster gets to a state by way of others alone; target None: until it is gone."""

        def until_there():
            seen = []
            end = time.monotonic() + self.wait_s
            while True:
                try:
                    request = ShowClusterDetailRequest(cluster_id=cluster_id)
                    state = self.plain.show_cluster_detail(request).status
                except ServiceResponseException as error:
                    demand(target is None, f"{error.status_code} {error.error_code} on the way")
                    equal(error.status_code, 404, "status")
                    return ", ".join(seen)
                if state not in seen:
                    seen.append(state)
                if state == target:
                    return ", ".join(seen)
                demand(state in on_the_way, f"state {state} on the way to {target}")
                demand(time.monotonic() < end, f"still {state} after {self.wait_s} s")
                time.sleep(POLL_S)

        check(operation, name, until_there)

    def catalogue(self):
        flavor_id = self.scenario["cluster"]["flavorId"]
        cdm = self.cdm
        stores = self.observe("ShowDatastores", "all", lambda: cdm.show_datastores(ShowDatastoresRequest()))
        for case, datastore_id in (("one", stores.datastores[0].id), ("unknown datastore", self.unknown)):
            request = ShowFlavorsRequest(datastore_id=datastore_id)
            self.observe("ShowFlavors", case, lambda: cdm.show_flavors(request))
        for case, flavor in (("one", flavor_id), ("unknown flavor", self.unknown)):
            request = ShowFlavorDetailRequest(flavor_id=flavor)
            self.observe("ShowFlavorDetail", case, lambda: cdm.show_flavor_detail(request))
        for case, region in (("one", self.region), ("unknown region", "no-such-region")):
            request = ShowAvailabilityZonesRequest(region_id=region)
            self.observe("ShowAvailabilityZones", case, lambda: cdm.show_availability_zones(request))

    def show_cluster(self, case, cluster_id):
        request = ShowClusterDetailRequest(cluster_id=cluster_id)
        return self.observe("ShowClusterDetail", case, lambda: self.cdm.show_cluster_detail(request))

    def clusters(self, cluster_id):
        self.cluster_id = cluster_id
        cdm = self.cdm
        self.observe("ListClusters", "all", lambda: cdm.list_clusters(ListClustersRequest()))
        detail = self.show_cluster("normal", cluster_id)
        self.show_cluster("unknown cluster", self.unknown)
        for case, instance_id in (("one", detail.instances[0].id), ("unknown node", self.unknown)):
            request = ShowInstanceDetailRequest(instance_id=instance_id)
            self.observe("ShowInstanceDetail", case, lambda: cdm.show_instance_detail(request))
        self.observe(
            "ShowEnterpriseProjects", "all", lambda: cdm.show_enterprise_projects(ShowEnterpriseProjectsRequest())
        )
        for case, wanted in (("one", cluster_id), ("unknown cluster", self.unknown)):
            request = ShowClusterEnterpriseProjectsRequest(cluster_id=wanted)
            self.observe("ShowClusterEnterpriseProjects", case, lambda: cdm.show_cluster_enterprise_projects(request))

    def create_cluster(self, case, flavor_id=None):
        wanted = self.scenario["cluster"]
        body = cluster_body(wanted, wanted["secondName"], flavor_id)
        request = CreateClusterRequest(x_language="en-us", body=body)
        return self.observe("CreateCluster", case, lambda: self.cdm.create_cluster(request))

    def modify(self, case, cluster_id):
        body = CdmModifyClusterReq(auto_off=True, schedule_boot_off=False, auto_remind=True, email="a@example.com")
        request = ModifyClusterRequest(
            cluster_id=cluster_id, content_type="application/json", x_language="en-us", body=body
        )
        self.observe("ModifyCluster", case, lambda: self.cdm.modify_cluster(request))

    def start_cluster(self, case, cluster_id):
        request = StartClusterRequest(cluster_id=cluster_id, body=CdmStartClusterReq(start={}))
        self.observe("StartCluster", case, lambda: self.cdm.start_cluster(request))

    def stop_cluster(self, case, cluster_id, mode="IMMEDIATELY", delay=None):
        stop = CdmStopClusterReqStop(stop_mode=mode, delay_time=delay)
        request = StopClusterRequest(cluster_id=cluster_id, body=CdmStopClusterReq(stop=stop))
        self.observe("StopCluster", case, lambda: self.cdm.stop_cluster(request))

    def restart_cluster(self, case, cluster_id, level="SERVICE", mode="IMMEDIATELY"):
        restart = CdmRestartClusterReqRestart(type="cdm", restart_level=level, restart_mode=mode, restart_delay_time=0)
        request = RestartClusterRequest(cluster_id=cluster_id, body=CdmRestartClusterReq(restart=restart))
        self.observe("RestartCluster", case, lambda: self.cdm.restart_cluster(request))

    def delete_cluster(self, case, cluster_id):
        request = DeleteClusterRequest(cluster_id=cluster_id, body=CdmDeleteClusterReq(keep_last_manual_backup=0))
        self.observe("DeleteCluster", case, lambda: self.cdm.delete_cluster(request))

    def life_of_a_cluster(self):
        """A second cluster through all its states."""
        self.create_cluster("unknown flavor", self.unknown)
        second = self.create_cluster("second").id
        self.show_cluster("being created", second)
        self.follow("CreateCluster", "second reaches 200 by way of 100", second, "200", ("100",))
        self.modify("automatic shutdown", second)
        self.modify("unknown cluster", self.unknown)
        self.show_cluster("modified", second)
        self.start_cluster("regression: a running cluster is refused with CDM.5090", second)
        self.start_cluster("unknown cluster", self.unknown)
        self.stop_cluster("immediately", second)
        self.follow("StopCluster", "reaches 900 by way of 910", second, "900", ("910",))
        self.show_cluster("stopped", second)
        self.stop_cluster("already stopped", second)
        self.stop_cluster("unknown cluster", self.unknown)
        self.restart_cluster("while stopped", second)
        self.show_jobs("on a stopped cluster", "all", cluster_id=second)
        self.start_cluster("stopped", second)
        self.follow("StartCluster", "reaches 200 by way of 920", second, "200", ("920",))
        self.restart_cluster("service", second)
        self.follow("RestartCluster", "service is back at 200 by way of 500", second, "200", ("500",))
        self.restart_cluster("machine, forced", second, "VM", "FORCELY")
        self.follow("RestartCluster", "machine is back at 200 by way of 500", second, "200", ("500",))
        self.restart_cluster("unknown cluster", self.unknown)
        self.stop_cluster("gracefully", second, "GRACEFULLY", -1)
        self.follow("StopCluster", "gracefully reaches 900 by way of 910", second, "900", ("910",))
        self.delete_cluster("unknown cluster", self.unknown)
        self.delete_cluster("second", second)
        self.follow("DeleteCluster", "second is gone", second, None, ("900", "200"))
        self.show_cluster("deleted", second)

    def create_link(self, case, link, cluster_id=None):
        request = CreateLinkRequest(cluster_id=cluster_id or self.cluster_id, body=link_body(link))
        self.observe("CreateLink", case, lambda: self.cdm.create_link(request))

    def links(self):
        links = self.scenario["links"]
        self.create_link("spare", links["spare"])
        self.create_link("taken name", links["spare"])
        self.create_link("unreachable server", links["unreachable"])
        self.create_link("unknown cluster", links["spare"], self.unknown)
        for case, name in (("one", links["source"]["name"]), ("all", "all"), ("unknown", "no_such_link")):
            request = ShowLinkRequest(cluster_id=self.cluster_id, link_name=name)
            self.observe("ShowLink", case, lambda: self.cdm.show_link(request))
        for case, name in (("spare", links["spare"]["name"]), ("unknown", "no_such_link")):
            request = UpdateLinkRequest(cluster_id=self.cluster_id, link_name=name, body=link_body(links["spare"]))
            self.observe("UpdateLink", case, lambda: self.cdm.update_link(request))

    def create_job(self, case, job, cluster_id=None):
        body = CdmCreateJobJsonReq(jobs=[job_model(job)])
        request = CreateJobRequest(cluster_id=cluster_id or self.cluster_id, body=body)
        self.observe("CreateJob", case, lambda: self.cdm.create_job(request))

    def show_jobs(self, case, name, cluster_id=None, **more):
        request = ShowJobsRequest(cluster_id=cluster_id or self.cluster_id, job_name=name, **more)
        self.observe("ShowJobs", case, lambda: self.cdm.show_jobs(request))

    def update_job(self, case, name, job):
        body = CdmUpdateJobJsonReq(jobs=[job_model(job)])
        request = UpdateJobRequest(cluster_id=self.cluster_id, job_name=name, body=body)
        self.observe("UpdateJob", case, lambda: self.cdm.update_job(request))

    def delete_job(self, case, name):
        request = DeleteJobRequest(cluster_id=self.cluster_id, job_name=name)
        self.observe("DeleteJob", case, lambda: self.cdm.delete_job(request))

    def start_job(self, case, name, body=None):
        request = StartJobRequest(cluster_id=self.cluster_id, job_name=name, body=body)
        self.observe("StartJob", case, lambda: self.cdm.start_job(request))

    def stop_job(self, case, name):
        request = StopJobRequest(cluster_id=self.cluster_id, job_name=name)
        self.observe("StopJob", case, lambda: self.cdm.stop_job(request))

    def status(self, case, name):
        request = ShowJobStatusRequest(cluster_id=self.cluster_id, job_name=name)
        self.observe("ShowJobStatus", case, lambda: self.cdm.show_job_status(request))

    def submissions(self, case, name):
        request = ShowSubmissionsRequest(cluster_id=self.cluster_id, jname=name)
        self.observe("ShowSubmissions", case, lambda: self.cdm.show_submissions(request))

    def jobs(self):
        first, *others = self.scenario["pageJobs"]
        self.create_job("for pages", first)
        self.create_job("taken name", first)
        self.create_job("unknown cluster", first, self.unknown)
        for job in others:
            body = CdmCreateJobJsonReq(jobs=[job_model(job)])
            self.plain.create_job(CreateJobRequest(cluster_id=self.cluster_id, body=body))
        self.show_jobs("one, never run", first["name"])
        self.show_jobs("first page", "all", page_no=1, page_size=10, job_type="NORMAL_JOB")
        self.show_jobs("last page", "all", page_no=2, page_size=10)
        self.show_jobs("behind the last page", "all", page_no=3, page_size=10)
        self.show_jobs("filtered", "all", filter="_page_", page_no=1, page_size=100)
        self.show_jobs("of another type", "all", job_type="BATCH_JOB")
        self.show_jobs("unknown", "no_such_job")
        self.update_job("one", first["name"], first)
        self.update_job("unknown", "no_such_job", {**first, "name": "no_such_job"})
        self.start_job("unknown", "no_such_job")
        self.stop_job("idle", first["name"])
        self.stop_job("unknown", "no_such_job")
        self.status("never run", first["name"])
        self.status("unknown", "no_such_job")
        self.submissions("unknown", "no_such_job")
        self.delete_job("unknown", "no_such_job")

    def wait_for_run(self, name):
        end = time.monotonic() + self.wait_s
        request = ShowJobStatusRequest(cluster_id=self.cluster_id, job_name=name)
        while self.plain.show_job_status(request).submissions[0].status in ("BOOTING", "RUNNING"):
            demand(time.monotonic() < end, f"the run of {name} does not end")
            time.sleep(POLL_S)

    def runs(self):
        """After the runs of the walk: two of copy, one of each of the others."""
        jobs = self.scenario["jobs"]
        first, second, *_ = self.scenario["pageJobs"]
        self.status("succeeded", jobs["copy"]["name"])
        self.status("failed", jobs["failing"]["name"])
        self.status("stopped", jobs["slow"]["name"])
        self.status("failed to be submitted", jobs["unfit"]["name"])
        self.show_jobs("one, succeeded", jobs["copy"]["name"])
        self.show_jobs("one, failed", jobs["failing"]["name"])
        self.submissions("succeeded", jobs["copy"]["name"])
        self.start_job("regression: without a body", first["name"])
        self.show_jobs("regression: NEW has gone when the start call returns", first["name"])
        self.status("running", first["name"])
        self.start_job("running", first["name"])
        self.update_job("running", first["name"], first)
        self.delete_job("running", first["name"])
        self.stop_job("running", first["name"])
        self.wait_for_run(first["name"])
        self.start_job("with variables", second["name"], CdmStartJobReq(variables={"day": "2024-01-31"}))
        self.wait_for_run(second["name"])
        self.random_job("no such cluster", self.scenario["randomJob"], [self.unknown])
        # Twice the same: some clients list a cluster again.
        made = self.random_job("one of two", self.scenario["randomJob"], [self.cluster_id, self.cluster_id])
        if made:
            self.made.append(self.scenario["randomJob"])
            self.random_job("taken name", self.scenario["randomJob"], [self.cluster_id])
            self.wait_for_run(self.scenario["randomJob"]["name"])

    def random_job(self, case, job, clusters):
        body = CdmRandomCreateAndStartJobJsonReq(jobs=[job_model(job)], clusters=clusters)
        request = CreateAndStartRandomClusterJobRequest(x_language="en-us", body=body)
        return self.observe(
            "CreateAndStartRandomClusterJob", case, lambda: self.cdm.create_and_start_random_cluster_job(request)
        )

    def away(self):
        links = self.scenario["links"]
        first, *others = self.scenario["pageJobs"]
        self.delete_job("one", first["name"])
        for job in [*others, *self.made]:
            self.plain.delete_job(DeleteJobRequest(cluster_id=self.cluster_id, job_name=job["name"]))
        cases = (("in use", links["source"]["name"]), ("spare", links["spare"]["name"]), ("unknown", "no_such_link"))
        for case, name in cases:
            request = DeleteLinkRequest(cluster_id=self.cluster_id, link_name=name)
            self.observe("DeleteLink", case, lambda: self.cdm.delete_link(request))
