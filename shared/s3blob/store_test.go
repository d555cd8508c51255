package s3blob

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"easel/shared/awstest"
	"easel/shared/job"
	"easel/shared/job/jobtest"
)

const bucket = "easel"

// scratch is an empty bucket with the client that reaches it.
func scratch(t *testing.T) (*s3.Client, aws.Config) {
	t.Helper()
	settings := awstest.Start(t)
	client := s3.NewFromConfig(settings, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	return client, settings
}

func TestImages(t *testing.T) {
	client, settings := scratch(t)
	front := s3.NewFromConfig(awstest.S3Front(t, settings, nil))
	jobtest.Images.Run(t, func(t *testing.T) jobtest.ImagesHarness {
		return jobtest.ImagesHarness{Images: New(front, bucket, ""), Read: func(key string) ([]byte, error) {
			got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
			if err != nil {
				return nil, err
			}
			return io.ReadAll(got.Body)
		}}
	})
}

func TestInputs(t *testing.T) {
	client, _ := scratch(t)
	jobtest.Inputs.Run(t, func(*testing.T) job.Inputs { return New(client, bucket, "") })
}

// TestLinks signs for an endpoint that is not the one the pictures were stored under.
func TestLinks(t *testing.T) {
	client, settings := scratch(t)
	jobtest.Links.Run(t, func(t *testing.T) jobtest.LinksHarness {
		c := newClock()
		front := awstest.S3Front(t, settings, c.Now)
		s := New(client, bucket, *front.BaseEndpoint)
		s.now = c.Now
		return jobtest.LinksHarness{Links: s, Images: s, Now: c.Now, Advance: c.Advance}
	})
}

func newClock() *jobtest.Clock {
	return jobtest.NewClock(time.Date(2031, 2, 3, 4, 5, 6, 700e6, time.UTC))
}

// TestAnAddressSaysOfWhichType takes the type asked for, not the one stored.
func TestAnAddressSaysOfWhichType(t *testing.T) {
	client, settings := scratch(t)
	front := awstest.S3Front(t, settings, nil)
	s := New(client, bucket, *front.BaseEndpoint)
	const key = "inputs/a b+c/ü.png"
	if err := s.PutInput(t.Context(), key, []byte("picture")); err != nil {
		t.Fatal(err)
	}
	address, _, err := s.URL(t.Context(), key, "image/png", 0)
	if err != nil {
		t.Fatal(err)
	}
	resp, body := get(t, address)
	if kind := resp.Header.Get("Content-Type"); kind != "image/png" || !bytes.Equal(body, []byte("picture")) {
		t.Errorf("status %d, %s with %d bytes, want image/png with the 7 stored", resp.StatusCode, kind, len(body))
	}
}

func TestABucketThatIsNotThereIsAnError(t *testing.T) {
	client, _ := scratch(t)
	s := New(client, "none", "")
	err := s.Put(t.Context(), "images/1.png", nil, job.ImageInfo{ContentType: "image/png"})
	if err == nil || errors.Is(err, job.ErrExists) || !strings.Contains(err.Error(), "store picture images/1.png") {
		t.Errorf("Put: %v", err)
	}
	if err := s.PutInput(t.Context(), "inputs/1", nil); err == nil {
		t.Error("PutInput succeeded")
	}
	if _, err := s.GetInput(t.Context(), "inputs/1"); err == nil || errors.Is(err, job.ErrNotFound) {
		t.Errorf("GetInput: %v, want an error that speaks of the bucket", err)
	}
	if err := s.Delete(t.Context(), []string{"inputs/1"}); err == nil {
		t.Error("Delete succeeded")
	}
}

func TestWhatIsNoPictureHasNoDescription(t *testing.T) {
	client, _ := scratch(t)
	s := New(client, bucket, "")
	if err := s.PutInput(t.Context(), "inputs/1", []byte("input")); err != nil {
		t.Fatal(err)
	}
	if info, err := s.Stat(t.Context(), "inputs/1"); err == nil || errors.Is(err, job.ErrNotFound) {
		t.Errorf("Stat: %+v, %v, want an error about the metadata", info, err)
	}
}
