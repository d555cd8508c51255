package sqsqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"easel/shared/awstest"
	"easel/shared/job"
)

func messages(n int) []job.Outgoing {
	out := make([]job.Outgoing, n)
	for i := range out {
		out[i].Message = job.Message{V: job.RecordVersion, ID: fmt.Sprint("job", i), MessageNo: i + 1}
	}
	return out
}

// wire is a request as SQS gets it.
type wire struct {
	QueueUrl          string
	Entries           []map[string]any
	ReceiptHandle     string
	VisibilityTimeout any
}

// service answers as told and keeps what it got.
type service struct {
	answer func(n int) (status int, reply string) // n: 0 for the first request
	got    []wire
}

func (s *service) queue(t *testing.T) *Queue {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in wire
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		s.got = append(s.got, in)
		status, reply := s.answer(len(s.got) - 1)
		w.WriteHeader(status)
		fmt.Fprint(w, reply)
	}))
	t.Cleanup(server.Close)
	return New(sqs.NewFromConfig(awstest.Config(server.URL), func(o *sqs.Options) {
		o.Retryer, o.DisableMessageChecksumValidation = aws.NopRetryer{}, true
	}), server.URL+"/1/easel")
}

// taken is a reply that acknowledges the entries from 0 to n-1, but for some.
func taken(n int, but map[int]string) string {
	var good, bad []string
	for i := range n {
		if why, failed := but[i]; failed {
			bad = append(bad, why)
			continue
		}
		good = append(good, fmt.Sprintf(`{"Id":"%d","MessageId":"m","MD5OfMessageBody":"-"}`, i))
	}
	return `{"Successful":[` + strings.Join(good, ",") + `],"Failed":[` + strings.Join(bad, ",") + `]}`
}

func TestARequestSaysWhatSQSNeeds(t *testing.T) {
	s := service{answer: func(int) (int, string) { return http.StatusOK, taken(2, nil) }}
	out := []job.Outgoing{
		{Message: job.Message{V: 1, ID: "a", MessageNo: 3}, Delay: 90*time.Second + time.Millisecond, Group: "iam:AROA123:session"},
		{Message: job.Message{V: 1, ID: "b", MessageNo: 1}},
	}
	q := s.queue(t)
	if unsent, err := q.Send(t.Context(), out); err != nil || len(unsent) > 0 {
		t.Fatalf("%d unsent: %v", len(unsent), err)
	}
	want := []wire{{QueueUrl: q.url, Entries: []map[string]any{
		{"Id": "0", "MessageBody": `{"v":1,"id":"a","message":3}`, "DelaySeconds": 91.0, "MessageGroupId": "iam:AROA123:session"},
		{"Id": "1", "MessageBody": `{"v":1,"id":"b","message":1}`},
	}}}
	if diff := cmp.Diff(want, s.got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestDelaysAreRoundedUp(t *testing.T) {
	for d, want := range map[time.Duration]int32{
		-time.Minute: 0, 0: 0, 1: 1, time.Second: 1, time.Second + 1: 2, 15 * time.Minute: 900,
		15*time.Minute + 1: 900, 1<<63 - 1: 900,
	} {
		if got := seconds(d, maxDelay); got != want {
			t.Errorf("%v is %d s, want %d", d, got, want)
		}
	}
}

func TestGroupsFitSQS(t *testing.T) {
	for _, name := range []string{"local", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", strings.Repeat("a", 128)} {
		if got := *group(name); got != name {
			t.Errorf("group %q is %q, want it as it is", name, got)
		}
	}
	seen := map[string]bool{}
	for _, name := range []string{
		strings.Repeat("a", 129), strings.Repeat("a", 130), "two words", "two  words", "a line\n", "\x7f", "https://issuer/ü|me",
	} {
		got := *group(name)
		if len(got) != 64 || !fair(got) || seen[got] {
			t.Errorf("group %q is %q, want a hash of its own", name, got)
		}
		seen[got] = true
	}
	if got := group(""); got != nil {
		t.Errorf("no group is %q", *got)
	}
}

func TestBatchesFitSQS(t *testing.T) {
	large := messages(3)
	for i := range large {
		large[i].ID = strings.Repeat("x", 400_000)
	}
	huge := messages(2)
	huge[0].ID = strings.Repeat("x", 2_000_000)
	exact := messages(2)
	exact[0].ID = strings.Repeat("x", maxBytes-2*maxGroup-len(exact[1].Encode())-(len(exact[0].Encode())-len(exact[0].ID)))
	over := []job.Outgoing{exact[0], exact[1]}
	over[0].ID += "x"
	for name, c := range map[string]struct {
		out  []job.Outgoing
		want int
	}{
		"one": {messages(1), 1}, "ten": {messages(10), 10}, "eleven": {messages(11), 10}, "many": {messages(35), 10},
		"large": {large, 2}, "too large": {huge, 1}, "1 MiB": {exact, 2}, "a byte more": {over, 1},
	} {
		if got := fit(c.out); got != c.want {
			t.Errorf("%s: %d go into a request, want %d", name, got, c.want)
		}
	}
}

func TestWhatWasNotTakenComesBack(t *testing.T) {
	const busy = `{"Id":"3","SenderFault":false,"Code":"InternalError","Message":"try again"}`
	s := service{answer: func(n int) (int, string) {
		return http.StatusOK, taken([]int{10, 10, 5}[n], []map[int]string{{3: busy}, nil, {3: busy}}[n])
	}}
	out := messages(25)
	unsent, err := s.queue(t).Send(t.Context(), out)
	if diff := cmp.Diff([]job.Outgoing{out[3], out[23]}, unsent); diff != "" {
		t.Errorf("unsent (-want +got):\n%s", diff)
	}
	const want = "send 25 messages, 2 not taken: message of job job3: InternalError: try again"
	if err == nil || err.Error() != want {
		t.Errorf("send: %v, want %s", err, want)
	}
}

func TestWhatAReplyForgetsIsUnsent(t *testing.T) {
	s := service{answer: func(int) (int, string) { return http.StatusOK, taken(2, nil) }}
	out := messages(3)
	unsent, err := s.queue(t).Send(t.Context(), out)
	if diff := cmp.Diff(out[2:], unsent); diff != "" || err == nil {
		t.Errorf("send: %v, unsent (-want +got):\n%s", err, diff)
	}
}

func TestAFailedRequestEndsTheWork(t *testing.T) {
	s := service{answer: func(n int) (int, string) {
		if n == 1 {
			return http.StatusForbidden, `{"__type":"com.amazonaws.sqs#KmsAccessDenied","message":"no key"}`
		}
		return http.StatusOK, taken(10, map[int]string{0: `{"Id":"0","SenderFault":true,"Code":"Bad","Message":"odd"}`})
	}}
	out := messages(30)
	unsent, err := s.queue(t).Send(t.Context(), out)
	if diff := cmp.Diff(append([]job.Outgoing{out[0]}, out[10:]...), unsent); diff != "" {
		t.Errorf("unsent (-want +got):\n%s", diff)
	}
	if err == nil || !strings.Contains(err.Error(), "KmsAccessDenied") || len(s.got) != 2 {
		t.Errorf("send in %d requests: %v, want KmsAccessDenied in the second and no third", len(s.got), err)
	}
}

func TestAContextThatEndsMeanwhileEndsTheWork(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := service{answer: func(int) (int, string) {
		defer cancel()
		return http.StatusOK, taken(10, nil)
	}}
	out := messages(20)
	unsent, err := s.queue(t).Send(ctx, out)
	if !errors.Is(err, context.Canceled) || len(unsent) < 10 || len(s.got) != 1 {
		t.Errorf("%d unsent after %d requests: %v, want at least 10 after 1 and context.Canceled", len(unsent), len(s.got), err)
	}
}

func TestHidingSaysForHowLong(t *testing.T) {
	s := service{answer: func(int) (int, string) { return http.StatusOK, "{}" }}
	q := s.queue(t)
	want := []wire{}
	for d, seconds := range map[time.Duration]float64{0: 0, 2500 * time.Millisecond: 3, 13 * time.Hour: 43_200} {
		if err := q.Hide(t.Context(), "receipt", d); err != nil {
			t.Errorf("hide for %v: %v", d, err)
		}
		want = append(want, wire{QueueUrl: q.url, ReceiptHandle: "receipt", VisibilityTimeout: seconds})
	}
	if diff := cmp.Diff(want, s.got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestWhatNobodyHoldsNeedNotBeHidden(t *testing.T) {
	for code, fine := range map[string]bool{"MessageNotInflight": true, "QueueDoesNotExist": false} {
		s := service{answer: func(int) (int, string) {
			return http.StatusBadRequest, `{"__type":"com.amazonaws.sqs#` + code + `","message":"no"}`
		}}
		if err := s.queue(t).Hide(t.Context(), "receipt", time.Hour); (err == nil) != fine {
			t.Errorf("hide: %v, fine %v after %s", err, fine, code)
		}
	}
}
