package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/prompt"
)

func TestColumnsFitOnALine(t *testing.T) {
	all := []prompt.Column{{Header: "Title\x1b[2J", Member: "prompt"}, {Header: "seed", Member: "seed"}}
	for n := range 30 {
		all = append(all, prompt.Column{Header: fmt.Sprint("c", n), Metadata: true})
	}
	all = append(all, prompt.Column{Header: "modell", Metadata: true, Meant: "model"})
	var names []string
	for n := range 19 {
		names = append(names, fmt.Sprint("c", n))
	}
	want := "columns   prompt (Title [2J), seed; kept as metadata: modell (did you mean model?), " + strings.Join(names, ", ") + ", and 11 more\n"
	var got strings.Builder
	showColumns(&got, []prompt.Column{{Header: "prompt", Member: "prompt"}, {Header: "easel_job_id", Report: true}})
	if got.String() != "columns   prompt; left out as Easel's own: easel_job_id\n" {
		t.Errorf("got %q", got.String())
	}
	got.Reset()
	showColumns(&got, all)
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	got.Reset()
	if showColumns(&got, nil); got.String() != "" {
		t.Errorf("a text has %q", got.String())
	}
}
