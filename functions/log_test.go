package functions

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secrets are in the events, or stand in addresses of pictures.
var secrets = []string{"baby of lion", "mountain view", "red fox", "an owl", "high grass", "animals", "X-Amz-Signature", "X-Amz-Credential"}

// hush ends the functions and reads what they wrote: a line of metrics for each end, complaints about the poison alone,
// and nothing that is a secret.
func (s *story) hush(t *testing.T) {
	t.Helper()
	var complaints []string
	for _, f := range []*function{s.submit, s.worker, s.status, s.sweep} {
		f.kill()
		complaints = append(complaints, f.complaints(t)...)
		for _, secret := range secrets {
			if strings.Contains(f.out.String()+f.errors.String(), secret) {
				t.Errorf("%s wrote %q into its log", f.name, secret)
			}
		}
	}
	want := []string{"poison message", "message not hidden, it comes again when its visibility timeout ends", "poison message"}
	if diff := cmp.Diff(want, complaints); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
	if ends := strings.Count(s.worker.out.String(), `"_aws"`); ends != 7 {
		t.Errorf("%d ends of jobs in the metrics, want 7:\n%s", ends, &s.worker.out)
	}
}

// complaints are the entries of the function's log that an operator should read. Every line must be an entry.
func (f *function) complaints(t *testing.T) (said []string) {
	t.Helper()
	for line := range strings.Lines(f.errors.String()) {
		var entry struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg == "" {
			t.Errorf("%s wrote %q, which is no entry: %v", f.name, line, err)
		}
		if entry.Level != "INFO" {
			said = append(said, entry.Msg)
		}
	}
	return said
}
