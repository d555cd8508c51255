package dynamostore

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// row is an item of the owner's or the batch's index as the wire carries it.
func row(index, id, sort string) string {
	return fmt.Sprintf(`{"pk":{"S":%q},"%s_sk":{"S":%q}}`, id, index, sort)
}

// TestAListLooksAtSoManyRecords has an owner with 35 jobs of which only the oldest failed.
func TestAListLooksAtSoManyRecords(t *testing.T) {
	f, s := open(t, nil)
	s.examine = 10
	var jobs []job.Job
	for n := range 35 {
		j := plainJob(fmt.Sprint("job ", n))
		j.CreatedAt = j.CreatedAt.Add(time.Duration(n) * time.Second)
		if n == 0 {
			j.Status = job.Failed
		}
		jobs = append(jobs, j)
	}
	create(t, s, jobs...)
	q := job.Query{Owner: "ann", Statuses: []job.Status{job.Failed}, Limit: 5}
	var pages [][]string
	for range 10 {
		found, more, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, ids(found))
		if q.After = more; more == nil {
			break
		}
	}
	if diff := cmp.Diff([][]string{{}, {}, {}, {"job 0"}}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if n := f.count("BatchGetItem"); n != 4 {
		t.Errorf("%d requests for records, want 4", n)
	}
}

// TestAListTrustsTheRecord changes records between the look into the index and the look at them.
func TestAListTrustsTheRecord(t *testing.T) {
	f, s := open(t, nil)
	later := plainJob("had another life")
	later.CreatedAt = later.CreatedAt.Add(time.Second)
	jobs := append(three(), plainJob(later.ID))
	create(t, s, jobs...)
	direct := New(dynamodb.NewFromConfig(f.back), s.table)
	f.rule = on("BatchGetItem", func(r *operation) reply {
		jobs[1].Status = job.Failed
		_, updated := direct.Update(t.Context(), job.Transaction{Jobs: jobs[1:2]})
		gone := errors.Join(direct.Erase(t.Context(), "a", 1, later.CreatedAt, nil), direct.Erase(t.Context(), later.ID, 1, later.CreatedAt, nil))
		_, created := direct.Create(t.Context(), job.Transaction{Jobs: []job.Job{later}})
		if err := errors.Join(updated, gone, created); err != nil {
			t.Error(err)
		}
		return r.pass(r.body)
	})
	found, more, err := s.List(t.Context(), job.Query{Owner: "ann", Statuses: []job.Status{job.Queued}, Limit: 10})
	if err != nil || more != nil || !slices.Equal(ids(found), []string{"c"}) {
		t.Errorf("found %v, more %v, %v; want what still belongs to the list, c", ids(found), more, err)
	}
}

// TestABatchTrustsTheRecord has a batch's index that shows a job as queued and as running.
func TestABatchTrustsTheRecord(t *testing.T) {
	for name, c := range map[string]struct {
		batch string
		want  []string
	}{
		"a job is listed once":          {"b", []string{"a"}},
		"a job of another batch is not": {"c", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			j := plainJob("a")
			j.BatchID, j.Status = c.batch, job.Running
			s, gets := twoStates(t, j)
			found, more, err := s.List(t.Context(), job.Query{BatchID: "b", Limit: 10})
			if err != nil || more != nil || !slices.Equal(ids(found), c.want) || *gets != 1 {
				t.Errorf("found %v, more %v, %v, after %d requests for records; want %v", ids(found), more, err, *gets, c.want)
			}
		})
	}
}

// twoStates is a store whose index of batch b has the job twice. It counts the requests for records.
func twoStates(t *testing.T, j job.Job) (*Store, *int) {
	t.Helper()
	shard, gets := shardKey(spread(j.ID)%shards, "b"), 0
	_, s := wired(func(op, body string) (int, string) {
		switch {
		case op == "BatchGetItem":
			gets++
			return http.StatusOK, `{"Responses":{"jobs":[` + wireItem(t, j) + `]}}`
		case strings.Contains(body, shard) && strings.Contains(body, `"queued#`):
			return http.StatusOK, `{"Items":[` + row(byBatch, "a", "queued#0000000000000000000#a") + `]}`
		case strings.Contains(body, shard) && strings.Contains(body, `"running#`):
			return http.StatusOK, `{"Items":[` + row(byBatch, "a", "running#0000000000000000000#a") + `]}`
		}
		return http.StatusOK, `{"Items":[]}`
	})
	return s, &gets
}

// wireItem is a job's item as the wire carries it.
func wireItem(t *testing.T, j job.Job) string {
	t.Helper()
	w, s := wired(nil)
	create(t, s, j)
	it, err := json.Marshal(items(t, w.sent[0])[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(it)
}

// TestAnEmptyPageOfDynamoDBIsNotTheEnd has it send nothing first and say that there is more.
func TestAnEmptyPageOfDynamoDBIsNotTheEnd(t *testing.T) {
	const more = `"LastEvaluatedKey":{"pk":{"S":"x"},"due_pk":{"S":"x"},"due_sk":{"S":"x"}}`
	const waits = `{"pk":{"S":"a"},"waiting_sk":{"S":"0000000000000040000#a#b"}}`
	day := instantOf("2026-11-22T10:00:00Z")
	_, s := wired(func(_, body string) (int, string) {
		switch {
		case strings.Contains(body, "COUNT") && !strings.Contains(body, "ExclusiveStartKey"):
			return http.StatusOK, `{"Count":3,` + more + `}`
		case strings.Contains(body, "COUNT"):
			return http.StatusOK, `{"Count":4}`
		case !strings.Contains(body, "ExclusiveStartKey"):
			return http.StatusOK, `{"Items":[],` + more + `}`
		case strings.Contains(body, "w#ann"):
			return http.StatusOK, `{"Items":[` + waits + `,` + waits + `]}`
		case strings.Contains(body, dueBatches):
			return http.StatusOK, `{"Items":[` + row(byDue, "counters#b", "2026-11-22T10:00:00.000000Z") + `]}`
		}
		return http.StatusOK, `{"Items":[` + row(byDue, "a", "2026-11-22T10:00:00.000000Z#-#a") + `]}`
	})
	refs, err := s.Fired(t.Context(), "core", day, 10)
	if diff := cmp.Diff([]job.Ref{{ID: "a", Due: day}}, refs); diff != "" || err != nil {
		t.Errorf("due (-want +got), %v:\n%s", err, diff)
	}
	if n, err := s.Waiting(t.Context(), "ann"); n != 80_000 || err != nil {
		t.Errorf("%d wait, %v; want 80,000", n, err)
	}
	if found, err := s.DueBatches(t.Context(), day, 10); !slices.Equal(found, []string{"b"}) || err != nil {
		t.Errorf("due batches %v, %v; want b", found, err)
	}
}

func TestAnIndexOfAnotherFormIsAnError(t *testing.T) {
	_, s := wired(func(_, body string) (int, string) {
		for _, index := range []string{byOwner, byBatch, byDue, byWaiting} {
			if strings.Contains(body, `"`+index+`"`) {
				return http.StatusOK, `{"Items":[` + row(index, "a", "soon#x#a") + `,` + row(index, "b", "soon#x#b") + `]}`
			}
		}
		return http.StatusOK, `{}`
	})
	s.examine = 1
	_, _, owner := s.List(t.Context(), job.Query{Owner: "ann", Limit: 1})
	_, _, batch := s.List(t.Context(), job.Query{BatchID: "b", Limit: 1})
	_, due := s.Fired(t.Context(), "core", time.Time{}, 1)
	_, waiting := s.Waiting(t.Context(), "ann")
	for index, err := range map[string]error{byOwner: owner, byBatch: batch, byDue: due, byWaiting: waiting} {
		if err == nil || !strings.Contains(err.Error(), "index "+index+" of ") {
			t.Errorf("%s: %v", index, err)
		}
	}
}

func TestTheSecretIsMadeOnce(t *testing.T) {
	_, s := open(t, nil)
	secrets, errs := make([]string, 8), make([]error, 8)
	var wg sync.WaitGroup
	for n := range secrets {
		wg.Go(func() {
			b, err := s.Secret(t.Context())
			secrets[n], errs[n] = string(b), err
		})
	}
	wg.Wait()
	for n := range secrets {
		if errs[n] != nil || len(secrets[n]) != 32 || secrets[n] != secrets[0] {
			t.Errorf("caller %d has a secret of %d bytes, the same as the first: %v, %v", n, len(secrets[n]), secrets[n] == secrets[0], errs[n])
		}
	}
	if again, err := s.Secret(t.Context()); string(again) != secrets[0] || err != nil {
		t.Errorf("asked again it is another one, or an error: %v", err)
	}
	_, other := open(t, nil)
	if b, err := other.Secret(t.Context()); string(b) == secrets[0] || err != nil {
		t.Errorf("another table has the same secret, or an error: %v", err)
	}
}

func TestASecretOfNoUseIsAnError(t *testing.T) {
	_, s := wired(func(string, string) (int, string) {
		return http.StatusOK, `{"Item":{"pk":{"S":"secret#cursor"},"secret":{"B":"AAAA"}}}`
	})
	if _, err := s.Secret(t.Context()); err == nil || !strings.Contains(err.Error(), secretKey) {
		t.Errorf("%v, want what is wrong with the item", err)
	}
}
