package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
)

// One call before the eyes of the relay, as conformance/observations.ts reads it.
type observation struct {
	Observed  string       `json:"observed"`
	Operation string       `json:"operation"`
	Case      string       `json:"case"`
	Model     interface{}  `json:"model,omitempty"`
	Refusal   *refusalLine `json:"refusal,omitempty"`
	Problem   string       `json:"problem,omitempty"`
}

type refusalLine struct {
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestId string `json:"requestId"`
}

// observe makes one call and prints what came of it; it gives the SDK's answer, or nil.
func observe[T any](operation, name string, call func() (*T, error)) *T {
	line := observation{Observed: "go", Operation: operation, Case: name}
	answer, err := call()
	var refusal *sdkerr.ServiceResponseError
	switch {
	case errors.As(err, &refusal):
		line.Refusal = &refusalLine{refusal.StatusCode, refusal.ErrorCode, refusal.ErrorMessage, refusal.RequestId}
		answer = nil
	case err != nil:
		line.Problem = err.Error()
		answer = nil
	default:
		line.Model = tree(reflect.ValueOf(answer))
	}
	text, err := json.Marshal(line)
	if err != nil {
		text, _ = json.Marshal(observation{Observed: "go", Operation: operation, Case: name, Problem: err.Error()})
	}
	fmt.Println(string(text))
	return answer
}

// tree has the members of the SDK's structs, under their names on the wire, with what they hold.
func tree(value reflect.Value) interface{} {
	switch value.Kind() {
	case reflect.Ptr, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		return tree(value.Elem())
	case reflect.Slice:
		if value.IsNil() {
			return nil
		}
		items := make([]interface{}, value.Len())
		for index := range items {
			items[index] = tree(value.Index(index))
		}
		return items
	case reflect.Struct:
		// Enumerations hold their text in a field of their own.
		if method := value.MethodByName("Value"); method.IsValid() {
			return method.Call(nil)[0].Interface()
		}
		members := map[string]interface{}{}
		for index := 0; index < value.NumField(); index++ {
			name := strings.Split(value.Type().Field(index).Tag.Get("json"), ",")[0]
			if name != "" && name != "-" {
				members[name] = tree(value.Field(index))
			}
		}
		return members
	default:
		return value.Interface()
	}
}
