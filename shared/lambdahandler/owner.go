package lambdahandler

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"easel/shared/config"
	"easel/shared/job"
)

// Owners says who stands behind a request that a gateway has let through. It trusts what the gateway's authoriser says
// and nothing that the request itself says.
type Owners struct {
	config.Function
	Unknown error // for a request without a caller, such as api.Anonymous
}

// Identify is who stands behind a request that came through [HTTP].
func (o Owners) Identify(r *http.Request) (job.Caller, error) {
	about, _ := r.Context().Value(gatewayKey{}).(events.APIGatewayV2HTTPRequestContext)
	c := job.Caller{}
	if a := about.Authorizer; a != nil {
		switch {
		case a.IAM != nil:
			c.Owner, c.Operator = o.signer(*a.IAM), o.operates(a.IAM.UserARN, about.AccountID)
		case a.JWT != nil:
			c.Owner = bearer(a.JWT.Claims)
		}
	}
	switch {
	case c.Owner != "":
		return c, nil
	case o.Local:
		return job.Caller{Owner: "local"}, nil
	}
	return job.Caller{}, o.Unknown
}

// signer names the principal that signed a request. Behind an identity pool one role stands for all, so the identity
// counts. A role's session has a new name with every start of a program, so what is before the colon counts: the role's
// own ID.
// A federated user's ID begins with the number of the account, which the root user has alone: those are told apart by
// the whole.
func (o Owners) signer(iam events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription) string {
	if id := iam.CognitoIdentity.IdentityID; id != "" {
		return "cognito:" + id
	}
	id, _, session := strings.Cut(iam.UserID, ":")
	switch {
	case id == "":
		return ""
	case session && (o.OwnerBySession || strings.Trim(id, "0123456789") == ""):
		return "iam:" + iam.UserID
	}
	return "iam:" + id
}

// bearer is the subject of a token or, where a program got it for itself, the program. The mark between is one that no
// issuer has in its name.
func bearer(claims map[string]string) string {
	issuer, subject, client := claims["iss"], claims["sub"], claims["client_id"]
	switch {
	case issuer == "":
		return ""
	case subject != "":
		return "jwt:" + issuer + "#sub:" + subject
	case client != "":
		return "jwt:" + issuer + "#client:" + client
	}
	return ""
}

// operates reports whether a caller is an operator. A session's ARN names its role without the path, and a role's name
// is unique in its account whatever the path.
func (o Owners) operates(caller, account string) bool {
	if slices.Contains(o.Operators, caller) {
		return true
	}
	c, err := arn.Parse(caller)
	kind, name, _ := strings.Cut(c.Resource, "/")
	role, _, _ := strings.Cut(name, "/")
	if err != nil || kind != "assumed-role" || role == "" {
		return false
	}
	return slices.ContainsFunc(o.Operators, func(entry string) bool {
		listed, err := arn.Parse(entry)
		if err != nil {
			return entry == role && c.AccountID == account
		}
		name := listed.Resource[strings.LastIndex(listed.Resource, "/")+1:]
		return strings.HasPrefix(listed.Resource, "role/") && name == role && listed.AccountID == c.AccountID && listed.Partition == c.Partition
	})
}
