package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/sign"
)

// The words of --sign.
const (
	signAuto   = "auto"
	signAlways = "always"
	signNever  = "never"
)

// client speaks to the server that flag or environment name, with the credential that this one wants.
func (a *app) client(ctx context.Context) (*client.Client, error) {
	key := os.Getenv("EASEL_KEY")
	a.server = trim(a.server)
	u, err := a.address()
	if err != nil {
		return nil, err
	}
	c, err := client.New(u.String(), key)
	if err != nil {
		return nil, err
	}
	signed, err := signs(a.sign, u.Hostname(), key)
	if err != nil || !signed {
		return c, err
	}
	signer, err := newSigner(ctx, cmp.Or(a.region, sign.Region(u.Hostname())))
	if err != nil {
		return nil, err
	}
	a.signed = signer.Region
	c.Authorize = signer.Authorize
	return c, nil
}

// address is that of the server, however it was written.
func (a *app) address() (*url.URL, error) {
	u, err := api.ParseURL(withScheme(a.server))
	if err == nil && u.Scheme != "https" && sign.Region(u.Hostname()) != "" {
		return nil, fmt.Errorf("%s is an API Gateway, and it takes no plain %s: use https://", u.Host, u.Scheme)
	}
	return u, err
}

// withScheme adds the scheme that was left out: https for an API Gateway, which speaks nothing else, and http for any other.
func withScheme(server string) string {
	server = strings.TrimRight(server, "/")
	if strings.Contains(server, "://") {
		return server
	}
	if u, err := url.Parse("https://" + server); err == nil && sign.Region(u.Hostname()) != "" {
		return u.String()
	}
	return "http://" + server
}

func signs(mode, host, key string) (bool, error) {
	switch mode {
	case signNever:
		return false, nil
	case signAuto:
		return key == "" && sign.Region(host) != "", nil
	case signAlways:
		if key != "" {
			return false, errors.New("a request carries one credential, and there are two: --sign always (or EASEL_SIGN), and EASEL_KEY. Unset EASEL_KEY to sign, or give --sign never to send the key")
		}
		return true, nil
	}
	return false, fmt.Errorf("--sign (or EASEL_SIGN) is %q: use %s, %s or %s", mode, signAuto, signAlways, signNever)
}

// newSigner has what the AWS SDK finds on this machine. The credentials are looked for when they are needed.
func newSigner(ctx context.Context, region string) (*sign.Signer, error) {
	quiet := logging.Nop{} // the SDK would write lines of its own between ours
	found, err := config.LoadDefaultConfig(ctx, config.WithLogger(quiet))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sign.ErrCredentials, err)
	}
	region = cmp.Or(region, found.Region)
	if region == "" {
		return nil, errors.New("a signature names the region of the API, and the address does not tell it: give --region, or set AWS_REGION")
	}
	return &sign.Signer{Credentials: found.Credentials, Region: region}, nil
}

// credentialHint says how to come by credentials, by what the AWS SDK complains about.
func credentialHint(err error) string {
	text := err.Error()
	profile := ""
	if name := os.Getenv("AWS_PROFILE"); name != "" {
		profile = " --profile " + quote(name)
	}
	advice := "Sign in with aws sso login or aws login, name a profile in AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
	if _, own := errors.AsType[*unsigned](err); !own {
		advice += " For a server that wants a bearer token put that into EASEL_KEY."
	}
	switch {
	case strings.Contains(text, "SSO"):
		advice = "Sign in again: aws sso login" + profile
	case strings.Contains(text, "reauthenticate"):
		advice = "Sign in again: aws login" + profile
	case strings.Contains(text, "ExpiredToken"):
		advice = "They have expired: sign in again, or renew them where they come from."
	case strings.Contains(text, "shared config profile"):
		advice = "Set AWS_PROFILE to one of: aws configure list-profiles"
	}
	return fmt.Sprintf("%s\n%s", clip(text, 500), advice)
}

// authHint says what to do about a credential that was refused, by what was sent.
func (a *app) authHint(p *api.Problem, err error) string {
	text := fmt.Sprintf("not allowed (%d %s): %s\n", p.Status, p.Code, err)
	gateway, key := strings.HasPrefix(p.Code, "gateway_"), os.Getenv("EASEL_KEY") != ""
	switch {
	case p.Code == "wrong_host", p.Code == "foreign_origin": // no key helps
		return text
	case a.signed != "":
		return text + "The request was signed for " + a.signed + "; as whom is told by: aws sts get-caller-identity"
	case gateway && key:
		return text + "EASEL_KEY was sent as a bearer token. If the API wants an AWS signature, unset it and add: --sign always"
	case gateway:
		return text + "Nothing was sent to say who you are: add --sign always (or set EASEL_SIGN) for an AWS signature, or put a bearer token into EASEL_KEY."
	}
	return text + "Put the key that the server expects into EASEL_KEY."
}
