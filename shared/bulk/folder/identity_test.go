package folder

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/request"
)

func fingerprintOf(r request.Request) string { return job.Fingerprint(job.InputOf(r), "core") }

// keysOf names the rows of a file in turn.
func keysOf(rows ...request.Request) (keys []string) {
	var n Namer
	for _, r := range rows {
		keys = append(keys, n.Key(r.CustomID, fingerprintOf(r)))
	}
	return keys
}

func TestARowKeepsItsKeyWhereverItStands(t *testing.T) {
	fox, owl, named := request.Request{Settings: request.Settings{Prompt: "a fox"}}, request.Request{Settings: request.Settings{Prompt: "an owl"}}, request.Request{Settings: request.Settings{Prompt: "a fox"}, CustomID: "fox"}
	before := keysOf(fox, owl, named)
	after := keysOf(request.Request{Settings: request.Settings{Prompt: "new"}}, named, owl, fox)
	if diff := cmp.Diff(before, []string{after[3], after[2], after[1]}); diff != "" {
		t.Errorf("keys changed when rows moved (-before +after):\n%s", diff)
	}
}

func TestEqualRowsAreNumbered(t *testing.T) {
	fox := request.Request{Settings: request.Settings{Prompt: "a fox"}}
	stem := "h-" + fingerprintOf(fox)[:16]
	got := keysOf(fox, request.Request{Settings: request.Settings{Prompt: "an owl"}}, fox, fox)
	want := []string{stem + "-1", got[1], stem + "-2", stem + "-3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyACustomIDRepeatsAKey(t *testing.T) {
	fox := request.Request{Settings: request.Settings{Prompt: "a fox"}}
	first := "h-" + fingerprintOf(fox)[:16] + "-1"
	borrowed := request.Request{Settings: request.Settings{Prompt: "an owl"}, CustomID: first}
	for name, c := range map[string]struct{ rows, want []string }{
		"case tells custom_ids apart":       {keysOf(request.Request{CustomID: "a"}, request.Request{CustomID: "A"}), []string{"a", "A"}},
		"a custom_id that was a key before": {keysOf(fox, borrowed), []string{first, first}},
		"a key that was a custom_id before": {keysOf(borrowed, fox), []string{first, first[:len(first)-1] + "2"}},
		"what only looks like a key":        {keysOf(request.Request{CustomID: "h-0123456789abcdef-1"}), []string{"h-0123456789abcdef-1"}},
	} {
		if diff := cmp.Diff(c.want, c.rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
