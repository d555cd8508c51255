package jobtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// fresh returns a name that nothing else has, since adapters may share a table among tests.
func fresh(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()) }

// sampleTime is where the instants of samples begin: late enough that no store thinks a record has expired.
var sampleTime = time.Date(2041, 5, 6, 7, 8, 9, 123456000, time.UTC)

// today is the day of the samples as a [job.Charge] names it.
const today = "2041-05-06"

// plainJob is a queued job as a submitter would write it.
func plainJob(id string) job.Job {
	due := sampleTime
	return job.Job{
		V: job.RecordVersion, ID: id, Version: 1, Owner: "owner of " + id, WriteID: "first", Status: job.Queued, Model: "model of " + id,
		Input: job.Input{Settings: request.Settings{Prompt: "a lighthouse"}}, Sent: job.Sent{Prompt: "a lighthouse", Seed: 7, OutputFormat: "png"},
		Embed: "all", Generation: 1, MaxCalls: 2, CreatedAt: sampleTime, QueuedAt: sampleTime, Visible: sampleTime, Due: &due,
	}
}

// fullJob is a job in which no field is empty, whatever fields a job may have, but for the one that only what is
// remembered of a deleted job has.
func fullJob(id string) job.Job {
	j := sample[job.Job]()
	j.V, j.ID, j.Version, j.Status, j.DeletedAt = job.RecordVersion, id, 1, job.Running, nil
	return j
}

// plainBatch is a batch as a submitter would write it, without what it may leave out.
func plainBatch(id string) job.Batch {
	return job.Batch{V: job.RecordVersion, ID: id, Owner: "owner of " + id, WriteID: "first", CreatedAt: sampleTime}
}

// fullBatch is a batch in which no field is empty, but for those that only what is remembered of a deleted batch has.
func fullBatch(id string) job.Batch {
	b := sample[job.Batch]()
	b.V, b.ID, b.DeletedAt, b.ExpiresAt = job.RecordVersion, id, nil, nil
	return b
}

// hard are owners of whom a key can be made wrongly: long ones that differ at their end, and ones with the marks between
// the fields of a key.
func hard() []string {
	name := fresh("owner")
	long := name + strings.Repeat("x", 1999-len(name))
	return []string{name, name + "#", name + "#" + today, name + "#" + today + "#1", long + "y", long + "z", "語/" + name + "%\"\\"}
}

// moment returns an instant so many microseconds after sampleTime.
func moment(micros int) *time.Time {
	t := sampleTime.Add(time.Duration(micros) * time.Microsecond)
	return &t
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
		*t = sampleTime.Add(time.Duration(*n) * time.Second)
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
		for field, value := range v.Fields() {
			if field.Tag.Get("json") != "-" {
				fill(value, n)
			}
		}
	default:
		panic("jobtest: no sample for " + v.Type().String())
	}
}
