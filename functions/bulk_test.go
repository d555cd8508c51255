package functions

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"easel/shared/api"
	"easel/shared/gate"
)

// The request of this test: a thousand rows in the gate, and fewer in the short run.
var rows = gate.Size(250, 1000)

// maxRequests of DynamoDB for a request are one for 97 new jobs or 100 that are there, and 20.
var maxRequests = rows/97 + 20

func TestAThousandJobsTakeFewRequests(t *testing.T) {
	a := deploy(t)
	f := a.watch(t)
	a.env = append(a.env, "DAILY_BUDGET_USD=100")
	submit := a.start(t, "submit")

	b := a.bulk(t, f, submit, "first", rows, http.StatusAccepted)
	if b.Order.Added != rows || b.Counts.Total != int64(rows) {
		t.Errorf("%d rows added, %d jobs counted, want %d", b.Order.Added, b.Counts.Total, rows)
	}
	again := a.bulk(t, f, submit, "first", rows, http.StatusOK)
	if again.ID != b.ID || again.Order.Added != 0 || again.Order.Existing != rows || again.Counts.Total != int64(rows) || len(f.sent) > 0 {
		t.Errorf("sent again, %s has %d jobs, %d messages sent and the order says %+v", again.ID, again.Counts.Total, len(f.sent), again.Order)
	}
	a.bulk(t, f, submit, "second", 100, http.StatusAccepted)
	a.counted(t, f, b.ID)
}

// bulk orders a batch of so many rows in one request, counts what that asks of AWS, and returns the answer.
func (a *account) bulk(t *testing.T, f *front, submit *function, key string, rows, status int) (b api.Batch) {
	t.Helper()
	e := gateway(t, "submit-batch")
	e.Headers["idempotency-key"] = "bulk-" + key
	var csv strings.Builder
	csv.WriteString("custom_id,prompt\n")
	for n := range rows {
		fmt.Fprintf(&csv, "%s-%04d,\"a red fox in the snow, number %d\"\n", key, n, n)
	}
	e.Body = csv.String()
	asked := f.during(func() { call(t, submit, e, status, &b) })
	report(t, f, fmt.Sprintf("POST of %d rows, answered with %d", rows, status), asked)
	if writes := asked["DynamoDB PutItem"] + asked["DynamoDB UpdateItem"] + asked["DynamoDB TransactWriteItems"]; status == http.StatusOK && writes > 0 {
		t.Errorf("an order that is there already is written %d times", writes)
	}
	if n := of("DynamoDB", asked); n > maxRequests {
		t.Errorf("%d requests of DynamoDB for %d rows, want at most %d", n, rows, maxRequests)
	}
	if n := of("AmazonSQS", asked); n > 0 || len(f.sent) > 0 {
		t.Errorf("%d requests of SQS and %d messages: the rows wait for the sweep", n, len(f.sent))
	}
	return b
}

// counted asks the function status how the batch stands.
func (a *account) counted(t *testing.T, f *front, id string) {
	t.Helper()
	e := gateway(t, "status-batch")
	e.RawPath = "/batches/" + id
	e.RequestContext.HTTP.Path = e.RawPath
	var b api.Batch
	asked := f.during(func() { call(t, a.start(t, "status"), e, http.StatusOK, &b) })
	report(t, f, "GET of the batch, and the function's start", asked)
	if b.Counts != (api.Counts{Total: int64(rows), Queued: int64(rows)}) || b.Order != nil {
		t.Errorf("the batch has %+v", b.Counts)
	}
}

// gateway is an event of the folder events.
func gateway(t *testing.T, name string) (e events.APIGatewayV2HTTPRequest) {
	t.Helper()
	data, err := os.ReadFile("../events/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// call gives a function a request. It must answer with the status; into gets the body.
func call(t *testing.T, f *function, e events.APIGatewayV2HTTPRequest, status int, into any) {
	t.Helper()
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var out events.APIGatewayV2HTTPResponse
	answer := f.invoke(t, data)
	if err := json.Unmarshal(answer, &out); err != nil || out.StatusCode != status {
		t.Fatalf("%s: %v, want %d", answer, err, status)
	}
	if err := json.Unmarshal([]byte(out.Body), into); err != nil {
		t.Fatal(err)
	}
}

func report(t *testing.T, f *front, what string, asked map[string]int) {
	t.Helper()
	t.Logf("%s: %d requests of DynamoDB, %d messages, %d requests repeated by the SDK", what, of("DynamoDB", asked), len(f.sent), f.again)
	for _, op := range slices.Sorted(maps.Keys(asked)) {
		t.Logf("%6d %s", asked[op], op)
	}
}

// of is how much was asked of a service.
func of(service string, asked map[string]int) (n int) {
	for op, times := range asked {
		if strings.HasPrefix(op, service+" ") {
			n += times
		}
	}
	return n
}
