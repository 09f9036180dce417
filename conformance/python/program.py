"""Drives a Sluice server with the vendor's own Python SDK and prints one JSON line per check.

Inputs are environment variables (see conformance/program-inputs.ts). Nothing of the SDK is patched: what a check reads is
what a user of huaweicloudsdkcdm reads. Where the SDK converts a value and so hides its type on the wire, the check looks at
the raw body, which the SDK keeps on every response.
"""

import json
import os
import sys
import time

from huaweicloudsdkcdm.v1 import (
    CdmClient,
    CdmCreateJobJsonReq,
    CdmDeleteClusterReq,
    CdmUpdateJobJsonReq,
    CreateClusterRequest,
    CreateJobRequest,
    CreateLinkRequest,
    DeleteClusterRequest,
    DeleteJobRequest,
    DeleteLinkRequest,
    ListClustersRequest,
    ShowClusterDetailRequest,
    ShowJobsRequest,
    ShowLinkRequest,
    UpdateJobRequest,
    UpdateLinkRequest,
)
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkcore.region.region import Region

from bodies import cluster_body, job_model, link_body
from check import check, demand, equal, refused
from observed import Observed
from runs import Runs

ENDPOINT = os.environ["SLUICE_ENDPOINT"]
RELAY = os.environ["SLUICE_RELAY"]
OBSERVING_RELAY = os.environ["SLUICE_OBSERVING_RELAY"]
TAMPERING_RELAY = os.environ["SLUICE_TAMPERING_RELAY"]
AK = os.environ["SLUICE_AK"]
SK = os.environ["SLUICE_SK"]
PROJECT_ID = os.environ["SLUICE_PROJECT_ID"]
REGION = os.environ["SLUICE_REGION"]
WAIT_S = float(os.environ["SLUICE_WAIT_S"])

with open(os.environ["SLUICE_SCENARIO"], encoding="utf-8") as scenario_file:
    SCENARIO = json.load(scenario_file)


def client(endpoint=ENDPOINT, sk=SK):
    credentials = BasicCredentials(AK, sk, PROJECT_ID)
    return CdmClient.new_builder().with_credentials(credentials).with_endpoint(endpoint).build()


def client_by_region():
    credentials = BasicCredentials(AK, SK).with_iam_endpoint(ENDPOINT)
    return CdmClient.new_builder().with_credentials(credentials).with_region(Region(REGION, ENDPOINT)).build()


class Walk:
    """The walk through the API in the order of a user's first day: cluster, links, jobs, runs, and away with it all."""

    def __init__(self):
        self.cdm = client()
        self.cluster_id = None

    def credentials(self):
        def by_project():
            demand(self.cdm.list_clusters(ListClustersRequest()).clusters is not None, "no list of clusters")

        def by_region():
            demand(client_by_region().list_clusters(ListClustersRequest()).clusters is not None, "no list of clusters")
            return f"region {REGION}"

        check("Credentials", "project id given", by_project)
        check("Credentials", "project looked up by region", by_region)
        check(
            "Credentials",
            "wrong secret key refused",
            lambda: refused(lambda: client(sk=SK + "x").list_clusters(ListClustersRequest()), 401, "APIGW.0301"),
        )

    def clusters(self):
        wanted = SCENARIO["cluster"]
        body = cluster_body(wanted, wanted["name"])

        def create():
            answer = self.cdm.create_cluster(CreateClusterRequest(x_language="en-us", body=body))
            self.cluster_id = answer.id
            demand(answer.id, "no cluster id")
            equal(answer.name, wanted["name"], "name")
            equal(answer.status_code, 202, "status")
            return answer.id

        def wait_until_normal():
            end = time.monotonic() + WAIT_S
            while True:
                detail = self.cdm.show_cluster_detail(ShowClusterDetailRequest(cluster_id=self.cluster_id))
                demand(isinstance(detail.to_json_object()["status"], str), "status is no text on the wire")
                if detail.status == "200":
                    return detail
                demand(detail.status in ("100", "920"), f"unexpected status {detail.status}")
                demand(time.monotonic() < end, f"still {detail.status} after {WAIT_S} s")
                time.sleep(0.2)

        def first_node():
            node = wait_until_normal().instances[0]
            demand(isinstance(node.id, str) and node.id, "instances[0].id")
            equal(node.flavor.id, wanted["flavorId"], "flavor")
            demand(isinstance(node.volume.size, int), "volume.size is no number")

        def listed():
            found = [c for c in self.cdm.list_clusters(ListClustersRequest()).clusters if c.id == self.cluster_id]
            equal(len(found), 1, "entries of the new cluster")
            equal(found[0].name, wanted["name"], "name")

        if not check("CreateCluster", "accepted with 202", create):
            sys.exit("no cluster, so nothing else can be checked")
        check("ShowClusterDetail", "reaches status 200", lambda: wait_until_normal().status)
        check("ShowClusterDetail", "first node is typed", first_node)
        check(
            "ShowClusterDetail",
            "unknown cluster is 404",
            lambda: refused(
                lambda: self.cdm.show_cluster_detail(ShowClusterDetailRequest(cluster_id=SCENARIO["unknownId"])), 404, None
            ),
        )
        check("ListClusters", "contains the new cluster", listed)

    def show_link(self, name):
        return self.cdm.show_link(ShowLinkRequest(cluster_id=self.cluster_id, link_name=name))

    def create_link(self, link, cdm=None, validate=None):
        request = CreateLinkRequest(cluster_id=self.cluster_id, validate=validate, body=link_body(link))
        return (cdm or self.cdm).create_link(request)

    def links(self):
        source, target = SCENARIO["links"]["source"], SCENARIO["links"]["target"]

        def validate_only():
            self.create_link(source, validate="true")
            return refused(lambda: self.show_link(source["name"]), 404, "Cdm.0101")

        def stored(link, relay=False):
            def body():
                answer = self.create_link(link, cdm=client(RELAY) if relay else None)
                equal(answer.name, link["name"], "name")

            return body

        def as_sent():
            answer = self.show_link(source["name"])
            shown = answer.links[0]
            equal(shown.connector_name, source["connector"], "connector")
            values = {i.name: i.value for i in shown.link_config_values.configs[0].inputs}
            for wanted in source["configs"][0]["inputs"]:
                if wanted["value"] == source["secret"]:
                    demand(values.get(wanted["name"]) in (None, ""), "the secret is in the answer")
                else:
                    equal(values.get(wanted["name"]), wanted["value"], wanted["name"])
            demand(source["secret"].encode() not in answer.raw_content, "the secret is in the raw body")
            demand(isinstance(shown.creation_date, int), "creation-date is no number")

        def all_links():
            names = sorted(link.name for link in self.show_link("all").links)
            equal(names, sorted([source["name"], target["name"]]), "names")

        def secret_kept():
            request = UpdateLinkRequest(
                cluster_id=self.cluster_id, link_name=source["name"], body=link_body(source, without_secret=True)
            )
            equal(self.cdm.update_link(request).status_code, 200, "status")

        check("CreateLink", "validate only stores nothing", validate_only)
        check("Credentials", "changed body refused", lambda: refused(
            lambda: self.create_link(source, cdm=client(TAMPERING_RELAY)), 401, "APIGW.0301"))
        check("Credentials", "changed query refused", lambda: refused(
            lambda: client(TAMPERING_RELAY).list_clusters(ListClustersRequest()), 401, "APIGW.0301"))
        check("CreateLink", "source stored", stored(source))
        # The same relay without its tampering: shows that not the detour but the changed byte was refused above.
        check("CreateLink", "target stored, through an honest relay", stored(target, relay=True))
        check("CreateLink", "taken name refused", lambda: refused(lambda: self.create_link(source), 400, "Cdm.0315"))
        check("CreateLink", "unreachable server refused", lambda: refused(
            lambda: self.create_link(SCENARIO["links"]["unreachable"]), 500, None))
        check("ShowLink", "as sent, without the secret", as_sent)
        check("ShowLink", "all lists both", all_links)
        check("ShowLink", "unknown link is 404", lambda: refused(lambda: self.show_link("no_such_link"), 404, "Cdm.0101"))
        # The jobs below run over this link, so a secret lost here makes them fail.
        check("UpdateLink", "secret kept when absent", secret_kept)

    def create_job(self, job):
        body = CdmCreateJobJsonReq(jobs=[job_model(job)])
        return self.cdm.create_job(CreateJobRequest(cluster_id=self.cluster_id, body=body))

    def show_jobs(self, name):
        return self.cdm.show_jobs(ShowJobsRequest(cluster_id=self.cluster_id, job_name=name, page_no=1, page_size=10))

    def jobs(self):
        copy = SCENARIO["jobs"]["copy"]

        def created():
            for job in SCENARIO["jobs"].values():
                equal(self.create_job(job).name, job["name"], "name")

        def one_job():
            answer = self.show_jobs(copy["name"])
            equal(answer.total, 0, "total")
            equal(len(answer.jobs), 1, "jobs")
            shown = answer.jobs[0]
            equal(shown.job_type, "NORMAL_JOB", "job_type")
            equal((shown.from_link_name, shown.to_link_name), (copy["fromLink"], copy["toLink"]), "links")
            values = {i.name: i.value for i in shown.from_config_values.configs[0].inputs}
            for wanted in copy["from"][0]["inputs"]:
                equal(values.get(wanted["name"]), wanted["value"], wanted["name"])
            demand(isinstance(answer.to_json_object()["jobs"][0]["creation-date"], int), "creation-date is no number")

        def all_jobs():
            answer = self.show_jobs("all")
            equal(answer.total, len(SCENARIO["jobs"]), "total")
            equal({j.name: j.status for j in answer.jobs}, {j["name"]: "NEW" for j in SCENARIO["jobs"].values()}, "jobs")

        def updated():
            body = CdmUpdateJobJsonReq(jobs=[job_model(copy)])
            request = UpdateJobRequest(cluster_id=self.cluster_id, job_name=copy["name"], body=body)
            equal(self.cdm.update_job(request).status_code, 200, "status")

        check("CreateJob", "answers the name", created)
        check("CreateJob", "taken name refused", lambda: refused(lambda: self.create_job(copy), 400, "Cdm.0104"))
        check("ShowJobs", "one job as sent", one_job)
        check("ShowJobs", "all of them, NEW before the first start", all_jobs)
        check("UpdateJob", "accepted", updated)

    def away(self):
        source, copy = SCENARIO["links"]["source"]["name"], SCENARIO["jobs"]["copy"]["name"]

        def delete_link(name):
            return self.cdm.delete_link(DeleteLinkRequest(cluster_id=self.cluster_id, link_name=name))

        def jobs_gone():
            for job in SCENARIO["jobs"].values():
                self.cdm.delete_job(DeleteJobRequest(cluster_id=self.cluster_id, job_name=job["name"]))
            return refused(lambda: self.show_jobs(copy), 400, "Cdm.0100")

        def links_gone():
            for link in (SCENARIO["links"]["source"], SCENARIO["links"]["target"]):
                delete_link(link["name"])
            return refused(lambda: self.show_link(source), 404, "Cdm.0101")

        def cluster_gone():
            request = DeleteClusterRequest(cluster_id=self.cluster_id, body=CdmDeleteClusterReq(keep_last_manual_backup=0))
            equal(self.cdm.delete_cluster(request).status_code, 202, "status")
            end = time.monotonic() + WAIT_S
            while True:
                try:
                    self.cdm.show_cluster_detail(ShowClusterDetailRequest(cluster_id=self.cluster_id))
                except ServiceResponseException as error:
                    equal(error.status_code, 404, "status")
                    return error.error_code
                demand(time.monotonic() < end, f"still there after {WAIT_S} s")
                time.sleep(0.2)

        check("DeleteLink", "link in use refused", lambda: refused(lambda: delete_link(source), 400, "Cdm.0321"))
        check("DeleteJob", "gone afterwards", jobs_gone)
        check("DeleteLink", "gone afterwards", links_gone)
        check("DeleteCluster", "202, then 404", cluster_gone)

    def all(self):
        observed = Observed(client(OBSERVING_RELAY), self.cdm, SCENARIO, REGION, WAIT_S)
        self.credentials()
        observed.catalogue()
        self.clusters()
        observed.clusters(self.cluster_id)
        observed.life_of_a_cluster()
        self.links()
        observed.links()
        self.jobs()
        observed.jobs()
        Runs(self.cdm, client(RELAY), self.cluster_id, SCENARIO, WAIT_S).all()
        observed.runs()
        observed.away()
        self.away()


Walk().all()
