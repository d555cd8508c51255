package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"easel/shared/model"
	"easel/shared/pace"
)

// Bounds of a pace, in calls a minute.
const (
	minPace = 0.01
	maxPace = 100_000
)

// ParsePaces reads a list such as "core=90/180 ultra=10" and returns the settings by the catalogue's ID. A model is named
// by alias or ID; one number alone is start and bound in one. The error names the list, every wrong entry and what is
// allowed.
func ParsePaces(name, list string) (map[string]pace.Limits, error) {
	r := &reader{getenv: func(string) string { return list }}
	all := r.paces(name)
	return all, errors.Join(r.problems...)
}

// paces reads the list of a variable for [ParsePaces].
func (r *reader) paces(name string) map[string]pace.Limits {
	all := map[string]pace.Limits{}
	for _, entry := range split(r.text(name)) {
		called, figures, _ := strings.Cut(entry, "=")
		m, _ := model.Find(called)
		p, ok := limitsOf(figures)
		_, twice := all[m.ID]
		switch {
		case called == "" || !m.Spoken():
			r.wrong(name, entry, "a model's name before the sign =, one of "+strings.Join(model.Aliases(), ", "))
		case twice:
			r.wrong(name, entry, "each model once")
		case !ok:
			r.wrong(name, entry, fmt.Sprintf("NAME=START/MOST in calls a minute, from %v to %v, with a start that is not above the most, such as core=90/180", minPace, maxPace))
		default:
			all[m.ID] = p
		}
	}
	return all
}

func limitsOf(figures string) (pace.Limits, bool) {
	first, second, two := strings.Cut(figures, "/")
	if !two {
		second = first
	}
	start, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return pace.Limits{}, false
	}
	most, err := strconv.ParseFloat(second, 64)
	return pace.Limits{Start: start, Max: most}, err == nil && minPace <= start && start <= most && most <= maxPace
}

// split takes a list with commas, blanks or both between.
func split(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\t' })
}

// Lengths are compared apart from the patterns: a function compiles them at each cold start, and {1,64} is 64 patterns.
var (
	roleName = regexp.MustCompile(`^[\w+=.@-]+$`)
	iamARN   = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[\w+=.@/-]+$`)
)

const maxRoleName = 64 // of IAM

// operators reads role names and ARNs. A name without an ARN is a role's: a user of that name is another caller.
func (r *reader) operators(name string) []string {
	var all []string
	for _, entry := range split(r.text(name)) {
		if (len(entry) > maxRoleName || !roleName.MatchString(entry)) && !iamARN.MatchString(entry) {
			r.wrong(name, entry, "names of roles in this account, or ARNs such as arn:aws:iam::123456789012:role/ops, with commas between")
			continue
		}
		all = append(all, entry)
	}
	return all
}

// origins reads what browsers send as Origin. No entry stands for all pages: the operator names each page that may use
// a credential from a browser.
func (r *reader) origins(name string) []string {
	var all []string
	for _, entry := range split(r.text(name)) {
		u, err := url.Parse(entry)
		if err != nil || !web(u) || entry != u.Scheme+"://"+u.Host || strings.Contains(u.Host, "*") {
			r.wrong(name, entry, "origins such as https://app.example.com, without a path or *, with commas between")
			continue
		}
		all = append(all, strings.ToLower(entry))
	}
	return all
}
