package main

import (
	"errors"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	cdm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cdm/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cdm/v1/model"
)

// Calls before the eyes of the relay: every operation, and what the SDK's structs hold of each answer. Nothing is judged here
// but the ways of clusters from state to state: conformance/observations.ts compares what is printed with what went over the
// wire, and the wire with the published description.
type observed struct {
	cdm       *cdm.CdmClient
	plain     *cdm.CdmClient
	clusterId string
	made      []jobScenario
}

const noSuchName = "no_such_name"

func pointerTo[T any](value T) *T {
	return &value
}

// follow checks that a cluster gets to a state by way of others alone; an empty target: until it is gone.
func (o *observed) follow(operation, name, clusterId, target string, onTheWay ...string) {
	check(operation, name, func() finding {
		seen := []string{}
		for end := time.Now().Add(wait); ; time.Sleep(pollPause) {
			detail, err := o.plain.ShowClusterDetail(&model.ShowClusterDetailRequest{ClusterId: clusterId})
			var refusal *sdkerr.ServiceResponseError
			if errors.As(err, &refusal) && target == "" {
				equal(refusal.StatusCode, 404, "status")
				return finding{detail: strings.Join(seen, ", ")}
			}
			state := given(must(detail, err).Status, "status")
			if len(seen) == 0 || seen[len(seen)-1] != state {
				seen = append(seen, state)
			}
			if state == target {
				return finding{detail: strings.Join(seen, ", ")}
			}
			isAllowed := false
			for _, one := range onTheWay {
				isAllowed = isAllowed || one == state
			}
			demand(isAllowed, "state %s on the way to %s", state, target)
			demand(time.Now().Before(end), "still %s after %s", state, wait)
		}
	})
}

func (o *observed) catalogue() {
	stores := observe("ShowDatastores", "all", func() (*model.ShowDatastoresResponse, error) {
		return o.cdm.ShowDatastores(&model.ShowDatastoresRequest{})
	})
	flavorsOf := func(name, id string) {
		observe("ShowFlavors", name, func() (*model.ShowFlavorsResponse, error) {
			return o.cdm.ShowFlavors(&model.ShowFlavorsRequest{DatastoreId: id})
		})
	}
	flavorsOf("one", (*stores.Datastores)[0].Id)
	flavorsOf("unknown datastore", wanted.UnknownId)
	flavor := func(name, id string) {
		observe("ShowFlavorDetail", name, func() (*model.ShowFlavorDetailResponse, error) {
			return o.cdm.ShowFlavorDetail(&model.ShowFlavorDetailRequest{FlavorId: id})
		})
	}
	flavor("one", wanted.Cluster.FlavorId)
	flavor("unknown flavor", wanted.UnknownId)
	zones := func(name, id string) {
		observe("ShowAvailabilityZones", name, func() (*model.ShowAvailabilityZonesResponse, error) {
			return o.cdm.ShowAvailabilityZones(&model.ShowAvailabilityZonesRequest{RegionId: id})
		})
	}
	zones("one", regionId)
	zones("unknown region", "no-such-region")
}

func (o *observed) showCluster(name, id string) *model.ShowClusterDetailResponse {
	return observe("ShowClusterDetail", name, func() (*model.ShowClusterDetailResponse, error) {
		return o.cdm.ShowClusterDetail(&model.ShowClusterDetailRequest{ClusterId: id})
	})
}

func (o *observed) clusters(clusterId string) {
	o.clusterId = clusterId
	observe("ListClusters", "all", func() (*model.ListClustersResponse, error) {
		return o.cdm.ListClusters(&model.ListClustersRequest{})
	})
	detail := o.showCluster("normal", clusterId)
	o.showCluster("unknown cluster", wanted.UnknownId)
	node := func(name, id string) {
		observe("ShowInstanceDetail", name, func() (*model.ShowInstanceDetailResponse, error) {
			return o.cdm.ShowInstanceDetail(&model.ShowInstanceDetailRequest{InstanceId: id})
		})
	}
	node("one", (*detail.Instances)[0].Id)
	node("unknown node", wanted.UnknownId)
	observe("ShowEnterpriseProjects", "all", func() (*model.ShowEnterpriseProjectsResponse, error) {
		return o.cdm.ShowEnterpriseProjects(&model.ShowEnterpriseProjectsRequest{})
	})
	projects := func(name, id string) {
		observe("ShowClusterEnterpriseProjects", name, func() (*model.ShowClusterEnterpriseProjectsResponse, error) {
			return o.cdm.ShowClusterEnterpriseProjects(&model.ShowClusterEnterpriseProjectsRequest{ClusterId: id})
		})
	}
	projects("one", clusterId)
	projects("unknown cluster", wanted.UnknownId)
}

func (o *observed) createCluster(name, flavorId string) *model.CreateClusterResponse {
	return observe("CreateCluster", name, func() (*model.CreateClusterResponse, error) {
		body := clusterBody(wanted.Cluster.SecondName, flavorId)
		return o.cdm.CreateCluster(&model.CreateClusterRequest{XLanguage: "en-us", Body: body})
	})
}

func (o *observed) modify(name, id string) {
	observe("ModifyCluster", name, func() (*model.ModifyClusterResponse, error) {
		return o.cdm.ModifyCluster(&model.ModifyClusterRequest{
			ClusterId: id, ContentType: "application/json", XLanguage: "en-us",
			Body: &model.CdmModifyClusterReq{
				AutoOff: pointerTo(true), ScheduleBootOff: pointerTo(false),
				AutoRemind: pointerTo(true), Email: pointerTo("a@example.com"),
			},
		})
	})
}

func (o *observed) startCluster(name, id string) {
	observe("StartCluster", name, func() (*model.StartClusterResponse, error) {
		body := &model.CdmStartClusterReq{Start: pointerTo[interface{}](map[string]interface{}{})}
		return o.cdm.StartCluster(&model.StartClusterRequest{ClusterId: id, Body: body})
	})
}

func (o *observed) stopCluster(name, id string, stop model.CdmStopClusterReqStop) {
	observe("StopCluster", name, func() (*model.StopClusterResponse, error) {
		body := &model.CdmStopClusterReq{Stop: &stop}
		return o.cdm.StopCluster(&model.StopClusterRequest{ClusterId: id, Body: body})
	})
}

func (o *observed) restartCluster(name, id, level, mode string) {
	observe("RestartCluster", name, func() (*model.RestartClusterResponse, error) {
		restart := &model.CdmRestartClusterReqRestart{
			Type: "cdm", RestartLevel: &level, RestartMode: &mode, RestartDelayTime: pointerTo(int32(0)),
		}
		body := &model.CdmRestartClusterReq{Restart: restart}
		return o.cdm.RestartCluster(&model.RestartClusterRequest{ClusterId: id, Body: body})
	})
}

func (o *observed) deleteCluster(name, id string) {
	observe("DeleteCluster", name, func() (*model.DeleteClusterResponse, error) {
		body := &model.CdmDeleteClusterReq{KeepLastManualBackup: 0}
		return o.cdm.DeleteCluster(&model.DeleteClusterRequest{ClusterId: id, Body: body})
	})
}

// lifeOfACluster leads a second cluster through all its states.
func (o *observed) lifeOfACluster() {
	unknown := wanted.UnknownId
	modes := model.GetCdmStopClusterReqStopStopModeEnum()
	atOnce := model.CdmStopClusterReqStop{StopMode: modes.IMMEDIATELY}
	o.createCluster("unknown flavor", unknown)
	second := *o.createCluster("second", wanted.Cluster.FlavorId).Id
	o.showCluster("being created", second)
	o.follow("CreateCluster", "second reaches 200 by way of 100", second, "200", "100")
	o.modify("automatic shutdown", second)
	o.modify("unknown cluster", unknown)
	o.showCluster("modified", second)
	o.startCluster("regression: a running cluster is refused with CDM.5090", second)
	o.startCluster("unknown cluster", unknown)
	o.stopCluster("immediately", second, atOnce)
	o.follow("StopCluster", "reaches 900 by way of 910", second, "900", "910")
	o.showCluster("stopped", second)
	o.stopCluster("already stopped", second, atOnce)
	o.stopCluster("unknown cluster", unknown, atOnce)
	o.restartCluster("while stopped", second, "SERVICE", "IMMEDIATELY")
	o.showJobs("on a stopped cluster", model.ShowJobsRequest{ClusterId: second, JobName: "all"})
	o.startCluster("stopped", second)
	o.follow("StartCluster", "reaches 200 by way of 920", second, "200", "920")
	o.restartCluster("service", second, "SERVICE", "IMMEDIATELY")
	o.follow("RestartCluster", "service is back at 200 by way of 500", second, "200", "500")
	o.restartCluster("machine, forced", second, "VM", "FORCELY")
	o.follow("RestartCluster", "machine is back at 200 by way of 500", second, "200", "500")
	o.restartCluster("unknown cluster", unknown, "SERVICE", "IMMEDIATELY")
	o.stopCluster("gracefully", second, model.CdmStopClusterReqStop{
		StopMode: modes.GRACEFULLY, DelayTime: pointerTo(int32(-1)),
	})
	o.follow("StopCluster", "gracefully reaches 900 by way of 910", second, "900", "910")
	o.deleteCluster("unknown cluster", unknown)
	o.deleteCluster("second", second)
	o.follow("DeleteCluster", "second is gone", second, "", "900", "200")
	o.showCluster("deleted", second)
}

func (o *observed) links() {
	spare := wanted.Links.Spare
	create := func(name, clusterId string, link linkScenario) {
		observe("CreateLink", name, func() (*model.CreateLinkResponse, error) {
			return o.cdm.CreateLink(&model.CreateLinkRequest{ClusterId: clusterId, Body: linkBody(link, true)})
		})
	}
	create("spare", o.clusterId, spare)
	create("taken name", o.clusterId, spare)
	create("unreachable server", o.clusterId, wanted.Links.Unreachable)
	create("unknown cluster", wanted.UnknownId, spare)
	show := func(name, link string) {
		observe("ShowLink", name, func() (*model.ShowLinkResponse, error) {
			return o.cdm.ShowLink(&model.ShowLinkRequest{ClusterId: o.clusterId, LinkName: link})
		})
	}
	show("one", wanted.Links.Source.Name)
	show("all", "all")
	show("unknown", noSuchName)
	update := func(name, link string) {
		observe("UpdateLink", name, func() (*model.UpdateLinkResponse, error) {
			request := &model.UpdateLinkRequest{ClusterId: o.clusterId, LinkName: link, Body: linkBody(spare, true)}
			return o.cdm.UpdateLink(request)
		})
	}
	update("spare", spare.Name)
	update("unknown", noSuchName)
}

func (o *observed) showJobs(name string, request model.ShowJobsRequest) {
	observe("ShowJobs", name, func() (*model.ShowJobsResponse, error) { return o.cdm.ShowJobs(&request) })
}

func (o *observed) showJob(name, job string) {
	o.showJobs(name, model.ShowJobsRequest{ClusterId: o.clusterId, JobName: job})
}

func (o *observed) updateJob(name, path string, job jobScenario) {
	observe("UpdateJob", name, func() (*model.UpdateJobResponse, error) {
		body := &model.CdmUpdateJobJsonReq{Jobs: []model.Job{jobModel(job)}}
		return o.cdm.UpdateJob(&model.UpdateJobRequest{ClusterId: o.clusterId, JobName: path, Body: body})
	})
}

func (o *observed) deleteJob(name, job string) {
	observe("DeleteJob", name, func() (*model.DeleteJobResponse, error) {
		return o.cdm.DeleteJob(&model.DeleteJobRequest{ClusterId: o.clusterId, JobName: job})
	})
}

func (o *observed) startJob(name, job string, body *model.CdmStartJobReq) {
	observe("StartJob", name, func() (*model.StartJobResponse, error) {
		return o.cdm.StartJob(&model.StartJobRequest{ClusterId: o.clusterId, JobName: job, Body: body})
	})
}

func (o *observed) stopJob(name, job string) {
	observe("StopJob", name, func() (*model.StopJobResponse, error) {
		return o.cdm.StopJob(&model.StopJobRequest{ClusterId: o.clusterId, JobName: job})
	})
}

func (o *observed) status(name, job string) {
	observe("ShowJobStatus", name, func() (*model.ShowJobStatusResponse, error) {
		return o.cdm.ShowJobStatus(&model.ShowJobStatusRequest{ClusterId: o.clusterId, JobName: job})
	})
}

func (o *observed) submissions(name, job string) {
	observe("ShowSubmissions", name, func() (*model.ShowSubmissionsResponse, error) {
		return o.cdm.ShowSubmissions(&model.ShowSubmissionsRequest{ClusterId: o.clusterId, Jname: job})
	})
}

func (o *observed) jobs() {
	first := wanted.PageJobs[0]
	create := func(through *cdm.CdmClient, clusterId string, job jobScenario) (*model.CreateJobResponse, error) {
		body := &model.CdmCreateJobJsonReq{Jobs: []model.Job{jobModel(job)}}
		return through.CreateJob(&model.CreateJobRequest{ClusterId: clusterId, Body: body})
	}
	observeCreate := func(name, clusterId string) {
		observe("CreateJob", name, func() (*model.CreateJobResponse, error) { return create(o.cdm, clusterId, first) })
	}
	observeCreate("for pages", o.clusterId)
	observeCreate("taken name", o.clusterId)
	observeCreate("unknown cluster", wanted.UnknownId)
	for _, job := range wanted.PageJobs[1:] {
		must(create(o.plain, o.clusterId, job))
	}
	page := func(no, size int32) model.ShowJobsRequest {
		return model.ShowJobsRequest{ClusterId: o.clusterId, JobName: "all", PageNo: &no, PageSize: &size}
	}
	types := model.GetShowJobsRequestJobTypeEnum()
	firstPage, filtered := page(1, 10), page(1, 100)
	firstPage.JobType, filtered.Filter = &types.NORMAL_JOB, pointerTo("_page_")
	o.showJob("one, never run", first.Name)
	o.showJobs("first page", firstPage)
	o.showJobs("last page", page(2, 10))
	o.showJobs("behind the last page", page(3, 10))
	o.showJobs("filtered", filtered)
	o.showJobs("of another type", model.ShowJobsRequest{
		ClusterId: o.clusterId, JobName: "all", JobType: &types.BATCH_JOB,
	})
	o.showJob("unknown", noSuchName)
	missing := first
	missing.Name = noSuchName
	o.updateJob("one", first.Name, first)
	o.updateJob("unknown", noSuchName, missing)
	o.startJob("unknown", noSuchName, nil)
	o.stopJob("idle", first.Name)
	o.stopJob("unknown", noSuchName)
	o.status("never run", first.Name)
	o.status("unknown", noSuchName)
	o.submissions("unknown", noSuchName)
	o.deleteJob("unknown", noSuchName)
}

func (o *observed) waitForRun(job string) {
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(pollPause) {
		answer := must(o.plain.ShowJobStatus(&model.ShowJobStatusRequest{ClusterId: o.clusterId, JobName: job}))
		if status := (*answer.Submissions)[0].Status; status != "BOOTING" && status != "RUNNING" {
			return
		}
	}
}

// runs comes after the runs of the walk: two of copy, one of each of the others.
func (o *observed) runs() {
	jobs, first, second := wanted.Jobs, wanted.PageJobs[0].Name, wanted.PageJobs[1].Name
	o.status("succeeded", jobs.Copy.Name)
	o.status("failed", jobs.Failing.Name)
	o.status("stopped", jobs.Slow.Name)
	o.status("failed to be submitted", jobs.Unfit.Name)
	o.showJob("one, succeeded", jobs.Copy.Name)
	o.showJob("one, failed", jobs.Failing.Name)
	o.submissions("succeeded", jobs.Copy.Name)
	o.startJob("regression: without a body", first, nil)
	o.showJob("regression: NEW has gone when the start call returns", first)
	o.status("running", first)
	o.startJob("running", first, nil)
	o.updateJob("running", first, wanted.PageJobs[0])
	o.deleteJob("running", first)
	o.stopJob("running", first)
	o.waitForRun(first)
	variables := pointerTo[interface{}](map[string]interface{}{"day": "2024-01-31"})
	o.startJob("with variables", second, &model.CdmStartJobReq{Variables: variables})
	o.waitForRun(second)
	random := func(name string, clusters ...string) *model.CreateAndStartRandomClusterJobResponse {
		return observe("CreateAndStartRandomClusterJob", name, func() (*model.CreateAndStartRandomClusterJobResponse, error) {
			body := &model.CdmRandomCreateAndStartJobJsonReq{
				Jobs: []model.Job{jobModel(wanted.RandomJob)}, Clusters: clusters,
			}
			request := &model.CreateAndStartRandomClusterJobRequest{XLanguage: "en-us", Body: body}
			return o.cdm.CreateAndStartRandomClusterJob(request)
		})
	}
	random("no such cluster", wanted.UnknownId)
	// Twice the same: some clients list a cluster again.
	if random("one of two", o.clusterId, o.clusterId) != nil {
		o.made = append(o.made, wanted.RandomJob)
		random("taken name", o.clusterId)
		o.waitForRun(wanted.RandomJob.Name)
	}
}

func (o *observed) away() {
	o.deleteJob("one", wanted.PageJobs[0].Name)
	for _, job := range append(wanted.PageJobs[1:], o.made...) {
		must(o.plain.DeleteJob(&model.DeleteJobRequest{ClusterId: o.clusterId, JobName: job.Name}))
	}
	deleteLink := func(name, link string) {
		observe("DeleteLink", name, func() (*model.DeleteLinkResponse, error) {
			return o.cdm.DeleteLink(&model.DeleteLinkRequest{ClusterId: o.clusterId, LinkName: link})
		})
	}
	deleteLink("in use", wanted.Links.Source.Name)
	deleteLink("spare", wanted.Links.Spare.Name)
	deleteLink("unknown", noSuchName)
}
