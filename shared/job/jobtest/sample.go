package jobtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
)

// fresh returns a name that nobody else uses, since adapters may share a table among tests.
func fresh(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()) }

// day is where the instants of samples begin: late enough that no store thinks a record has expired.
var day = time.Date(2041, 5, 6, 7, 8, 9, 123456000, time.UTC)

// order is a queued job as a submitter would write it.
func order(id string) job.Job {
	due := day
	return job.Job{
		V: job.RecordVersion, ID: id, Version: 1, Owner: "owner of " + id, Stamp: "first", Status: job.Queued, Model: "model of " + id,
		Input: job.Input{Prompt: "a lighthouse"}, Sent: job.Sent{Prompt: "a lighthouse", Seed: 7, OutputFormat: "png"},
		Embed: "all", Round: 1, MaxCalls: 2, CreatedAt: day, QueuedAt: day, Visible: day, Due: &due,
	}
}

// full is a job in which no field is empty, whatever fields a job may have.
func full(id string) job.Job {
	j := sample[job.Job]()
	j.V, j.ID, j.Version, j.Status = job.RecordVersion, id, 1, job.Running
	return j
}

// sample is a value in which no field is empty.
func sample[T any]() (v T) {
	n := 0
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}

// fill gives every field a value that no other field has.
func fill(v reflect.Value, n *int) {
	*n++
	if t, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
		*t = day.Add(time.Duration(*n) * time.Second)
		return
	}
	if raw, ok := reflect.TypeAssert[*json.RawMessage](v.Addr()); ok {
		*raw = fmt.Appendf(nil, `{"n":%d}`, *n)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("value %d: <ü&\"\\\n\t語🖼", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1<<30 + int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.125)
	default:
		compose(v, n)
	}
}

func compose(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, n)
			fill(value, n)
			v.SetMapIndex(key, value)
		}
		if words, ok := reflect.TypeAssert[map[string]string](v); ok {
			words[""] = "no name"
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, n)
		}
	default:
		panic("jobtest: no sample for " + v.Type().String())
	}
}

// create stores new jobs, or ends the test.
func create(t *testing.T, r job.Records, jobs ...job.Job) {
	t.Helper()
	for first := 0; first < len(jobs); first += 100 {
		existing, err := r.Create(t.Context(), jobs[first:min(first+100, len(jobs))])
		if err != nil {
			t.Fatalf("create: %v", err)
		}
		if len(existing) > 0 {
			t.Fatalf("create: %d jobs were there already", len(existing))
		}
	}
}

// read gets a record, or ends the test.
func read(t *testing.T, r job.Records, id string) job.Job {
	t.Helper()
	j, err := r.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	return j
}
