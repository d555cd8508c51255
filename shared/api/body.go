package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"easel/shared/prompt"
)

// media holds the content type against JSON, which is all that most routes take.
func (s *Server) media(r *http.Request) error {
	if k, err := s.kind(r); err == nil && (k.json || k.guess) {
		return nil
	}
	return NewProblem(http.StatusUnsupportedMediaType, "unsupported_media_type",
		refusedType(r)+" Send JSON in UTF-8 as application/json; with curl: -H 'Content-Type: application/json'.")
}

// refusedType says what is wrong with the content type of a request.
func refusedType(r *http.Request) string {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		return "Content-Type " + quote(kind) + " is not accepted."
	}
	return "The header Content-Type is missing."
}

// forgives reports whether a request was typed by a person at this machine.
func (s *Server) forgives(r *http.Request) bool {
	return s.Lenient && r.Header.Get("Origin") == "" && loopback(r.Host)
}

// readBody waits for room for a body and reads it. The function that it returns gives the room back. The hint tells a client
// what to do about a body that is too large.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, hint string) (data []byte, leave func(), err error) {
	if leave, err = s.limits.enter(r.Context()); err != nil {
		return nil, nil, err
	}
	if data, err = wholeBody(w, r, hint); err != nil {
		leave()
		return nil, nil, err
	}
	return data, leave, nil
}

func wholeBody(w http.ResponseWriter, r *http.Request, hint string) ([]byte, error) {
	tooLarge := func() error {
		return NewProblem(http.StatusRequestEntityTooLarge, CodeTooLarge,
			fmt.Sprintf("The body has more than %d bytes (4 MiB), the most that is read. %s", MaxBody, hint))
	}
	if r.ContentLength > MaxBody && r.Header.Get("Expect") != "" { // to read would ask for it with 100; other clients send it already
		return nil, tooLarge()
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge()
	case err != nil:
		return nil, NewProblem(http.StatusBadRequest, "incomplete_body", "The body broke off before its end. Send the request again.")
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// bodyKind is what a body of many requests is, and how it is written.
type bodyKind struct {
	json     bool // one object; otherwise lines of a file
	format   prompt.Format
	encoding string
	comma    rune
	guess    bool // nothing says it: the body does
	form     bool // the body came as curl's option -d sends it
}

// kinds are the content types that an order of many jobs may have, in the order in which they are told to people.
var kinds = []struct {
	name string
	kind bodyKind
}{
	{"application/json", bodyKind{json: true}},
	{"application/x-ndjson", bodyKind{format: prompt.NDJSON}},
	{"text/csv", bodyKind{format: prompt.CSV}},
	{"text/tab-separated-values", bodyKind{format: prompt.CSV, comma: '\t'}},
	{"text/plain", bodyKind{format: prompt.Text}},
	{"application/jsonl", bodyKind{format: prompt.NDJSON}},
	{"application/ndjson", bodyKind{format: prompt.NDJSON}},
	{"application/x-jsonlines", bodyKind{format: prompt.NDJSON}},
}

// kind tells what a body of many requests is by its content type.
func (s *Server) kind(r *http.Request) (bodyKind, error) {
	said := r.Header.Get("Content-Type")
	name, params, _ := mime.ParseMediaType(said)
	charset := params["charset"]
	for _, known := range kinds {
		if known.name != name {
			continue
		}
		if known.kind.json && charset != "" && !strings.EqualFold(charset, "utf-8") {
			return bodyKind{}, unsupported("JSON in " + quote(charset) + " is not accepted; it is UTF-8 always.")
		}
		k := known.kind
		k.encoding = charset
		return k, nil
	}
	form := name == "application/x-www-form-urlencoded"
	if (said == "" || form) && s.forgives(r) {
		return bodyKind{guess: true, form: form}, nil
	}
	return bodyKind{}, unsupported(refusedType(r))
}

func unsupported(said string) error {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return NewProblem(http.StatusUnsupportedMediaType, "unsupported_media_type",
		said+" Send one of: "+strings.Join(names, ", ")+"; with curl: -H 'Content-Type: text/csv' --data-binary @prompts.csv.")
}

// look tells by the body what its sender did not say: one object is an order in JSON, everything else lines of a file.
// curl's -d takes the line ends out of a file, which would make one prompt of all.
func (k bodyKind) look(data []byte) (bodyKind, error) {
	text := bytes.TrimSpace(data)
	if !k.guess {
		return k, nil
	}
	k.json = bytes.HasPrefix(text, []byte("{")) && json.Valid(text)
	if k.form && !k.json && !slices.Contains(text, '\n') && len(text) > 0 {
		return k, unsupported("The body has one line and no Content-Type, and curl's -d takes line ends out of a file: use --data-binary.")
	}
	return k, nil
}
