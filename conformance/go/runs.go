package main

import (
	"fmt"
	"strings"
	"time"

	cdm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cdm/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cdm/v1/model"
)

func (w *walk) statusAnswer(through *cdm.CdmClient, name string) (*model.ShowJobStatusResponse, error) {
	return through.ShowJobStatus(&model.ShowJobStatusRequest{ClusterId: w.clusterId, JobName: name})
}

// status reads the single run of the status call and notes which states have been seen.
func (w *walk) status(name string) model.Submission {
	runs := given(must(w.statusAnswer(w.cdm, name)).Submissions, "submissions")
	equal(len(runs), 1, "submissions")
	equal(runs[0].JobName, name, "job-name")
	seen := false
	for _, state := range w.states {
		seen = seen || state == runs[0].Status
	}
	if !seen {
		w.states = append(w.states, runs[0].Status)
	}
	return runs[0]
}

func (w *walk) startAnswer(name string) (*model.StartJobResponse, error) {
	var variables interface{} = map[string]interface{}{}
	return w.cdm.StartJob(&model.StartJobRequest{
		ClusterId: w.clusterId, JobName: name, Body: &model.CdmStartJobReq{Variables: &variables},
	})
}

func (w *walk) start(name string) model.StartJobSubmission {
	run := given(must(w.startAnswer(name)).Submissions, "submissions")[0]
	demand(run.Status == "BOOTING" || run.Status == "RUNNING", "started as %s", run.Status)
	equal(run.JobName, name, "job-name")
	demand(given(run.SubmissionId, "submission-id") >= 1, "submission-id %d", *run.SubmissionId)
	return run
}

// waitForEnd polls until the run has ended; whileOpen sees every open state.
func (w *walk) waitForEnd(name string, whileOpen func(string)) model.Submission {
	for end := time.Now().Add(wait); ; time.Sleep(pollPause) {
		run := w.status(name)
		if run.Status != "BOOTING" && run.Status != "RUNNING" {
			return run
		}
		demand(run.Progress >= 0 && run.Progress <= 100, "progress %v while %s", run.Progress, run.Status)
		demand(run.Counters == nil && run.ErrorSummary == nil, "closing members while %s", run.Status)
		whileOpen(run.Status)
		demand(time.Now().Before(end), "still %s after %s", run.Status, wait)
	}
}

func (w *walk) successfulRun() {
	job := wanted.Jobs.Copy
	open := []string{}
	note := func(state string) {
		if len(open) == 0 || open[len(open)-1] != state {
			open = append(open, state)
		}
	}
	var ended model.Submission
	check("ShowJobStatus", "NEVER_EXECUTED before the first start", func() finding {
		run := w.status(job.Name)
		equal(run.Status, "NEVER_EXECUTED", "status")
		equal(run.Progress, float32(0), "progress")
		demand(run.Counters == nil && run.ErrorSummary == nil, "closing members of a run that never was")
		return finding{}
	})
	check("StartJob", "answers a run", func() finding {
		note(w.start(job.Name).Status)
		return finding{}
	})
	check("ShowJobStatus", "ends SUCCEEDED", func() finding {
		ended = w.waitForEnd(job.Name, note)
		why := ""
		if ended.ErrorSummary != nil {
			why = " (" + *ended.ErrorSummary + ")"
		}
		equal(ended.Status, "SUCCEEDED", "status"+why)
		return finding{}
	})
	check("ShowJobStatus", "BOOTING or RUNNING while open", func() finding {
		demand(len(open) > 0, "no open state was seen")
		return finding{detail: strings.Join(open, ", ")}
	})
	check("ShowJobStatus", "progress 100 when SUCCEEDED", func() finding {
		equal(ended.Progress, float32(100), "progress")
		return finding{}
	})
	check("ShowJobStatus", "counters equal the rows moved", func() finding {
		counter := given(ended.Counters, "counters").OrgApacheSqoopSubmissionCounterSqoopCounters
		demand(counter != nil, "the Sqoop group is absent")
		equal(given(counter.RowsRead, "ROWS_READ"), job.Rows, "rows read")
		equal(given(counter.RowsWritten, "ROWS_WRITTEN"), job.Rows, "rows written")
		equal(given(counter.RowsWrittenSkipped, "ROWS_WRITTEN_SKIPPED"), int64(0), "rows skipped")
		given(counter.BytesRead, "BYTES_READ")
		given(counter.BytesWritten, "BYTES_WRITTEN")
		given(counter.TotalSize, "TOTAL_SIZE")
		given(counter.TotalFiles, "TOTAL_FILES")
		given(counter.FilesRead, "FILES_READ")
		given(counter.FilesWritten, "FILES_WRITTEN")
		given(counter.FilesSkipped, "FILES_SKIPPED")
		return finding{detail: fmt.Sprintf("ROWS_WRITTEN %d", *counter.RowsWritten)}
	})
	check("ShowJobStatus", "no error texts when SUCCEEDED", func() finding {
		equal(ended.Status, "SUCCEEDED", "status")
		demand(ended.ErrorSummary == nil && ended.ErrorDetails == nil, "an error text is there")
		return finding{}
	})
	check("ShowJobStatus", "last editor given", func() finding {
		demand(ended.LastUpdateUser != "", "last-update-user is empty")
		return finding{}
	})
	check("ShowJobStatus", "dates are milliseconds", func() finding {
		demand(nearNow(ended.CreationDate), "creation-date is %d", ended.CreationDate)
		demand(nearNow(given(ended.ExecuteDate, "execute-date")), "execute-date is %d", *ended.ExecuteDate)
		demand(nearNow(ended.LastUpdateDate), "last-update-date is %d", ended.LastUpdateDate)
		demand(*ended.ExecuteDate <= ended.LastUpdateDate, "ended before it began")
		return finding{}
	})
	check("ShowJobStatus", "members of 32 bits fit", func() finding {
		demand(given(ended.SubmissionId, "submission-id") >= 1, "submission-id %d", *ended.SubmissionId)
		written := int64(given(ended.WriteRows, "write_rows"))
		demand(written == 0 || written == job.Rows, "write_rows is %d", written)
		given(ended.UpdateRows, "update_rows")
		given(ended.DeleteRows, "delete_rows")
		return finding{}
	})
}

func (w *walk) history() {
	job := wanted.Jobs.Copy
	check("StartJob", "second run has a higher number", func() finding {
		first := given(w.status(job.Name).SubmissionId, "submission-id")
		second := given(w.start(job.Name).SubmissionId, "submission-id")
		demand(second > first, "submission-id %d after %d", second, first)
		equal(w.waitForEnd(job.Name, func(string) {}).Status, "SUCCEEDED", "status")
		return finding{}
	})
	check("ShowSubmissions", "newest first, with counters", func() finding {
		answer := must(w.cdm.ShowSubmissions(&model.ShowSubmissionsRequest{ClusterId: w.clusterId, Jname: job.Name}))
		runs := given(answer.Submissions, "submissions")
		equal(len(runs), 2, "runs")
		equal(given(answer.Total, "total"), int32(2), "total")
		demand(*runs[0].SubmissionId > *runs[1].SubmissionId, "the older run comes first")
		for _, run := range runs {
			counter := given(run.Counters, "counters").OrgApacheSqoopSubmissionCounterSqoopCounters
			equal(given(counter.RowsWritten, "ROWS_WRITTEN"), job.Rows, "rows written")
		}
		return finding{}
	})
}

func (w *walk) failedRun() {
	job := wanted.Jobs.Failing
	var ended model.Submission
	check("ShowJobStatus", "FAILED with progress -1", func() finding {
		w.start(job.Name)
		ended = w.waitForEnd(job.Name, func(string) {})
		equal(ended.Status, "FAILED", "status")
		equal(ended.Progress, float32(-1), "progress")
		return finding{}
	})
	check("ShowJobStatus", "error texts when FAILED", func() finding {
		demand(given(ended.ErrorSummary, "error-summary") != "", "error-summary is empty")
		demand(given(ended.ErrorDetails, "error-details") != "", "error-details is empty")
		return finding{detail: *ended.ErrorSummary}
	})
	check("ShowJobStatus", "no counters when FAILED", func() finding {
		equal(ended.Status, "FAILED", "status")
		demand(ended.Counters == nil, "counters are there")
		return finding{}
	})
}

func (w *walk) stoppedRun() {
	job := wanted.Jobs.Slow
	stop := func() (*model.StopJobResponse, error) {
		return w.cdm.StopJob(&model.StopJobRequest{ClusterId: w.clusterId, JobName: job.Name})
	}
	check("StartJob", "running job refused", func() finding {
		w.start(job.Name)
		_, err := w.startAnswer(job.Name)
		return refused(err, 400, "Cdm.0052")
	})
	check("StopJob", "accepted while RUNNING", func() finding {
		end := time.Now().Add(wait)
		for w.status(job.Name).Status == "BOOTING" {
			demand(time.Now().Before(end), "the run never left BOOTING")
			time.Sleep(pollPause)
		}
		equal(w.status(job.Name).Status, "RUNNING", "status before the stop")
		equal(must(stop()).HttpStatusCode, httpOk, "status")
		return finding{}
	})
	check("ShowJobStatus", "FAILED by a stop", func() finding {
		run := w.waitForEnd(job.Name, func(string) {})
		equal(run.Status, "FAILED", "status")
		equal(run.Progress, float32(-1), "progress")
		summary := given(run.ErrorSummary, "error-summary")
		demand(strings.Contains(strings.ToLower(summary), "stopped by"), "the summary is %q", summary)
		return finding{detail: summary}
	})
	check("StopJob", "idle job refused", func() finding {
		_, err := stop()
		return refused(err, 400, "Cdm.0053")
	})
}

func (w *walk) unfitRun() {
	job := wanted.Jobs.Unfit
	check("ShowJobStatus", "FAILURE_ON_SUBMIT with progress -1", func() finding {
		w.start(job.Name)
		run := w.waitForEnd(job.Name, func(string) {})
		equal(run.Status, "FAILURE_ON_SUBMIT", "status")
		equal(run.Progress, float32(-1), "progress")
		demand(run.Counters == nil, "counters are there")
		return finding{}
	})
}

func (w *walk) tablesOfRun() {
	if wanted.Batch == nil {
		return
	}
	job, moved, absent := wanted.Batch.Job, wanted.Batch.Moved, wanted.Batch.Absent
	check("ShowJobStatus", "entire database FAILED, naming the table", func() finding {
		whole := jobModel(job)
		whole.JobType = model.GetJobJobTypeEnum().BATCH_JOB
		body := &model.CdmCreateJobJsonReq{Jobs: []model.Job{whole}}
		must(w.cdm.CreateJob(&model.CreateJobRequest{ClusterId: w.clusterId, Body: body}))
		w.start(job.Name)
		run := w.waitForEnd(job.Name, func(string) {})
		equal(run.Status, "FAILED", "status")
		equal(run.Progress, float32(-1), "progress")
		summary := given(run.ErrorSummary, "error-summary")
		demand(strings.Contains(summary, absent), "the summary is %q", summary)
		return finding{detail: summary}
	})
	check("ShowJobStatus", "its tables by {job}_{table}", func() finding {
		run := w.status(job.Name + "_" + moved)
		equal(run.Status, "SUCCEEDED", "status of "+moved)
		equal(run.Progress, float32(100), "progress of "+moved)
		counter := given(run.Counters, "counters").OrgApacheSqoopSubmissionCounterSqoopCounters
		equal(given(counter.RowsWritten, "ROWS_WRITTEN"), job.Rows, "rows written")
		failed := w.status(job.Name + "_" + absent)
		equal(failed.Status, "FAILED", "status of "+absent)
		equal(failed.Progress, float32(-1), "progress of "+absent)
		return finding{detail: given(failed.ErrorSummary, "error-summary")}
	})
	check("DeleteJob", "entire database, whose runs can still be asked for", func() finding {
		must(w.cdm.DeleteJob(&model.DeleteJobRequest{ClusterId: w.clusterId, JobName: job.Name}))
		equal(w.status(job.Name+"_"+moved).Status, "SUCCEEDED", "status of "+moved)
		return finding{}
	})
}

func (w *walk) unknownJob() {
	// Over the relay, which notes the X-Request-Id header that the server really sent; the runner compares.
	check("ShowJobStatus", "unknown job refused", func() finding {
		_, err := w.statusAnswer(client(relay, secretKey), "no_such_job")
		return refused(err, 400, "Cdm.0100")
	})
	check("ShowJobStatus", "states seen", func() finding {
		return finding{detail: strings.Join(w.states, ", ")}
	})
}

func (w *walk) away() {
	source := wanted.Links.Source.Name
	deleteLink := func(name string) (*model.DeleteLinkResponse, error) {
		return w.cdm.DeleteLink(&model.DeleteLinkRequest{ClusterId: w.clusterId, LinkName: name})
	}
	check("DeleteLink", "link in use refused", func() finding {
		_, err := deleteLink(source)
		return refused(err, 400, "Cdm.0321")
	})
	check("DeleteJob", "gone afterwards", func() finding {
		for _, job := range wanted.jobs() {
			must(w.cdm.DeleteJob(&model.DeleteJobRequest{ClusterId: w.clusterId, JobName: job.Name}))
		}
		_, err := w.showJobs(wanted.Jobs.Copy.Name)
		return refused(err, 400, "Cdm.0100")
	})
	check("DeleteLink", "gone afterwards", func() finding {
		must(deleteLink(source))
		must(deleteLink(wanted.Links.Target.Name))
		_, err := w.showLink(source)
		return refused(err, 404, "Cdm.0101")
	})
	check("DeleteCluster", "202, then 404", func() finding {
		request := &model.DeleteClusterRequest{ClusterId: w.clusterId, Body: &model.CdmDeleteClusterReq{KeepLastManualBackup: 0}}
		equal(must(w.cdm.DeleteCluster(request)).HttpStatusCode, httpQueued, "status")
		for end := time.Now().Add(wait); ; time.Sleep(stepPause) {
			if _, err := w.cdm.ShowClusterDetail(&model.ShowClusterDetailRequest{ClusterId: w.clusterId}); err != nil {
				return refused(err, 404, "")
			}
			demand(time.Now().Before(end), "still there after %s", wait)
		}
	})
}
