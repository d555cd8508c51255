package api

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"easel/shared/job"
	"easel/shared/read"
	"easel/shared/request"
	"easel/shared/spelling"
)

// maxLimit is how many entries a page may have.
const maxLimit = 100

// query is the part of an address behind the question mark, and what is wrong with it.
type query struct {
	values url.Values
	fields []ProblemField
}

func (q *query) wrong(name, format string, args ...any) {
	if len(q.fields) < maxFaults {
		q.fields = append(q.fields, ProblemField{Parameter: name, Detail: fmt.Sprintf(format, args...)})
	}
}

// Parameters with several values: lists have them between commas, and repeatable ones may be there several times.
var (
	lists      = []string{"status", "statuses", "codes", "retry"}
	repeatable = []string{"status", "column", "id"}
)

// checkQuery holds the parameters of a request against those that the route has. One that it does not have is refused,
// and so is one without a value: ignoring it would answer another question than was asked, or pay for more than was meant.
func checkQuery(r *http.Request, known []string) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return NewProblem(http.StatusBadRequest, "malformed_query", "The part of the address behind the question mark cannot be read. Percent-encode what is not a letter, a digit, or one of - _ . ~.")
	}
	q := query{values: values}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case !slices.Contains(known, name):
			q.wrong(request.Clip(name), "%s", unknownParameter(r, name, known))
		case len(values[name]) > 1 && !slices.Contains(repeatable, name):
			q.wrong(name, "%s is given more than once; give it once.", name)
		case slices.ContainsFunc(values[name], func(v string) bool { return hollow(name, v) }):
			q.wrong(name, "%s is there without a value; give it one, or leave it out.", name)
		}
	}
	return refuse(q.fields)
}

// hollow reports whether a parameter says nothing, as a whole or between two commas.
func hollow(name, value string) bool {
	parts := []string{value}
	if slices.Contains(lists, name) {
		parts = strings.Split(value, ",")
	}
	return slices.ContainsFunc(parts, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// asked are the parameters of a request that was checked.
func asked(r *http.Request) query { return query{values: r.URL.Query()} }

// list are the values of a parameter that may have several.
func (q query) list(name string) []string {
	if !q.values.Has(name) {
		return nil
	}
	return strings.Split(strings.Join(q.values[name], ","), ",")
}

func unknownParameter(r *http.Request, name string, known []string) string {
	said := fmt.Sprintf("There is no parameter %s here; ", quote(name))
	switch {
	case name == "wait" && r.Pattern == "POST /jobs":
		return said + "to wait for the end of a job that is ordered, send the header Prefer: wait=20."
	case len(known) == 0:
		return said + "this address takes none. Leave it out."
	case (name == "page" || name == "offset") && slices.Contains(known, "cursor"):
		return said + "pages follow each other: pass next_cursor of the one before as cursor."
	}
	return said + "there are: " + strings.Join(known, ", ") + "." + spelling.DidYouMean(name, known)
}

// refuse makes one problem of all that is wrong, and nil of nothing.
func refuse(fields []ProblemField) error {
	if len(fields) == 0 {
		return nil
	}
	detail := several(len(fields))
	if len(fields) == 1 {
		detail = "The request was not accepted: " + fields[0].Detail
	}
	return NewProblem(http.StatusUnprocessableEntity, job.CodeInvalid, detail, fields...)
}

func refuseParameter(name, detail string) error {
	return refuse([]ProblemField{{Parameter: name, Detail: detail}})
}

// parametric turns what the core says about members of a body into words about parameters of a query.
func parametric(r *http.Request, err error) error {
	p := translate(r, err)
	for n, f := range p.Errors {
		p.Errors[n] = ProblemField{Parameter: strings.TrimPrefix(f.Pointer, "/"), Detail: f.Detail}
	}
	if p.Status >= http.StatusInternalServerError {
		return err // with its cause, for the log
	}
	return p
}

func (q query) seconds(name string) (d time.Duration, given bool, err error) {
	if !q.values.Has(name) {
		return 0, false, nil
	}
	d, ok := deltaSeconds(q.values.Get(name))
	if !ok {
		return 0, true, refuseParameter(name, fmt.Sprintf("%s %s is no number of seconds; use a whole number such as %s=20.", name, quote(q.values.Get(name)), name))
	}
	return d, true, nil
}

// deltaSeconds reads a number of seconds as RFC 9110 has it: digits alone, and one that is too large for any use is taken
// for the largest.
func deltaSeconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil { // it has too many digits
		n = math.MaxInt32
	}
	return time.Duration(n) * time.Second, true
}

func readFilter(r *http.Request) (read.Filter, error) {
	q := asked(r)
	f := read.Filter{
		Owner: q.values.Get("owner"), BatchID: canonical(q.values.Get("batch_id")), Model: q.values.Get("model"),
		Cursor: q.values.Get("cursor"), Words: q.values.Get("q"),
	}
	f.Limit, f.Statuses, f.Starred = q.limit(), q.statuses(), q.starred()
	if n := utf8.RuneCountInString(f.Words); n > maxWords {
		q.wrong("q", "q has %d characters; use at most %d.", n, maxWords)
	}
	return f, refuse(q.fields)
}

// maxWords bounds what is searched for, in characters.
const maxWords = 200

// canonical is an ID as records have it. A UUID may be written in capitals, and a spreadsheet may do so by itself.
func canonical(id string) string { return strings.ToLower(id) }

// limit is how many entries a page may have.
func (q *query) limit() int {
	given := q.values.Get("limit")
	n, err := strconv.Atoi(cmp.Or(given, "20"))
	if err != nil || n < 1 || n > maxLimit {
		q.wrong("limit", "limit %s is out of range; use 1 to %d, and next_cursor to go on.", quote(given), maxLimit)
	}
	return n
}

// statuses are in one order, so that a cursor holds whatever order they are asked in.
func (q *query) statuses() (list []job.Status) {
	for _, name := range q.list("status") {
		if !slices.Contains(job.Statuses, job.Status(name)) {
			q.wrong("status", "status %s does not exist; use one or more of queued, running, succeeded, failed, canceled, with commas between.", quote(name))
		}
		list = append(list, job.Status(name))
	}
	slices.SortFunc(list, func(a, b job.Status) int { return slices.Index(job.Statuses, a) - slices.Index(job.Statuses, b) })
	return slices.Compact(list)
}

// starred reads the parameter of a list. There is no list of jobs without a star: the jobs that are not asked for are most.
func (q *query) starred() bool {
	value := q.values.Get("starred")
	if value != "" && value != "true" {
		q.wrong("starred", "starred %s is not possible; use starred=true for jobs with a star, or leave it out for all.", quote(value))
	}
	return value != ""
}
