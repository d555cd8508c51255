package sqsqueue

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"easel/shared/job"
)

// The limits of SQS.
const (
	maxBatch      = 10
	maxBytes      = 1 << 20 // of all messages of a request
	maxGroup      = 128
	maxDelay      = 15 * time.Minute
	maxVisibility = 12 * time.Hour
)

// fit returns how many messages, from the first on, go into one request: at least one, which SQS may refuse.
func fit(out []job.Outgoing) int {
	// Whether the group counts is not documented; to count it costs nothing.
	return job.Fit(out, maxBatch, maxBytes, func(o job.Outgoing) int { return len(o.Encode()) + maxGroup })
}

// request is a batch as SQS takes it. An entry's ID is its place.
func request(url string, chunk []job.Outgoing) *sqs.SendMessageBatchInput {
	entries := make([]types.SendMessageBatchRequestEntry, len(chunk))
	for i, o := range chunk {
		entries[i] = types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(o.Encode()),
			DelaySeconds: seconds(o.Delay, maxDelay), MessageGroupId: group(o.Group),
		}
	}
	return &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries}
}

// seconds rounds up: nothing may be seen before its time. What lies outside of 0 to most is brought inside.
func seconds(d, most time.Duration) int32 {
	d = min(max(d, 0), most)
	return int32((d + time.Second - 1) / time.Second)
}

// group is the name under which SQS is fair to an owner or a batch. Owners may be longer than SQS allows or hold
// characters that it refuses: those go by their hash.
func group(name string) *string {
	if name == "" {
		return nil
	}
	if !fair(name) {
		sum := sha256.Sum256([]byte(name))
		name = hex.EncodeToString(sum[:])
	}
	return &name
}

// fair reports whether SQS takes the name: at most 128 letters, digits and punctuation marks of ASCII.
func fair(name string) bool {
	for i := range len(name) {
		if name[i] <= ' ' || name[i] > '~' {
			return false
		}
	}
	return len(name) <= maxGroup
}
