package s3blob

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"easel/shared/job"
)

// maxLife is how long an address of S3 can hold.
const maxLife = 7 * 24 * time.Hour

// presigner signs for browsers too: the checksum that the SDK would ask for is a header that they would have to send.
func presigner(client *s3.Client, endpoint string) *s3.PresignClient {
	return s3.NewPresignClient(client, s3.WithPresignClientFromClientOptions(reach(&endpoint), func(o *s3.Options) {
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}))
}

// URL signs an address for the picture, which need not be there, for d, at most 7 days; 0: 15 minutes. It holds until the time returned at the most: it dies
// with the credentials that signed it, and the role of a function does not know when that is.
func (s *Store) URL(ctx context.Context, key, contentType string, d time.Duration) (string, time.Time, error) {
	now := s.now().Truncate(time.Second) // as the signature has it
	d = life(d)
	sign := &signature{now: now, until: now.Add(d)}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key, ResponseContentType: &contentType}
	made, err := s.presign.PresignGetObject(ctx, in, func(o *s3.PresignOptions) {
		o.Presigner, o.Expires = sign, d
	})
	if err != nil {
		return "", time.Time{}, wrap(err, "sign an address for picture", key)
	}
	return made.URL, sign.until.UTC(), nil
}

func life(asked time.Duration) time.Duration {
	return min(max(cmp.Or(asked, job.UsualLink), time.Second), maxLife).Truncate(time.Second)
}

// signature signs one address by the store's clock and finds out how long it can hold.
type signature struct {
	now, until time.Time
}

// PresignHTTP implements [s3.HTTPPresignerV4].
func (s *signature) PresignHTTP(
	ctx context.Context, key aws.Credentials, r *http.Request, hash, service, region string, _ time.Time,
	opts ...func(*v4.SignerOptions),
) (string, http.Header, error) {
	if key.CanExpire && key.Expires.Before(s.until) {
		s.until = key.Expires
	}
	plain := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true } // S3's paths are escaped once
	return v4.NewSigner(plain).PresignHTTP(ctx, key, r, hash, service, region, s.now, opts...)
}
