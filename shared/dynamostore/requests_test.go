package dynamostore

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// TestRequests holds what is sent against what DynamoDB must be asked for: consistent reads, conditions, and the
// item that stood in a condition's way.
func TestRequests(t *testing.T) {
	const slot = `"TableName":"jobs","Key":{"pk":{"S":"slot#core"}},"ExpressionAttributeNames":{"#next":"next"},
		"ReturnValues":"UPDATED_NEW","ReturnValuesOnConditionCheckFailure":"ALL_OLD"`
	for name, c := range map[string]struct {
		call func(t *testing.T, s *Store)
		want string
	}{
		"get": {
			func(t *testing.T, s *Store) { _, _ = s.Get(t.Context(), "a") },
			`GetItem {"TableName":"jobs","Key":{"pk":{"S":"a"}},"ConsistentRead":true}`,
		},
		"erase": {
			func(t *testing.T, s *Store) { _ = s.Erase(t.Context(), "a", 7) },
			`DeleteItem {"TableName":"jobs","Key":{"pk":{"S":"a"}},"ConditionExpression":"#version = :expected",
				"ExpressionAttributeNames":{"#version":"version"},"ExpressionAttributeValues":{":expected":{"N":"7"}},
				"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`,
		},
		"read many": {
			func(t *testing.T, s *Store) { _, _ = s.records(t.Context(), []entry{{id: "a"}, {id: "b"}, {id: "a"}}) },
			`BatchGetItem {"RequestItems":{"jobs":{"ConsistentRead":true,"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}]}}}`,
		},
		"list": {
			func(t *testing.T, s *Store) {
				_ = s.readOn(t.Context(), &strand{in: s.query(span{byOwner, "3#ann", "0", ":", true}, 13)})
			},
			`Query {"TableName":"jobs","IndexName":"owner","ScanIndexForward":false,"Limit":13,
				"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to","ExpressionAttributeNames":{"#pk":"owner_pk","#sk":"owner_sk"},
				"ExpressionAttributeValues":{":pk":{"S":"3#ann"},":from":{"S":"0"},":to":{"S":":"}}}`,
		},
		"count": {
			func(t *testing.T, s *Store) {
				_, _ = s.count(t.Context(), span{index: byDue, pk: "1#out#core", from: "0", to: ":"})
			},
			`Query {"TableName":"jobs","IndexName":"due","ScanIndexForward":true,"Select":"COUNT",
				"KeyConditionExpression":"#pk = :pk AND #sk BETWEEN :from AND :to","ExpressionAttributeNames":{"#pk":"due_pk","#sk":"due_sk"},
				"ExpressionAttributeValues":{":pk":{"S":"1#out#core"},":from":{"S":"0"},":to":{"S":":"}}}`,
		},
		"the next slot": {
			func(t *testing.T, s *Store) {
				_, _, _ = s.take(t.Context(), s.reservation("core", 2*time.Second, 3*time.Second).follow())
			},
			`UpdateItem {` + slot + `,"UpdateExpression":"SET #next = #next + :interval","ConditionExpression":"#next BETWEEN :now AND :reach",
				"ExpressionAttributeValues":{":interval":{"N":"2000000"},":now":{"N":"1795341600000000"},":reach":{"N":"1795341603000000"}}}`,
		},
		"the first slot": {
			func(t *testing.T, s *Store) {
				_, _, _ = s.take(t.Context(), s.reservation("core", 2*time.Second, 3*time.Second).begin())
			},
			`UpdateItem {` + slot + `,"UpdateExpression":"SET #next = :then",
				"ConditionExpression":"attribute_not_exists(#next) OR #next < :now OR #next > :ahead",
				"ExpressionAttributeValues":{":then":{"N":"1795341602000000"},":now":{"N":"1795341600000000"},":ahead":{"N":"1795341723000000"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := wired(nil)
			c.call(t, s)
			w.expect(t, c.want)
		})
	}
}

func TestCreateIsConditional(t *testing.T) {
	a, b := plainJob("a"), plainJob("b")
	put := map[string]string{}
	for _, j := range []job.Job{a, b} {
		w, s := wired(nil)
		if _, err := s.Create(t.Context(), []job.Job{j}); err != nil {
			t.Fatal(err)
		}
		op, body, _ := strings.Cut(w.sent[0], " ")
		const tail = `"ConditionExpression":"attribute_not_exists(pk)"`
		if op != "PutItem" || !strings.Contains(body, tail) || !strings.Contains(body, `"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`) {
			t.Errorf("one job is created by %s", w.sent[0])
		}
		put[j.ID] = body
	}
	w, s := wired(nil)
	if _, err := s.Create(t.Context(), []job.Job{a, b}); err != nil {
		t.Fatal(err)
	}
	w.expect(t, fmt.Sprintf(`TransactWriteItems {"TransactItems":[{"Put":%s},{"Put":%s}]}`, put["a"], put["b"]))
}

// TestUpdateNamesEveryAttribute lets the update of a full job and of an empty one together name what a record may have.
func TestUpdateNamesEveryAttribute(t *testing.T) {
	_, s := wired(nil)
	at := instantOf("2026-11-22T10:00:00Z")
	rich := plainJob("a")
	rich.Version, rich.BatchID, rich.Due, rich.ExpiresAt = 41, "b", &at, &at
	for name, c := range map[string]struct {
		job    job.Job
		remove string
	}{
		"with all keys": {rich, ""},
		"with one key":  {plainJob("a"), " REMOVE #batch_pk, #batch_sk, #due_pk, #due_sk, #ttl"},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := s.updateItem(c.job)
			if err != nil {
				t.Fatal(err)
			}
			it, err := encode(c.job)
			if err != nil {
				t.Fatal(err)
			}
			it["version"] = number(c.job.Version + 1)
			var set []string
			for _, attribute := range slices.Sorted(maps.Keys(it)) {
				if attribute == pk {
					continue
				}
				set = append(set, fmt.Sprintf("#%[1]s = :%[1]s", attribute))
				if in.ExpressionAttributeNames["#"+attribute] != attribute || !cmp.Equal(it[attribute], in.ExpressionAttributeValues[":"+attribute], values) {
					t.Errorf("%s is %v", attribute, in.ExpressionAttributeValues[":"+attribute])
				}
			}
			if want := "SET " + strings.Join(set, ", ") + c.remove; *in.UpdateExpression != want {
				t.Errorf("got  %s\nwant %s", *in.UpdateExpression, want)
			}
			if len(*in.UpdateExpression) > 4096 {
				t.Errorf("an expression of %d bytes; DynamoDB takes 4,096", len(*in.UpdateExpression))
			}
			if *in.ConditionExpression != "#version = :expected" || !cmp.Equal(in.ExpressionAttributeValues[":expected"], number(c.job.Version), values) ||
				in.ReturnValuesOnConditionCheckFailure != types.ReturnValuesOnConditionCheckFailureAllOld {
				t.Errorf("the condition is %s on %v", *in.ConditionExpression, in.ExpressionAttributeValues[":expected"])
			}
		})
	}
}

// values lets attributes be compared.
var values = cmp.Exporter(func(reflect.Type) bool { return true })

func TestATransactionStaysWithinItsLimits(t *testing.T) {
	small := make([]item, 250)
	for i := range small {
		small[i] = item{pk: text(fmt.Sprint(i))}
	}
	large := make([]item, 60)
	for i := range large {
		large[i] = item{pk: text(fmt.Sprint(i)), "prompt": text(strings.Repeat("ü", 100_000))}
	}
	for name, c := range map[string]struct {
		items []item
		want  []int
	}{
		"by their number": {small, []int{100, 100, 50}},
		"by their size":   {large, []int{17, 17, 17, 9}},
		"one":             {small[:1], []int{1}},
		"none":            {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var sizes []int
			var joined []item
			for _, group := range groups(c.items) {
				sizes = append(sizes, len(group))
				joined = append(joined, group...)
			}
			if diff := cmp.Diff(c.want, sizes); diff != "" {
				t.Errorf("sizes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.items, joined, values); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSizeIsNotLessThanDynamoDBCounts(t *testing.T) {
	it := item{
		"s": text("aü"), "n": number(-1234), "null": &types.AttributeValueMemberNULL{Value: true},
		"b": &types.AttributeValueMemberB{Value: []byte{1, 2, 3}}, "bool": &types.AttributeValueMemberBOOL{},
		"m": &types.AttributeValueMemberM{Value: item{"k": text("v")}},
		"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{text("x"), text("yz")}},
	}
	// A number takes a byte for two digits and up to two more; lists and maps three bytes, and one for each member.
	counted := (1 + 3) + (1 + 4) + (4 + 1) + (1 + 3) + (4 + 1) + (1 + 3 + 1 + 2) + (1 + 3 + 2 + 3)
	if got := size(it); got < counted || got > counted+4 {
		t.Errorf("size is %d, DynamoDB counts %d", got, counted)
	}
}

// frozen is the item of ../job/testdata/record.v1.json as version 1 wrote it. It is never written again.
func frozen(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/item.v1.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestItemsAreWrittenAsVersion1Did(t *testing.T) {
	w, s := wired(nil)
	if _, err := s.Create(t.Context(), []job.Job{record(t)}); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(w.sent[0], " ")
	got := parsed(t, "PutItem "+body).(map[string]any)["PutItem"].(map[string]any)["Item"].(map[string]any)
	for name, value := range parsed(t, "Item "+frozen(t)).(map[string]any)["Item"].(map[string]any) {
		if diff := cmp.Diff(value, got[name]); diff != "" {
			t.Errorf("%s (-frozen +now):\n%s", name, diff)
		}
	}
}

// TestNothingThatAPersonWroteIsInAnIndex looks at the derived attributes, which are all that an index holds.
func TestNothingThatAPersonWroteIsInAnIndex(t *testing.T) {
	j := record(t)
	j.Input.Prompt, j.Input.NegativePrompt, j.Sent.Prompt, j.Sent.NegativePrompt = "secret 1", "secret 2", "secret 3", "secret 4"
	j.CustomID, j.User, j.Metadata = "secret 5", "secret 6", map[string]string{"secret 7": "secret 8"}
	j.Failure.Message, j.Waiting.Message = "secret 9", "secret 10"
	it := indexed(j)
	if diff := cmp.Diff(slices.Sorted(slices.Values(derived)), slices.Sorted(maps.Keys(it))); diff != "" {
		t.Errorf("derived attributes (-known +found):\n%s", diff)
	}
	for name := range it {
		if s := textOf(it, name); strings.Contains(s, "secret") {
			t.Errorf("%s is %q", name, s)
		}
	}
	for _, index := range CreateTable("jobs").GlobalSecondaryIndexes {
		if beside := index.Projection.NonKeyAttributes; index.Projection.ProjectionType == types.ProjectionTypeAll || len(beside) > 0 && !slices.Equal(beside, []string{"cost_micro_usd"}) {
			t.Errorf("index %s holds more than keys and costs: %q", *index.IndexName, beside)
		}
	}
}

// TestErrorsQuoteNothing has DynamoDB refuse everything and repeat the request in its message, as it does for some.
func TestErrorsQuoteNothing(t *testing.T) {
	_, s := wired(func(string, string) (int, string) {
		return http.StatusBadRequest, `{"__type":"com.amazon.coral.validate#ValidationException","message":"Value '` + secretPrompt + `' failed"}`
	})
	ctx, j, day := t.Context(), plainJob("a"), instantOf("2026-11-22T10:00:00Z")
	for name, call := range map[string]func() error{
		"create one":  func() error { _, err := s.Create(ctx, []job.Job{j}); return err },
		"create many": func() error { _, err := s.Create(ctx, []job.Job{j, plainJob("b")}); return err },
		"get":         func() error { _, err := s.Get(ctx, "a"); return err },
		"update":      func() error { _, err := s.Update(ctx, j); return err },
		"erase":       func() error { return s.Erase(ctx, "a", 1) },
		"list":        func() error { _, _, err := s.List(ctx, job.Query{Owner: "ann", Limit: 5}); return err },
		"due":         func() error { _, err := s.Due(ctx, "core", true, day, 5); return err },
		"count":       func() error { _, err := s.CountOut(ctx, "core"); return err },
		"reserve":     func() error { _, _, err := s.Reserve(ctx, "core", time.Second, time.Second); return err },
		"pace":        func() error { _, err := s.Pace(ctx, "core"); return err },
		"set pace":    func() error { _, err := s.SetPace(ctx, "core", job.Pace{}); return err },
		"secret":      func() error { _, err := s.Secret(ctx); return err },
	} {
		err := call()
		if err == nil || strings.Contains(err.Error(), secretPrompt) || !strings.Contains(err.Error(), "ValidationException") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
