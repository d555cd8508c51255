package bedrocksim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The patterns and enums that the API reference of InvokeModel gives for its headers.
var (
	guardrailID      = regexp.MustCompile(`^([a-z0-9]+|arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail/[a-z0-9]+)$`)
	guardrailVersion = regexp.MustCompile(`^([1-9][0-9]{0,7}|DRAFT)$`)
)

const (
	guardrailIDHeader      = "X-Amzn-Bedrock-Guardrailidentifier"
	guardrailVersionHeader = "X-Amzn-Bedrock-Guardrailversion"
	guardrailConfig        = "amazon-bedrock-guardrailConfig" // in the body; the model never sees it
)

// checkHeaders refuses what the API itself refuses, whatever the model.
func checkHeaders(h http.Header) *answer {
	for _, c := range []struct {
		header, member string
		allowed        []string
	}{
		{"X-Amzn-Bedrock-Trace", "trace", []string{"ENABLED", "DISABLED", "ENABLED_FULL"}},
		{"X-Amzn-Bedrock-Performanceconfig-Latency", "performanceConfigLatency", []string{"standard", "optimized"}},
		{"X-Amzn-Bedrock-Service-Tier", "serviceTier", []string{"priority", "default", "flex", "reserved"}},
	} {
		if got := h.Get(c.header); got != "" && !slices.Contains(c.allowed, got) {
			return constraint(got, c.member, "Member must satisfy enum value set: ["+strings.Join(c.allowed, ", ")+"]")
		}
	}
	if tier := h.Get("X-Amzn-Bedrock-Service-Tier"); tier != "" && tier != "default" {
		return invalid("The model does not support the service tier " + tier + ".")
	}
	return checkGuardrail(h)
}

func checkGuardrail(h http.Header) *answer {
	id, version := h.Get(guardrailIDHeader), h.Get(guardrailVersionHeader)
	switch {
	case id != "" && !guardrailID.MatchString(id):
		return constraint(id, "guardrailIdentifier", "Member must satisfy regular expression pattern: "+guardrailID.String())
	case version != "" && !guardrailVersion.MatchString(version):
		return constraint(version, "guardrailVersion", "Member must satisfy regular expression pattern: "+guardrailVersion.String())
	case (id == "") != (version == ""):
		return invalid("guardrailIdentifier and guardrailVersion must be given together.")
	case id != "" && h.Get("Content-Type") == "":
		return invalid("A guardrail needs the content type application/json.")
	}
	return nil
}

// constraint is how AWS words a value that its model of the API rules out.
func constraint(value, member, must string) *answer {
	return invalid(fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, must))
}
