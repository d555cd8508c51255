package bulk

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk/folder"
)

// BenchmarkRows plans and sends a file to a server that takes everything and makes nothing.
func BenchmarkRows(b *testing.B) {
	const rows = 10_000
	var file strings.Builder
	file.WriteString("custom_id,prompt,negative_prompt,aspect_ratio,sku,price\n")
	for n := range rows {
		fmt.Fprintf(&file, "row-%d,\"A studio photograph of product number %d, soft light, on a white table\",blurry,16:9,SKU%d,%d.99\n", n, n, n, n%90)
	}
	server := httptest.NewServer(http.HandlerFunc(taker))
	defer server.Close()
	c, err := client.New(server.URL, "")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		sendAll(b, c, file.String(), rows)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(time.Microsecond)/float64(b.N)/rows, "µs/row")
}

// sendAll takes a file as far as the server.
func sendAll(b *testing.B, c *client.Client, file string, rows int) {
	b.Helper()
	f, err := folder.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	r := &Run{Client: c, Folder: f, Server: "s", Source: &Source{Name: "p.csv", In: strings.NewReader(file)}}
	plan, err := r.Plan(b.Context())
	if err == nil {
		err = r.sender.send(b.Context())
	}
	if err != nil || plan.ToMake != rows || r.course.sent != rows {
		b.Fatalf("planned %d rows, sent %d, %v", plan.ToMake, r.course.sent, err)
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// taker answers as a server does that has a batch without jobs.
func taker(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	var answer any = api.Batch{ID: "b", Cost: api.BatchCost{ListUSD: "0", WaitingUSD: "0"}, Order: &api.Plan{CostUSD: "0"}}
	switch {
	case r.URL.Path == "/models":
		answer = api.ModelList{Data: []api.Model{{ID: "core", Alias: "core", Default: true, PriceUSD: "0.04", RequestsPerMinute: 90}}}
	case r.URL.Query().Get("dry_run") != "":
		answer = api.Plan{CostUSD: "0"}
	}
	_ = json.NewEncoder(w).Encode(answer)
}
