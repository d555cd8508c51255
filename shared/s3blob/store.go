// Package s3blob keeps pictures and input images in one S3 bucket and signs addresses under which a picture can be
// fetched. It puts each picture under the condition that its key is free, so that no writer overwrites what was paid
// for, and describes it by metadata that never hold a prompt. It does not make the bucket, and does not list it: the core
// knows every key.
package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"easel/shared/job"
)

// Store is a bucket as the core needs it, safe for concurrent use. Its role needs s3:ListBucket beside the rights on
// objects: without it S3 calls forbidden what is not there.
type Store struct {
	client  *s3.Client
	presign *s3.PresignClient
	bucket  string
	now     func() time.Time // the clock that addresses are signed by
}

// New returns the store in the bucket. With an endpoint of its own the client names the bucket in the path, since no
// name service knows bucket names there. Signed addresses begin with presignEndpoint where clients do not reach S3 under the
// address that this program uses; empty: with that one.
func New(client *s3.Client, bucket, presignEndpoint string) *Store {
	client = s3.New(client.Options(), reach(client.Options().BaseEndpoint), check)
	return &Store{client: client, presign: presigner(client, presignEndpoint), bucket: bucket, now: time.Now}
}

// reach sets an endpoint, if there is one.
func reach(endpoint *string) func(*s3.Options) {
	return func(o *s3.Options) {
		if aws.ToString(endpoint) != "" {
			o.BaseEndpoint, o.UsePathStyle = endpoint, true
		}
	}
}

// check turns on the checksums that the SDK has by default, but not where its settings were put together by hand.
func check(o *s3.Options) {
	if o.RequestChecksumCalculation == aws.RequestChecksumCalculationUnset {
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
	}
	if o.ResponseChecksumValidation == aws.ResponseChecksumValidationUnset {
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
	}
}

// Put stores a picture durably. It returns [job.ErrExists] if the key is taken: by another, or by an earlier attempt whose
// reply was lost.
func (s *Store) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	_, err := s.client.PutObject(ctx, putPicture(s.bucket, key, data, info), insist)
	if code(err) == "PreconditionFailed" {
		return fmt.Errorf("picture %s: %w", key, job.ErrExists)
	}
	return wrap(err, "store picture", key)
}

// insist repeats a put that met another one of the same key: S3 decided neither.
func insist(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(retry.AddWithMaxAttempts(o.Retryer, 5), "ConditionalRequestConflict")
}

// Stat returns what is known of a stored picture, or [job.ErrNotFound].
func (s *Store) Stat(ctx context.Context, key string) (job.ImageInfo, error) {
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return job.ImageInfo{}, missing(err, "look for picture", key)
	}
	info, err := describe(head)
	return info, wrap(err, "read what is known of picture", key)
}

// Delete removes objects. It goes on past a key that S3 refuses to remove and names the first such key.
func (s *Store) Delete(ctx context.Context, keys []string) (err error) {
	for chunk := range slices.Chunk(keys, maxDelete) {
		reply, failed := s.client.DeleteObjects(ctx, deletion(s.bucket, chunk))
		if failed != nil {
			return fmt.Errorf("delete %d objects: %w", len(keys), failed)
		}
		if err == nil && len(reply.Errors) > 0 {
			first := reply.Errors[0]
			err = fmt.Errorf("delete %s: %s: %s", aws.ToString(first.Key), aws.ToString(first.Code), aws.ToString(first.Message))
		}
	}
	return err
}

// PutInput stores an input image, in place of any under the same key.
func (s *Store) PutInput(ctx context.Context, key string, data []byte) error {
	_, err := s.client.PutObject(ctx, putInput(s.bucket, key, data))
	return wrap(err, "store input", key)
}

// GetInput returns a stored input image, or [job.ErrNotFound].
func (s *Store) GetInput(ctx context.Context, key string) ([]byte, error) {
	got, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return nil, missing(err, "read input", key)
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	return data, wrap(err, "read input", key)
}

// DeleteInput removes an input image.
func (s *Store) DeleteInput(ctx context.Context, key string) error {
	return s.Delete(ctx, []string{key})
}

// DeleteInputs implements job.InputEraser: it lists the keys, a thousand at a time, and removes them.
func (s *Store) DeleteInputs(ctx context.Context, prefix string) error {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list the inputs under %s: %w", prefix, err)
		}
		keys := make([]string, len(page.Contents))
		for n, object := range page.Contents {
			keys[n] = aws.ToString(object.Key)
		}
		if err := s.Delete(ctx, keys); err != nil {
			return err
		}
	}
	return nil
}

func wrap(err error, what, key string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, key, err)
}

// missing turns the absence of an object into the word that the ports have for it. A bucket that is not there is none
// of it, as far as S3 tells them apart: HEAD has no body to say so.
func missing(err error, what, key string) error {
	_, gone := errors.AsType[*types.NotFound](err)
	_, none := errors.AsType[*types.NoSuchKey](err)
	if gone || none {
		return fmt.Errorf("%s: %w", key, job.ErrNotFound)
	}
	return wrap(err, what, key)
}

// code is S3's own name of an error.
func code(err error) string {
	if named, ok := errors.AsType[smithy.APIError](err); ok {
		return named.ErrorCode()
	}
	return ""
}
