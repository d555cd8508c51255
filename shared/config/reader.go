package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"easel/shared/model"
	"easel/shared/usd"
)

// Bounds of what can be set.
const (
	defaultWait = 10 // seconds: a new account runs ten functions at a time, and a wait holds one of them
	maxWait     = 25 // seconds: a gateway gives up after 30
	maxDays     = 3650
	maxShown    = 80 // characters of a wrong value that are repeated
)

// reader reads variables and collects what is wrong with them.
type reader struct {
	getenv   func(string) string
	problems []error
}

func (r *reader) text(name string) string { return strings.TrimSpace(r.getenv(name)) }

func (r *reader) need(name string) {
	if r.text(name) == "" {
		r.problems = append(r.problems, fmt.Errorf("%s is not set: this function cannot do without; the template sets it", name))
	}
}

// wrong notes that a variable holds what it must not.
func (r *reader) wrong(name, value, allowed string) {
	if utf8.RuneCountInString(value) > maxShown {
		value = string([]rune(value)[:maxShown]) + "…"
	}
	r.problems = append(r.problems, fmt.Errorf("%s is %q: use %s", name, value, allowed))
}

// checked is the value of a variable, if it holds what allowed names; else it is noted as wrong and comes back empty.
func (r *reader) checked(name, allowed string, fits func(value string) bool) string {
	value := r.text(name)
	if value != "" && !fits(value) {
		r.wrong(name, value, allowed)
		return ""
	}
	return value
}

func (r *reader) boolean(name string) bool {
	return r.checked(name, "true or false", func(value string) bool { return value == "true" || value == "false" }) == "true"
}

func (r *reader) number(name string, standard, most int) int {
	allowed := fmt.Sprintf("a whole number from 0 to %d", most)
	n, err := strconv.Atoi(r.checked(name, allowed, func(value string) bool {
		n, err := strconv.Atoi(value)
		return err == nil && n >= 0 && n <= most
	}))
	if err != nil {
		return standard
	}
	return n
}

// wait is a bound on waiting. Nothing means the usual bound, and none at all is less than that.
func (r *reader) wait(name string) time.Duration {
	if n := r.number(name, defaultWait, maxWait); n > 0 {
		return time.Duration(n) * time.Second
	}
	return -time.Second
}

func (r *reader) address(name string) string {
	return r.checked(name, "an address such as http://localhost:5000", func(value string) bool {
		u, err := url.Parse(value)
		return err == nil && web(u)
	})
}

func web(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" }

var regions = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

func (r *reader) region(name string) string {
	return r.checked(name, "a region such as us-west-2", regions.MatchString)
}

// namespaces of our own: CloudWatch keeps AWS/ for itself and takes these characters.
var namespaces = regexp.MustCompile(`^[0-9A-Za-z._/#:-]+$`)

const maxNamespace = 255 // bytes

func (r *reader) namespace(name string) string {
	const allowed = "1 to 255 of the characters A-Z a-z 0-9 . _ / # : - that do not begin with AWS/"
	return r.checked(name, allowed, func(value string) bool {
		return len(value) <= maxNamespace && namespaces.MatchString(value) && !strings.HasPrefix(value, "AWS/")
	})
}

// level is info where nothing is set: the zero value.
func (r *reader) level(name string) (level slog.Level) {
	r.checked(name, "debug, info, warn or error", func(value string) bool { return level.UnmarshalText([]byte(value)) == nil })
	return level
}

func (r *reader) model(name string) string {
	return r.checked(name, "a model that can be called: "+strings.Join(model.Aliases(), ", "), func(value string) bool {
		m, _ := model.Find(value)
		return m.Callable()
	})
}

func (r *reader) guardrail(id, version string) (string, string) {
	i, v := r.text(id), r.text(version)
	if (i == "") != (v == "") {
		r.wrong(id, i, fmt.Sprintf("a guardrail and, as %s (now %q), its version; or leave both empty", version, v))
		return "", ""
	}
	return i, v
}

// endpoints are the services that a function may call, by the variable that moves each and the name that the SDK has
// for it.
var endpoints = []struct{ variable, service string }{
	{"AWS_ENDPOINT_URL_DYNAMODB", "DynamoDB"},
	{"AWS_ENDPOINT_URL_SQS", "SQS"},
	{"AWS_ENDPOINT_URL_S3", "S3"},
	{"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "Bedrock Runtime"},
	{"AWS_ENDPOINT_URL_EVENTBRIDGE", "EventBridge"},
}

// account reads what Lambda sets itself, and the endpoints of local runs.
func (r *reader) account() Account {
	a := Account{
		Region: r.region("AWS_REGION"), KeyID: r.text("AWS_ACCESS_KEY_ID"), SecretKey: r.text("AWS_SECRET_ACCESS_KEY"),
		SessionToken: r.text("AWS_SESSION_TOKEN"), Endpoint: r.address("AWS_ENDPOINT_URL"), Endpoints: map[string]string{},
	}
	for _, e := range endpoints {
		if value := r.address(e.variable); value != "" {
			a.Endpoints[e.service] = value
		}
	}
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if r.text(name) == "" {
			r.problems = append(r.problems, fmt.Errorf("%s is not set: Lambda sets it; elsewhere set it yourself", name))
		}
	}
	return a
}

// dollars reads an amount of money; nothing is none.
func (r *reader) dollars(name string) (micro int64) {
	r.checked(name, "US dollars as digits with a point, such as 12.50, or 0 for none", func(value string) bool {
		var err error
		micro, err = usd.Parse(value)
		return err == nil
	})
	return micro
}
