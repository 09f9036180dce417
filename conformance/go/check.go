package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
)

// One line of the report: printed as JSON, read by conformance/main.ts.
type line struct {
	Sdk       string `json:"sdk"`
	Operation string `json:"operation"`
	Check     string `json:"check"`
	Ok        bool   `json:"ok"`
	Detail    string `json:"detail"`
	RequestId string `json:"requestId,omitempty"`
}

// What a check found out: a detail worth reading, and the request id of a refusal.
type finding struct {
	detail    string
	requestId string
}

// A mismatch ends one check, by panic, and no more than that.
type mismatch struct{ text string }

type input struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type group struct {
	Name   string  `json:"name"`
	Inputs []input `json:"inputs"`
}

type linkScenario struct {
	Name      string  `json:"name"`
	Connector string  `json:"connector"`
	Configs   []group `json:"configs"`
	Secret    string  `json:"secret"`
}

type jobScenario struct {
	Name          string  `json:"name"`
	FromConnector string  `json:"fromConnector"`
	FromLink      string  `json:"fromLink"`
	From          []group `json:"from"`
	ToConnector   string  `json:"toConnector"`
	ToLink        string  `json:"toLink"`
	To            []group `json:"to"`
	Driver        []group `json:"driver"`
	Rows          int64   `json:"rows"`
}

type scenario struct {
	UnknownId string `json:"unknownId"`
	Cluster   struct {
		Name             string `json:"name"`
		SecondName       string `json:"secondName"`
		Version          string `json:"version"`
		FlavorId         string `json:"flavorId"`
		AvailabilityZone string `json:"availabilityZone"`
		VpcId            string `json:"vpcId"`
		SubnetId         string `json:"subnetId"`
		SecurityGroupId  string `json:"securityGroupId"`
	} `json:"cluster"`
	Links struct {
		Source      linkScenario `json:"source"`
		Target      linkScenario `json:"target"`
		Unreachable linkScenario `json:"unreachable"`
		Spare       linkScenario `json:"spare"`
	} `json:"links"`
	Jobs struct {
		Copy    jobScenario `json:"copy"`
		Failing jobScenario `json:"failing"`
		Slow    jobScenario `json:"slow"`
		Unfit   jobScenario `json:"unfit"`
	} `json:"jobs"`
	PageJobs  []jobScenario `json:"pageJobs"`
	RandomJob jobScenario   `json:"randomJob"`
	// nil: there is but one database.
	Batch *struct {
		Job    jobScenario `json:"job"`
		Moved  string      `json:"moved"`
		Absent string      `json:"absent"`
	} `json:"batch"`
}

func (s scenario) jobs() []jobScenario {
	return []jobScenario{s.Jobs.Copy, s.Jobs.Failing, s.Jobs.Slow, s.Jobs.Unfit}
}

func readScenario() scenario {
	var read scenario
	text, err := os.ReadFile(needed("SLUICE_SCENARIO"))
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the scenario cannot be read:", err)
		os.Exit(2)
	}
	return read
}

func needed(name string) string {
	value, ok := os.LookupEnv(name)
	if !ok {
		fmt.Fprintln(os.Stderr, name, "is not set")
		os.Exit(2)
	}
	return value
}

func neededSeconds(name string) time.Duration {
	seconds, err := strconv.ParseFloat(needed(name), 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, name, "is not a number of seconds")
		os.Exit(2)
	}
	return time.Duration(seconds * float64(time.Second))
}

func demand(condition bool, format string, values ...interface{}) {
	if !condition {
		panic(mismatch{fmt.Sprintf(format, values...)})
	}
}

func equal(actual, expected interface{}, what string) {
	demand(reflect.DeepEqual(actual, expected), "%s: expected %v, got %v", what, expected, actual)
}

// must hands on the answer of an SDK call; an error ends the check.
func must[T any](answer T, err error) T {
	if err != nil {
		panic(mismatch{describe(err)})
	}
	return answer
}

// given reads a member that the SDK models as optional; absence ends the check.
func given[T any](value *T, what string) T {
	demand(value != nil, "%s is absent", what)
	return *value
}

func describe(err error) string {
	var refusal *sdkerr.ServiceResponseError
	if errors.As(err, &refusal) {
		return fmt.Sprintf("%d %s %s", refusal.StatusCode, refusal.ErrorCode, refusal.ErrorMessage)
	}
	return err.Error()
}

// check runs one check and prints its line; it says whether the check held.
func check(operation, name string, body func() finding) (ok bool) {
	report := line{Sdk: "go", Operation: operation, Check: name}
	defer func() {
		if reason := recover(); reason != nil {
			if found, is := reason.(mismatch); is {
				report.Detail = found.text
			} else {
				report.Detail = fmt.Sprintf("panic: %v", reason)
			}
		}
		text, _ := json.Marshal(report)
		fmt.Println(string(text))
		ok = report.Ok
	}()
	found := body()
	report.Ok, report.Detail, report.RequestId = true, found.detail, found.requestId
	return true
}

// refused demands that the call ended in the SDK's error with this status and, unless empty, this code.
func refused(err error, status int, code string) finding {
	demand(err != nil, "the call was not refused")
	var refusal *sdkerr.ServiceResponseError
	demand(errors.As(err, &refusal), "another kind of error: %v", err)
	equal(refusal.StatusCode, status, "status")
	if code != "" {
		equal(refusal.ErrorCode, code, "code")
	}
	demand(refusal.ErrorCode != "", "the error has no code: %s", refusal.ErrorMessage)
	demand(refusal.ErrorMessage != "", "the error has no message")
	demand(refusal.RequestId != "", "the error has no request id")
	return finding{fmt.Sprintf("ServiceResponseError %d %s", refusal.StatusCode, refusal.ErrorCode), refusal.RequestId}
}
