import com.huaweicloud.sdk.cdm.v1.CdmClient;
import com.huaweicloud.sdk.cdm.v1.model.CdmCreateJobJsonReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmDeleteClusterReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmModifyClusterReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmRandomCreateAndStartJobJsonReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmRestartClusterReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmRestartClusterReqRestart;
import com.huaweicloud.sdk.cdm.v1.model.CdmStartClusterReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmStartJobReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmStopClusterReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmStopClusterReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmStopClusterReqStop;
import com.huaweicloud.sdk.cdm.v1.model.CdmUpdateJobJsonReq;
import com.huaweicloud.sdk.cdm.v1.model.CreateAndStartRandomClusterJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.CreateClusterRequest;
import com.huaweicloud.sdk.cdm.v1.model.CreateClusterResponse;
import com.huaweicloud.sdk.cdm.v1.model.CreateJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.CreateLinkRequest;
import com.huaweicloud.sdk.cdm.v1.model.DeleteClusterRequest;
import com.huaweicloud.sdk.cdm.v1.model.DeleteJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.DeleteLinkRequest;
import com.huaweicloud.sdk.cdm.v1.model.ListClustersRequest;
import com.huaweicloud.sdk.cdm.v1.model.ModifyClusterRequest;
import com.huaweicloud.sdk.cdm.v1.model.RestartClusterRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowAvailabilityZonesRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowClusterDetailRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowClusterDetailResponse;
import com.huaweicloud.sdk.cdm.v1.model.ShowClusterEnterpriseProjectsRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowDatastoresRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowEnterpriseProjectsRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowFlavorDetailRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowFlavorsRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowInstanceDetailRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowJobStatusRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowJobsRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowLinkRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowSubmissionsRequest;
import com.huaweicloud.sdk.cdm.v1.model.StartClusterRequest;
import com.huaweicloud.sdk.cdm.v1.model.StartJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.StopClusterRequest;
import com.huaweicloud.sdk.cdm.v1.model.StopJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.UpdateJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.UpdateLinkRequest;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Calls before the eyes of the relay: every operation, and what the SDK's objects hold of each answer. Nothing is judged here
 * but the ways of clusters from state to state: conformance/observations.ts compares what is printed with what went over the
 * wire, and the wire with the published description.
 */
final class Observed {
    private static final long POLL_MS = 50;
    private static final String NO_SUCH_NAME = "no_such_name";

    private final CdmClient cdm = Program.client(Program.OBSERVING_RELAY, Program.SECRET_KEY);
    private final CdmClient plain;
    private final Scenario scenario;
    private final String unknown;
    private final List<Scenario.Job> made = new ArrayList<>();
    private String clusterId;

    Observed(CdmClient plain, Scenario scenario) {
        this.plain = plain;
        this.scenario = scenario;
        this.unknown = scenario.unknownId();
    }

    /** Checks that a cluster gets to a state by way of others alone; target null: until it is gone. */
    private void follow(String operation, String name, String id, String target, String... onTheWay) {
        Check.check(operation, name, () -> {
            Set<String> seen = new LinkedHashSet<>();
            for (long end = System.currentTimeMillis() + Program.WAIT_MS;; Thread.sleep(POLL_MS)) {
                String state;
                try {
                    state = plain.showClusterDetail(new ShowClusterDetailRequest().withClusterId(id)).getStatus();
                } catch (ServiceResponseException error) {
                    Check.demand(target == null, error.getHttpStatusCode() + " " + error.getErrorCode() + " on the way");
                    Check.equal(error.getHttpStatusCode(), 404, "status");
                    return Check.Finding.of(String.join(", ", seen));
                }
                seen.add(state);
                if (state.equals(target)) {
                    return Check.Finding.of(String.join(", ", seen));
                }
                Check.demand(List.of(onTheWay).contains(state), "state " + state + " on the way to " + target);
                Check.demand(System.currentTimeMillis() < end, "still " + state + " after " + Program.WAIT_MS + " ms");
            }
        });
    }

    void catalogue() {
        var stores = Observation.observe("ShowDatastores", "all", () -> cdm.showDatastores(new ShowDatastoresRequest()));
        flavors("one", stores.getDatastores().get(0).getId());
        flavors("unknown datastore", unknown);
        flavor("one", scenario.cluster().flavorId());
        flavor("unknown flavor", unknown);
        zones("one", Program.REGION);
        zones("unknown region", "no-such-region");
    }

    private void flavors(String name, String id) {
        Observation.observe("ShowFlavors", name, () -> cdm.showFlavors(new ShowFlavorsRequest().withDatastoreId(id)));
    }

    private void flavor(String name, String id) {
        Observation.observe("ShowFlavorDetail", name,
                () -> cdm.showFlavorDetail(new ShowFlavorDetailRequest().withFlavorId(id)));
    }

    private void zones(String name, String region) {
        Observation.observe("ShowAvailabilityZones", name,
                () -> cdm.showAvailabilityZones(new ShowAvailabilityZonesRequest().withRegionId(region)));
    }

    private ShowClusterDetailResponse showCluster(String name, String id) {
        return Observation.observe("ShowClusterDetail", name,
                () -> cdm.showClusterDetail(new ShowClusterDetailRequest().withClusterId(id)));
    }

    void clusters(String id) {
        clusterId = id;
        Observation.observe("ListClusters", "all", () -> cdm.listClusters(new ListClustersRequest()));
        var detail = showCluster("normal", id);
        showCluster("unknown cluster", unknown);
        node("one", detail.getInstances().get(0).getId());
        node("unknown node", unknown);
        Observation.observe("ShowEnterpriseProjects", "all",
                () -> cdm.showEnterpriseProjects(new ShowEnterpriseProjectsRequest()));
        projects("one", id);
        projects("unknown cluster", unknown);
    }

    private void node(String name, String id) {
        Observation.observe("ShowInstanceDetail", name,
                () -> cdm.showInstanceDetail(new ShowInstanceDetailRequest().withInstanceId(id)));
    }

    private void projects(String name, String id) {
        Observation.observe("ShowClusterEnterpriseProjects", name,
                () -> cdm.showClusterEnterpriseProjects(new ShowClusterEnterpriseProjectsRequest().withClusterId(id)));
    }

    private CreateClusterResponse createCluster(String name, String flavorId) {
        var body = Program.clusterBody(scenario.cluster(), scenario.cluster().secondName(), flavorId);
        return Observation.observe("CreateCluster", name,
                () -> cdm.createCluster(new CreateClusterRequest().withXLanguage("en-us").withBody(body)));
    }

    private void modify(String name, String id) {
        var body = new CdmModifyClusterReq().withAutoOff(true).withScheduleBootOff(false).withAutoRemind(true)
                .withEmail("a@example.com");
        Observation.observe("ModifyCluster", name, () -> cdm.modifyCluster(
                new ModifyClusterRequest().withClusterId(id).withXLanguage("en-us").withBody(body)));
    }

    private void startCluster(String name, String id) {
        var body = new CdmStartClusterReq().withStart(Map.of());
        Observation.observe("StartCluster", name,
                () -> cdm.startCluster(new StartClusterRequest().withClusterId(id).withBody(body)));
    }

    private void stopCluster(String name, String id, CdmStopClusterReqStop stop) {
        var body = new CdmStopClusterReq().withStop(stop);
        Observation.observe("StopCluster", name,
                () -> cdm.stopCluster(new StopClusterRequest().withClusterId(id).withBody(body)));
    }

    private void restartCluster(String name, String id, String level, String mode) {
        var restart = new CdmRestartClusterReqRestart().withType("cdm").withRestartLevel(level).withRestartMode(mode)
                .withRestartDelayTime(0);
        Observation.observe("RestartCluster", name, () -> cdm.restartCluster(
                new RestartClusterRequest().withClusterId(id).withBody(new CdmRestartClusterReq().withRestart(restart))));
    }

    private void deleteCluster(String name, String id) {
        var body = new CdmDeleteClusterReq().withKeepLastManualBackup(0);
        Observation.observe("DeleteCluster", name,
                () -> cdm.deleteCluster(new DeleteClusterRequest().withClusterId(id).withBody(body)));
    }

    /** A second cluster through all its states. */
    void lifeOfACluster() {
        var atOnce = new CdmStopClusterReqStop().withStopMode(CdmStopClusterReqStop.StopModeEnum.IMMEDIATELY);
        var gracefully = new CdmStopClusterReqStop().withStopMode(CdmStopClusterReqStop.StopModeEnum.GRACEFULLY)
                .withDelayTime(-1);
        createCluster("unknown flavor", unknown);
        String second = createCluster("second", scenario.cluster().flavorId()).getId();
        showCluster("being created", second);
        follow("CreateCluster", "second reaches 200 by way of 100", second, "200", "100");
        modify("automatic shutdown", second);
        modify("unknown cluster", unknown);
        showCluster("modified", second);
        startCluster("regression: a running cluster is refused with CDM.5090", second);
        startCluster("unknown cluster", unknown);
        stopCluster("immediately", second, atOnce);
        follow("StopCluster", "reaches 900 by way of 910", second, "900", "910");
        showCluster("stopped", second);
        stopCluster("already stopped", second, atOnce);
        stopCluster("unknown cluster", unknown, atOnce);
        restartCluster("while stopped", second, "SERVICE", "IMMEDIATELY");
        showJobs("on a stopped cluster", new ShowJobsRequest().withClusterId(second).withJobName("all"));
        startCluster("stopped", second);
        follow("StartCluster", "reaches 200 by way of 920", second, "200", "920");
        restartCluster("service", second, "SERVICE", "IMMEDIATELY");
        follow("RestartCluster", "service is back at 200 by way of 500", second, "200", "500");
        restartCluster("machine, forced", second, "VM", "FORCELY");
        follow("RestartCluster", "machine is back at 200 by way of 500", second, "200", "500");
        restartCluster("unknown cluster", unknown, "SERVICE", "IMMEDIATELY");
        stopCluster("gracefully", second, gracefully);
        follow("StopCluster", "gracefully reaches 900 by way of 910", second, "900", "910");
        deleteCluster("unknown cluster", unknown);
        deleteCluster("second", second);
        follow("DeleteCluster", "second is gone", second, null, "900", "200");
        showCluster("deleted", second);
    }

    private void createLink(String name, String id, Scenario.Link link) {
        var body = Program.linkBody(link, true);
        Observation.observe("CreateLink", name,
                () -> cdm.createLink(new CreateLinkRequest().withClusterId(id).withBody(body)));
    }

    private void showLink(String name, String link) {
        Observation.observe("ShowLink", name,
                () -> cdm.showLink(new ShowLinkRequest().withClusterId(clusterId).withLinkName(link)));
    }

    private void updateLink(String name, String link) {
        var body = Program.linkBody(scenario.links().spare(), true);
        Observation.observe("UpdateLink", name, () -> cdm.updateLink(
                new UpdateLinkRequest().withClusterId(clusterId).withLinkName(link).withBody(body)));
    }

    void links() {
        Scenario.Link spare = scenario.links().spare();
        createLink("spare", clusterId, spare);
        createLink("taken name", clusterId, spare);
        createLink("unreachable server", clusterId, scenario.links().unreachable());
        createLink("unknown cluster", unknown, spare);
        showLink("one", scenario.links().source().name());
        showLink("all", "all");
        showLink("unknown", NO_SUCH_NAME);
        updateLink("spare", spare.name());
        updateLink("unknown", NO_SUCH_NAME);
    }

    private static CreateJobRequest jobRequest(String id, Scenario.Job job) {
        return new CreateJobRequest().withClusterId(id)
                .withBody(new CdmCreateJobJsonReq().withJobs(List.of(Program.jobModel(job))));
    }

    private void createJob(String name, String id) {
        Observation.observe("CreateJob", name, () -> cdm.createJob(jobRequest(id, scenario.pageJobs().get(0))));
    }

    private void showJobs(String name, ShowJobsRequest request) {
        Observation.observe("ShowJobs", name, () -> cdm.showJobs(request));
    }

    private void showJob(String name, String job) {
        showJobs(name, new ShowJobsRequest().withClusterId(clusterId).withJobName(job));
    }

    private ShowJobsRequest page(int no, int size) {
        return new ShowJobsRequest().withClusterId(clusterId).withJobName("all").withPageNo(no).withPageSize(size);
    }

    private void updateJob(String name, String path) {
        var job = Program.jobModel(scenario.pageJobs().get(0)).withName(path);
        Observation.observe("UpdateJob", name, () -> cdm.updateJob(new UpdateJobRequest().withClusterId(clusterId)
                .withJobName(path).withBody(new CdmUpdateJobJsonReq().withJobs(List.of(job)))));
    }

    private void deleteJob(String name, String job) {
        Observation.observe("DeleteJob", name,
                () -> cdm.deleteJob(new DeleteJobRequest().withClusterId(clusterId).withJobName(job)));
    }

    private void startJob(String name, String job, CdmStartJobReq body) {
        Observation.observe("StartJob", name,
                () -> cdm.startJob(new StartJobRequest().withClusterId(clusterId).withJobName(job).withBody(body)));
    }

    private void stopJob(String name, String job) {
        Observation.observe("StopJob", name,
                () -> cdm.stopJob(new StopJobRequest().withClusterId(clusterId).withJobName(job)));
    }

    private void status(String name, String job) {
        Observation.observe("ShowJobStatus", name,
                () -> cdm.showJobStatus(new ShowJobStatusRequest().withClusterId(clusterId).withJobName(job)));
    }

    private void submissions(String name, String job) {
        Observation.observe("ShowSubmissions", name,
                () -> cdm.showSubmissions(new ShowSubmissionsRequest().withClusterId(clusterId).withJname(job)));
    }

    void jobs() {
        String first = scenario.pageJobs().get(0).name();
        createJob("for pages", clusterId);
        createJob("taken name", clusterId);
        createJob("unknown cluster", unknown);
        scenario.pageJobs().stream().skip(1).forEach(job -> plain.createJob(jobRequest(clusterId, job)));
        showJob("one, never run", first);
        showJobs("first page", page(1, 10).withJobType(ShowJobsRequest.JobTypeEnum.NORMAL_JOB));
        showJobs("last page", page(2, 10));
        showJobs("behind the last page", page(3, 10));
        showJobs("filtered", page(1, 100).withFilter("_page_"));
        showJobs("of another type", new ShowJobsRequest().withClusterId(clusterId).withJobName("all")
                .withJobType(ShowJobsRequest.JobTypeEnum.BATCH_JOB));
        showJob("unknown", NO_SUCH_NAME);
        updateJob("one", first);
        updateJob("unknown", NO_SUCH_NAME);
        startJob("unknown", NO_SUCH_NAME, null);
        stopJob("idle", first);
        stopJob("unknown", NO_SUCH_NAME);
        status("never run", first);
        status("unknown", NO_SUCH_NAME);
        submissions("unknown", NO_SUCH_NAME);
        deleteJob("unknown", NO_SUCH_NAME);
    }

    private void waitForRun(String job) throws InterruptedException {
        var request = new ShowJobStatusRequest().withClusterId(clusterId).withJobName(job);
        for (long end = System.currentTimeMillis() + Program.WAIT_MS; System.currentTimeMillis() < end;) {
            String state = plain.showJobStatus(request).getSubmissions().get(0).getStatus();
            if (!state.equals("BOOTING") && !state.equals("RUNNING")) {
                return;
            }
            Thread.sleep(POLL_MS);
        }
    }

    private boolean randomJob(String name, String... clusters) {
        var body = new CdmRandomCreateAndStartJobJsonReq().withClusters(List.of(clusters))
                .withJobs(List.of(Program.jobModel(scenario.randomJob())));
        return Observation.observe("CreateAndStartRandomClusterJob", name, () -> cdm.createAndStartRandomClusterJob(
                new CreateAndStartRandomClusterJobRequest().withXLanguage("en-us").withBody(body))) != null;
    }

    /** After the runs of the walk: two of copy, one of each of the others. */
    void runs() throws InterruptedException {
        Scenario.Jobs jobs = scenario.jobs();
        String first = scenario.pageJobs().get(0).name();
        String second = scenario.pageJobs().get(1).name();
        status("succeeded", jobs.copy().name());
        status("failed", jobs.failing().name());
        status("stopped", jobs.slow().name());
        status("failed to be submitted", jobs.unfit().name());
        showJob("one, succeeded", jobs.copy().name());
        showJob("one, failed", jobs.failing().name());
        submissions("succeeded", jobs.copy().name());
        startJob("regression: without a body", first, null);
        showJob("regression: NEW has gone when the start call returns", first);
        status("running", first);
        startJob("running", first, null);
        updateJob("running", first);
        deleteJob("running", first);
        stopJob("running", first);
        waitForRun(first);
        startJob("with variables", second, new CdmStartJobReq().withVariables(Map.of("day", "2024-01-31")));
        waitForRun(second);
        randomJob("no such cluster", unknown);
        // Twice the same: some clients list a cluster again.
        if (randomJob("one of two", clusterId, clusterId)) {
            made.add(scenario.randomJob());
            randomJob("taken name", clusterId);
            waitForRun(scenario.randomJob().name());
        }
    }

    private void deleteLink(String name, String link) {
        Observation.observe("DeleteLink", name,
                () -> cdm.deleteLink(new DeleteLinkRequest().withClusterId(clusterId).withLinkName(link)));
    }

    void away() {
        deleteJob("one", scenario.pageJobs().get(0).name());
        Stream.concat(scenario.pageJobs().stream().skip(1), made.stream()).forEach(job -> plain
                .deleteJob(new DeleteJobRequest().withClusterId(clusterId).withJobName(job.name())));
        deleteLink("in use", scenario.links().source().name());
        deleteLink("spare", scenario.links().spare().name());
        deleteLink("unknown", NO_SUCH_NAME);
    }
}
