// Package sign gives requests to an Easel on AWS the signature that its front door asks for: AWS Signature Version 4
// for the service execute-api. It stands apart from the client in shared/api, which every function of Easel links,
// and it looks for no credentials: a Signer carries those of its maker, usually from the config module of the AWS SDK.
// It does not sign requests for pictures, whose addresses are signed already, and knows nothing of bearer tokens.
package sign

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// service is the name under which API Gateway checks signatures.
const service = "execute-api"

// ErrCredentials says that there was nothing to sign with; the cause is wrapped beside it.
var ErrCredentials = errors.New("no AWS credentials to sign with")

// A Signer signs requests with credentials of AWS. It is safe for concurrent use.
type Signer struct {
	Credentials aws.CredentialsProvider // asked for each request, so it should keep what it has got
	Region      string                  // of the API, such as us-west-2
	Now         func() time.Time        // nil: time.Now
}

// Authorize signs a request, body being its bytes. A request that is sent again has to be signed again: a signature
// holds for five minutes. It fits the field Authorize of client.Client, and returns an error that wraps
// [ErrCredentials] where there are none.
func (s *Signer) Authorize(r *http.Request, body []byte) error {
	found, err := s.Credentials.Retrieve(r.Context())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(r.Context(), found, r, hex.EncodeToString(sum[:]), service, s.Region, now()); err != nil {
		return fmt.Errorf("sign the request: %w", err)
	}
	return nil
}

// gateway is a name that AWS gives an API, in the usual partitions and in China.
var gateway = regexp.MustCompile(`^[a-z0-9-]+\.execute-api\.([a-z]+(?:-[a-z]+)+-[0-9]+)\.amazonaws\.com(?:\.cn)?$`)

// Region reads the region out of the name of an API, such as abc123.execute-api.us-west-2.amazonaws.com. It is empty
// for any other host: a name of one's own does not tell.
func Region(host string) string {
	found := gateway.FindStringSubmatch(strings.ToLower(strings.TrimSuffix(host, ".")))
	if found == nil {
		return ""
	}
	return found[1]
}
