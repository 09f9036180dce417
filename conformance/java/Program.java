import static java.util.stream.Collectors.toMap;

import com.huaweicloud.sdk.cdm.v1.CdmClient;
import com.huaweicloud.sdk.cdm.v1.model.CdmCreateAndUpdateLinkReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmCreateClusterReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmCreateClusterReqCluster;
import com.huaweicloud.sdk.cdm.v1.model.CdmCreateJobJsonReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmUpdateJobJsonReq;
import com.huaweicloud.sdk.cdm.v1.model.ConfigValues;
import com.huaweicloud.sdk.cdm.v1.model.Configs;
import com.huaweicloud.sdk.cdm.v1.model.CreateClusterRequest;
import com.huaweicloud.sdk.cdm.v1.model.CreateJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.CreateJobResponse;
import com.huaweicloud.sdk.cdm.v1.model.CreateLinkRequest;
import com.huaweicloud.sdk.cdm.v1.model.CreateLinkResponse;
import com.huaweicloud.sdk.cdm.v1.model.Datastore;
import com.huaweicloud.sdk.cdm.v1.model.Input;
import com.huaweicloud.sdk.cdm.v1.model.Instance;
import com.huaweicloud.sdk.cdm.v1.model.Job;
import com.huaweicloud.sdk.cdm.v1.model.Links;
import com.huaweicloud.sdk.cdm.v1.model.LinksLinkconfigvalues;
import com.huaweicloud.sdk.cdm.v1.model.ListClustersRequest;
import com.huaweicloud.sdk.cdm.v1.model.Nics;
import com.huaweicloud.sdk.cdm.v1.model.ShowClusterDetailRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowClusterDetailResponse;
import com.huaweicloud.sdk.cdm.v1.model.ShowJobsRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowJobsResponse;
import com.huaweicloud.sdk.cdm.v1.model.ShowLinkRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowLinkResponse;
import com.huaweicloud.sdk.cdm.v1.model.UpdateJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.UpdateLinkRequest;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.region.Region;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Drives a Sluice server with the vendor's own Java SDK and prints one JSON line per check. Inputs are environment variables
 * (see conformance/program-inputs.ts). The SDK is used as it comes; its models are typed, so one member of the wrong JSON
 * type makes a whole answer unreadable, which is what a Java user would meet.
 */
public final class Program {
    static final String ENDPOINT = Scenario.needed("SLUICE_ENDPOINT");
    static final String RELAY = Scenario.needed("SLUICE_RELAY");
    static final String OBSERVING_RELAY = Scenario.needed("SLUICE_OBSERVING_RELAY");
    static final String TAMPERING_RELAY = Scenario.needed("SLUICE_TAMPERING_RELAY");
    static final String ACCESS_KEY = Scenario.needed("SLUICE_AK");
    static final String SECRET_KEY = Scenario.needed("SLUICE_SK");
    static final String PROJECT_ID = Scenario.needed("SLUICE_PROJECT_ID");
    static final String REGION = Scenario.needed("SLUICE_REGION");
    static final long WAIT_MS = (long) (Double.parseDouble(Scenario.needed("SLUICE_WAIT_S")) * 1000);
    static final long STEP_MS = 200;

    final Scenario scenario;
    final CdmClient cdm = client(ENDPOINT, SECRET_KEY);
    String clusterId;

    private Program(Scenario scenario) {
        this.scenario = scenario;
    }

    /** The walk through the API in the order of a user's first day: cluster, links, jobs, runs, and away with it all. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Program program = new Program(Scenario.read());
        Observed observed = new Observed(program.cdm, program.scenario);
        program.credentials();
        observed.catalogue();
        if (!program.clusters()) {
            System.err.println("no cluster, so nothing else can be checked");
            System.exit(1);
        }
        observed.clusters(program.clusterId);
        observed.lifeOfACluster();
        program.links();
        observed.links();
        program.jobs();
        observed.jobs();
        Runs runs = new Runs(program);
        runs.all();
        observed.runs();
        observed.away();
        runs.away();
        // The SDK's HTTP client keeps threads alive for a minute; the work is done.
        System.exit(0);
    }

    static CdmClient client(String endpoint, String secretKey) {
        BasicCredentials credentials = new BasicCredentials().withAk(ACCESS_KEY).withSk(secretKey).withProjectId(PROJECT_ID);
        return CdmClient.newBuilder().withCredential(credentials).withEndpoint(endpoint).build();
    }

    private static CdmClient clientByRegion() {
        BasicCredentials credentials = new BasicCredentials().withAk(ACCESS_KEY).withSk(SECRET_KEY).withIamEndpoint(ENDPOINT);
        return CdmClient.newBuilder().withCredential(credentials).withRegion(new Region(REGION, ENDPOINT)).build();
    }

    static CdmCreateClusterReq clusterBody(Scenario.Cluster wanted, String name, String flavorId) {
        Instance node = new Instance().withType("cdm").withFlavorRef(flavorId)
                .withAvailabilityZone(wanted.availabilityZone()).withNics(List.of(new Nics()
                        .withSecurityGroupId(wanted.securityGroupId()).withNetId(wanted.subnetId())));
        CdmCreateClusterReqCluster cluster = new CdmCreateClusterReqCluster().withName(name)
                .withVpcId(wanted.vpcId()).withIsAutoOff(false).withIsScheduleBootOff(false)
                .withDatastore(new Datastore().withType("cdm").withVersion(wanted.version()))
                .withInstances(List.of(node));
        return new CdmCreateClusterReq().withCluster(cluster).withAutoRemind(false);
    }

    private static List<Configs> configs(List<Scenario.Group> groups) {
        return groups.stream().map(group -> new Configs().withName(group.name()).withInputs(group.inputs().stream()
                .map(input -> new Input().withName(input.name()).withValue(input.value())).toList())).toList();
    }

    static CdmCreateAndUpdateLinkReq linkBody(Scenario.Link link, boolean withSecret) {
        List<Scenario.Group> groups = link.configs().stream().map(group -> new Scenario.Group(group.name(), group.inputs()
                .stream().filter(input -> withSecret || !input.value().equals(link.secret())).toList())).toList();
        return new CdmCreateAndUpdateLinkReq().withLinks(List.of(new Links().withName(link.name())
                .withConnectorName(link.connector()).withEnabled(true)
                .withLinkConfigValues(new LinksLinkconfigvalues().withConfigs(configs(groups)))));
    }

    static Job jobModel(Scenario.Job job) {
        return new Job().withName(job.name()).withJobType(Job.JobTypeEnum.NORMAL_JOB)
                .withFromConnectorName(job.fromConnector()).withFromLinkName(job.fromLink())
                .withFromConfigValues(new ConfigValues().withConfigs(configs(job.from())))
                .withToConnectorName(job.toConnector()).withToLinkName(job.toLink())
                .withToConfigValues(new ConfigValues().withConfigs(configs(job.to())))
                .withDriverConfigValues(new ConfigValues().withConfigs(configs(job.driver())));
    }

    private void credentials() {
        Check.check("Credentials", "project id given", () -> {
            Check.given(cdm.listClusters(new ListClustersRequest()).getClusters(), "the list of clusters");
            return Check.Finding.NOTHING;
        });
        Check.check("Credentials", "project looked up by region", () -> {
            Check.given(clientByRegion().listClusters(new ListClustersRequest()).getClusters(), "the list of clusters");
            return Check.Finding.of("region " + REGION);
        });
        Check.check("Credentials", "wrong secret key refused", () -> Check.refused(
                () -> client(ENDPOINT, SECRET_KEY + "x").listClusters(new ListClustersRequest()), 401, "APIGW.0301"));
    }

    ShowClusterDetailResponse clusterDetail(String id) {
        return cdm.showClusterDetail(new ShowClusterDetailRequest().withClusterId(id));
    }

    private boolean clusters() {
        Scenario.Cluster wanted = scenario.cluster();
        boolean created = Check.check("CreateCluster", "accepted with 202", () -> {
            var body = clusterBody(wanted, wanted.name(), wanted.flavorId());
            var answer = cdm.createCluster(new CreateClusterRequest().withXLanguage("en-us").withBody(body));
            clusterId = Check.given(answer.getId(), "id");
            Check.equal(answer.getName(), wanted.name(), "name");
            Check.equal(answer.getHttpStatusCode(), 202, "status");
            return Check.Finding.of(clusterId);
        });
        if (!created) {
            return false;
        }
        Check.check("ShowClusterDetail", "reaches status 200", () -> {
            for (long end = System.currentTimeMillis() + WAIT_MS;; Thread.sleep(STEP_MS)) {
                String status = clusterDetail(clusterId).getStatus();
                if ("200".equals(status)) {
                    return Check.Finding.of(status);
                }
                Check.demand("100".equals(status) || "920".equals(status), "unexpected status " + status);
                Check.demand(System.currentTimeMillis() < end, "still " + status + " after " + WAIT_MS + " ms");
            }
        });
        Check.check("ShowClusterDetail", "first node is typed", () -> {
            var node = clusterDetail(clusterId).getInstances().get(0);
            Check.demand(Check.filled(node.getId()), "instances[0].id is empty");
            Check.equal(node.getFlavor().getId(), wanted.flavorId(), "flavor");
            Check.given(node.getVolume().getSize(), "volume.size");
            return Check.Finding.NOTHING;
        });
        Check.check("ShowClusterDetail", "unknown cluster is 404",
                () -> Check.refused(() -> clusterDetail(scenario.unknownId()), 404, null));
        Check.check("ListClusters", "contains the new cluster", () -> {
            var found = cdm.listClusters(new ListClustersRequest()).getClusters().stream()
                    .filter(cluster -> clusterId.equals(cluster.getId())).toList();
            Check.equal(found.size(), 1, "entries of the new cluster");
            Check.equal(found.get(0).getName(), wanted.name(), "name");
            return Check.Finding.NOTHING;
        });
        return true;
    }

    private CreateLinkResponse createLink(CdmClient through, Scenario.Link link, String validate) {
        return through.createLink(new CreateLinkRequest().withClusterId(clusterId).withValidate(validate)
                .withBody(linkBody(link, true)));
    }

    ShowLinkResponse showLink(String name) {
        return cdm.showLink(new ShowLinkRequest().withClusterId(clusterId).withLinkName(name));
    }

    private static Map<String, Object> inputValues(List<Input> inputs) {
        return inputs.stream().filter(input -> input.getValue() != null).collect(toMap(Input::getName, Input::getValue));
    }

    private void links() {
        Scenario.Link source = scenario.links().source();
        Scenario.Link target = scenario.links().target();
        Check.check("CreateLink", "validate only stores nothing", () -> {
            createLink(cdm, source, "true");
            return Check.refused(() -> showLink(source.name()), 404, "Cdm.0101");
        });
        Check.check("Credentials", "changed body refused", () -> Check.refused(
                () -> createLink(client(TAMPERING_RELAY, SECRET_KEY), source, null), 401, "APIGW.0301"));
        Check.check("Credentials", "changed query refused", () -> Check.refused(
                () -> client(TAMPERING_RELAY, SECRET_KEY).listClusters(new ListClustersRequest()), 401, "APIGW.0301"));
        Check.check("CreateLink", "source stored", () -> {
            Check.equal(createLink(cdm, source, null).getName(), source.name(), "name");
            return Check.Finding.NOTHING;
        });
        // The same relay without its tampering: shows that not the detour but the changed byte was refused above.
        Check.check("CreateLink", "target stored, through an honest relay", () -> {
            Check.equal(createLink(client(RELAY, SECRET_KEY), target, null).getName(), target.name(), "name");
            return Check.Finding.NOTHING;
        });
        Check.check("CreateLink", "taken name refused",
                () -> Check.refused(() -> createLink(cdm, source, null), 400, "Cdm.0315"));
        Check.check("CreateLink", "unreachable server refused",
                () -> Check.refused(() -> createLink(cdm, scenario.links().unreachable(), null), 500, null));
        Check.check("ShowLink", "as sent, without the secret", () -> {
            ShowLinkResponse answer = showLink(source.name());
            Links shown = answer.getLinks().get(0);
            Check.equal(shown.getConnectorName(), source.connector(), "connector");
            Check.given(shown.getCreationDate(), "creation-date");
            Map<String, Object> values = inputValues(shown.getLinkConfigValues().getConfigs().get(0).getInputs());
            for (Scenario.Input sent : source.configs().get(0).inputs()) {
                if (!sent.value().equals(source.secret())) {
                    Check.equal(values.get(sent.name()), sent.value(), sent.name());
                }
            }
            Check.demand(!answer.toString().contains(source.secret()), "the secret is in the answer");
            return Check.Finding.NOTHING;
        });
        Check.check("ShowLink", "all lists both", () -> {
            Check.equal(showLink("all").getLinks().stream().map(Links::getName).sorted().toList(),
                    Stream.of(source.name(), target.name()).sorted().toList(), "names");
            return Check.Finding.NOTHING;
        });
        Check.check("ShowLink", "unknown link is 404", () -> Check.refused(() -> showLink("no_such_link"), 404, "Cdm.0101"));
        // The jobs below run over this link, so a secret lost here makes them fail.
        Check.check("UpdateLink", "secret kept when absent", () -> {
            var request = new UpdateLinkRequest().withClusterId(clusterId).withLinkName(source.name());
            Check.equal(cdm.updateLink(request.withBody(linkBody(source, false))).getHttpStatusCode(), 200, "status");
            return Check.Finding.NOTHING;
        });
    }

    private CreateJobResponse createJob(Scenario.Job job) {
        return cdm.createJob(new CreateJobRequest().withClusterId(clusterId)
                .withBody(new CdmCreateJobJsonReq().withJobs(List.of(jobModel(job)))));
    }

    ShowJobsResponse showJobs(String name) {
        return cdm.showJobs(new ShowJobsRequest().withClusterId(clusterId).withJobName(name).withPageNo(1).withPageSize(10));
    }

    private void jobs() {
        Scenario.Job copy = scenario.jobs().copy();
        List<Scenario.Job> all = scenario.jobs().all();
        Check.check("CreateJob", "answers the name", () -> {
            for (Scenario.Job job : all) {
                Check.equal(createJob(job).getName(), job.name(), "name");
            }
            return Check.Finding.NOTHING;
        });
        Check.check("CreateJob", "taken name refused", () -> Check.refused(() -> createJob(copy), 400, "Cdm.0104"));
        Check.check("ShowJobs", "one job as sent", () -> {
            ShowJobsResponse answer = showJobs(copy.name());
            Check.equal(answer.getTotal(), 0, "total");
            Check.equal(answer.getJobs().size(), 1, "jobs");
            Job shown = answer.getJobs().get(0);
            Check.equal(shown.getJobType(), Job.JobTypeEnum.NORMAL_JOB, "job_type");
            Check.equal(shown.getFromLinkName(), copy.fromLink(), "from-link-name");
            Check.equal(shown.getToLinkName(), copy.toLink(), "to-link-name");
            Check.given(shown.getCreationDate(), "creation-date");
            Map<String, Object> values = inputValues(shown.getFromConfigValues().getConfigs().get(0).getInputs());
            for (Scenario.Input sent : copy.from().get(0).inputs()) {
                Check.equal(values.get(sent.name()), sent.value(), sent.name());
            }
            return Check.Finding.NOTHING;
        });
        Check.check("ShowJobs", "all of them, NEW before the first start", () -> {
            ShowJobsResponse answer = showJobs("all");
            Check.equal(answer.getTotal(), all.size(), "total");
            Check.equal(answer.getJobs().stream().map(Job::getStatus).toList(), all.stream().map(job -> "NEW").toList(),
                    "status of the jobs");
            return Check.Finding.NOTHING;
        });
        Check.check("UpdateJob", "accepted", () -> {
            var body = new CdmUpdateJobJsonReq().withJobs(List.of(jobModel(copy)));
            var request = new UpdateJobRequest().withClusterId(clusterId).withJobName(copy.name()).withBody(body);
            Check.equal(cdm.updateJob(request).getHttpStatusCode(), 200, "status");
            return Check.Finding.NOTHING;
        });
    }
}
