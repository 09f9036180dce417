import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.util.List;

/** Names and parameters of the links and jobs, as conformance/program-inputs.ts writes them. */
record Scenario(String unknownId, Cluster cluster, Links links, Jobs jobs, List<Job> pageJobs, Job randomJob,
        Batch batch) {
    record Input(String name, String value) {
    }

    record Group(String name, List<Input> inputs) {
    }

    record Link(String name, String connector, List<Group> configs, String secret) {
    }

    record Job(String name, String fromConnector, String fromLink, List<Group> from, String toConnector, String toLink,
            List<Group> to, List<Group> driver, long rows) {
    }

    /** Absent where there is but one database. */
    record Batch(Job job, String moved, String absent) {
    }

    record Cluster(String name, String secondName, String version, String flavorId, String availabilityZone, String vpcId, String subnetId,
            String securityGroupId) {
    }

    record Links(Link source, Link target, Link unreachable, Link spare) {
    }

    record Jobs(Job copy, Job failing, Job slow, Job unfit) {
        List<Job> all() {
            return List.of(copy, failing, slow, unfit);
        }
    }

    static Scenario read() throws IOException {
        return new ObjectMapper().readValue(new File(needed("SLUICE_SCENARIO")), Scenario.class);
    }

    static String needed(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalStateException(name + " is not set");
        }
        return value;
    }
}
