// Drives a Sluice server with the vendor's own Go SDK and prints one JSON line per check.
//
// Inputs are environment variables (see conformance/program-inputs.ts). The SDK is used as it comes; its models are typed, so an
// answer with one member of the wrong JSON type fails as a whole, and that is what a Go user would meet.
package main

import (
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	cdm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cdm/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cdm/v1/model"
)

const (
	pollPause  = 50 * time.Millisecond
	stepPause  = 200 * time.Millisecond
	dayMs      = 86_400_000
	httpOk     = 200
	httpQueued = 202
)

var (
	endpoint       = needed("SLUICE_ENDPOINT")
	relay          = needed("SLUICE_RELAY")
	observingRelay = needed("SLUICE_OBSERVING_RELAY")
	tamperingRelay = needed("SLUICE_TAMPERING_RELAY")
	accessKey      = needed("SLUICE_AK")
	secretKey      = needed("SLUICE_SK")
	projectId      = needed("SLUICE_PROJECT_ID")
	regionId       = needed("SLUICE_REGION")
	wait           = neededSeconds("SLUICE_WAIT_S")
	wanted         = readScenario()
)

func client(address, sk string) *cdm.CdmClient {
	credentials := must(basic.NewCredentialsBuilder().WithAk(accessKey).WithSk(sk).WithProjectId(projectId).SafeBuild())
	return cdm.NewCdmClient(must(cdm.CdmClientBuilder().WithEndpoint(address).WithCredential(credentials).SafeBuild()))
}

// The identity endpoint goes in by the setter: the environment variable for it accepts https only in this SDK.
func clientByRegion() *cdm.CdmClient {
	credentials := must(basic.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithIamEndpointOverride(endpoint).SafeBuild())
	place := region.NewRegion(regionId, endpoint)
	return cdm.NewCdmClient(must(cdm.CdmClientBuilder().WithRegion(place).WithCredential(credentials).SafeBuild()))
}

func clusterBody(name, flavorId string) *model.CdmCreateClusterReq {
	want, off, kind := wanted.Cluster, false, "cdm"
	return &model.CdmCreateClusterReq{
		AutoRemind: &off,
		Cluster: &model.CdmCreateClusterReqCluster{
			Name: name, VpcId: want.VpcId, IsAutoOff: &off, IsScheduleBootOff: &off,
			Datastore: &model.Datastore{Type: &kind, Version: &want.Version},
			Instances: &[]model.Instance{{
				Type: kind, FlavorRef: flavorId, AvailabilityZone: want.AvailabilityZone,
				Nics: []model.Nics{{SecurityGroupId: want.SecurityGroupId, NetId: want.SubnetId}},
			}},
		},
	}
}

func configs(groups []group) []model.Configs {
	made := []model.Configs{}
	for _, from := range groups {
		inputs := []model.Input{}
		for _, one := range from.Inputs {
			var value interface{} = one.Value
			inputs = append(inputs, model.Input{Name: one.Name, Value: &value})
		}
		made = append(made, model.Configs{Name: from.Name, Inputs: inputs})
	}
	return made
}

func linkBody(link linkScenario, withSecret bool) *model.CdmCreateAndUpdateLinkReq {
	groups := []group{}
	for _, from := range link.Configs {
		kept := []input{}
		for _, one := range from.Inputs {
			if withSecret || one.Value != link.Secret {
				kept = append(kept, one)
			}
		}
		groups = append(groups, group{from.Name, kept})
	}
	enabled := true
	return &model.CdmCreateAndUpdateLinkReq{Links: []model.Links{{
		Name: link.Name, ConnectorName: link.Connector, Enabled: &enabled,
		LinkConfigValues: &model.LinksLinkconfigvalues{Configs: configs(groups)},
	}}}
}

func jobModel(job jobScenario) model.Job {
	return model.Job{
		Name: job.Name, JobType: model.GetJobJobTypeEnum().NORMAL_JOB,
		FromConnectorName: job.FromConnector, FromLinkName: job.FromLink,
		FromConfigValues: &model.ConfigValues{Configs: configs(job.From)},
		ToConnectorName:  job.ToConnector, ToLinkName: job.ToLink,
		ToConfigValues:     &model.ConfigValues{Configs: configs(job.To)},
		DriverConfigValues: &model.ConfigValues{Configs: configs(job.Driver)},
	}
}

// The walk through the API in the order of a user's first day: cluster, links, jobs, runs, and away with it all.
type walk struct {
	cdm       *cdm.CdmClient
	clusterId string
	states    []string
}

func (w *walk) credentials() {
	check("Credentials", "project id given", func() finding {
		demand(must(w.cdm.ListClusters(&model.ListClustersRequest{})).Clusters != nil, "no list of clusters")
		return finding{}
	})
	check("Credentials", "project looked up by region", func() finding {
		demand(must(clientByRegion().ListClusters(&model.ListClustersRequest{})).Clusters != nil, "no list of clusters")
		return finding{detail: "region " + regionId}
	})
	check("Credentials", "wrong secret key refused", func() finding {
		_, err := client(endpoint, secretKey+"x").ListClusters(&model.ListClustersRequest{})
		return refused(err, 401, "APIGW.0301")
	})
}

func (w *walk) clusters() {
	want := wanted.Cluster
	detail := func(id string) (*model.ShowClusterDetailResponse, error) {
		return w.cdm.ShowClusterDetail(&model.ShowClusterDetailRequest{ClusterId: id})
	}
	created := check("CreateCluster", "accepted with 202", func() finding {
		body := clusterBody(want.Name, want.FlavorId)
		answer := must(w.cdm.CreateCluster(&model.CreateClusterRequest{XLanguage: "en-us", Body: body}))
		w.clusterId = given(answer.Id, "id")
		equal(given(answer.Name, "name"), want.Name, "name")
		equal(answer.HttpStatusCode, httpQueued, "status")
		return finding{detail: w.clusterId}
	})
	if !created {
		fmt.Fprintln(os.Stderr, "no cluster, so nothing else can be checked")
		os.Exit(1)
	}
	check("ShowClusterDetail", "reaches status 200", func() finding {
		for end := time.Now().Add(wait); ; time.Sleep(stepPause) {
			status := given(must(detail(w.clusterId)).Status, "status")
			if status == "200" {
				return finding{detail: status}
			}
			demand(status == "100" || status == "920", "unexpected status %s", status)
			demand(time.Now().Before(end), "still %s after %s", status, wait)
		}
	})
	check("ShowClusterDetail", "first node is typed", func() finding {
		node := given(must(detail(w.clusterId)).Instances, "instances")[0]
		demand(node.Id != "", "instances[0].id is empty")
		equal(given(node.Flavor.Id, "flavor id"), want.FlavorId, "flavor")
		given(node.Volume.Size, "volume.size")
		return finding{}
	})
	check("ShowClusterDetail", "unknown cluster is 404", func() finding {
		_, err := detail(wanted.UnknownId)
		return refused(err, 404, "")
	})
	check("ListClusters", "contains the new cluster", func() finding {
		for _, cluster := range given(must(w.cdm.ListClusters(&model.ListClustersRequest{})).Clusters, "clusters") {
			if cluster.Id == w.clusterId {
				equal(cluster.Name, want.Name, "name")
				return finding{}
			}
		}
		panic(mismatch{"the new cluster is not in the list"})
	})
}

func (w *walk) createLink(through *cdm.CdmClient, link linkScenario, validate *string) (*model.CreateLinkResponse, error) {
	return through.CreateLink(&model.CreateLinkRequest{ClusterId: w.clusterId, Validate: validate, Body: linkBody(link, true)})
}

func (w *walk) showLink(name string) (*model.ShowLinkResponse, error) {
	return w.cdm.ShowLink(&model.ShowLinkRequest{ClusterId: w.clusterId, LinkName: name})
}

func (w *walk) links() {
	source, target := wanted.Links.Source, wanted.Links.Target
	check("CreateLink", "validate only stores nothing", func() finding {
		validate := "true"
		must(w.createLink(w.cdm, source, &validate))
		_, err := w.showLink(source.Name)
		return refused(err, 404, "Cdm.0101")
	})
	check("Credentials", "changed body refused", func() finding {
		_, err := w.createLink(client(tamperingRelay, secretKey), source, nil)
		return refused(err, 401, "APIGW.0301")
	})
	check("Credentials", "changed query refused", func() finding {
		_, err := client(tamperingRelay, secretKey).ListClusters(&model.ListClustersRequest{})
		return refused(err, 401, "APIGW.0301")
	})
	check("CreateLink", "source stored", func() finding {
		equal(given(must(w.createLink(w.cdm, source, nil)).Name, "name"), source.Name, "name")
		return finding{}
	})
	// The same relay without its tampering: shows that not the detour but the changed byte was refused above.
	check("CreateLink", "target stored, through an honest relay", func() finding {
		equal(given(must(w.createLink(client(relay, secretKey), target, nil)).Name, "name"), target.Name, "name")
		return finding{}
	})
	check("CreateLink", "taken name refused", func() finding {
		_, err := w.createLink(w.cdm, source, nil)
		return refused(err, 400, "Cdm.0315")
	})
	check("CreateLink", "unreachable server refused", func() finding {
		_, err := w.createLink(w.cdm, wanted.Links.Unreachable, nil)
		return refused(err, 500, "")
	})
	check("ShowLink", "as sent, without the secret", func() finding {
		answer := must(w.showLink(source.Name))
		shown := given(answer.Links, "links")[0]
		equal(shown.ConnectorName, source.Connector, "connector")
		given(shown.CreationDate, "creation-date")
		values := inputValues(shown.LinkConfigValues.Configs[0].Inputs)
		for _, sent := range source.Configs[0].Inputs {
			if sent.Value != source.Secret {
				equal(values[sent.Name], sent.Value, sent.Name)
			}
		}
		demand(!strings.Contains(answer.String(), source.Secret), "the secret is in the answer")
		return finding{}
	})
	check("ShowLink", "all lists both", func() finding {
		names := []string{}
		for _, link := range given(must(w.showLink("all")).Links, "links") {
			names = append(names, link.Name)
		}
		sort.Strings(names)
		both := []string{source.Name, target.Name}
		sort.Strings(both)
		equal(names, both, "names")
		return finding{}
	})
	check("ShowLink", "unknown link is 404", func() finding {
		_, err := w.showLink("no_such_link")
		return refused(err, 404, "Cdm.0101")
	})
	// The jobs below run over this link, so a secret lost here makes them fail.
	check("UpdateLink", "secret kept when absent", func() finding {
		request := &model.UpdateLinkRequest{ClusterId: w.clusterId, LinkName: source.Name, Body: linkBody(source, false)}
		equal(must(w.cdm.UpdateLink(request)).HttpStatusCode, httpOk, "status")
		return finding{}
	})
}

func inputValues(inputs []model.Input) map[string]interface{} {
	values := map[string]interface{}{}
	for _, one := range inputs {
		if one.Value != nil {
			values[one.Name] = *one.Value
		}
	}
	return values
}

func (w *walk) createJob(job jobScenario) (*model.CreateJobResponse, error) {
	body := &model.CdmCreateJobJsonReq{Jobs: []model.Job{jobModel(job)}}
	return w.cdm.CreateJob(&model.CreateJobRequest{ClusterId: w.clusterId, Body: body})
}

func (w *walk) showJobs(name string) (*model.ShowJobsResponse, error) {
	first, ten := int32(1), int32(10)
	return w.cdm.ShowJobs(&model.ShowJobsRequest{ClusterId: w.clusterId, JobName: name, PageNo: &first, PageSize: &ten})
}

func (w *walk) jobs() {
	copying := wanted.Jobs.Copy
	check("CreateJob", "answers the name", func() finding {
		for _, job := range wanted.jobs() {
			equal(given(must(w.createJob(job)).Name, "name"), job.Name, "name")
		}
		return finding{}
	})
	check("CreateJob", "taken name refused", func() finding {
		_, err := w.createJob(copying)
		return refused(err, 400, "Cdm.0104")
	})
	check("ShowJobs", "one job as sent", func() finding {
		answer := must(w.showJobs(copying.Name))
		equal(given(answer.Total, "total"), int32(0), "total")
		equal(len(given(answer.Jobs, "jobs")), 1, "jobs")
		shown := (*answer.Jobs)[0]
		equal(shown.JobType, model.GetJobJobTypeEnum().NORMAL_JOB, "job_type")
		equal([]string{shown.FromLinkName, shown.ToLinkName}, []string{copying.FromLink, copying.ToLink}, "links")
		given(shown.CreationDate, "creation-date")
		values := inputValues(shown.FromConfigValues.Configs[0].Inputs)
		for _, sent := range copying.From[0].Inputs {
			equal(values[sent.Name], sent.Value, sent.Name)
		}
		return finding{}
	})
	check("ShowJobs", "all of them, NEW before the first start", func() finding {
		answer := must(w.showJobs("all"))
		equal(given(answer.Total, "total"), int32(len(wanted.jobs())), "total")
		for _, job := range given(answer.Jobs, "jobs") {
			equal(given(job.Status, "status"), "NEW", "status of "+job.Name)
		}
		equal(len(*answer.Jobs), len(wanted.jobs()), "jobs")
		return finding{}
	})
	check("UpdateJob", "accepted", func() finding {
		body := &model.CdmUpdateJobJsonReq{Jobs: []model.Job{jobModel(copying)}}
		request := &model.UpdateJobRequest{ClusterId: w.clusterId, JobName: copying.Name, Body: body}
		equal(must(w.cdm.UpdateJob(request)).HttpStatusCode, httpOk, "status")
		return finding{}
	})
}

func main() {
	w := &walk{cdm: client(endpoint, secretKey)}
	o := &observed{cdm: client(observingRelay, secretKey), plain: w.cdm}
	w.credentials()
	o.catalogue()
	w.clusters()
	o.clusters(w.clusterId)
	o.lifeOfACluster()
	w.links()
	o.links()
	w.jobs()
	o.jobs()
	w.successfulRun()
	w.history()
	w.failedRun()
	w.stoppedRun()
	w.unfitRun()
	w.tablesOfRun()
	w.unknownJob()
	o.runs()
	o.away()
	w.away()
}

func nearNow(ms int64) bool {
	return math.Abs(float64(ms-time.Now().UnixMilli())) < dayMs
}
