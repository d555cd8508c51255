package lambdahandler

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"

	"easel/shared/config"
)

// MaxLink is how long an address of a picture may be asked to hold. It dies with the credentials of the function that
// signed it, which live no longer than that and do not say until when.
const MaxLink = 12 * time.Hour

// AWS is how the clients of a function reach AWS: with the credentials that Lambda puts into the environment for as long
// as the process lives, and at the endpoints of a local run where there are any. The client of each service gets the
// service's own endpoint, or else the general one.
func AWS(f config.Function) aws.Config {
	a := f.Account
	cfg := aws.Config{
		Region:        a.Region,
		Credentials:   credentials.NewStaticCredentialsProvider(a.KeyID, a.SecretKey, a.SessionToken),
		HTTPClient:    awshttp.NewBuildableClient().WithTransportOptions(impatient),
		ConfigSources: []any{endpoints(a.Endpoints)},
		Logger:        logging.Nop{}, // the SDK would write lines of its own between ours
	}
	if a.Endpoint != "" {
		cfg.BaseEndpoint = &a.Endpoint
	}
	return cfg
}

// impatient gives up on a connection that died while the process was frozen, so that the SDK repeats the request on
// another one within the time that is left. No request to a store takes so long; one to a model does.
func impatient(t *http.Transport) {
	t.ResponseHeaderTimeout = 6 * time.Second
	t.IdleConnTimeout = 20 * time.Second
}

// endpoints are addresses by the SDK's name of a service. The method is what the SDK's clients look for.
type endpoints map[string]string

// GetServiceBaseEndpoint returns the address of one service, and whether it has one of its own.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	url, ok := e[service]
	return url, ok, nil
}
