package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/logging"

	"easel/shared/api"
	"easel/shared/bedrock"
	"easel/shared/bedrocksim"
	"easel/shared/job"
)

// The two kinds of generator. A data folder belongs to one of them.
const (
	Simulated = "sim"
	Bedrock   = "bedrock"
)

// simulator starts the stand-in on a loopback port of its own and returns a generator that calls it
// over the wire, as it would call Bedrock.
func simulator(ctx context.Context, o SimOptions, log *slog.Logger) (job.Generator, io.Closer, string, error) {
	sim, err := bedrocksim.New(o.options())
	if err != nil {
		return nil, nil, "", err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, "", errors.Join(fmt.Errorf("listen for the simulator: %w", err), sim.Close())
	}
	server := &http.Server{
		Handler: api.NewGuard(nil).Wrap(sim), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(complaints{log.Handler()}, slog.LevelWarn),
	}
	go func() { _ = server.Serve(listener) }() // it ends with Close
	url := "http://" + listener.Addr().String()
	generator, err := bedrock.New(simClient(url), bedrock.Options{})
	return generator, closers{server, sim}, url, err
}

// simClient speaks to a stand-in, which wants a signature but does not check it.
func simClient(url string, with ...func(*bedrockruntime.Options)) *bedrockruntime.Client {
	return bedrock.Client(aws.Config{
		Region: bedrocksim.DefaultRegion, BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
	}, with...)
}

// real calls Amazon Bedrock with the credentials that the AWS SDK finds. Missing ones are reported and
// waited for: jobs can be accepted meanwhile.
func real(ctx context.Context, o Options) (job.Generator, error) {
	cfg, err := awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	if err := findCredentials(ctx, cfg); err != nil {
		const missing = "no credentials yet: jobs are accepted and wait. Set AWS_PROFILE, or run: aws sso login"
		o.tell(ctx, "account   "+missing, missing)
	}
	return bedrock.New(bedrock.Client(cfg), bedrock.Options{
		Region: o.Region, GuardrailID: o.GuardrailID, GuardrailVersion: o.GuardrailVersion,
	})
}

func awsConfig(ctx context.Context) (aws.Config, error) {
	quiet := logging.Nop{} // the SDK would write lines of its own into the log
	cfg, err := config.LoadDefaultConfig(ctx, config.WithDefaultRegion(bedrocksim.DefaultRegion), config.WithLogger(quiet))
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	return cfg, nil
}

// CheckCredentials says why a server with the generator [Bedrock] has no AWS credentials on this machine. It is nil
// where there are some, whether or not AWS accepts them.
func CheckCredentials(ctx context.Context) error {
	cfg, err := awsConfig(ctx)
	if err != nil {
		return err
	}
	return findCredentials(ctx, cfg)
}

// findCredentials takes no longer than a look at the metadata service of a machine that has none.
func findCredentials(ctx context.Context, cfg aws.Config) error {
	if os.Getenv("AWS_BEARER_TOKEN_BEDROCK") != "" { // an API key of Bedrock, which the client sends instead
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := cfg.Credentials.Retrieve(ctx)
	return err
}

// closers are closed in order.
type closers []io.Closer

func (c closers) Close() error {
	var err error
	for _, one := range c {
		err = errors.Join(err, one.Close())
	}
	return err
}
