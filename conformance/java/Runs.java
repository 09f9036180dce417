import com.huaweicloud.sdk.cdm.v1.CdmClient;
import com.huaweicloud.sdk.cdm.v1.model.CdmCreateJobJsonReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmDeleteClusterReq;
import com.huaweicloud.sdk.cdm.v1.model.CdmStartJobReq;
import com.huaweicloud.sdk.cdm.v1.model.Counter;
import com.huaweicloud.sdk.cdm.v1.model.CreateJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.DeleteClusterRequest;
import com.huaweicloud.sdk.cdm.v1.model.DeleteJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.DeleteLinkRequest;
import com.huaweicloud.sdk.cdm.v1.model.DeleteLinkResponse;
import com.huaweicloud.sdk.cdm.v1.model.Job;
import com.huaweicloud.sdk.cdm.v1.model.ShowJobStatusRequest;
import com.huaweicloud.sdk.cdm.v1.model.ShowSubmissionsRequest;
import com.huaweicloud.sdk.cdm.v1.model.StartJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.StartJobSubmission;
import com.huaweicloud.sdk.cdm.v1.model.StopJobRequest;
import com.huaweicloud.sdk.cdm.v1.model.StopJobResponse;
import com.huaweicloud.sdk.cdm.v1.model.Submission;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** The second half of the walk: runs of the four jobs, their states and history, and the end of everything made. */
final class Runs {
    private static final long POLL_MS = 50;
    private static final long DAY_MS = 86_400_000;
    private static final Consumer<String> UNWATCHED = state -> {
    };

    private final Program program;
    private final CdmClient cdm;
    private final Set<String> states = new LinkedHashSet<>();

    Runs(Program program) {
        this.program = program;
        this.cdm = program.cdm;
    }

    void all() {
        successfulRun();
        history();
        failedRun();
        stoppedRun();
        unfitRun();
        if (program.scenario.batch() != null) {
            tablesOfRun(program.scenario.batch());
        }
        unknownJob();
    }

    /** The single run of the status call. */
    private Submission status(CdmClient through, String name) {
        var request = new ShowJobStatusRequest().withClusterId(program.clusterId).withJobName(name);
        List<Submission> runs = through.showJobStatus(request).getSubmissions();
        Check.equal(runs.size(), 1, "submissions");
        Check.equal(runs.get(0).getJobName(), name, "job-name");
        states.add(runs.get(0).getStatus());
        return runs.get(0);
    }

    private StartJobSubmission start(String name) {
        StartJobSubmission run = cdm.startJob(new StartJobRequest().withClusterId(program.clusterId).withJobName(name)
                .withBody(new CdmStartJobReq().withVariables(Map.of()))).getSubmissions().get(0);
        Check.demand(isOpen(run.getStatus()), "started as " + run.getStatus());
        Check.equal(run.getJobName(), name, "job-name");
        Check.demand(run.getSubmissionId() >= 1, "submission-id " + run.getSubmissionId());
        return run;
    }

    private StopJobResponse stop(String name) {
        return cdm.stopJob(new StopJobRequest().withClusterId(program.clusterId).withJobName(name));
    }

    private static boolean isOpen(String status) {
        return "BOOTING".equals(status) || "RUNNING".equals(status);
    }

    /** Polls until the run has ended; whileOpen sees every open state. */
    private Submission waitForEnd(String name, Consumer<String> whileOpen) throws InterruptedException {
        for (long end = System.currentTimeMillis() + Program.WAIT_MS;; Thread.sleep(POLL_MS)) {
            Submission run = status(cdm, name);
            String state = run.getStatus();
            if (!isOpen(state)) {
                return run;
            }
            Check.demand(run.getProgress() >= 0 && run.getProgress() <= 100, "progress " + run.getProgress() + " while " + state);
            Check.demand(run.getCounters() == null && run.getErrorSummary() == null, "closing members while " + state);
            whileOpen.accept(state);
            Check.demand(System.currentTimeMillis() < end, "still " + state + " after " + Program.WAIT_MS + " ms");
        }
    }

    private static Counter counter(Submission run) {
        Check.given(run.getCounters(), "counters");
        return Check.given(run.getCounters().getOrgApacheSqoopSubmissionCounterSqoopCounters(), "the Sqoop group");
    }

    private static void nearNow(Long date, String member) {
        Check.given(date, member);
        Check.demand(Math.abs(date - System.currentTimeMillis()) < DAY_MS, member + " is " + date);
    }

    private void successfulRun() {
        Scenario.Job job = program.scenario.jobs().copy();
        Set<String> open = new LinkedHashSet<>();
        Submission[] last = {new Submission()};
        Check.check("ShowJobStatus", "NEVER_EXECUTED before the first start", () -> {
            Submission run = status(cdm, job.name());
            Check.equal(run.getStatus(), "NEVER_EXECUTED", "status");
            Check.equal(run.getProgress(), 0f, "progress");
            Check.demand(run.getCounters() == null && run.getErrorSummary() == null, "closing members of a run that never was");
            return Check.Finding.NOTHING;
        });
        Check.check("StartJob", "answers a run", () -> {
            open.add(start(job.name()).getStatus());
            return Check.Finding.NOTHING;
        });
        Check.check("ShowJobStatus", "ends SUCCEEDED", () -> {
            last[0] = waitForEnd(job.name(), open::add);
            Check.equal(last[0].getStatus(), "SUCCEEDED", "status (" + last[0].getErrorSummary() + ")");
            return Check.Finding.NOTHING;
        });
        Submission ended = last[0];
        Check.check("ShowJobStatus", "BOOTING or RUNNING while open", () -> {
            Check.demand(!open.isEmpty(), "no open state was seen");
            return Check.Finding.of(String.join(", ", open));
        });
        Check.check("ShowJobStatus", "progress 100 when SUCCEEDED", () -> {
            Check.equal(ended.getProgress(), 100f, "progress");
            return Check.Finding.NOTHING;
        });
        Check.check("ShowJobStatus", "counters equal the rows moved", () -> {
            Counter counter = counter(ended);
            Check.equal(counter.getRowsRead(), job.rows(), "rows read");
            Check.equal(counter.getRowsWritten(), job.rows(), "rows written");
            Check.equal(counter.getRowsWrittenSkipped(), 0L, "rows skipped");
            Check.given(counter.getBytesRead(), "BYTES_READ");
            Check.given(counter.getBytesWritten(), "BYTES_WRITTEN");
            Check.given(counter.getTotalSize(), "TOTAL_SIZE");
            Check.given(counter.getTotalFiles(), "TOTAL_FILES");
            Check.given(counter.getFilesRead(), "FILES_READ");
            Check.given(counter.getFilesWritten(), "FILES_WRITTEN");
            Check.given(counter.getFilesSkipped(), "FILES_SKIPPED");
            return Check.Finding.of("ROWS_WRITTEN " + counter.getRowsWritten());
        });
        Check.check("ShowJobStatus", "no error texts when SUCCEEDED", () -> {
            Check.equal(ended.getStatus(), "SUCCEEDED", "status");
            Check.demand(ended.getErrorSummary() == null && ended.getErrorDetails() == null, "an error text is there");
            return Check.Finding.NOTHING;
        });
        Check.check("ShowJobStatus", "last editor given", () -> {
            // This SDK models the other spelling, last-udpate-user.
            Check.demand(Check.filled(ended.getLastUdpateUser()), "last-udpate-user is empty");
            return Check.Finding.of("last-udpate-user");
        });
        Check.check("ShowJobStatus", "dates are milliseconds", () -> {
            nearNow(ended.getCreationDate(), "creation-date");
            nearNow(ended.getExecuteDate(), "execute-date");
            nearNow(ended.getLastUpdateDate(), "last-update-date");
            Check.demand(ended.getExecuteDate() <= ended.getLastUpdateDate(), "ended before it began");
            return Check.Finding.NOTHING;
        });
        Check.check("ShowJobStatus", "members of 32 bits fit", () -> {
            Check.demand(ended.getSubmissionId() >= 1, "submission-id " + ended.getSubmissionId());
            int written = Check.given(ended.getWriteRows(), "write_rows");
            Check.demand(written == 0 || written == job.rows(), "write_rows is " + written);
            Check.given(ended.getUpdateRows(), "update_rows");
            Check.given(ended.getDeleteRows(), "delete_rows");
            return Check.Finding.NOTHING;
        });
    }

    private void history() {
        Scenario.Job job = program.scenario.jobs().copy();
        Check.check("StartJob", "second run has a higher number", () -> {
            int first = status(cdm, job.name()).getSubmissionId();
            int second = start(job.name()).getSubmissionId();
            Check.demand(second > first, "submission-id " + second + " after " + first);
            Check.equal(waitForEnd(job.name(), UNWATCHED).getStatus(), "SUCCEEDED", "status");
            return Check.Finding.NOTHING;
        });
        Check.check("ShowSubmissions", "newest first, with counters", () -> {
            var answer = cdm.showSubmissions(new ShowSubmissionsRequest().withClusterId(program.clusterId).withJname(job.name()));
            List<Submission> runs = answer.getSubmissions();
            Check.equal(runs.size(), 2, "runs");
            Check.equal(answer.getTotal(), 2, "total");
            Check.demand(runs.get(0).getSubmissionId() > runs.get(1).getSubmissionId(), "the older run comes first");
            for (Submission run : runs) {
                Check.equal(counter(run).getRowsWritten(), job.rows(), "rows written");
            }
            return Check.Finding.NOTHING;
        });
    }

    private void failedRun() {
        Scenario.Job job = program.scenario.jobs().failing();
        Submission[] last = {new Submission()};
        Check.check("ShowJobStatus", "FAILED with progress -1", () -> {
            start(job.name());
            last[0] = waitForEnd(job.name(), UNWATCHED);
            Check.equal(last[0].getStatus(), "FAILED", "status");
            Check.equal(last[0].getProgress(), -1f, "progress");
            return Check.Finding.NOTHING;
        });
        Submission ended = last[0];
        Check.check("ShowJobStatus", "error texts when FAILED", () -> {
            Check.demand(Check.filled(ended.getErrorSummary()), "error-summary is empty");
            Check.demand(Check.filled(ended.getErrorDetails()), "error-details is empty");
            return Check.Finding.of(ended.getErrorSummary());
        });
        Check.check("ShowJobStatus", "no counters when FAILED", () -> {
            Check.equal(ended.getStatus(), "FAILED", "status");
            Check.demand(ended.getCounters() == null, "counters are there");
            return Check.Finding.NOTHING;
        });
    }

    private void stoppedRun() {
        Scenario.Job job = program.scenario.jobs().slow();
        Check.check("StartJob", "running job refused", () -> {
            start(job.name());
            return Check.refused(() -> start(job.name()), 400, "Cdm.0052");
        });
        Check.check("StopJob", "accepted while RUNNING", () -> {
            long end = System.currentTimeMillis() + Program.WAIT_MS;
            while ("BOOTING".equals(status(cdm, job.name()).getStatus())) {
                Check.demand(System.currentTimeMillis() < end, "the run never left BOOTING");
                Thread.sleep(POLL_MS);
            }
            Check.equal(status(cdm, job.name()).getStatus(), "RUNNING", "status before the stop");
            Check.equal(stop(job.name()).getHttpStatusCode(), 200, "status");
            return Check.Finding.NOTHING;
        });
        Check.check("ShowJobStatus", "FAILED by a stop", () -> {
            Submission run = waitForEnd(job.name(), UNWATCHED);
            Check.equal(run.getStatus(), "FAILED", "status");
            Check.equal(run.getProgress(), -1f, "progress");
            String summary = Check.given(run.getErrorSummary(), "error-summary");
            Check.demand(summary.toLowerCase(Locale.ROOT).contains("stopped by"), "the summary is " + summary);
            return Check.Finding.of(summary);
        });
        Check.check("StopJob", "idle job refused", () -> Check.refused(() -> stop(job.name()), 400, "Cdm.0053"));
    }

    private void unfitRun() {
        Scenario.Job job = program.scenario.jobs().unfit();
        Check.check("ShowJobStatus", "FAILURE_ON_SUBMIT with progress -1", () -> {
            start(job.name());
            Submission run = waitForEnd(job.name(), UNWATCHED);
            Check.equal(run.getStatus(), "FAILURE_ON_SUBMIT", "status");
            Check.equal(run.getProgress(), -1f, "progress");
            Check.demand(run.getCounters() == null, "counters are there");
            return Check.Finding.NOTHING;
        });
    }

    private void tablesOfRun(Scenario.Batch batch) {
        Scenario.Job job = batch.job();
        Check.check("ShowJobStatus", "entire database FAILED, naming the table", () -> {
            var whole = Program.jobModel(job).withJobType(Job.JobTypeEnum.BATCH_JOB);
            cdm.createJob(new CreateJobRequest().withClusterId(program.clusterId)
                    .withBody(new CdmCreateJobJsonReq().withJobs(List.of(whole))));
            start(job.name());
            Submission run = waitForEnd(job.name(), UNWATCHED);
            Check.equal(run.getStatus(), "FAILED", "status");
            Check.equal(run.getProgress(), -1f, "progress");
            Check.demand(run.getErrorSummary().contains(batch.absent()), "the summary is " + run.getErrorSummary());
            return Check.Finding.of(run.getErrorSummary());
        });
        Check.check("ShowJobStatus", "its tables by {job}_{table}", () -> {
            Submission run = status(cdm, job.name() + "_" + batch.moved());
            Check.equal(run.getStatus(), "SUCCEEDED", "status of " + batch.moved());
            Check.equal(run.getProgress(), 100f, "progress of " + batch.moved());
            Check.equal(counter(run).getRowsWritten(), job.rows(), "rows written");
            Submission failed = status(cdm, job.name() + "_" + batch.absent());
            Check.equal(failed.getStatus(), "FAILED", "status of " + batch.absent());
            Check.equal(failed.getProgress(), -1f, "progress of " + batch.absent());
            Check.demand(Check.filled(failed.getErrorSummary()), "error-summary is empty");
            return Check.Finding.of(failed.getErrorSummary());
        });
        Check.check("DeleteJob", "entire database, whose runs can still be asked for", () -> {
            cdm.deleteJob(new DeleteJobRequest().withClusterId(program.clusterId).withJobName(job.name()));
            Check.equal(status(cdm, job.name() + "_" + batch.moved()).getStatus(), "SUCCEEDED", "status of " + batch.moved());
            return Check.Finding.NOTHING;
        });
    }

    private void unknownJob() {
        // Over the relay, which notes the X-Request-Id header that the server really sent; the runner compares.
        Check.check("ShowJobStatus", "unknown job refused", () -> Check.refused(
                () -> status(Program.client(Program.RELAY, Program.SECRET_KEY), "no_such_job"), 400, "Cdm.0100"));
        Check.check("ShowJobStatus", "states seen", () -> Check.Finding.of(String.join(", ", states)));
    }

    private DeleteLinkResponse deleteLink(String name) {
        return cdm.deleteLink(new DeleteLinkRequest().withClusterId(program.clusterId).withLinkName(name));
    }

    void away() {
        String source = program.scenario.links().source().name();
        Check.check("DeleteLink", "link in use refused", () -> Check.refused(() -> deleteLink(source), 400, "Cdm.0321"));
        Check.check("DeleteJob", "gone afterwards", () -> {
            for (Scenario.Job job : program.scenario.jobs().all()) {
                cdm.deleteJob(new DeleteJobRequest().withClusterId(program.clusterId).withJobName(job.name()));
            }
            return Check.refused(() -> program.showJobs(program.scenario.jobs().copy().name()), 400, "Cdm.0100");
        });
        Check.check("DeleteLink", "gone afterwards", () -> {
            deleteLink(source);
            deleteLink(program.scenario.links().target().name());
            return Check.refused(() -> program.showLink(source), 404, "Cdm.0101");
        });
        Check.check("DeleteCluster", "202, then 404", () -> {
            var request = new DeleteClusterRequest().withClusterId(program.clusterId)
                    .withBody(new CdmDeleteClusterReq().withKeepLastManualBackup(0));
            Check.equal(cdm.deleteCluster(request).getHttpStatusCode(), 202, "status");
            for (long end = System.currentTimeMillis() + Program.WAIT_MS;; Thread.sleep(Program.STEP_MS)) {
                try {
                    program.clusterDetail(program.clusterId);
                } catch (ServiceResponseException error) {
                    Check.equal(error.getHttpStatusCode(), 404, "status");
                    return Check.Finding.of(error.getErrorCode());
                }
                Check.demand(System.currentTimeMillis() < end, "still there after " + Program.WAIT_MS + " ms");
            }
        });
    }
}
