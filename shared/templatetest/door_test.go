package templatetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

var doorRules = []rule{authorised, routed, staged, shared}

var description = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromFile(filepath.Join(root, "shared", "api", "openapi.yaml"))
})

// authorised wants a check of the caller on every route: AWS credentials, or a token where there is an issuer.
func authorised(s stack) (wrong []string) {
	kind, authoriser := "AWS_IAM", ""
	if s.values["JwtIssuer"] != "" {
		kind, authoriser = "JWT", "JwtAuthorizer"
	}
	for _, r := range s.of("ApiGatewayV2::Route") {
		if r.text("AuthorizationType") != kind || r.text("AuthorizerId") != authoriser {
			wrong = append(wrong, fmt.Sprintf("%s is open to %q callers: it should ask for %s %s", r.text("RouteKey"), r.text("AuthorizationType"), kind, authoriser))
		}
	}
	if authoriser == "" {
		return wrong
	}
	a := s.resources[authoriser]
	if a.text("AuthorizerType") != "JWT" || a.text("JwtConfiguration.Issuer") != s.values["JwtIssuer"] ||
		strings.Join(words(a.get("JwtConfiguration.Audience")), ",") != s.values["JwtAudience"] {
		wrong = append(wrong, "the authoriser does not check issuer and audience of the parameters")
	}
	return wrong
}

// local are the calls that only a server of one's own answers.
var local = []string{"GET /healthz", "GET /livez", "GET /events", "GET /images.zip", "GET /session", "POST /session", "DELETE /session"}

// routed wants a route for each call of openapi.yaml, with the function that may do it behind, and for nothing else.
func routed(s stack) (wrong []string) {
	doc, err := description()
	if err != nil {
		return []string{err.Error()}
	}
	var want []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if call := method + " " + path; !slices.Contains(local, call) {
				want = append(want, call)
			}
		}
	}
	got := map[string]string{}
	for _, r := range s.of("ApiGatewayV2::Route") {
		got[r.text("RouteKey")] = strings.TrimPrefix(r.text("Target"), "integrations/")
	}
	slices.Sort(want)
	if calls := slices.Sorted(maps.Keys(got)); !slices.Equal(calls, want) {
		wrong = append(wrong, fmt.Sprintf("the routes are %q: openapi.yaml has %q", calls, want))
	}
	for call, integration := range got {
		function := "SubmitFunction"
		if strings.HasPrefix(call, "GET ") {
			function = "StatusFunction"
		}
		i := s.resources[integration]
		if i.text("IntegrationUri") != function+".Arn" || i.text("PayloadFormatVersion") != "2.0" || i.text("IntegrationType") != "AWS_PROXY" {
			wrong = append(wrong, fmt.Sprintf("%s does not lead to %s with payloads of version 2.0", call, function))
		}
		if !s.invokes("apigateway.amazonaws.com", "arn:aws:execute-api:eu-central-1:111122223333:Api/*", function) {
			wrong = append(wrong, "the API may not call "+function)
		}
	}
	return wrong
}

// staged wants a throttle, and a log of requests that is JSON and names no path: a query may hold secrets that no log should keep.
func staged(s stack) (wrong []string) {
	stages := s.of("ApiGatewayV2::Stage")
	if len(stages) != 1 || stages[0].text("StageName") != "$default" {
		return []string{"there is not one stage $default"}
	}
	stage := stages[0]
	if stage.number("DefaultRouteSettings.ThrottlingRateLimit") < 1 || stage.number("DefaultRouteSettings.ThrottlingBurstLimit") < 1 {
		wrong = append(wrong, "the stage does not throttle")
	}
	if s.resources[owner(stage.text("AccessLogSettings.DestinationArn"))].kind != "AWS::Logs::LogGroup" {
		wrong = append(wrong, "the stage does not log requests into a group of this template")
	}
	if group := s.resources["ApiLogs"].text("LogGroupName"); !strings.HasPrefix(group, "/aws/vendedlogs/") {
		wrong = append(wrong, group+" is not below /aws/vendedlogs/: the account's resource policy for logs may have no room for it")
	}
	format := stage.text("AccessLogSettings.Format")
	if !json.Valid([]byte(format)) || strings.Contains(format, "\n") {
		wrong = append(wrong, "the lines of the access log are no JSON")
	}
	for _, secret := range []string{"$context.path", "querystring", "$context.authorizer.jwt", "Authorization"} {
		if strings.Contains(format, secret) {
			wrong = append(wrong, "the access log holds "+secret)
		}
	}
	return wrong
}

// shared is about web pages: none may call the API unless it is named.
func shared(s stack) (wrong []string) {
	origins := strings.Join(words(s.resources["Api"].get("CorsConfiguration.AllowOrigins")), ",")
	if origins != s.values["CorsOrigins"] {
		wrong = append(wrong, fmt.Sprintf("pages of %q may call the API: the parameter says %q", origins, s.values["CorsOrigins"]))
	}
	if s.values["CorsOrigins"] == "" && s.resources["Api"].get("CorsConfiguration") != nil {
		wrong = append(wrong, "CORS is on without origins")
	}
	if s.resources["Api"].get("CorsConfiguration.AllowCredentials") != nil {
		wrong = append(wrong, "pages may send cookies")
	}
	return wrong
}
